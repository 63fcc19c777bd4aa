//! `selectors: native`: pods by the labels that they have already, those of their workload's own selector.
//!
//! A label of somebody else's may stand on any pod, so a selector is used only if it selects no pods of the input but those that
//! are meant. Otherwise there is an error: a policy would open or isolate more than it says.

use super::context::{OwnSelections, PlanContext};
use super::keys;
use super::labelled_workload::LabelledWorkload;
use crate::config::Selectors;
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::place::{Place, ResourceId};
use crate::model::selector::LabelSelector;
use crate::model::workload::Workload;
use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

/// Labels that the Job controller puts on pods: a manifest from a cluster has them, the next Job's pods have others.
const OF_JOB_CONTROLLER: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];

/// Own selectors, those with the fewest requirements first, so that the order of the input has no meaning.
type Candidates = BTreeSet<(usize, LabelSelector)>;

/// What each workload's own selector selects. Many may have the same one, and each is evaluated once.
pub(crate) fn selections<'a>(context: &PlanContext<'a>) -> OwnSelections<'a> {
    let mut selections = OwnSelections::new();
    if context.config.selectors == Selectors::Labels {
        return selections;
    }
    for labelled in &context.workloads {
        let namespace = labelled.workload.namespace.as_str();
        let Ok(own) = own_selector(*labelled) else { continue };
        if let Entry::Vacant(entry) = selections.entry(namespace).or_default().entry(own) {
            let selected = context.selected(namespace, entry.key());
            let mut selected: Vec<&Workload> = selected.into_iter().map(|labelled| labelled.workload).collect();
            selected.sort_by_key(|workload| (&workload.name, &workload.kind));
            entry.insert(selected);
        }
    }
    selections
}

/// One selector for all pods of an identity and no others of the input. `None` if there is none, which is reported.
///
/// `place` says who asks for it.
pub(crate) fn selector(
    context: &PlanContext<'_>,
    identity: &Identity,
    place: Option<Place>,
    findings: &mut Findings,
) -> Option<LabelSelector> {
    let meant = meant(context, identity, place, findings);
    let candidates = candidates(&meant, findings)?;
    let exact = exact(context, &meant, &candidates);
    if exact.is_none() {
        findings.0.extend(not_exact(context, identity, &meant, &candidates, place));
    }
    exact
}

/// Selectors that together select all pods of an identity and no others of the input: one if one suffices, else one per
/// workload. Empty if there are none, which is reported.
pub(crate) fn selectors(
    context: &PlanContext<'_>,
    identity: &Identity,
    place: Option<Place>,
    findings: &mut Findings,
) -> Vec<LabelSelector> {
    let meant = meant(context, identity, place, findings);
    let Some(candidates) = candidates(&meant, findings) else { return Vec::new() };
    if let Some(exact) = exact(context, &meant, &candidates) {
        return vec![exact];
    }
    let ids = resources(&meant);
    for workload in &meant {
        if let Ok(own) = own_selector(*workload)
            && let Some(other) = first_other(context, &identity.namespace, &own, &ids)
        {
            findings.push(not_unique(workload.workload, &own, other));
            return Vec::new();
        }
    }
    candidates.into_iter().map(|(_, selector)| selector).collect()
}

/// A selector for one workload's pods and no others but those of the same identity.
pub(crate) fn of_workload(
    context: &PlanContext<'_>,
    labelled: LabelledWorkload<'_>,
    findings: &mut Findings,
) -> Option<LabelSelector> {
    let workload = labelled.workload;
    let same = context.workloads_of(&workload.identity);
    let same: Vec<_> = same.filter(|other| other.workload.identity == workload.identity).collect();
    let own = own_selector(labelled).map_err(|reason| findings.push(unknown(workload, reason))).ok()?;
    if let Some(other) = first_other(context, &workload.namespace, &own, &resources(&same)) {
        findings.push(not_unique(workload, &own, other));
        return None;
    }
    Some(own)
}

/// Says once what selectors of this kind cannot promise.
pub(crate) fn outside_the_input(context: &PlanContext<'_>) -> Option<Finding> {
    let message = "policies select pods by labels that anybody may give: pods that the input does not have are meant too if they have the same";
    (context.config.selectors == Selectors::Native).then(|| {
        Finding::new(Code::NativeLabelsOutside, None, message)
            .with_help("compile all workloads of a namespace in one run; `selectors: labels` needs no such care")
    })
}

/// Several policies may need the same selector, and each reports what is wrong with it: the first report is enough.
pub(crate) fn without_repetition(findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    findings.0.retain(|finding| {
        let is_ours = matches!(finding.code, Code::NativeLabelsNotUnique | Code::NativeLabelsUnknown);
        !is_ours || seen.insert((finding.code, finding.message.clone()))
    });
}

/// The workloads that an identity means; none at all is reported.
fn meant<'a>(
    context: &PlanContext<'a>,
    identity: &Identity,
    place: Option<Place>,
    findings: &mut Findings,
) -> Vec<LabelledWorkload<'a>> {
    let meant: Vec<_> = context.workloads_of(identity).collect();
    if meant.is_empty() {
        let is_api_server = identity.namespace == "default" && identity.name == "kubernetes";
        let help = if is_api_server {
            "the API server has no pods: write the target with `kind: Service`"
        } else {
            "compile its manifest in the same run, or use `selectors: labels`"
        };
        let message = format!("the labels of the pods of {identity} are not known, because it is not in the input");
        findings.push(Finding::new(Code::NativeLabelsUnknown, place, message).with_help(help));
    }
    meant
}

