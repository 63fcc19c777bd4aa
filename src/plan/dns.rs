//! The rule that keeps names resolvable where egress is restricted (`spec/otterize.md` 4.3, `dnsPorts`, `dnsPeers`).

use super::distinct::distinct;
use super::pod_ports;
use crate::config::{Config, DnsPeer};
use crate::model::identity::Identity;
use crate::model::policy::{Peer, PolicyPort, Rule};
use crate::model::selector::LabelSelector;

/// The DNS egress rule; without `dnsPeers` it is for every destination. `None` without ports: such a rule would open them all.
pub(crate) fn rule(config: &Config) -> Option<Rule> {
    let peers = config.dns_peers.iter().map(peer).collect();
    Some(Rule { peers: distinct(peers), ports: ports(config)? })
}

/// The rule that keeps DNS servers open to everybody who calls them.
pub(crate) fn server_rule(config: &Config) -> Option<Rule> {
    Some(Rule { peers: Vec::new(), ports: ports(config)? })
}

/// Whether this is a server that resolves the cluster's names: coredns, kube-dns, node-local-dns and the like.
pub(crate) fn is_server(identity: &Identity) -> bool {
    identity.namespace == "kube-system" && identity.name.ends_with("dns")
}

fn ports(config: &Config) -> Option<Vec<PolicyPort>> {
    let ports = pod_ports::rule_ports(distinct(config.dns_ports.clone()));
    Some(ports).filter(|ports| !ports.is_empty())
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
