//! Nodes in, world out: what the objects of the input mean.

mod called_by;
mod checks;
mod configured_workloads;
mod duplicate_keys;
mod fields;
mod identities;
mod intents;
mod names;
mod object;
mod policies;
mod protected_services;
mod references;
mod services;
mod traffic;
mod virtual_workloads;
mod workloads;

#[cfg(test)]
mod tests;

pub use configured_workloads::use_deployed_names;

use crate::config::Config;
use crate::diag::{Code, Findings};
use crate::model::labels::OUR_PREFIX;
use crate::model::world::{Namespace, World};
use crate::read::package::Package;
use crate::read::tree::Node;
use crate::threads::{MANY_OBJECTS, in_parts};
use fields::Fields;
use names::Names;
use object::Object;

/// Interprets every resource. One odd resource never hides the rest: its faults are findings.
#[must_use]
pub fn understand(package: &Package, config: &Config) -> (World, Findings) {
    let objects = object::objects(package, config);
    let parts =
        in_parts(&objects, MANY_OBJECTS, package.lane.threads(), |start, objects| read_part(config, start, objects));
    let Part { mut world, intents, protected, mut findings } =
        parts.into_iter().reduce(Part::followed_by).unwrap_or_default();
    services::drop_duplicates(&mut world.services, &mut findings);
    identities::finish(&mut world.workloads, &objects, config, &mut findings);
    // The index of names borrows these while the world gains what refers to them.
    let (mut workloads, services) = (std::mem::take(&mut world.workloads), std::mem::take(&mut world.services));
    let names = Names::new(&objects, &workloads, &services);
    world.client_intents = references::resolve(&objects, &names, &intents, package.lane.threads(), &mut findings);
    drop(intents);
    references::resolve_protected(&objects, &names, protected, &mut world, &mut findings);
    let called_by = references::resolve_called_by(&objects, &names, &workloads, &mut findings);
    traffic::read(&objects, &names, &mut world, &mut findings);
    drop(names);
    for (index, called_by) in called_by {
        if let Some(workload) = workloads.get_mut(index) {
            workload.called_by = called_by;
        }
    }
    (world.workloads, world.services) = (workloads, services);
    world.virtual_workloads.extend(virtual_workloads::declared(config, &world));
    checks::check(&objects, config, &world, package.lane.threads(), &mut findings);
    duplicate_keys::report(package, &mut findings);
    (world, findings)
}

/// What consecutive objects say, each for itself.
#[derive(Default)]
struct Part {
    world: World,
    intents: Vec<intents::Draft>,
    protected: Vec<protected_services::Draft>,
    findings: Findings,
}

impl Part {
    fn followed_by(mut self, later: Self) -> Self {
        self.world.append(later.world);
        self.intents.extend(later.intents);
        self.protected.extend(later.protected);
        self.findings.0.extend(later.findings.0);
        self
    }
}

/// Reads objects, the first of which has the index `start`.
fn read_part(config: &Config, start: usize, objects: &[Object<'_>]) -> Part {
    let Part { mut world, mut intents, mut protected, mut findings } = Part::default();
    for (index, object) in (start..).zip(objects) {
        match intents::kind(object, &mut findings) {
            intents::Kind::ClientIntents => {
                world.client_intents_objects.push(object.resource);
                intents.extend(intents::read(index, object, config, &mut findings));
            }
            intents::Kind::ProtectedService => {
                protected.extend(protected_services::read(index, object, &mut findings));
            }
            intents::Kind::Other if !object.is_local_config => read_object(object, config, &mut world, &mut findings),
            intents::Kind::Other => {}
        }
        if let Some(path) = object.package_path {
            world.package_paths.insert(object.resource, path.into());
        }
    }
    Part { world, intents, protected, findings }
}

/// Reads an object that goes to the cluster and is no intent.
fn read_object(object: &Object<'_>, config: &Config, world: &mut World, findings: &mut Findings) {
    match (object.group(), object.kind) {
        ("", "Namespace") => {
            world.namespaces.extend(namespace(object, findings));
            note_values(object, &["metadata", "labels"], world);
        }
        ("", "Service") => world.services.extend(services::read(object, findings)),
        ("", "Endpoints") => world.endpoints.push(services::read_endpoints(object, findings)),
        ("discovery.k8s.io", "EndpointSlice") => {
            world.endpoints.extend(services::read_endpoint_slice(object, findings));
        }
        _ => {
            world.other_policies.extend(policies::of_another_kind(object));
            if policies::read(object, world, findings) {
                note_values(object, &["metadata", "labels"], world);
                note_values(object, &["metadata", "annotations"], world);
                return;
            }
            if let Some(template_path) = workloads::template_path(object, config) {
                let workload = workloads::read(object, template_path, config, findings);
                if let Some(workload) = &workload
                    && workload.template_labels.keys().any(|key| key.starts_with(OUR_PREFIX))
                {
                    let path: Vec<&str> = workload.template_path.iter().map(AsRef::as_ref).collect();
                    note_values(object, &[path.as_slice(), &["metadata", "labels"]].concat(), world);
                }
                world.workloads.extend(workload);
            } else {
                world.virtual_workloads.extend(virtual_workloads::inferred(object));
            }
        }
    }
}

/// Notes which labels or annotations of ours have values that are no strings.
fn note_values(object: &Object<'_>, path: &[&str], world: &mut World) {
    let entries = object.node.path(path).map(Node::merged_entries).unwrap_or_default();
    for (key, _, value) in entries {
        if key.starts_with(OUR_PREFIX) && !value.is_string_in_go() {
            world.not_strings.entry(object.resource).or_default().insert(key.to_owned());
        }
    }
}

fn namespace(object: &Object<'_>, findings: &mut Findings) -> Option<Namespace> {
    let mut fields = Fields::new(object, findings);
    if object.name.is_empty() {
        fields.fault(Code::NameMissing, object.node, "has no metadata.name");
        return None;
    }
    let metadata = fields.mapping(object.node, "metadata")?;
    Some(Namespace {
        resource: object.resource,
        name: object.name.into(),
        labels: fields.labels(metadata, "labels"),
        place: object.name_place(),
    })
}
