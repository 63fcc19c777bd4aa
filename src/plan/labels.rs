//! Labels of pods and Namespaces, and the mark on ClientIntents (`spec/otterize.md` 3, decisions D1, D7, D11, D13).

use super::MapChange;
use super::access_key::access_key;
use super::context::PlanContext;
use super::keys;
use crate::config::{ClientIntentsOutput, LabelWorkloads, Profile, Selectors};
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::place::ResourceId;
use crate::model::selector::{Labels, is_label_value};
use crate::model::workload::Workload;
use std::collections::{BTreeMap, BTreeSet};

/// What labelling decided.
pub(crate) struct Labelling {
    /// Labels of the pods of each workload of the world after the plan.
    pub(crate) final_labels: Vec<Labels>,
    /// Changes to the input's label and annotation maps.
    pub(crate) changes: Vec<MapChange>,
}

/// Decides every label. `context` has the labels of the input.
///
/// `selectors: native` needs none: those of ours that are there are stale. Labels depend neither on the enforcement mode nor on protection nor on whether policies are written (decision D7).
pub(crate) fn plan(context: &PlanContext<'_>, findings: &mut Findings) -> Labelling {
    let access = access_labels(context);
    let labels_all = context.config.label_workloads == LabelWorkloads::All;
    let involved = if labels_all { BTreeSet::new() } else { involved(context) };
    let mut labelling = Labelling { final_labels: Vec::new(), changes: Vec::new() };
    for labelled in &context.workloads {
        let workload = labelled.workload;
        let mut wanted = Labels::new();
        if context.config.selectors == Selectors::Labels {
            if labels_all || involved.contains(&workload.resource) {
                wanted.extend(identity_labels(workload, context.config.profile));
            }
            if let Some(keys) = access.get(&workload.resource) {
                wanted.insert(keys::CLIENT.into(), client_label(workload, context.config.profile));
                wanted.extend(keys.iter().map(|key| (key.clone(), "true".to_owned())));
            }
        }
        if context.config.credentials_operator_label {
            wanted.extend(credentials_label(workload, findings));
        }
        let change = template_change(workload, wanted, findings);
        labelling.final_labels.push(applied(&workload.template_labels, &change));
        if !is_empty(&change) {
            findings.0.extend(immutable_template(workload));
            labelling.changes.push(change);
        }
    }
    labelling.changes.extend(namespace_changes(context));
    labelling.changes.extend(local_config_changes(context));
    labelling
}

/// Keys of access labels by workload. Intents that name the client's kind label only workloads of that kind (decision D1).
fn access_labels(context: &PlanContext<'_>) -> BTreeMap<ResourceId, BTreeSet<String>> {
    let mut labels: BTreeMap<ResourceId, BTreeSet<String>> = BTreeMap::new();
    for (client, calls) in &context.calls.by_client {
        let keys: BTreeSet<String> =
            calls.iter().filter_map(|call| access_key(&call.target, context.config.profile)).collect();
        if !keys.is_empty() {
            for labelled in context.workloads_of(client) {
                labels.entry(labelled.workload.resource).or_default().extend(keys.iter().cloned());
            }
        }
    }
    labels
}

/// The workloads that intents, ProtectedServices or the configuration speak of (`labelWorkloads: involved`).
///
/// A policy that selects or admits pods by their identity finds none without the label, so these always get it.
pub(crate) fn involved(context: &PlanContext<'_>) -> BTreeSet<ResourceId> {
    let mut identities: BTreeSet<Identity> = context.calls.by_client.keys().cloned().collect();
    let targets = context.calls.by_client.values().flatten().filter_map(|call| call.target.identity());
    identities.extend(targets.cloned());
    identities.extend(context.world.protected_services.iter().map(|protected| protected.protected.clone()));
    let known = context.config.ingress_controller_configs.iter().chain(&context.config.prometheus_server_configs);
    identities.extend(known.map(|known| Identity {
        namespace: known.namespace.clone(),
        name: known.name.clone(),
        kind: Some(known.kind.clone()).filter(|kind| !kind.is_empty()),
    }));
    let mut involved = BTreeSet::new();
    for identity in &identities {
        let is_service = identity.kind.as_deref() == Some("Service");
        let service = context.service(&identity.namespace, &identity.name).filter(|_| is_service);
        let behind = service.map(|service| context.behind(service)).unwrap_or_default();
        let meant = context.workloads_of(identity).into_iter().chain(behind);
        involved.extend(meant.map(|labelled| labelled.workload.resource));
    }
    involved
}

/// The labels that say who the pods are. The value never has the kind; a kind that is not known is written as empty.
fn identity_labels(workload: &Workload, profile: Profile) -> Vec<(String, String)> {
    let value = workload.identity.formatted();
    match profile {
        Profile::Classic => vec![(keys::SERVER.into(), value)],
        Profile::V2 => vec![
            (keys::SERVICE.into(), value),
            (keys::OWNER_KIND.into(), workload.identity.kind.clone().unwrap_or_default()),
        ],
    }
}

