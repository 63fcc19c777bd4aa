//! Workloads: everything with a pod template, and who its pods are (`spec/otterize.md` 2.3).

use super::called_by;
use super::fields::{Fields, of_each};
use super::object::Object;
use crate::config::Config;
use crate::diag::suggest::nearest;
use crate::diag::{Code, Findings, Severity};
use crate::model::identity::Identity;
use crate::model::selector::{LabelSelector, Labels};
use crate::model::workload::{Container, ContainerPort, IdentitySource, Owner, Workload};
use crate::read::tree::Node;
use std::borrow::Cow;

/// The annotation that named pods before `workload-name`; always read (`spec/otterize.md` 2.3).
const LEGACY_NAME_ANNOTATION: &str = "intents.otterize.com/service-name";

/// Keys from an object's root to its pod template.
type TemplatePath = Cow<'static, [Cow<'static, str>]>;

const SPEC_TEMPLATE: &[Cow<'static, str>] = &[Cow::Borrowed("spec"), Cow::Borrowed("template")];
const OF_CRON_JOB: &[Cow<'static, str>] =
    &[Cow::Borrowed("spec"), Cow::Borrowed("jobTemplate"), Cow::Borrowed("spec"), Cow::Borrowed("template")];

/// Where a kind has its pod template: keys from the object's root. `None` for kinds that have none.
pub(super) fn template_path(object: &Object<'_>, config: &Config) -> Option<TemplatePath> {
    let configured =
        config.workload_kinds.iter().find(|known| known.api_version == object.api_version && known.kind == object.kind);
    if let Some(known) = configured {
        return Some(known.pod_template.iter().cloned().map(Cow::Owned).collect());
    }
    match (object.group(), object.kind) {
        ("", "Pod") => Some(Cow::Borrowed(&[])),
        ("apps" | "extensions", "Deployment" | "DaemonSet" | "ReplicaSet")
        | ("apps", "StatefulSet")
        | ("", "ReplicationController")
        | ("batch" | "extensions", "Job")
        | ("argoproj.io", "Rollout") => Some(Cow::Borrowed(SPEC_TEMPLATE)),
        ("batch", "CronJob") => Some(Cow::Borrowed(OF_CRON_JOB)),
        _ => {
            let containers = object.node.path(&["spec", "template", "spec", "containers"]);
            containers.is_some_and(Node::is_sequence).then_some(Cow::Borrowed(SPEC_TEMPLATE))
        }
    }
}

/// Reads a workload whose pod template is at `template_path`. The identity is that of the object itself: owners are
/// looked up in `identities` when every object is known. `None` when there is no template or no name.
pub(super) fn read(
    object: &Object<'_>,
    template_path: TemplatePath,
    config: &Config,
    findings: &mut Findings,
) -> Option<Workload> {
    let mut fields = Fields::new(object, findings);
    if object.name.is_empty() {
        fields.fault(Code::NameMissing, object.node, "has no metadata.name, so its pods have no identity").help =
            Some("give it a name: generated names cannot be matched by intents".into());
        return None;
    }
    let Some(template) = fields.mapping_at(object.node, &template_path) else {
        report_missing_template(&mut fields);
        return None;
    };
    let metadata = fields.mapping(template, "metadata");
    let template_labels = metadata.map(|metadata| fields.labels(metadata, "labels")).unwrap_or_default();
    let template_annotations = metadata.map(|metadata| fields.labels(metadata, "annotations")).unwrap_or_default();
    let pod_spec = fields.mapping(template, "spec");
    let containers = pod_spec.map(|spec| containers(&mut fields, spec)).unwrap_or_default();
    let host_network = pod_spec.is_some_and(|spec| fields.flag(spec, "hostNetwork"));
    let is_pod = template_path.is_empty();
    let spec = if is_pod { None } else { fields.mapping(object.node, "spec") };
    if !is_pod {
        report_misplaced_annotations(&mut fields, config, &template_annotations);
    }
    let called_by = metadata.map(|metadata| called_by::read(&mut fields, metadata)).unwrap_or_default();
    let (name, identity_source) = match name_annotation(config, &template_annotations) {
        Some(name) => (name.to_owned(), IdentitySource::Annotation),
        None => (object.name.replace('.', "_"), IdentitySource::Object),
    };
    let kind = (identity_source == IdentitySource::Object).then(|| object.kind.to_owned());
    Some(Workload {
        resource: object.resource,
        api_version: object.api_version.into(),
        kind: object.kind.into(),
        name: object.name.into(),
        namespace: object.namespace.into(),
        previous: object.previous.clone(),
        identity: Identity { namespace: object.namespace.into(), name, kind },
        identity_source,
        template_labels,
        template_annotations,
        selector: spec.and_then(|spec| own_selector(&mut fields, spec)),
        containers,
        host_network,
        host_network_place: pod_spec
            .filter(|_| host_network)
            .and_then(|spec| spec.get("hostNetwork"))
            .map(|node| object.place(node)),
        pod_addresses: if is_pod { pod_addresses(&mut fields) } else { Vec::new() },
        owner: owner(&mut fields).map(Box::new),
        controller: controller(object).map(Box::new),
        replicas: spec.and_then(|spec| replicas(&fields, spec)),
        sync_wave: sync_wave(object),
        called_by,
        place: object.name_place(),
        template_path,
    })
}

/// Argo CD's wave, which counts as 0 if it is no number.
fn sync_wave(object: &Object<'_>) -> Option<i64> {
    let wave = object.node.path(&["metadata", "annotations", "argocd.argoproj.io/sync-wave"])?;
    Some(wave.as_str().and_then(|wave| wave.parse().ok()).unwrap_or(0))
}

/// The name in the override annotation: the configured key, else the legacy one.
fn name_annotation<'l>(config: &Config, annotations: &'l Labels) -> Option<&'l str> {
    annotations.get(&config.workload_name_override_annotation_name).or_else(|| annotations.get(LEGACY_NAME_ANNOTATION))
}

