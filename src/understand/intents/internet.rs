//! Internet targets: addresses, networks, domains and ports (`spec/otterize.md` 1.8, 4.5).

use super::super::fields::Fields;
use crate::diag::Code;
use crate::model::address::{address, network};
use crate::model::intent::InternetTarget;
use crate::read::tree::Node;
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// How a version words its messages.
pub(super) struct Wording {
    /// `intent` in v1, `target` in v2.
    pub(super) noun: &'static str,
    /// In strict mode: `Type` in v2beta1, `type` in v2alpha1. `None` without strict mode.
    pub(super) strict: Option<&'static str>,
}

pub(super) const FIELDS: &[&str] = &["domains", "ips", "ports"];

/// Reads `domains`, `ips` and `ports`.
pub(super) fn read<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>, wording: &Wording) -> InternetTarget {
    let domain_texts = fields.texts(node, "domains");
    let ip_texts = fields.texts(node, "ips");
    let noun = wording.noun;
    if domain_texts.is_empty() && ip_texts.is_empty() {
        fields
            .fault(
                Code::InvalidIntents,
                node,
                format_args!("invalid {noun} format. type internet must contain ips or domanin names"),
            )
            .help = Some("add `ips` or `domains`".into());
    }
    let mut domains = Vec::new();
    for (text, value) in domain_texts {
        if let Some(word) = wording.strict.filter(|_| text.contains('*')) {
            fields.fault(
                Code::InvalidIntents,
                value,
                format_args!(
                    "invalid target format. {word} internet must not contain wildcard domains while in strict mode, unlike `{text}`"
                ),
            );
        } else if text.starts_with('*') || is_domain(text) {
            domains.push((text.to_owned(), fields.object.place(value)));
        } else {
            fields.fault(Code::InvalidIntents, value, format_args!("`{text}` should be valid DNS name"));
        }
    }
    let (mut addresses, mut networks) = (Vec::new(), Vec::new());
    for (text, value) in ip_texts {
        match block(fields, text, value, noun) {
            Some(Block::Address(address)) => addresses.push(address),
            Some(Block::Network(network)) => networks.push(network),
            None => {}
        }
    }
    let port_nodes = fields.list(node, "ports");
    if wording.strict.is_some() && port_nodes.is_empty() {
        fields.fault(
            Code::InvalidIntents,
            node,
            "invalid target format. Type internet must contain ports while in strict mode",
        );
    }
    let ports = port_nodes.into_iter().filter_map(|port| fields.port_number(port, "ports[]")).collect();
    InternetTarget { domains, addresses, networks, ports }
}

/// An entry of `ips`.
enum Block {
    Address(IpAddr),
    Network(IpNet),
}

fn block<'a>(fields: &mut Fields<'_, 'a>, text: &str, node: Node<'a>, noun: &str) -> Option<Block> {
    if text.is_empty() {
        fields.fault(
            Code::InvalidIntents,
            node,
            format_args!("invalid {noun} format. type internet must contain ips, and this one is empty"),
        );
        return None;
    }
    let block = address(text).map(Block::Address).or_else(|| network(text).map(Block::Network));
    if block.is_none() {
        let finding =
            fields.fault(Code::InvalidIntents, node, format_args!("`{text}` should be value IP address or CIDR"));
        let is_name = is_domain(text) && text.contains(|letter: char| letter.is_alphabetic());
        finding.help = is_name.then(|| "write names under `domains`".into());
    }
    block
}

/// The look-up rules of internationalised domain names, as far as they do not need Unicode's tables: labels of letters,
/// digits and hyphens, without a hyphen at either end or at positions three and four, at most 63 characters each. Letters may
/// be of any script. A dot may end the name.
fn is_domain(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    text.len() <= 254 && name.split('.').all(is_domain_label)
}

fn is_domain_label(label: &str) -> bool {
    let is_encoded = label.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("xn--"));
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && (is_encoded || label.get(2..4) != Some("--"))
        && label.chars().all(|character| character == '-' || character.is_alphanumeric())
}

/// `status.resolvedIPs`: addresses by domain, the first entry of a domain counts.
pub(super) fn resolved_ips(fields: &mut Fields<'_, '_>) -> BTreeMap<String, Vec<IpAddr>> {
    let mut resolved = BTreeMap::new();
    let Some(status) = fields.mapping(fields.object.node, "status") else { return resolved };
    for entry in fields.mappings(status, "resolvedIPs") {
        let Some((domain, _)) = fields.text(entry, "dns") else { continue };
        let nodes = fields.list(entry, "ips");
        let addresses = nodes.into_iter().filter_map(|node| fields.address(node, "ips[]")).collect();
        resolved.entry(domain.to_owned()).or_insert(addresses);
    }
    resolved
}
