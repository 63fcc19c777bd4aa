//! IP addresses outside the cluster: sets of them, and their partition by the address blocks of policies.

use super::intervals::Intervals;
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A set of IPv4 and IPv6 addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressSet {
    v4: Intervals<u32>,
    v6: Intervals<u128>,
}

/// A range of addresses of one family, both ends included. IPv4 sorts before IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressRange {
    /// IPv4.
    V4(Ipv4Addr, Ipv4Addr),
    /// IPv6.
    V6(Ipv6Addr, Ipv6Addr),
}

impl AddressSet {
    /// The addresses of an ipBlock: a network without its exceptions.
    #[must_use]
    pub fn block(cidr: &IpNet, except: &[IpNet]) -> Self {
        let whole = Self::network(cidr);
        if except.is_empty() {
            return whole;
        }
        let holes: Self = except.iter().flat_map(|hole| Self::network(hole).ranges()).collect();
        whole.difference(&holes)
    }

    fn network(network: &IpNet) -> Self {
        match network {
            IpNet::V4(network) => Self {
                v4: Intervals::range(network.network().to_bits(), network.broadcast().to_bits()),
                v6: Intervals::default(),
            },
            IpNet::V6(network) => Self {
                v4: Intervals::default(),
                v6: Intervals::range(network.network().to_bits(), network.broadcast().to_bits()),
            },
        }
    }

    /// Addresses that are in any of the two.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }

    /// Addresses of this set that are not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self { v4: self.v4.difference(&other.v4), v6: self.v6.difference(&other.v6) }
    }

    /// Whether there is no address.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether the address is in the set.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.v4.contains(address.to_bits()),
            IpAddr::V6(address) => self.v6.contains(address.to_bits()),
        }
    }

    /// Whether the whole range is in the set.
    #[must_use]
    pub fn contains_range(&self, range: AddressRange) -> bool {
        match range {
            AddressRange::V4(first, last) => self.v4.contains_range(first.to_bits(), last.to_bits()),
            AddressRange::V6(first, last) => self.v6.contains_range(first.to_bits(), last.to_bits()),
        }
    }

    /// Whether every address of one family is in the set.
    #[must_use]
    pub fn has_a_whole_family(&self) -> bool {
        self.contains_range(AddressRange::EVERY_V4) || self.contains_range(AddressRange::EVERY_V6)
    }

    /// The ranges, IPv4 first.
    #[must_use]
    pub fn ranges(&self) -> Vec<AddressRange> {
        let v4 = self.v4.ranges().iter().map(|&(first, last)| AddressRange::V4(first.into(), last.into()));
        let v6 = self.v6.ranges().iter().map(|&(first, last)| AddressRange::V6(first.into(), last.into()));
        v4.chain(v6).collect()
    }
}

impl FromIterator<AddressRange> for AddressSet {
    fn from_iter<I: IntoIterator<Item = AddressRange>>(ranges: I) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for range in ranges {
            match range {
                AddressRange::V4(first, last) => v4.push((first.to_bits(), last.to_bits())),
                AddressRange::V6(first, last) => v6.push((first.to_bits(), last.to_bits())),
            }
        }
        Self { v4: Intervals::from_ranges(v4), v6: Intervals::from_ranges(v6) }
    }
}

impl AddressRange {
    /// Every IPv4 address.
    pub const EVERY_V4: Self = Self::V4(Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST);
    /// Every IPv6 address.
    pub const EVERY_V6: Self = Self::V6(Ipv6Addr::UNSPECIFIED, Ipv6Addr::from_bits(u128::MAX));

    /// The first address. IPv4 sorts before IPv6.
    #[must_use]
    pub fn first(self) -> IpAddr {
        match self {
            Self::V4(first, _) => first.into(),
            Self::V6(first, _) => first.into(),
        }
    }

    /// The last address.
    #[must_use]
    pub fn last(self) -> IpAddr {
        match self {
            Self::V4(_, last) => last.into(),
            Self::V6(_, last) => last.into(),
        }
    }
}

impl fmt::Display for AddressRange {
    /// `10.0.0.0-10.255.255.255`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(first, last) => write!(f, "{first}-{last}"),
            Self::V6(first, last) => write!(f, "{first}-{last}"),
        }
    }
}

/// The ranges that no set in `sets` cuts: every set is a union of some of them. They cover all IPv4 addresses, and all IPv6
/// addresses where a set names any.
#[must_use]
pub fn partition<'a>(sets: impl IntoIterator<Item = &'a AddressSet>) -> Vec<AddressRange> {
    let (mut v4_starts, mut v6_starts) = (BTreeSet::from([0u32]), BTreeSet::new());
    for set in sets {
        for &(first, last) in set.v4.ranges() {
            v4_starts.insert(first);
            v4_starts.extend(last.checked_add(1));
        }
        for &(first, last) in set.v6.ranges() {
            v6_starts.extend([0, first]);
            v6_starts.extend(last.checked_add(1));
        }
    }
    let v4_ends = v4_starts.iter().skip(1).map(|start| start - 1).chain([u32::MAX]);
    let v6_ends = v6_starts.iter().skip(1).map(|start| start - 1).chain([u128::MAX]);
    let v4 = v4_starts.iter().zip(v4_ends).map(|(&first, last)| AddressRange::V4(first.into(), last.into()));
    let v6 = v6_starts.iter().zip(v6_ends).map(|(&first, last)| AddressRange::V6(first.into(), last.into()));
    v4.chain(v6).collect()
}

#[cfg(test)]
mod tests {
    use super::{AddressRange, AddressSet, partition};

    fn block(cidr: &str, except: &[&str]) -> AddressSet {
        let except: Vec<_> = except.iter().map(|text| text.parse().expect("a network")).collect();
        AddressSet::block(&cidr.parse().expect("a network"), &except)
    }

    fn texts(ranges: &[AddressRange]) -> Vec<String> {
        ranges.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn exceptions_are_holes() {
        assert_eq!(
            texts(&block("10.0.0.0/8", &["10.1.0.0/16"]).ranges()),
            ["10.0.0.0-10.0.255.255", "10.2.0.0-10.255.255.255"]
        );
        assert_eq!(texts(&block("fd00::/126", &["fd00::1/128"]).ranges()), ["fd00::-fd00::", "fd00::2-fd00::3"]);
        assert!(block("0.0.0.0/0", &[]).has_a_whole_family());
        assert!(!block("0.0.0.0/0", &["10.0.0.0/8"]).has_a_whole_family());
    }

    #[test]
    fn partitions_at_every_boundary() {
        assert_eq!(texts(&partition([])), ["0.0.0.0-255.255.255.255"]);
        let sets = [block("0.0.0.0/0", &["10.0.0.0/9", "10.128.0.0/9"]), block("11.0.0.0/8", &[])];
        assert_eq!(
            texts(&partition(&sets)),
            ["0.0.0.0-9.255.255.255", "10.0.0.0-10.255.255.255", "11.0.0.0-11.255.255.255", "12.0.0.0-255.255.255.255"]
        );
        assert_eq!(
            texts(&partition(&[block("::/1", &[])])),
            [
                "0.0.0.0-255.255.255.255",
                "::-7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                "8000::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
            ]
        );
    }
}