/// Annotations that are read on pods only, and stand on the object that makes them.
fn report_misplaced_annotations(fields: &mut Fields<'_, '_>, config: &Config, on_template: &Labels) {
    let Some(annotations) = fields.object.node.path(&["metadata", "annotations"]) else { return };
    for key in [&config.workload_name_override_annotation_name, LEGACY_NAME_ANNOTATION, called_by::ANNOTATION] {
        if let Some((node, _)) = annotations.get_entry(key)
            && !on_template.contains_key(key)
        {
            let message = format!("annotation `{key}` has no effect here");
            fields.fault(Code::MisplacedAnnotation, node, message).help =
                Some("write it into the metadata of the pod template".into());
        }
    }
}

fn report_missing_template(fields: &mut Fields<'_, '_>) {
    let object = fields.object;
    let place = object.name_place();
    let reference = object.node.path(&["spec", "workloadRef", "name"]).and_then(Node::as_str);
    if let (Some(referred), "Rollout") = (reference, object.kind) {
        let finding = fields.fault_at(
            Code::NoPodTemplate,
            place,
            format_args!("takes its pods from workload {referred}, which gets the labels instead"),
        );
        finding.severity = Severity::Info;
        finding.help = Some(format!("intents must name {referred}, not the Rollout"));
    } else {
        fields.fault_at(Code::NoPodTemplate, place, "has no pod template to label");
    }
}

