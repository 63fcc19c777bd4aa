//! Labels of pods and Namespaces, and the mark on ClientIntents (`spec/otterize.md` 3, decisions D1, D7, D11, D13).

use super::MapChange;
use super::context::PlanContext;
use super::labelled_workload::LabelledWorkload;
use super::{keys, known_workloads};
use crate::config::{ClientIntentsOutput, LabelWorkloads, Profile, Selectors};
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::place::ResourceId;
use crate::model::selector::{Labels, is_label_value};
use crate::model::workload::Workload;
use crate::model::world::World;
use crate::threads::{MANY_OBJECTS, in_parts};
use indexmap::IndexMap;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What labelling decided.
pub(crate) struct Labelling {
    /// Changes to the labels of pods, in the order of the workloads.
    pub(crate) of_templates: Vec<MapChange>,
    /// Changes to labels of Namespaces and annotations.
    pub(crate) of_others: Vec<MapChange>,
}

/// Where labels are in most objects: keys from the object's root, which so need not be kept for each change.
const PATHS: [&[Cow<'static, str>]; 3] = [
    &[Cow::Borrowed("metadata"), Cow::Borrowed("labels")],
    &[Cow::Borrowed("spec"), Cow::Borrowed("template"), Cow::Borrowed("metadata"), Cow::Borrowed("labels")],
    &[
        Cow::Borrowed("spec"),
        Cow::Borrowed("jobTemplate"),
        Cow::Borrowed("spec"),
        Cow::Borrowed("template"),
        Cow::Borrowed("metadata"),
        Cow::Borrowed("labels"),
    ],
];

/// Where the annotations of every object are.
pub(crate) const ANNOTATIONS: &[Cow<'static, str>] = &[Cow::Borrowed("metadata"), Cow::Borrowed("annotations")];

/// Decides every label. `context` has the labels of the input.
///
/// `selectors: native` needs none: those of ours that are there are stale. Labels depend neither on the enforcement mode nor on protection nor on whether policies are written (decision D7).
pub(crate) fn plan(context: &PlanContext<'_>, findings: &mut Findings) -> Labelling {
    let access = access_keys(context);
    let labels_all = context.config.label_workloads == LabelWorkloads::All;
    let involved = if labels_all { BTreeSet::new() } else { involved(context) };
    let is_involved = |workload: &Workload| labels_all || involved.contains(&workload.resource);
    let parts = in_parts(&context.workloads, MANY_OBJECTS, context.threads, |_, workloads| {
        let mut findings = Findings::default();
        let mut changes = Vec::with_capacity(workloads.len());
        for LabelledWorkload { workload, .. } in workloads {
            let keys = access.get(&workload.resource).map(Vec::as_slice).unwrap_or_default();
            let change = pod_labels(context, workload, is_involved(workload), keys, &mut findings);
            if !change.is_empty() {
                findings.0.extend(immutable_template(workload));
                changes.push(change);
            }
        }
        (changes, findings)
    });
    let mut labelling = Labelling { of_templates: Vec::new(), of_others: namespace_changes(context) };
    for (changes, found) in parts {
        labelling.of_templates.extend(changes);
        findings.0.extend(found.0);
    }
    labelling.of_others.extend(local_config_changes(context));
    labelling
}

/// Keys of access labels by workload. Intents that name the client's kind label only workloads of that kind (decision D1).
fn access_keys<'a>(context: &PlanContext<'a>) -> IndexMap<ResourceId, Vec<&'a str>> {
    let mut keys: IndexMap<ResourceId, Vec<&str>> = IndexMap::with_capacity(context.calls.by_client.len());
    for (client, calls) in &context.calls.by_client {
        let mut of_client = calls.iter().filter_map(|call| call.access_key.as_deref()).peekable();
        if of_client.peek().is_some() {
            for labelled in context.workloads_of(client) {
                keys.entry(labelled.workload.resource).or_default().extend(of_client.clone());
            }
        }
    }
    keys
}

/// What changes about the labels of a workload's pods; `access` has the keys of the labels that its calls need.
fn pod_labels(
    context: &PlanContext<'_>,
    workload: &Workload,
    is_involved: bool,
    access: &[&str],
    findings: &mut Findings,
) -> MapChange {
    let config = context.config;
    let needs_identity = config.selectors == Selectors::Labels && (is_involved || !access.is_empty());
    let identity = needs_identity.then(|| workload.identity.formatted());
    let mut wanted: Vec<(&str, &str)> = Vec::with_capacity(access.len() + 4);
    if let Some(identity) = &identity {
        if is_involved {
            wanted.extend(identity_labels(workload, identity, config.profile));
        }
        if !access.is_empty() {
            wanted.push((keys::CLIENT, client_label(identity, config.profile)));
            wanted.extend(access.iter().map(|key| (*key, "true")));
        }
    }
    if config.credentials_operator_label {
        wanted.extend(credentials_label(workload, findings));
    }
    template_change(context.world, workload, wanted.into_iter().collect(), findings)
}

/// The workloads that intents, ProtectedServices or the configuration speak of (`labelWorkloads: involved`).
///
/// A policy that selects or admits pods by their identity finds none without the label, so these always get it.
pub(crate) fn involved(context: &PlanContext<'_>) -> BTreeSet<ResourceId> {
    let known = context.config.ingress_controller_configs.iter().chain(&context.config.prometheus_server_configs);
    let known: Vec<Identity> = known.map(known_workloads::identity).collect();
    let mut identities: BTreeSet<&Identity> = context.calls.by_client.keys().copied().collect();
    identities.extend(context.calls.by_client.values().flatten().filter_map(|call| call.target.identity()));
    identities.extend(context.world.protected_services.iter().map(|protected| &protected.protected));
    identities.extend(&known);
    let mut involved = BTreeSet::new();
    for identity in identities {
        let service = context.service(&identity.namespace, &identity.name).filter(|_| identity.is_service());
        let behind = service.into_iter().flat_map(|service| context.behind(service));
        let meant = context.workloads_of(identity).chain(behind);
        involved.extend(meant.map(|labelled| labelled.workload.resource));
    }
    involved
}

