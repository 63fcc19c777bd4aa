//! Sets of connections: which ports of which protocols.

use super::intervals::Intervals;
use crate::model::policy::{PolicyPort, PortValue, Protocol};
use std::fmt::{self, Write as _};

/// The ports of every protocol that a connection may use: TCP, UDP and SCTP, 1 to 65535. Other protocols are undefined for policies.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionSet {
    tcp: Intervals<u16>,
    udp: Intervals<u16>,
    sctp: Intervals<u16>,
}

/// The protocols in the order in which explanations list them.
pub const PROTOCOLS: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];

/// The lowest and the highest port.
const PORTS: (u16, u16) = (1, u16::MAX);

impl ConnectionSet {
    /// No connection.
    pub const EMPTY: Self = Self { tcp: Intervals::EMPTY, udp: Intervals::EMPTY, sctp: Intervals::EMPTY };

    /// No connection.
    #[must_use]
    pub fn none() -> Self {
        Self::EMPTY
    }

    /// Every port of every protocol.
    #[must_use]
    pub fn all() -> Self {
        let every_port = Intervals::range(PORTS.0, PORTS.1);
        Self { tcp: every_port.clone(), udp: every_port.clone(), sctp: every_port }
    }

    /// Every port of one protocol.
    #[must_use]
    pub fn protocol(protocol: Protocol) -> Self {
        Self::range(protocol, PORTS.0, PORTS.1)
    }

    /// One port.
    #[must_use]
    pub fn port(protocol: Protocol, port: u16) -> Self {
        Self::range(protocol, port, port)
    }

    /// The ports of one protocol from `first` to `last`, both included. Port 0 does not exist.
    #[must_use]
    pub fn range(protocol: Protocol, first: u16, last: u16) -> Self {
        let mut set = Self::default();
        *set.ports_mut(protocol) = Intervals::range(first.max(PORTS.0), last);
        set
    }

    /// The ports of one protocol.
    #[must_use]
    pub fn ports(&self, protocol: Protocol) -> &Intervals<u16> {
        match protocol {
            Protocol::Tcp => &self.tcp,
            Protocol::Udp => &self.udp,
            Protocol::Sctp => &self.sctp,
        }
    }

    fn ports_mut(&mut self, protocol: Protocol) -> &mut Intervals<u16> {
        match protocol {
            Protocol::Tcp => &mut self.tcp,
            Protocol::Udp => &mut self.udp,
            Protocol::Sctp => &mut self.sctp,
        }
    }

    fn combine(&self, other: &Self, operation: fn(&Intervals<u16>, &Intervals<u16>) -> Intervals<u16>) -> Self {
        Self {
            tcp: operation(&self.tcp, &other.tcp),
            udp: operation(&self.udp, &other.udp),
            sctp: operation(&self.sctp, &other.sctp),
        }
    }

    /// Connections that are in any of the two.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, Intervals::union)
    }

    /// What the ports of a policy's rule mean that have a number, or neither number nor name. Names are for each pod to resolve.
    #[must_use]
    pub fn numbered<'p>(ports: impl IntoIterator<Item = &'p PolicyPort>) -> Self {
        let sets = ports.into_iter().filter_map(|port| match &port.port {
            None => Some(Self::protocol(port.protocol)),
            Some(PortValue::Number(first)) => Some(Self::range(port.protocol, *first, port.end_port.unwrap_or(*first))),
            Some(PortValue::Name(_)) => None,
        });
        Self::union_of(&sets.collect::<Vec<_>>())
    }

    /// Connections that are in any of many sets: all at once, since one after the other takes time for each of the pieces before.
    #[must_use]
    pub fn union_of<'s>(sets: impl IntoIterator<Item = &'s Self> + Clone) -> Self {
        let all = |protocol: Protocol| {
            Intervals::from_ranges(sets.clone().into_iter().flat_map(|set| set.ports(protocol).ranges()).copied())
        };
        Self { tcp: all(Protocol::Tcp), udp: all(Protocol::Udp), sctp: all(Protocol::Sctp) }
    }

    /// Connections that are in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, Intervals::intersection)
    }

    /// Connections of this set that are not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combine(other, Intervals::difference)
    }

    /// Whether the other set has all of these connections.
    #[must_use]
    pub fn is_subset_of(&self, other: &Self) -> bool {
        PROTOCOLS.iter().all(|&protocol| self.ports(protocol).is_subset_of(other.ports(protocol)))
    }

    /// Whether this port is in the set.
    #[must_use]
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        self.ports(protocol).contains(port)
    }

    /// Whether there is no connection.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        PROTOCOLS.iter().all(|&protocol| self.ports(protocol).is_empty())
    }

    /// Whether it is every port of every protocol.
    #[must_use]
    pub fn is_all(&self) -> bool {
        PROTOCOLS.iter().all(|&protocol| self.has_every_port(protocol))
    }

    /// Whether it has every port of that protocol.
    #[must_use]
    pub fn has_every_port(&self, protocol: Protocol) -> bool {
        self.ports(protocol).ranges() == [PORTS]
    }

    /// The ports of a protocol as text: `80,443,8000-8080`; empty if there are none.
    #[must_use]
    pub fn ports_text(&self, protocol: Protocol) -> String {
        let mut text = String::new();
        for (first, last) in self.ports(protocol).ranges() {
            let separator = if text.is_empty() { "" } else { "," };
            // Writing to a string cannot fail.
            let _ = if first == last {
                write!(text, "{separator}{first}")
            } else {
                write!(text, "{separator}{first}-{last}")
            };
        }
        text
    }
}

impl fmt::Display for ConnectionSet {
    /// netpol-analyzer's notation: `All Connections`, `No Connections`, or `TCP 80,443,UDP 53` with the protocols in the order of
    /// their names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_all() {
            return f.write_str("All Connections");
        }
        if self.is_empty() {
            return f.write_str("No Connections");
        }
        let mut separator = "";
        for protocol in [Protocol::Sctp, Protocol::Tcp, Protocol::Udp] {
            if !self.ports(protocol).is_empty() {
                write!(f, "{separator}{} {}", protocol.as_str(), self.ports_text(protocol))?;
                separator = ",";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::ConnectionSet;
    use crate::model::policy::Protocol::{Sctp, Tcp, Udp};

    #[test]
    fn prints_like_netpol_analyzer() {
        let set = ConnectionSet::port(Udp, 53)
            .union(&ConnectionSet::range(Tcp, 8081, 8082))
            .union(&ConnectionSet::port(Tcp, 80))
            .union(&ConnectionSet::port(Sctp, 7070));
        assert_eq!(set.to_string(), "SCTP 7070,TCP 80,8081-8082,UDP 53");
        assert_eq!(ConnectionSet::protocol(Tcp).to_string(), "TCP 1-65535");
        assert_eq!(ConnectionSet::all().to_string(), "All Connections");
        assert_eq!(ConnectionSet::none().to_string(), "No Connections");
    }

    #[test]
    fn all_is_the_union_of_the_protocols() {
        let every = [Tcp, Udp, Sctp].into_iter().fold(ConnectionSet::none(), |set, protocol| {
            assert!(!set.is_all());
            set.union(&ConnectionSet::protocol(protocol))
        });
        assert!(every.is_all());
        assert!(every.difference(&ConnectionSet::port(Udp, 1)).union(&ConnectionSet::port(Udp, 1)).is_all());
        assert!(ConnectionSet::range(Tcp, 0, 0).is_empty());
    }
}
