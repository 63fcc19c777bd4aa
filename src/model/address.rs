//! IP addresses and networks as people write them: an IPv4 one in IPv6 form (`::ffff:10.0.0.1`) is the IPv4 one, as it is for Go and so
//! for the operator, the API server and most network plugins.

use ipnet::{IpNet, Ipv4Net};
use std::net::IpAddr;

/// Length of the prefix that IPv4 addresses have in IPv6 form.
const MAPPED_PREFIX: u8 = 96;

/// An IP address. `None` if the text is none.
#[must_use]
pub fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// A network in CIDR form, without the bits behind its prefix. `None` if the text is none.
#[must_use]
pub fn network(text: &str) -> Option<IpNet> {
    let network = text.parse::<IpNet>().ok()?.trunc();
    let length = network.prefix_len().checked_sub(MAPPED_PREFIX);
    Some(match (network.addr().to_canonical(), length) {
        (IpAddr::V4(address), Some(length)) if matches!(network, IpNet::V6(_)) => {
            Ipv4Net::new(address, length).ok()?.into()
        }
        _ => network,
    })
}

#[cfg(test)]
mod tests {
    use super::{address, network};

    #[test]
    fn ipv4_in_ipv6_form_is_ipv4() {
        for (text, expected) in [
            ("10.0.0.7/8", Some("10.0.0.0/8")),
            ("10.0.0.7/32", Some("10.0.0.7/32")),
            ("2001:db8::7/32", Some("2001:db8::/32")),
            ("::ffff:10.0.0.7/120", Some("10.0.0.0/24")),
            ("::ffff:10.0.0.7/128", Some("10.0.0.7/32")),
            ("::ffff:0.0.0.0/96", Some("0.0.0.0/0")),
            ("::ffff:10.0.0.7/95", Some("::fffe:0:0/95")),
            ("::/0", Some("::/0")),
            ("10.0.0.7", None),
            ("::ffff:10.0.0.7/129", None),
        ] {
            assert_eq!(network(text).map(|network| network.to_string()).as_deref(), expected, "{text}");
        }
        for (text, expected) in
            [("::ffff:10.0.0.7", Some("10.0.0.7")), ("2001:DB8::1", Some("2001:db8::1")), ("10.0.0", None)]
        {
            assert_eq!(address(text).map(|address| address.to_string()).as_deref(), expected, "{text}");
        }
    }
}
