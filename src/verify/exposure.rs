//! To whom workloads are open beyond what the input knows: the entire cluster, and pods that rules select but nothing is.
//!
//! The question is netpol-analyzer's (`list --exposure`). A rule's selectors stand for the pods that they would select, unless
//! labels alone are asked for and some workload of the input has them. Such *represented* pods are matched with the rules of
//! every policy by comparing selectors, not by reasoning about them: a rule lets represented pods through if it asks for the
//! same or for nothing.

use super::connections::ConnectionSet;
use super::listing::ListFilter;
use super::reach::{End, NAMESPACE_NAME_LABEL, Reachability};
use crate::model::policy::{Direction, Peer, PolicyPort, PortValue, Protocol, Rule};
use crate::model::selector::{LabelSelector, Labels, Operator};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A workload that is open to something that the input does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExposedWorkload {
    /// Index of the workload.
    pub workload: usize,
    /// What it can send to.
    pub egress: DirectionExposure,
    /// Who can send to it.
    pub ingress: DirectionExposure,
}

/// One direction of an exposed workload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectionExposure {
    /// Whether policies isolate the workload. If not, it is open to everything and `peers` is empty.
    pub is_isolated: bool,
    /// Peers that the input does not have, the entire cluster first.
    pub peers: Vec<(ExposurePeer, NamedConnections)>,
}

/// A peer that the input does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExposurePeer {
    /// Every pod of every namespace.
    EntireCluster,
    /// The pods that these selectors select.
    Pods {
        /// Their namespaces; empty selects all.
        namespaces: LabelSelector,
        /// The pods in them; empty selects all.
        pods: LabelSelector,
    },
}

/// Connections, some to ports of which only the name is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedConnections {
    /// Ports by number.
    pub numbered: ConnectionSet,
    /// Ports by name.
    pub named: BTreeSet<(Protocol, String)>,
}

/// A selector without what does not matter: order, and `In` with one value against `matchLabels`.
type Canonical = BTreeSet<(String, Option<Operator>, BTreeSet<String>)>;

/// What a selector in a rule stands for.
struct Represented {
    namespaces: LabelSelector,
    pods: LabelSelector,
    canonical: (Canonical, Canonical),
}

/// The exposed workloads that a filter names, by their index. With a direction, the other one is left out.
#[must_use]
pub fn exposures(reach: &Reachability<'_>, filter: &ListFilter) -> Vec<ExposedWorkload> {
    let represented = represented(reach);
    let matches = Matches::new(reach, &represented);
    let mut found = Vec::new();
    for workload in 0..reach.workloads().len() {
        if !filter.names(reach, End::Workload(workload)) {
            continue;
        }
        let exposure = |direction| match filter.direction {
            Some(wanted) if wanted != direction => DirectionExposure { is_isolated: true, peers: Vec::new() },
            _ => one_direction(reach, workload, direction, &represented, &matches),
        };
        let (egress, ingress) = (exposure(Direction::Egress), exposure(Direction::Ingress));
        let is_exposed = |exposure: &DirectionExposure| !exposure.is_isolated || !exposure.peers.is_empty();
        if is_exposed(&egress) || is_exposed(&ingress) {
            found.push(ExposedWorkload { workload, egress, ingress });
        }
    }
    found
}

/// What the selectors of all rules stand for, without repetition and without what the input has.
fn represented(reach: &Reachability<'_>) -> Vec<Represented> {
    let mut found: BTreeMap<(Canonical, Canonical), Represented> = BTreeMap::new();
    for policy in &reach.world().policies {
        let spec = &policy.policy.spec;
        for rule in spec.ingress.iter().chain(&spec.egress).flatten() {
            if is_cluster_wide(rule) {
                continue;
            }
            for peer in &rule.peers {
                let Peer::Pods { pod_selector, namespace_selector } = peer else { continue };
                let namespaces =
                    namespace_selector.clone().unwrap_or_else(|| namespace_named(&policy.policy.namespace));
                let pods = pod_selector.clone().unwrap_or_default();
                let canonical = (canonical(&namespaces), canonical(&pods));
                found.entry(canonical.clone()).or_insert(Represented { namespaces, pods, canonical });
            }
        }
    }
    found.into_values().filter(|represented| !is_in_input(reach, represented)).collect()
}

/// Whether the rule lets every pod of every namespace through.
fn is_cluster_wide(rule: &Rule) -> bool {
    rule.peers.is_empty()
        || rule.peers.iter().any(|peer| match peer {
            Peer::Pods { pod_selector, namespace_selector: Some(namespaces) } => {
                namespaces.is_empty() && pod_selector.as_ref().is_none_or(LabelSelector::is_empty)
            }
            _ => false,
        })
}