/// Containers, and init containers that keep running beside them.
fn containers<'a>(fields: &mut Fields<'_, 'a>, pod_spec: Node<'a>) -> Vec<Container> {
    let main = fields.mappings(pod_spec, "containers").into_iter().map(|node| (node, false));
    let init = fields
        .mappings(pod_spec, "initContainers")
        .into_iter()
        .filter(|node| node.get("restartPolicy").and_then(Node::as_str) == Some("Always"))
        .map(|node| (node, true));
    let nodes: Vec<_> = main.chain(init).collect();
    nodes
        .into_iter()
        .map(|(node, is_init)| Container {
            name: fields.text(node, "name").map(|(name, _)| name.to_owned()).unwrap_or_default(),
            image: fields.text(node, "image").map(|(image, _)| image.to_owned()).unwrap_or_default(),
            ports: of_each(fields.mappings(node, "ports"), |port| container_port(fields, port)),
            is_init,
        })
        .collect()
}

fn container_port<'a>(fields: &mut Fields<'_, 'a>, node: Node<'a>) -> Option<ContainerPort> {
    let Some(number) = fields.present(node, "containerPort") else {
        let slip =
            node.entries().filter_map(|(key, _)| key.as_str()).find(|key| nearest(key, ["containerPort"]).is_some());
        fields.fault(Code::InvalidContainerPort, node, "a container port lacks `containerPort` and is left out").help =
            slip.map(|slip| format!("did you mean `containerPort` by `{slip}`?"));
        return None;
    };
    Some(ContainerPort {
        number: fields.port_number(number, "containerPort")?,
        name: fields.text(node, "name").map(|(name, _)| name.to_owned()).filter(|name| !name.is_empty()),
        protocol: fields.protocol(node)?,
        place: fields.object.place(node),
    })
}

/// `spec.selector`: a label selector, or a plain map in a ReplicationController.
fn own_selector<'a>(fields: &mut Fields<'_, 'a>, spec: Node<'a>) -> Option<LabelSelector> {
    let selector = fields.present(spec, "selector").filter(|selector| selector.is_mapping())?;
    let is_plain = selector.entries().next().is_some()
        && !selector.entries().any(|(key, _)| matches!(key.as_str(), Some("matchLabels" | "matchExpressions" | "<<")));
    if is_plain {
        return Some(LabelSelector::from_labels(fields.labels(spec, "selector")));
    }
    fields.selector(spec, "selector")
}

/// How many pods there will be, if the manifest says so in a way that we understand.
fn replicas<'a>(fields: &Fields<'_, 'a>, spec: Node<'a>) -> Option<u64> {
    let value = fields.present(spec, "replicas")?;
    value.as_integer().and_then(|number| u64::try_from(number).ok()).or_else(|| value.as_str()?.parse().ok())
}

fn pod_addresses(fields: &mut Fields<'_, '_>) -> Vec<std::net::IpAddr> {
    let Some(status) = fields.mapping(fields.object.node, "status") else { return Vec::new() };
    let mut nodes: Vec<_> =
        fields.mappings(status, "podIPs").into_iter().filter_map(|entry| fields.present(entry, "ip")).collect();
    nodes.extend(fields.present(status, "podIP"));
    let mut addresses = Vec::new();
    for node in nodes {
        if let Some(address) = fields.address(node, "podIP").filter(|address| !addresses.contains(address)) {
            addresses.push(address);
        }
    }
    addresses
}

/// The first owner reference, which is the one the operator follows.
fn owner(fields: &mut Fields<'_, '_>) -> Option<Owner> {
    let metadata = fields.mapping(fields.object.node, "metadata")?;
    let first = fields.mappings(metadata, "ownerReferences").into_iter().next()?;
    let kind = fields.text(first, "kind")?.0.to_owned();
    let name = fields.text(first, "name")?.0.to_owned();
    Some(Owner { kind, name })
}

/// The owner that controls the object; unlike [`owner`], it need not come first or have a kind.
fn controller(object: &Object<'_>) -> Option<Owner> {
    let references = object.node.path(&["metadata", "ownerReferences"])?;
    let controls = |reference: &Node<'_>| reference.get("controller").and_then(Node::as_bool) == Some(true);
    let reference = references.items().find(controls)?;
    let text = |field| reference.get(field).and_then(Node::as_str).unwrap_or_default().to_owned();
    Some(Owner { kind: text("kind"), name: text("name") })
}
