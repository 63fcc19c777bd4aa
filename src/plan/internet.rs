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
        let mut addresses = target.addresses.clone();
        if domains::flavor(context).is_none() {
            addresses.extend(domain_addresses(context.config, client, call, target, findings));
        }
        let networks = blocks(&addresses, &target.networks, context.config);
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
fn domain_addresses(
    config: &Config,
    client: &Identity,
    call: &Call<'_>,
    target: &InternetTarget,
    findings: &mut Findings,
) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    for (domain, place) in &target.domains {
        let from_status = call.resolved.iter().find(|(name, _)| name == domain).map(|(_, addresses)| *addresses);
        let known: Vec<IpAddr> = config.addresses_of(domain, from_status).collect();
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
        addresses.extend(known);
    }
    addresses
}

/// Networks for the rule: single addresses as such or, where `enableGroupIPsByCIDR` says so and there are more networks than the
/// limit, the IPv4 ones as their /24. What was written as a network stays as it is.
fn blocks(addresses: &[IpAddr], networks: &[IpNet], config: &Config) -> Vec<IpNet> {
    let with =
        |single: fn(IpAddr) -> IpNet| by_text(addresses.iter().copied().map(single).chain(networks.iter().copied()));
    let each = with(IpNet::from);
    if config.enable_group_ips_by_cidr && each.len() > config.group_ips_by_cidr_peers_limit {
        return with(group_of);
    }
    each
}

/// The /24 of an IPv4 address; an IPv6 address alone.
fn group_of(address: IpAddr) -> IpNet {
    match address {
        IpAddr::V4(v4) => Ipv4Net::new(v4, GROUP_PREFIX).map_or(IpNet::from(address), IpNet::V4),
        IpAddr::V6(_) => IpNet::from(address),
    }
}

/// Without repetition, sorted by their text as the operator does.
fn by_text(networks: impl Iterator<Item = IpNet>) -> Vec<IpNet> {
    let sorted: BTreeMap<String, IpNet> =
        networks.map(|network| network.trunc()).map(|network| (network.to_string(), network)).collect();
    sorted.into_values().collect()
}
