//! One set of policies over pods of two generations.

use super::Rolling;
use crate::model::policy::{Direction, NetworkPolicy, Peer, Rule};
use crate::model::selector::{LabelSelector, Labels};
use crate::model::world::World;
use crate::verify::reach::NAMESPACE_NAME_LABEL;
use crate::verify::reach::label_index::LabelIndex;
use std::collections::{BTreeMap, BTreeSet};

/// Annotation that orders Argo CD's applying.
const SYNC_WAVE: &str = "argocd.argoproj.io/sync-wave";
/// Beyond this many calls of one workload, nobody reads the rest.
const MAX_CALLS: usize = 1000;

/// Which labels a workload's pods have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Generation {
    /// Those that the policies were written for.
    Meant,
    /// The others.
    Other,
}

/// Connections of one workload that are cut off, by the index of the other end.
#[derive(Debug, Default)]
pub(super) struct Cut {
    /// Servers that it calls.
    pub(super) calls_to: BTreeSet<usize>,
    /// Clients that call it.
    pub(super) calls_of: BTreeSet<usize>,
}

/// Policies and the pods of the workloads in two generations.
pub(super) struct Phase<'p> {
    rolling: &'p [Rolling<'p>],
    policies: &'p [&'p NetworkPolicy],
    meant: Pods<'p>,
    other: Pods<'p>,
}

/// The pods of one generation.
struct Pods<'p> {
    labels: &'p [Labels],
    namespaces: BTreeMap<&'p str, Labels>,
    by_namespace: BTreeMap<&'p str, (Vec<usize>, LabelIndex)>,
    /// For each workload the policies that select it.
    selected_by: Vec<Vec<usize>>,
}

impl<'p> Phase<'p> {
    /// `meant` and `other` have the Namespaces and the labels of each workload's pods in the two generations. Namespaces change at
    /// once, so as soon as there is a pod of the other generation, those of `other` count.
    pub(super) fn new(
        rolling: &'p [Rolling<'p>],
        policies: &'p [&'p NetworkPolicy],
        meant: (&'p World, &'p [Labels]),
        other: (&'p World, &'p [Labels]),
    ) -> Self {
        Self {
            rolling,
            policies,
            meant: Pods::new(rolling, policies, meant),
            other: Pods::new(rolling, policies, other),
        }
    }

    /// Whether the policies allow a connection between pods with the labels that they were written for.
    pub(super) fn allows(&self, client: usize, server: usize) -> bool {
        self.lets_through(&self.meant, (client, Generation::Meant), (server, Generation::Meant))
    }

    /// For each workload whose labels differ what is cut off where it, or both ends, have the other labels. `matters` is asked
    /// about client and server.
    pub(super) fn cut_off(&self, matters: impl Fn(usize, usize) -> bool) -> BTreeMap<usize, Cut> {
        let mut cuts: BTreeMap<usize, Cut> = BTreeMap::new();
        for (number, policy) in self.policies.iter().enumerate() {
            for direction in [Direction::Ingress, Direction::Egress] {
                let Some(rules) = policy.spec.rules(direction) else { continue };
                let selected = self.meant.selected(&policy.namespace, &policy.spec.pod_selector);
                let forgotten = selected.iter().copied().filter(|index| !self.other.is_selected_by(*index, number));
                let forgotten: BTreeSet<usize> = forgotten.collect();
                for peer in rules.iter().flat_map(|rule| &rule.peers) {
                    for (index, matches_other) in self.peers(policy, peer) {
                        for &own in &selected {
                            if matches_other && !forgotten.contains(&own) {
                                continue;
                            }
                            let (client, server) = ends(direction, own, index);
                            if client != server && !self.waits(policy, [client, server]) && matters(client, server) {
                                self.note(client, server, &mut cuts);
                            }
                        }
                    }
                }
            }
        }
        cuts
    }

    /// Adds a connection to the workloads that break it. The one whose labels alone break it is named; if it takes both, the client.
    fn note(&self, client: usize, server: usize, cuts: &mut BTreeMap<usize, Cut>) {
        use Generation::{Meant, Other};
        let breaks = |client_labels, server_labels| {
            !self.lets_through(&self.other, (client, client_labels), (server, server_labels))
        };
        if self.allows(client, server) {
            let by_client = self.differs(client) && breaks(Other, Meant);
            let by_server = self.differs(server) && breaks(Meant, Other);
            let by_both = !by_client && !by_server && breaks(Other, Other);
            if by_client || by_both {
                add(&mut cuts.entry(client).or_default().calls_to, server);
            }
            if by_server {
                add(&mut cuts.entry(server).or_default().calls_of, client);
            }
        }
    }

    fn differs(&self, index: usize) -> bool {
        self.meant.labels.get(index) != self.other.labels.get(index)
    }

    /// The workloads that a peer means, and whether it means them by their other labels too.
    fn peers(&self, policy: &NetworkPolicy, peer: &Peer) -> Vec<(usize, bool)> {
        let Peer::Pods { pod_selector, namespace_selector } = peer else { return Vec::new() };
        let every = LabelSelector::default();
        let pods = pod_selector.as_ref().unwrap_or(&every);
        let namespaces: Vec<&str> = match namespace_selector {
            None => vec![&policy.namespace],
            // Almost every selector of namespaces is this one, and it needs no search.
            Some(selector) => match selector.match_labels.get(NAMESPACE_NAME_LABEL) {
                Some(name) => vec![name],
                None => self.meant.namespaces.keys().copied().collect(),
            },
        };
        let means = |namespace: &&str| {
            let labels = self.meant.namespaces.get(namespace);
            namespace_selector.as_ref().is_none_or(|selector| labels.is_some_and(|labels| selector.matches(labels)))
        };
        let found = namespaces.into_iter().filter(means).flat_map(|namespace| self.meant.selected(namespace, pods));
        let matches_other = |index: usize| self.other.labels.get(index).is_some_and(|labels| pods.matches(labels));
        found.map(|index| (index, matches_other(index))).collect()
    }

    /// Whether Argo CD applies the policy after pods of both ends have rolled.
    fn waits(&self, policy: &NetworkPolicy, ends: [usize; 2]) -> bool {
        let wave = policy.annotations.get(SYNC_WAVE).and_then(|wave| wave.parse::<i64>().ok()).unwrap_or(0);
        let mut changed = ends.into_iter().filter(|index| self.differs(*index));
        changed
            .all(|index| self.rolling.get(index).is_some_and(|rolling| rolling.workload.sync_wave.unwrap_or(0) < wave))
    }

    fn lets_through(&self, cluster: &Pods<'_>, client: (usize, Generation), server: (usize, Generation)) -> bool {
        self.admits(cluster, Direction::Egress, client, server)
            && self.admits(cluster, Direction::Ingress, server, client)
    }

    /// Whether the policies on one end admit the other.
    fn admits(
        &self,
        cluster: &Pods<'_>,
        direction: Direction,
        own: (usize, Generation),
        other: (usize, Generation),
    ) -> bool {
        if self.rolling.get(own.0).is_some_and(|rolling| rolling.workload.host_network) {
            return true;
        }
        let selecting = self.pods(own.1).selected_by.get(own.0).into_iter().flatten();
        let policies = selecting.filter_map(|number| self.policies.get(*number));
        let mut isolating = policies.filter_map(|policy| Some((policy, policy.spec.rules(direction)?))).peekable();
        isolating.peek().is_none()
            || isolating.any(|(policy, rules)| rules.iter().any(|rule| self.rule_admits(cluster, policy, rule, other)))
    }

    fn rule_admits(
        &self,
        cluster: &Pods<'_>,
        policy: &NetworkPolicy,
        rule: &Rule,
        (index, generation): (usize, Generation),
    ) -> bool {
        let (Some(rolling), Some(labels)) = (self.rolling.get(index), self.pods(generation).labels.get(index)) else {
            return false;
        };
        let namespace = rolling.workload.namespace.as_str();
        rule.peers.is_empty()
            || rule.peers.iter().any(|peer| match peer {
                Peer::IpBlock { .. } => false,
                Peer::Pods { pod_selector, namespace_selector } => {
                    !rolling.workload.host_network
                        && pod_selector.as_ref().is_none_or(|selector| selector.matches(labels))
                        && namespace_selector.as_ref().map_or(namespace == policy.namespace, |selector| {
                            cluster.namespaces.get(namespace).is_some_and(|labels| selector.matches(labels))
                        })
                }
            })
    }

    fn pods(&self, generation: Generation) -> &Pods<'p> {
        match generation {
            Generation::Meant => &self.meant,
            Generation::Other => &self.other,
        }
    }
}