fn namespace_named(name: &str) -> LabelSelector {
    LabelSelector::from_labels(Labels::from([(NAMESPACE_NAME_LABEL.to_owned(), name.to_owned())]))
}

/// Whether a workload of the input has exactly what is asked for, so that nobody else needs to be shown.
fn is_in_input(reach: &Reachability<'_>, represented: &Represented) -> bool {
    let (namespaces, pods) = (&represented.namespaces, &represented.pods);
    let asks_for_labels_alone = [namespaces, pods]
        .iter()
        .all(|selector| selector.match_expressions.is_empty() && !selector.match_labels.is_empty());
    asks_for_labels_alone && reach.selects_any(namespaces, pods)
}

fn canonical(selector: &LabelSelector) -> Canonical {
    let equal =
        selector.match_labels.iter().map(|(key, value)| (key.to_owned(), None, BTreeSet::from([value.to_owned()])));
    let expressions = selector.match_expressions.iter().map(|requirement| {
        let values: BTreeSet<String> = requirement.values.iter().cloned().collect();
        let is_equality = requirement.operator == Operator::In && values.len() == 1;
        (requirement.key.clone(), (!is_equality).then_some(requirement.operator), values)
    });
    equal.chain(expressions).collect()
}

/// Which represented pods each rule lets through by its selectors, looked up once.
struct Matches {
    /// By policy, direction and rule; nothing for rules that let every pod through.
    by_rule: BTreeMap<(usize, Direction, usize), Vec<usize>>,
}

impl Matches {
    fn new(reach: &Reachability<'_>, represented: &[Represented]) -> Self {
        let mut exact: BTreeMap<&(Canonical, Canonical), usize> = BTreeMap::new();
        let mut in_namespaces: BTreeMap<&Canonical, Vec<usize>> = BTreeMap::new();
        let mut of_pods: BTreeMap<&Canonical, Vec<usize>> = BTreeMap::new();
        for (index, one) in represented.iter().enumerate() {
            exact.insert(&one.canonical, index);
            in_namespaces.entry(&one.canonical.0).or_default().push(index);
            of_pods.entry(&one.canonical.1).or_default().push(index);
        }
        let of_peer = |policy_namespace: &str, peer: &Peer| -> Vec<usize> {
            let Peer::Pods { pod_selector, namespace_selector } = peer else { return Vec::new() };
            let namespaces = match namespace_selector {
                Some(selector) => canonical(selector),
                None => canonical(&namespace_named(policy_namespace)),
            };
            let pods = pod_selector.as_ref().map(canonical).unwrap_or_default();
            let list = |found: Option<&Vec<usize>>| found.cloned().unwrap_or_default();
            match (namespaces.is_empty(), pods.is_empty()) {
                (true, true) => (0..represented.len()).collect(),
                (true, false) => list(of_pods.get(&pods)),
                (false, true) => list(in_namespaces.get(&namespaces)),
                (false, false) => exact.get(&(namespaces, pods)).copied().into_iter().collect(),
            }
        };
        let mut by_rule = BTreeMap::new();
        for (index, policy) in reach.world().policies.iter().enumerate() {
            for direction in [Direction::Ingress, Direction::Egress] {
                let rules = policy.policy.spec.rules(direction).unwrap_or_default();
                for (number, rule) in rules.iter().enumerate().filter(|(_, rule)| !is_cluster_wide(rule)) {
                    let peers = rule.peers.iter();
                    let found: BTreeSet<usize> =
                        peers.flat_map(|peer| of_peer(&policy.policy.namespace, peer)).collect();
                    by_rule.insert((index, direction, number), found.into_iter().collect());
                }
            }
        }
        Self { by_rule }
    }
}