/// The own selectors of these workloads; `None` if one of them has none, which is reported.
fn candidates(meant: &[LabelledWorkload<'_>], findings: &mut Findings) -> Option<Candidates> {
    let mut candidates = Candidates::new();
    let mut is_complete = !meant.is_empty();
    for labelled in meant {
        match own_selector(*labelled) {
            Ok(selector) => {
                let requirements = selector.match_labels.len() + selector.match_expressions.len();
                candidates.insert((requirements, selector));
            }
            Err(reason) => {
                findings.push(unknown(labelled.workload, reason));
                is_complete = false;
            }
        }
    }
    is_complete.then_some(candidates)
}

/// The labels by which a workload finds its own pods: its selector, else what its pod template says.
fn own_selector(labelled: LabelledWorkload<'_>) -> Result<LabelSelector, &'static str> {
    let workload = labelled.workload;
    // A Job's selector is the controller's, not the manifest's.
    let is_job = matches!(workload.kind.as_str(), "Job" | "CronJob");
    match workload.selector.as_ref().filter(|selector| !selector.is_empty() && !is_job) {
        Some(own) if labelled.is_selected_by(own) => Ok(own.clone()),
        Some(_) => Err("its spec.selector does not match the labels of its pod template"),
        None => {
            let mut labels = labelled.to_labels();
            labels.retain(|key, _| {
                !keys::is_pod_label_of_ours(key)
                    && key != keys::CREDENTIALS_SERVICE_NAME
                    && !OF_JOB_CONTROLLER.contains(&key)
            });
            if labels.is_empty() { Err("its pods have no labels") } else { Ok(LabelSelector::from_labels(labels)) }
        }
    }
}

/// The first candidate that selects just these workloads.
fn exact(context: &PlanContext<'_>, meant: &[LabelledWorkload<'_>], candidates: &Candidates) -> Option<LabelSelector> {
    let namespace = &meant.first()?.workload.namespace;
    let ids = resources(meant);
    let selectors = candidates.iter().map(|(_, selector)| selector);
    let mut complete = selectors.filter(|selector| meant.iter().all(|labelled| labelled.is_selected_by(selector)));
    complete.find(|selector| first_other(context, namespace, selector, &ids).is_none()).cloned()
}

fn resources(workloads: &[LabelledWorkload<'_>]) -> BTreeSet<ResourceId> {
    workloads.iter().map(|labelled| labelled.workload.resource).collect()
}

/// A workload, the first by (name, kind), that a selector selects too.
fn first_other<'a>(
    context: &PlanContext<'a>,
    namespace: &str,
    selector: &LabelSelector,
    known: &BTreeSet<ResourceId>,
) -> Option<&'a Workload> {
    let selected = context.own_selections.get(namespace)?.get(selector)?;
    selected.iter().copied().find(|workload| !known.contains(&workload.resource))
}

/// Why no own selector selects just the workloads of an identity.
fn not_exact(
    context: &PlanContext<'_>,
    identity: &Identity,
    meant: &[LabelledWorkload<'_>],
    candidates: &Candidates,
    place: Option<Place>,
) -> Option<Finding> {
    let ids = resources(meant);
    let mut workloads: Vec<LabelledWorkload<'_>> = meant.to_vec();
    workloads.sort_by_key(|labelled| (&labelled.workload.name, &labelled.workload.kind));
    for labelled in &workloads {
        if let Ok(own) = own_selector(*labelled)
            && let Some(other) = first_other(context, &identity.namespace, &own, &ids)
        {
            return Some(not_unique(labelled.workload, &own, other));
        }
    }
    let (first, last) = (workloads.first()?.workload, workloads.last()?.workload);
    let message = format!(
        "{identity} means {} and {}, and none of their {} selectors selects the pods of all",
        first.object_name(),
        last.object_name(),
        candidates.len()
    );
    Some(
        Finding::new(Code::NativeLabelsNotUnique, place.unwrap_or(first.place), message)
            .with_related(first.place, "one of them")
            .with_related(last.place, "another one")
            .with_help("write intents for each kind, give the workloads a label in common, or use `selectors: labels`"),
    )
}

fn not_unique(workload: &Workload, selector: &LabelSelector, other: &Workload) -> Finding {
    let message = format!(
        "the selector {selector} of {} also selects the pods of {}",
        workload.object_name(),
        other.object_name()
    );
    Finding::new(Code::NativeLabelsNotUnique, workload.place, message)
        .with_related(other.place, "the other workload")
        .with_help("give the pods a label that tells them apart, or use `selectors: labels`")
}

fn unknown(workload: &Workload, reason: &str) -> Finding {
    let message = format!("no selector can be written for the pods of {}: {reason}", workload.object_name());
    Finding::new(Code::NativeLabelsUnknown, workload.place, message)
        .with_help("give the pod template a label of its own, or use `selectors: labels`")
}