impl<'p> Pods<'p> {
    fn new(
        rolling: &'p [Rolling<'p>],
        policies: &[&NetworkPolicy],
        (world, labels): (&'p World, &'p [Labels]),
    ) -> Self {
        let mut namespaces: BTreeMap<&str, Labels> =
            rolling.iter().map(|rolling| (rolling.workload.namespace.as_str(), Labels::new())).collect();
        namespaces.extend(world.namespaces.iter().map(|found| (found.name.as_str(), found.labels.clone())));
        for (name, labels) in &mut namespaces {
            labels.insert(NAMESPACE_NAME_LABEL, name);
        }
        let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, rolling) in rolling.iter().enumerate() {
            members.entry(&rolling.workload.namespace).or_default().push(index);
        }
        let by_namespace = members.into_iter().map(|(namespace, members)| {
            let index = LabelIndex::new(members.iter().filter_map(|member| labels.get(*member)));
            (namespace, (members, index))
        });
        let by_namespace = by_namespace.collect();
        let mut pods = Self { labels, namespaces, by_namespace, selected_by: vec![Vec::new(); rolling.len()] };
        for (number, policy) in policies.iter().enumerate() {
            for index in pods.selected(&policy.namespace, &policy.spec.pod_selector) {
                pods.selected_by.get_mut(index).into_iter().for_each(|policies| policies.push(number));
            }
        }
        pods
    }

    fn selected(&self, namespace: &str, selector: &LabelSelector) -> Vec<usize> {
        let Some((members, index)) = self.by_namespace.get(namespace) else { return Vec::new() };
        index.select(selector).into_iter().filter_map(|number| members.get(number as usize).copied()).collect()
    }

    fn is_selected_by(&self, index: usize, policy: usize) -> bool {
        // Policies are numbered in the order in which they were entered.
        self.selected_by.get(index).is_some_and(|policies| policies.binary_search(&policy).is_ok())
    }
}

/// Client and server of a connection that a policy on `own` is about.
fn ends(direction: Direction, own: usize, peer: usize) -> (usize, usize) {
    match direction {
        Direction::Ingress => (peer, own),
        Direction::Egress => (own, peer),
    }
}

fn add(calls: &mut BTreeSet<usize>, index: usize) {
    if calls.len() < MAX_CALLS {
        calls.insert(index);
    }
}
