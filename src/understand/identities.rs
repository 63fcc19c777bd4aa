//! Identities of workloads that do not follow from the object alone: owners, and image names of Jobs
//! (`spec/otterize.md` 2.3). Every identity must be a legal label value.

use super::object::Object;
use crate::config::Config;
use crate::diag::{Code, Finding, Findings};
use crate::model::workload::{Container, IdentitySource, Workload};
use crate::read::tree::Node;
use std::collections::BTreeMap;

/// Owners of owners are followed this many times; a longer chain is a loop.
const MAX_OWNERS: usize = 16;

/// Gives pods and ReplicaSets the identity of their top owner, and Jobs that of their images if the configuration says so.
/// Workloads whose identity cannot be a label value are faults and stay, so that intents can still be matched to them.
pub(super) fn finish(workloads: &mut [Workload], objects: &[Object<'_>], config: &Config, findings: &mut Findings) {
    follow_owners(workloads, objects);
    for workload in workloads {
        if config.use_image_name_for_jobs
            && workload.identity_source == IdentitySource::Object
            && workload.identity.kind.as_deref() == Some("Job")
        {
            workload.identity.name = image_name(&workload.containers);
            workload.identity.kind = None;
            workload.identity_source = IdentitySource::ImageName;
        }
        check(workload, findings);
    }
}

fn follow_owners(workloads: &mut [Workload], objects: &[Object<'_>]) {
    let is_owned = |workload: &Workload| workload.owner.is_some() && workload.identity_source == IdentitySource::Object;
    if !workloads.iter().any(is_owned) {
        return;
    }
    let by_name: BTreeMap<(&str, &str, &str), &Object<'_>> =
        objects.iter().map(|object| ((object.namespace, object.kind, object.name), object)).collect();
    for workload in workloads.iter_mut().filter(|workload| is_owned(workload)) {
        let Some(owner) = &workload.owner else { continue };
        let (mut kind, mut name) = (owner.kind.clone(), owner.name.clone());
        let mut root = None;
        for _ in 0..MAX_OWNERS {
            root = by_name.get(&(workload.namespace.as_str(), kind.as_str(), name.as_str())).copied();
            let Some(next) = root.and_then(first_owner) else { break };
            (kind, name) = next;
        }
        workload.previous = root.map(|root| root.previous.clone()).unwrap_or_default();
        workload.identity.name = name.replace('.', "_");
        workload.identity.kind = Some(kind);
    }
}

fn first_owner(object: &Object<'_>) -> Option<(String, String)> {
    let first = object.node.path(&["metadata", "ownerReferences"])?.items().next()?;
    let text = |field: &str| first.get(field).and_then(Node::as_str).map(str::to_owned);
    Some((text("kind")?, text("name")?))
}

/// Image texts after the first `/` up to the first `:`, joined with `-`; without sidecars and init containers.
fn image_name(containers: &[Container]) -> String {
    let names: Vec<&str> = containers
        .iter()
        .filter(|container| {
            !container.is_init && container.name != "istio-proxy" && !container.name.contains("sidecar")
        })
        .map(|container| match container.image.split_once('/') {
            Some((_, path)) => path.split_once(':').map_or(path, |(path, _)| path),
            None => container.image.as_str(),
        })
        .collect();
    names.join("-")
}

fn check(workload: &Workload, findings: &mut Findings) {
    if workload.identity.is_label_value() {
        return;
    }
    let name = &workload.identity.name;
    let (source, help) = match workload.identity_source {
        IdentitySource::Object => ("", "rename it"),
        IdentitySource::Annotation => (
            " from its annotation",
            "use letters, digits, `-`, `_` and `.` in the annotation, beginning with a letter or digit",
        ),
        IdentitySource::ImageName => {
            (" from its images", "name the workload with the workload-name annotation on its pod template")
        }
    };
    let message = format!(
        "{}: its name `{name}`{source} cannot be written as a label value: `{}`",
        workload.object_name(),
        workload.identity.formatted()
    );
    findings.push(Finding::new(Code::InvalidIdentity, workload.place, message).with_help(help));
}
