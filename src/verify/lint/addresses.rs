//! Address blocks that mean something else than their author thinks, or too much.

use super::{Linted, Lints, rule_words};
use crate::diag::Code;
use crate::model::policy::{Direction, Peer};
use crate::verify::addresses::AddressSet;
use crate::verify::generated::is_generated;
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

/// The address at which clouds hand credentials to whoever asks.
const METADATA: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254));

/// A block of at most this many addresses names single machines.
const SMALL: u32 = 8;

pub(super) fn check(linted: Linted<'_>, lints: &mut Lints<'_, '_>) {
    for (direction, number, rule, _) in linted.rules() {
        for (index, peer) in rule.peers.iter().enumerate() {
            let Peer::IpBlock { cidr, except } = peer else { continue };
            let (place, words) = (linted.peer_place(direction, number, index), rule_words(direction, number));
            if cidr.prefix_len() == 0 && except.is_empty() {
                let (code, message) = match direction {
                    Direction::Ingress => (Code::OpenToInternet, "lets in every address"),
                    Direction::Egress => (Code::InternetOpen, "lets out to every address"),
                };
                lints.report(linted, code, place, format_args!("{words} {message} of {cidr}"));
            }
            if direction == Direction::Egress && AddressSet::block(cidr, except).contains(METADATA) {
                let message = format!("{words} opens {METADATA}, where clouds hand out credentials");
                let help = Some(format!("add {METADATA}/32 to `except`"));
                lints.report_with_help(linted, Code::MetadataAddressOpen, place, message, help);
            }
        }
    }
}

/// Small blocks that name the cluster IP of a Service or the address of a pod.
pub(super) fn check_cluster_ips(lints: &mut Lints<'_, '_>) {
    let world = lints.reach.world();
    let mut services: BTreeMap<IpAddr, &str> = BTreeMap::new();
    for service in &world.services {
        services.extend(service.cluster_ips.iter().map(|&address| (address, service.name.as_str())));
    }
    let mut pods: BTreeMap<IpAddr, String> = BTreeMap::new();
    for workload in &world.workloads {
        pods.extend(workload.pod_addresses.iter().map(|&address| (address, workload.object_name().to_string())));
    }
    if services.is_empty() && pods.is_empty() {
        return;
    }
    for (index, policy) in world.policies.iter().enumerate() {
        if is_generated(&policy.policy) {
            continue;
        }
        let linted = Linted { index, policy };
        for (direction, number, rule, _) in linted.rules() {
            for (peer_index, peer) in rule.peers.iter().enumerate() {
                let Peer::IpBlock { cidr, .. } = peer else { continue };
                if !is_small(cidr) {
                    continue;
                }
                let place = linted.peer_place(direction, number, peer_index);
                let (first, last) = (cidr.network(), cidr.broadcast());
                let words = rule_words(direction, number);
                if let Some((address, name)) = services.range(first..=last).next() {
                    let message = format!(
                        "{words} names {address}, the cluster IP of Service {name}: policies see the addresses of the pods behind it"
                    );
                    let help = Some("select the pods".to_owned());
                    lints.report_with_help(linted, Code::ClusterIpInBlock, place, message, help);
                } else if let Some((address, name)) = pods.range(first..=last).next() {
                    let message = format!(
                        "{words} names {address}, the address of {name}: whether an ipBlock matches pods depends on the network plugin"
                    );
                    let help = Some("select the pod".to_owned());
                    lints.report_with_help(linted, Code::PodAddressInBlock, place, message, help);
                }
            }
        }
    }
}

fn is_small(cidr: &IpNet) -> bool {
    let host_bits = cidr.max_prefix_len() - cidr.prefix_len();
    1u32.checked_shl(host_bits.into()).is_some_and(|addresses| addresses <= SMALL)
}