fn one_direction(
    reach: &Reachability<'_>,
    workload: usize,
    direction: Direction,
    represented: &[Represented],
    matches: &Matches,
) -> DirectionExposure {
    if !reach.is_isolated(workload, direction) {
        return DirectionExposure::default();
    }
    // Names that the workload itself would have to resolve stay names in what is open to the cluster, and open nothing else.
    let resolve = |name: &str, protocol: Protocol, unresolved: Port| match direction {
        Direction::Ingress => reach.port_number(workload, name, protocol).map_or(unresolved, Port::Number),
        Direction::Egress => Port::Name,
    };
    let (mut cluster_wide, mut to_all) = (NamedConnections::default(), NamedConnections::default());
    let mut specific: BTreeMap<usize, Vec<&Rule>> = BTreeMap::new();
    for policy in reach.isolating_policies(workload, direction) {
        let Some(source) = reach.world().policies.get(policy) else { continue };
        for (number, rule) in source.policy.spec.rules(direction).unwrap_or_default().iter().enumerate() {
            if is_cluster_wide(rule) {
                cluster_wide.add(&rule.ports, |name, protocol| resolve(name, protocol, Port::Name));
                to_all.add(&rule.ports, |name, protocol| resolve(name, protocol, Port::None));
            }
            for &index in matches.by_rule.get(&(policy, direction, number)).map(Vec::as_slice).unwrap_or_default() {
                specific.entry(index).or_default().push(rule);
            }
        }
    }
    if to_all != cluster_wide {
        for index in 0..represented.len() {
            specific.entry(index).or_default();
        }
    }
    let mut peers = Vec::new();
    if !cluster_wide.is_empty() {
        peers.push((ExposurePeer::EntireCluster, cluster_wide.clone()));
    }
    for (index, rules) in specific {
        let Some(one) = represented.get(index) else { continue };
        let mut open = to_all.clone();
        for rule in rules {
            open.add(&rule.ports, |name, protocol| resolve(name, protocol, Port::None));
        }
        if open != cluster_wide {
            let (namespaces, pods) = (one.namespaces.clone(), one.pods.clone());
            peers.push((ExposurePeer::Pods { namespaces, pods }, open));
        }
    }
    DirectionExposure { is_isolated: true, peers }
}

/// What a port name comes to.
enum Port {
    Number(u16),
    Name,
    None,
}

impl NamedConnections {
    /// Whether there is no connection.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbered.is_empty() && self.named.is_empty()
    }

    fn add(&mut self, ports: &[PolicyPort], resolve: impl Fn(&str, Protocol) -> Port) {
        if ports.is_empty() {
            self.numbered = ConnectionSet::all();
        }
        for port in ports {
            let protocol = port.protocol;
            let set = match &port.port {
                None => ConnectionSet::protocol(protocol),
                Some(PortValue::Number(first)) => {
                    ConnectionSet::range(protocol, *first, port.end_port.unwrap_or(*first))
                }
                Some(PortValue::Name(name)) => match resolve(name, protocol) {
                    Port::Number(number) => ConnectionSet::port(protocol, number),
                    Port::Name => {
                        self.named.insert((protocol, name.clone()));
                        continue;
                    }
                    Port::None => continue,
                },
            };
            self.numbered = self.numbered.union(&set);
        }
    }
}

impl fmt::Display for NamedConnections {
    /// Like [`ConnectionSet`], with the names after the numbers: `TCP 80,http`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.named.is_empty() || self.numbered.is_all() {
            return self.numbered.fmt(f);
        }
        let mut separator = "";
        for protocol in [Protocol::Sctp, Protocol::Tcp, Protocol::Udp] {
            let numbers = self.numbered.ports_text(protocol);
            let names = self.named.iter().filter(|(of, _)| *of == protocol).map(|(_, name)| name.as_str());
            let ports: Vec<&str> =
                Some(numbers.as_str()).filter(|text| !text.is_empty()).into_iter().chain(names).collect();
            if !ports.is_empty() {
                write!(f, "{separator}{} {}", protocol.as_str(), ports.join(","))?;
                separator = ",";
            }
        }
        Ok(())
    }
}

impl fmt::Display for ExposurePeer {
    /// netpol-analyzer's words: `entire-cluster`, `ns/[all pods]`, `[namespace with {a=b}]/[pod with {c=d}]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Pods { namespaces, pods } = self else { return f.write_str("entire-cluster") };
        let only_name = namespaces
            .match_labels
            .get(NAMESPACE_NAME_LABEL)
            .filter(|_| namespaces.match_labels.len() == 1 && namespaces.match_expressions.is_empty());
        match only_name {
            Some(name) => f.write_str(name)?,
            None if namespaces.is_empty() => f.write_str("[all namespaces]")?,
            None => write!(f, "[namespace with {{{}}}]", selector_text(namespaces))?,
        }
        if pods.is_empty() { f.write_str("/[all pods]") } else { write!(f, "/[pod with {{{}}}]", selector_text(pods)) }
    }
}

/// A selector in netpol-analyzer's words.
fn selector_text(selector: &LabelSelector) -> String {
    let labels = selector.match_labels.iter().map(|(key, value)| format!("{key}={value}"));
    let mut expressions: Vec<String> = selector
        .match_expressions
        .iter()
        .map(|requirement| {
            let (key, operator) = (&requirement.key, requirement.operator.as_str());
            format!("{{Key:{key},Operator:{operator},Values:[{}],}}", requirement.values.join(" "))
        })
        .collect();
    expressions.sort_unstable();
    labels.chain(expressions).collect::<Vec<_>>().join(",")
}
