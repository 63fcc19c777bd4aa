//! The rule that keeps names resolvable where egress is restricted (`spec/otterize.md` 4.3, `dnsPorts`, `dnsPeers`).

use super::pod_ports;
use crate::config::{Config, DnsPeer};
use crate::model::policy::{Peer, Rule};
use crate::model::selector::LabelSelector;

/// The DNS egress rule; without `dnsPeers` it is for every destination.
pub(crate) fn rule(config: &Config) -> Rule {
    Rule {
        peers: config.dns_peers.iter().map(peer).collect(),
        ports: pod_ports::rule_ports(config.dns_ports.iter().copied()),
    }
}

fn peer(peer: &DnsPeer) -> Peer {
    match peer.cidr {
        Some(cidr) => Peer::IpBlock { cidr, except: Vec::new() },
        None => Peer::Pods {
            pod_selector: Some(LabelSelector::from_labels(peer.pod_labels.clone())).filter(|labels| !labels.is_empty()),
            namespace_selector: Some(LabelSelector::from_labels(peer.namespace_labels.clone())),
        },
    }
}