/// The value of the `client` label.
fn client_label(workload: &Workload, profile: Profile) -> String {
    match profile {
        Profile::Classic => "true".to_owned(),
        Profile::V2 => workload.identity.formatted(),
    }
}

/// The label that the tutorial's pods have for the credentials operator.
fn credentials_label(workload: &Workload, findings: &mut Findings) -> Option<(String, String)> {
    let name = &workload.identity.name;
    if !is_label_value(name) {
        let message = format!(
            "{}: {name} is not a legal value of the label {}",
            workload.object_name(),
            keys::CREDENTIALS_SERVICE_NAME
        );
        findings.push(Finding::new(Code::InvalidIdentity, workload.place, message));
        return None;
    }
    Some((keys::CREDENTIALS_SERVICE_NAME.into(), name.clone()))
}

/// What must change on a pod template: wanted labels set, stale ones of ours removed.
///
/// A label that the workload's own selector uses is never touched, because that selector cannot change in a cluster.
fn template_change(workload: &Workload, wanted: Labels, findings: &mut Findings) -> MapChange {
    let path = workload.template_path.iter().map(String::as_str).chain(["metadata", "labels"]).map(str::to_owned);
    let mut change =
        MapChange { resource: workload.resource, path: path.collect(), set: BTreeMap::new(), remove: BTreeSet::new() };
    let stale = |key: &&String| keys::is_pod_label_of_ours(key) && !wanted.contains_key(*key);
    change.remove = workload.template_labels.keys().filter(stale).cloned().collect();
    change.set = wanted.into_iter().filter(|(key, value)| workload.template_labels.get(key) != Some(value)).collect();
    if let Some(selector) = &workload.selector {
        let expressions = selector.match_expressions.iter().map(|requirement| &requirement.key);
        let used: BTreeSet<&String> = selector.match_labels.keys().chain(expressions).collect();
        for key in used {
            let is_set = change.set.remove(key).is_some();
            if change.remove.remove(key) || is_set {
                findings.push(selector_conflict(workload, key));
            }
        }
    }
    change
}

fn selector_conflict(workload: &Workload, key: &str) -> Finding {
    let message = format!("{}: spec.selector uses the label {key}, which would have to change", workload.object_name());
    Finding::new(Code::SelectorUsesOurLabel, workload.place, message).with_help(
        "select the pods by a label of your own; a selector cannot change in the cluster, so this needs a new workload",
    )
}

fn applied(labels: &Labels, change: &MapChange) -> Labels {
    let mut labels = labels.clone();
    labels.retain(|key, _| !change.remove.contains(key));
    labels.extend(change.set.iter().map(|(key, value)| (key.clone(), value.clone())));
    labels
}

fn is_empty(change: &MapChange) -> bool {
    change.set.is_empty() && change.remove.is_empty()
}

/// The API server refuses to change the template of a Job that exists; a CronJob makes new Jobs.
fn immutable_template(workload: &Workload) -> Option<Finding> {
    let is_job = workload.kind == "Job" && workload.api_version.starts_with("batch/");
    is_job.then(|| {
        let message =
            format!("{}: its pod labels change, and a Job that exists cannot take them", workload.object_name());
        Finding::new(Code::ImmutableTemplate, workload.place, message)
            .with_help("delete the Job in the cluster before applying, or give it a new name")
    })
}

/// Classic policies select namespaces by a label of ours where the manifest is there to bear it (decision D13); `v2` never does.
fn namespace_changes(context: &PlanContext<'_>) -> Vec<MapChange> {
    let change = |namespace: &crate::model::world::Namespace| {
        let mut change = MapChange {
            resource: namespace.resource,
            path: vec!["metadata".into(), "labels".into()],
            set: BTreeMap::new(),
            remove: BTreeSet::new(),
        };
        let present = namespace.labels.get(keys::NAMESPACE_NAME);
        let gets_label = context.config.profile == Profile::Classic && context.config.selectors == Selectors::Labels;
        if gets_label && present != Some(&namespace.name) {
            change.set.insert(keys::NAMESPACE_NAME.into(), namespace.name.clone());
        } else if !gets_label && present.is_some() {
            change.remove.insert(keys::NAMESPACE_NAME.into());
        }
        change
    };
    context.world.namespaces.iter().map(change).filter(|change| !is_empty(change)).collect()
}

/// `clientIntents: localConfig`: keeps objects without a CRD in the cluster from being applied.
fn local_config_changes(context: &PlanContext<'_>) -> Vec<MapChange> {
    if context.config.client_intents == ClientIntentsOutput::Keep {
        return Vec::new();
    }
    let world = context.world;
    let intents = world.client_intents.iter().map(|intents| intents.resource);
    let protected = world.protected_services.iter().map(|protected| protected.resource);
    let resources: BTreeSet<ResourceId> =
        intents.chain(world.client_intents_objects.iter().copied()).chain(protected).collect();
    resources
        .into_iter()
        .map(|resource| MapChange {
            resource,
            path: vec!["metadata".into(), "annotations".into()],
            set: BTreeMap::from([(keys::LOCAL_CONFIG.to_owned(), "true".to_owned())]),
            remove: BTreeSet::new(),
        })
        .collect()
}
