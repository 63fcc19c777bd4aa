//! From drafts to intents: every reference gets its deployed name, and two objects for one client are a fault.

use super::fields::of_each;
use super::intents::{self, DraftKind, DraftTarget, Reference};
use super::names::{Deployed, Names, Resolution, Wanted};
use super::object::{Object, of_resource};
use super::protected_services;
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::intent::{CalledBy, ClientIntents, ProtectedService, Target, TargetKind};
use crate::model::place::Place;
use crate::model::workload::Workload;
use crate::model::world::World;
use crate::threads::{MANY_OBJECTS, in_parts};
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is looked up: workloads, Services, or the one and then the other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Among {
    Workloads,
    Services,
    Both,
}

/// Resolves the references of all intents, by several threads. Of several objects for one client, only the first is kept.
pub(super) fn resolve(
    objects: &[Object<'_>],
    names: &Names<'_, '_>,
    drafts: &[intents::Draft],
    threads: usize,
    findings: &mut Findings,
) -> Vec<ClientIntents> {
    let parts = in_parts(drafts, MANY_OBJECTS, threads, |_, drafts| -> Vec<_> {
        let resolved = drafts.iter().filter_map(|draft| {
            let object = objects.get(draft.object)?;
            let mut findings = Findings::default();
            let intents = Resolver { names, findings: &mut findings }.client_intents(object, draft);
            Some((object, intents, findings))
        });
        resolved.collect()
    });
    let mut clients: IndexMap<&Identity, (&str, Place)> = IndexMap::with_capacity(drafts.len());
    let mut is_kept = Vec::with_capacity(drafts.len());
    for (object, intents, found) in parts.iter().flatten() {
        findings.0.extend(found.0.iter().cloned());
        let Some(intents) = intents else {
            is_kept.push(false);
            continue;
        };
        let first = clients.entry(&intents.client).or_insert((object.name, intents.client_place));
        is_kept.push(first.1.resource == intents.resource);
        if first.1.resource != intents.resource {
            findings.push(duplicate(object, intents, *first));
        }
    }
    drop(clients);
    let kept = parts.into_iter().flatten().zip(is_kept).filter(|(_, is_kept)| *is_kept);
    let mut intents = Vec::with_capacity(drafts.len());
    intents.extend(kept.filter_map(|((_, intents, _), _)| intents));
    intents
}

/// Intents for a client that has some already: the name of their object, and where the client is said in it.
fn duplicate(object: &Object<'_>, intents: &ClientIntents, (first, place): (&str, Place)) -> Finding {
    let client = &intents.client.name;
    let message = format!("{}: Intents for client {client} already exist in resource {first}", object.title());
    Finding::new(Code::DuplicateIntents, intents.client_place, message)
        .with_related(place, "the first one")
        .with_help("put all calls of a client into one object")
}

/// Resolves the references of all ProtectedServices and puts them into the world.
pub(super) fn resolve_protected(
    objects: &[Object<'_>],
    names: &Names<'_, '_>,
    protected: Vec<protected_services::Draft>,
    world: &mut World,
    findings: &mut Findings,
) {
    let mut resolver = Resolver { names, findings };
    let mut specs = BTreeMap::new();
    for draft in protected {
        let Some(object) = objects.get(draft.object) else { continue };
        let Some(resolved) = resolver.protected_service(object, &draft) else { continue };
        let first = specs.entry(resolved.protected.clone()).or_insert((object.name, resolved.place));
        if first.1.resource == resolved.resource {
            world.protected_services.push(resolved);
            continue;
        }
        let message = format!(
            "{}: Protected service for service {} already exist in resource {}",
            object.title(),
            resolved.protected.name,
            first.0
        );
        resolver.findings.push(
            Finding::new(Code::InvalidProtectedService, resolved.place, message).with_related(first.1, "the first one"),
        );
    }
}

/// The `called-by` annotations of workloads that have any, by index, with deployed names.
pub(super) fn resolve_called_by(
    objects: &[Object<'_>],
    names: &Names<'_, '_>,
    workloads: &[Workload],
    findings: &mut Findings,
) -> Vec<(usize, Vec<CalledBy>)> {
    let mut resolver = Resolver { names, findings };
    let annotated = workloads.iter().enumerate().filter(|(_, workload)| !workload.called_by.is_empty());
    annotated
        .filter_map(|(index, workload)| {
            let object = of_resource(objects, workload.resource)?;
            let resolved = workload.called_by.iter().filter_map(|called_by| {
                let reference = Reference {
                    name: called_by.client.name.clone(),
                    namespace: Some(called_by.client.namespace.clone()),
                    kind: called_by.client.kind.clone(),
                    place: called_by.place,
                    kind_place: None,
                };
                let client = resolver.reference(object, &reference, Among::Workloads)?;
                Some(CalledBy { client, ..called_by.clone() })
            });
            Some((index, resolved.collect()))
        })
        .collect()
}

/// Names of namespaces are DNS labels.
fn is_namespace(name: &str) -> bool {
    let is_outer = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    name.len() <= 63
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && is_outer(name.bytes().next())
        && is_outer(name.bytes().next_back())
}

struct Resolver<'r, 'n, 'a> {
    names: &'r Names<'n, 'a>,
    findings: &'r mut Findings,
}

impl Resolver<'_, '_, '_> {
    fn client_intents(&mut self, object: &Object<'_>, draft: &intents::Draft) -> Option<ClientIntents> {
        let client = self.reference(object, &draft.client, Among::Workloads);
        let targets = of_each(&draft.targets, |target| self.target(object, target));
        Some(ClientIntents {
            resource: object.resource,
            name: object.name.into(),
            namespace: object.namespace.into(),
            client: client?,
            client_place: draft.client.place,
            targets,
            resolved_ips: draft.resolved_ips.clone(),
        })
    }

    fn target(&mut self, object: &Object<'_>, target: &DraftTarget) -> Option<Target> {
        let kind = match &target.kind {
            DraftKind::Workload(reference) => {
                TargetKind::Workload(self.reference(object, reference, Among::Workloads)?)
            }
            DraftKind::Service(reference) => {
                let reference = Reference { kind: Some("Service".into()), ..reference.clone() };
                TargetKind::Service(self.reference(object, &reference, Among::Services)?)
            }
            DraftKind::Internet(internet) => TargetKind::Internet(Arc::clone(internet)),
            DraftKind::OutOfCluster => TargetKind::OutOfCluster,
        };
        Some(Target { kind, place: target.place })
    }

    fn protected_service(
        &mut self,
        object: &Object<'_>,
        draft: &protected_services::Draft,
    ) -> Option<ProtectedService> {
        let among = match draft.protected.kind.as_deref() {
            Some("Service") => Among::Services,
            Some(_) => Among::Workloads,
            None => Among::Both,
        };
        let protected = self.reference(object, &draft.protected, among)?;
        Some(ProtectedService { resource: object.resource, protected, place: draft.protected.place })
    }

    /// The identity that a reference means, with its kind as written. `None` when there is a fault.
    fn reference(&mut self, object: &Object<'_>, reference: &Reference, among: Among) -> Option<Identity> {
        let namespace = reference.namespace.as_deref().unwrap_or(object.namespace);
        if !is_namespace(namespace) {
            let message = format!("{}: `{namespace}` cannot be the name of a namespace", object.title());
            self.findings.push(Finding::new(Code::InvalidIntents, reference.place, message));
            return None;
        }
        let is_api_server = reference.name == "kubernetes" && namespace == "default";
        let wanted = Wanted {
            name: &reference.name,
            namespace,
            says_namespace: reference.namespace.is_some(),
            kind: reference.kind.as_deref(),
            layer: object.layer(),
        };
        let resolution = match among {
            _ if is_api_server => Resolution::NotFound { namespace: namespace.into() },
            Among::Workloads => self.names.workload(wanted),
            Among::Services => self.names.service(wanted),
            Among::Both => match self.names.workload(wanted) {
                Resolution::NotFound { .. } => self.names.service(wanted),
                found => found,
            },
        };
        let deployed = match resolution {
            Resolution::Found(deployed) => deployed,
            Resolution::NotFound { namespace } => Deployed { namespace, name: reference.name.clone() },
            Resolution::Ambiguous(candidates) => {
                self.report_ambiguous(object, reference, candidates);
                return None;
            }
            Resolution::Overridden(workload, place) => {
                self.report_overridden(object, reference, &workload, place);
                return None;
            }
        };
        let identity = Identity { namespace: deployed.namespace, name: deployed.name, kind: reference.kind.clone() };
        if identity.is_label_value() {
            return Some(identity);
        }
        let message = format!(
            "{}: `{}` cannot be the name of a workload or Service: it gives no legal label",
            object.title(),
            reference.name
        );
        self.findings.push(Finding::new(Code::InvalidIntents, reference.place, message));
        None
    }

    fn report_ambiguous(
        &mut self,
        object: &Object<'_>,
        reference: &Reference,
        candidates: Vec<(crate::model::place::ObjectName, Place)>,
    ) {
        let listed: Vec<String> = candidates.iter().map(|(name, _)| name.to_string()).collect();
        let message = format!(
            "{}: `{}` can mean {}, which had that name before kustomize changed it",
            object.title(),
            reference.name,
            listed.join(" or ")
        );
        let mut finding = Finding::new(Code::AmbiguousName, reference.place, message)
            .with_help("write the name as it will be deployed");
        for (name, place) in candidates {
            finding = finding.with_related(place, name.to_string());
        }
        self.findings.push(finding);
    }

    fn report_overridden(
        &mut self,
        object: &Object<'_>,
        reference: &Reference,
        workload: &crate::model::place::ObjectName,
        place: Place,
    ) {
        let message = format!(
            "{}: `{}` gives kind {} for {workload}, which has no kind because its name comes from an annotation or image",
            object.title(),
            reference.name,
            reference.kind.as_deref().unwrap_or_default()
        );
        self.findings.push(
            Finding::new(Code::OverriddenKind, reference.kind_place.unwrap_or(reference.place), message)
                .with_related(place, "its name is overridden")
                .with_help(match reference.kind_place {
                    Some(_) => "drop `kind`",
                    // There a kind is required.
                    None => "declare the call in ClientIntents of that client, where `kind` can be left out",
                }),
        );
    }
}
