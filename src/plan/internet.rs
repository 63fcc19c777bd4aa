//! Internet targets: addresses and resolved domains as ipBlocks (`spec/otterize.md` 4.5, decisions D2, D9).

use super::calls::Call;
use super::context::PlanContext;
use super::distinct::distinct;
use super::domains;
use crate::config::{Config, UnresolvedDomains};
use crate::diag::{Code, Finding, Findings, Severity};
use crate::model::identity::Identity;
use crate::model::intent::{InternetTarget, TargetRef};
use crate::model::policy::{Peer, PolicyPort, PortValue, Protocol, Rule};
use ipnet::{IpNet, Ipv4Net};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Prefix length of the networks that `enableGroupIPsByCIDR` makes of single addresses.
const GROUP_PREFIX: u8 = 24;

/// One rule per internet target that has an address. With `domainPolicies`, domains belong to those policies alone.
pub(crate) fn rules(
    context: &PlanContext<'_>,
    client: &Identity,
    calls: &[Call<'_>],
    findings: &mut Findings,
) -> Vec<Rule> {
    let mut rules = Vec::new();
    for call in calls {
        let TargetRef::Internet(target) = call.target else { continue };
        let mut networks = target.networks.clone();
        if domains::flavor(context).is_none() {
            networks.extend(domain_networks(context.config, client, call, target, findings));
        }
        let networks = grouped(by_text(networks), context.config);
        if networks.is_empty() {
            continue;
        }
        let peers = networks.into_iter().map(|cidr| Peer::IpBlock { cidr, except: Vec::new() });
        rules.push(Rule { peers: peers.collect(), ports: ports(target) });
    }
    rules
}

/// TCP ports, with the protocol left to the default.
fn ports(target: &InternetTarget) -> Vec<PolicyPort> {
    let port = |number: &u16| PolicyPort {
        protocol: Protocol::Tcp,
        port: Some(PortValue::Number(*number)),
        end_port: None,
        protocol_is_implicit: true,
    };
    distinct(target.ports.iter().map(port).collect())
}

/// The known addresses of a target's domains. A domain without any is an error or, if so configured, a warning.
fn domain_networks(
    config: &Config,
    client: &Identity,
    call: &Call<'_>,
    target: &InternetTarget,
    findings: &mut Findings,
) -> Vec<IpNet> {
    let mut networks = Vec::new();
    for (domain, place) in &target.domains {
        let from_status = call.resolved.iter().filter(|(name, _)| name == domain).flat_map(|(_, addresses)| *addresses);
        let from_config = config.resolved_domains.get(domain).into_iter().flatten();
        let known: Vec<IpAddr> = from_status.chain(from_config).copied().collect();
        if known.is_empty() {
            let message = format!("no address is known for {domain}, which {client} calls");
            let mut finding = Finding::new(Code::UnresolvedDomain, *place, message).with_help(
                "give its addresses in `resolvedDomains`, or use `domainPolicies` where the CNI knows domains",
            );
            if config.unresolved_domains == UnresolvedDomains::Warn {
                finding.severity = Severity::Warning;
            }
            findings.push(finding);
        }
        networks.extend(known.into_iter().map(IpNet::from));
    }
    networks
}

/// Without repetition, sorted by their text as the operator does.
fn by_text(networks: impl IntoIterator<Item = IpNet>) -> Vec<IpNet> {
    let sorted: BTreeMap<String, IpNet> =
        networks.into_iter().map(|network| network.trunc()).map(|network| (network.to_string(), network)).collect();
    sorted.into_values().collect()
}

/// `enableGroupIPsByCIDR`: more networks than the limit make each IPv4 address give way to its /24.
fn grouped(networks: Vec<IpNet>, config: &Config) -> Vec<IpNet> {
    if !config.enable_group_ips_by_cidr || networks.len() <= config.group_ips_by_cidr_peers_limit {
        return networks;
    }
    by_text(networks.into_iter().map(|network| match network {
        IpNet::V4(single) if single.prefix_len() == single.max_prefix_len() => {
            Ipv4Net::new(single.addr(), GROUP_PREFIX).map_or(network, IpNet::V4)
        }
        IpNet::V4(_) | IpNet::V6(_) => network,
    }))
}
