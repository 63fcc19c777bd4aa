//! Workloads that the configuration names, ingress controllers and Prometheus servers, as peers of generated rules.

use super::GeneratedObject;
use super::context::PlanContext;
use super::labelled_workload::LabelledWorkload;
use super::selectors;
use super::wanted::Wanted;
use crate::config::{KnownWorkload, Selectors};
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::place::Place;
use crate::model::policy::Peer;
use crate::model::selector::LabelSelector;
use crate::model::workload::Workload;
use indexmap::IndexSet;
use std::borrow::Cow;

/// At most this many Services or workloads are named in one message.
const NAMED_IN_MESSAGE: usize = 5;

/// The configured workloads as peers, and those whose pods the peers may miss.
pub(crate) struct KnownPeers<'a> {
    /// One peer per workload and label set, in the order of their identities.
    pub(crate) peers: Vec<Peer>,
    doubts: Vec<(&'a KnownWorkload, Cow<'static, str>, &'static str)>,
    /// What is wrong with their selectors, to be told only where the peers are used.
    faults: Findings,
}

/// Peers for the workloads of one list of the configuration (`spec/otterize.md` 4.9 and 4.11).
///
/// A workload of the input is selected by the labels that its pods will have; one that is not there by its `podLabels`,
/// or by the labels that this project would give it.
pub(crate) fn peers<'a>(context: &PlanContext<'a>, known: &'a [KnownWorkload]) -> KnownPeers<'a> {
    let mut sorted: Vec<(String, &KnownWorkload)> =
        known.iter().map(|known| (identity(known).formatted_with_kind(), known)).collect();
    sorted.sort();
    sorted.dedup();
    let mut found = KnownPeers { peers: Vec::new(), doubts: Vec::new(), faults: Findings::default() };
    for (_, known) in sorted {
        let present = workloads(context, known);
        if !present.is_empty() && present.iter().all(|labelled| labelled.workload.host_network) {
            let help = "admit the nodes' addresses in a NetworkPolicy of your own";
            found.doubts.push((known, "uses the host network, so no pod selector matches it".into(), help));
        }
        let selectors = present.iter().map(|labelled| selectors::workload_pods(context, *labelled, &mut found.faults));
        let mut pods: Vec<LabelSelector> = selectors.flatten().collect();
        if !present.is_empty() {
            // Their labels are known, so `podLabels` have nothing to say.
        } else if known.pod_labels.is_empty() {
            found.doubts.push(match renamed(context, known) {
                Some(name) => {
                    (known, format!("is called `{name}` in the input").into(), "write that name in the configuration")
                }
                None => {
                    let help = "give its podLabels, or compile it in the same run";
                    (known, "is not in the input and has no podLabels".into(), help)
                }
            });
            let guess = selectors::by_our_labels(&identity(known), context.config.profile);
            let may_have_it = context.config.selectors == Selectors::Labels;
            // Classic labels have no kind, so the guess may be a workload of another kind.
            if may_have_it && context.selected(&known.namespace, &guess).is_empty() {
                pods.push(guess);
            }
        } else {
            pods.push(LabelSelector::from_labels(known.pod_labels.clone()));
        }
        for pods in pods {
            let peer = selectors::peer(context, pods, &known.namespace);
            if !found.peers.contains(&peer) {
                found.peers.push(peer);
            }
        }
    }
    found
}

impl KnownPeers<'_> {
    /// Warns that traffic may fail because a peer misses its workload. `traffic` names it and says what it goes to:
    /// `external traffic`, and the objects with their places. `field` is the list of the configuration.
    pub(crate) fn report(&self, traffic: &str, targets: &[(String, Place)], field: &str, findings: &mut Findings) {
        let Some((_, place)) = targets.first() else { return };
        findings.0.extend(self.faults.0.iter().cloned());
        // One object may be there twice, as what is scraped through its pods and through a Service.
        let names: IndexSet<&str> = targets.iter().map(|(name, _)| name.as_str()).collect();
        let mut named: Vec<&str> = names.iter().take(NAMED_IN_MESSAGE).copied().collect();
        let more = format!("{} more", names.len().saturating_sub(NAMED_IN_MESSAGE));
        if names.len() > NAMED_IN_MESSAGE {
            named.push(&more);
        }
        for (known, reason, help) in &self.doubts {
            let message =
                format!("{traffic} to {} will fail: {} of {field} {reason}", named.join(", "), display(known));
            findings.push(Finding::new(Code::TrafficBlocked, *place, message).with_help(*help));
        }
    }
}

/// Warns where a generated policy keeps a configured workload from calling what it serves or scrapes.
pub(crate) fn check_egress(context: &PlanContext<'_>, isolating: &[Wanted], findings: &mut Findings) {
    let config = context.config;
    let lists = [
        ("ingressControllerConfigs", &config.ingress_controller_configs),
        ("prometheusServerConfigs", &config.prometheus_server_configs),
    ];
    for (field, known) in lists.into_iter().flat_map(|(field, list)| list.iter().map(move |known| (field, known))) {
        for labelled in workloads(context, known) {
            let workload = labelled.workload;
            let policy = isolating.iter().find_map(|wanted| match &wanted.object {
                GeneratedObject::NetworkPolicy(policy)
                    if policy.spec.egress.is_some()
                        && policy.namespace == workload.namespace
                        && labelled.is_selected_by(&policy.spec.pod_selector) =>
                {
                    Some(policy)
                }
                _ => None,
            });
            if let (Some(policy), false) = (policy, workload.host_network) {
                let message = format!(
                    "{} of {field} may call only what it declares: {} restricts its egress",
                    display(known),
                    policy.object_name()
                );
                findings.push(
                    Finding::new(Code::TrafficBlocked, workload.place, message)
                        .with_help("declare its calls as ClientIntents, or allow them in a NetworkPolicy of your own"),
                );
            }
        }
    }
}

/// What intents call the object that an entry of the configuration names, if that is something else: by an annotation, its
/// images or its owner.
fn renamed<'a>(context: &PlanContext<'a>, known: &KnownWorkload) -> Option<&'a str> {
    let is_meant =
        |own: &&Workload| (&own.namespace, &own.name, &own.kind) == (&known.namespace, &known.name, &known.kind);
    let found = context.world.workloads.iter().find(is_meant)?;
    Some(found.identity.name.as_str()).filter(|name| *name != known.name)
}

/// The workloads of the input that an entry of the configuration means.
fn workloads<'a>(context: &PlanContext<'a>, known: &KnownWorkload) -> Vec<LabelledWorkload<'a>> {
    let identity = identity(known);
    // A workload whose name comes from an annotation has no kind in its identity, but it is of a kind all the same.
    let is_meant =
        |labelled: &LabelledWorkload<'_>| identity.kind.as_ref().is_none_or(|kind| *kind == labelled.workload.kind);
    let found = context.of_name(&identity.namespace, &identity.name);
    let mut found: Vec<_> = found.filter(is_meant).collect();
    found.sort_by_key(|labelled| (&labelled.workload.name, &labelled.workload.kind));
    found
}

/// Who a workload that the configuration names is in labels and intents.
pub(crate) fn identity(known: &KnownWorkload) -> Identity {
    Identity {
        namespace: known.namespace.clone(),
        name: known.name.clone(),
        kind: Some(known.kind.clone()).filter(|kind| !kind.is_empty()),
    }
}

fn display(known: &KnownWorkload) -> String {
    let kind = if known.kind.is_empty() { "workload" } else { &known.kind };
    format!("{kind} {}/{}", known.namespace, known.name)
}