/// The labels that say who the pods are. The value never has the kind; a kind that is not known is written as empty.
fn identity_labels<'l>(
    workload: &'l Workload,
    identity: &'l str,
    profile: Profile,
) -> impl Iterator<Item = (&'l str, &'l str)> {
    let kind = workload.identity.kind.as_deref().unwrap_or_default();
    let labels = match profile {
        Profile::Classic => [Some((keys::SERVER, identity)), None],
        Profile::V2 => [Some((keys::SERVICE, identity)), Some((keys::OWNER_KIND, kind))],
    };
    labels.into_iter().flatten()
}

/// The value of the `client` label.
fn client_label(identity: &str, profile: Profile) -> &str {
    match profile {
        Profile::Classic => "true",
        Profile::V2 => identity,
    }
}

/// The label that the tutorial's pods have for the credentials operator.
fn credentials_label<'w>(workload: &'w Workload, findings: &mut Findings) -> Option<(&'static str, &'w str)> {
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
    Some((keys::CREDENTIALS_SERVICE_NAME, name))
}

/// What must change on a pod template: wanted labels set, stale ones of ours removed.
///
/// A label that the workload's own selector uses is never touched, because that selector cannot change in a cluster.
fn template_change(world: &World, workload: &Workload, wanted: Labels, findings: &mut Findings) -> MapChange {
    let stale = |key: &&str| keys::is_pod_label_of_ours(key) && !wanted.contains_key(key);
    let remove = workload.template_labels.keys().filter(stale).map(str::to_owned).collect();
    let path = labels_path(&workload.template_path);
    let mut change = MapChange { resource: workload.resource, path, set: wanted, remove };
    change.set.retain(|key, value| {
        workload.template_labels.get(key) != Some(value) || world.is_no_string(workload.resource, key)
    });
    if let Some(selector) = &workload.selector {
        let expressions = selector.match_expressions.iter().map(|requirement| requirement.key.as_str());
        let used = selector.match_labels.keys().chain(expressions);
        let changed = used.filter(|key| change.set.contains_key(key) || change.remove.contains(*key));
        let changed: BTreeSet<&str> = changed.collect();
        let lacks_quotes =
            |key: &str| workload.template_labels.get(key).filter(|value| change.set.get(key) == Some(value));
        findings.0.extend(changed.iter().map(|key| selector_conflict(workload, key, lacks_quotes(key))));
        change.set.retain(|key, _| !changed.contains(key));
        change.remove.retain(|key| !changed.contains(key.as_str()));
    }
    change
}

/// The way to the labels of a pod template.
fn labels_path(template: &[Cow<'static, str>]) -> Cow<'static, [Cow<'static, str>]> {
    match PATHS.into_iter().find(|path| path.split_last_chunk::<2>().is_some_and(|(start, _)| start == template)) {
        Some(path) => Cow::Borrowed(path),
        None => template.iter().cloned().chain([Cow::Borrowed("metadata"), Cow::Borrowed("labels")]).collect(),
    }
}

/// `without_quotes` is the value of a label that is right but for its quotes.
fn selector_conflict(workload: &Workload, key: &str, without_quotes: Option<&str>) -> Finding {
    let (fault, help) = match without_quotes {
        Some(value) => (
            format!(" with the value {value}, which is no string without quotes"),
            format!("write \"{value}\" in quotes, in the selector and in the labels of the pod template"),
        ),
        None => (
            ", which would have to change".to_owned(),
            "select the pods by a label of your own; a selector cannot change in the cluster, so this needs a new workload"
                .to_owned(),
        ),
    };
    let message = format!("{}: spec.selector uses the label {key}{fault}", workload.object_name());
    Finding::new(Code::SelectorUsesOurLabel, workload.place, message).with_help(help)
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
            path: labels_path(&[]),
            set: Labels::new(),
            remove: BTreeSet::new(),
        };
        let present = namespace.labels.get(keys::NAMESPACE_NAME);
        let gets_label = context.config.profile == Profile::Classic && context.config.selectors == Selectors::Labels;
        let is_no_string = context.world.is_no_string(namespace.resource, keys::NAMESPACE_NAME);
        if gets_label && (is_no_string || present != Some(namespace.name.as_str())) {
            change.set.insert(keys::NAMESPACE_NAME, &namespace.name);
        } else if !gets_label && present.is_some() {
            change.remove.insert(keys::NAMESPACE_NAME.into());
        }
        change
    };
    context.world.namespaces.iter().map(change).filter(|change| !change.is_empty()).collect()
}

/// `clientIntents: localConfig`: keeps objects without a CRD in the cluster from being applied.
fn local_config_changes(context: &PlanContext<'_>) -> Vec<MapChange> {
    if context.config.client_intents == ClientIntentsOutput::Keep {
        return Vec::new();
    }
    let world = context.world;
    let intents = world.client_intents.iter().map(|intents| intents.resource);
    let protected = world.protected_services.iter().map(|protected| protected.resource);
    let mut resources: Vec<ResourceId> =
        intents.chain(world.client_intents_objects.iter().copied()).chain(protected).collect();
    resources.sort_unstable();
    resources.dedup();
    resources
        .into_iter()
        .map(|resource| MapChange {
            resource,
            path: Cow::Borrowed(ANNOTATIONS),
            set: Labels::from([(keys::LOCAL_CONFIG, "true")]),
            remove: BTreeSet::new(),
        })
        .collect()
}
