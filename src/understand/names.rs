//! Names as they will be deployed: references are matched to objects through kustomize's records of previous names
//! (`DESIGN.md` 1.3 promise 6, 1.4 rule 4).

use super::object::Object;
use crate::model::place::{ObjectName, Place};
use crate::model::service::Service;
use crate::model::workload::{IdentitySource, Workload};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that a reference can mean.
pub(super) struct Names {
    workloads: Index,
    services: Index,
    namespaces: BTreeMap<String, BTreeSet<String>>,
    current_namespaces: BTreeSet<String>,
}

/// A reference to be resolved.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'r> {
    /// Name without namespace, as written.
    pub(super) name: &'r str,
    /// Namespace: the written one, else that of the referring object as deployed.
    pub(super) namespace: &'r str,
    /// Whether the namespace is written in the reference.
    pub(super) says_namespace: bool,
    /// Kind, if the reference gives one.
    pub(super) kind: Option<&'r str>,
    /// kustomize layer of the referring object.
    pub(super) layer: (&'r str, &'r str),
}

/// What a reference means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resolution {
    /// One deployed name; several kinds may share it.
    Found(Deployed),
    /// Nothing in the input. The namespace is the deployed one if the reference's was renamed as a whole.
    NotFound {
        /// Namespace to use.
        namespace: String,
    },
    /// Different objects that had that name.
    Ambiguous(Vec<(ObjectName, Place)>),
    /// The reference gives a kind, but the workload of that name got it from an annotation or image and has none.
    Overridden(ObjectName, Place),
}

/// A name as it will be deployed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Deployed {
    /// Namespace.
    pub(super) namespace: String,
    /// Name of the identity or Service.
    pub(super) name: String,
}

/// One object that references can mean.
struct Candidate {
    deployed: Deployed,
    /// Kinds, current and previous; empty if the name came from an annotation or image.
    kinds: Vec<String>,
    layer: (String, String),
    object: ObjectName,
    place: Place,
}

/// Candidates by namespace and name.
type ByName = BTreeMap<String, BTreeMap<String, Vec<usize>>>;

#[derive(Default)]
struct Index {
    candidates: Vec<Candidate>,
    /// By deployed namespace and every name, current or previous.
    current: ByName,
    /// By previous namespace and the name that goes with it.
    previous: ByName,
}

impl Names {
    /// The index of all workloads and Services.
    pub(super) fn new(objects: &[Object<'_>], workloads: &[Workload], services: &[Service]) -> Self {
        let layers: BTreeMap<_, _> = objects.iter().map(|object| (object.resource, object.layer)).collect();
        let layer = |resource| {
            let (prefixes, suffixes) = layers.get(&resource).copied().unwrap_or_default();
            (prefixes.to_owned(), suffixes.to_owned())
        };
        let mut found = Self {
            workloads: Index::default(),
            services: Index::default(),
            namespaces: namespace_moves(objects),
            current_namespaces: objects.iter().map(|object| object.namespace.to_owned()).collect(),
        };
        for workload in workloads {
            found.workloads.add_workload(workload, layer(workload.resource));
        }
        for service in services {
            found.services.add_service(service, layer(service.resource));
        }
        found
    }

    /// What a reference to a workload means.
    pub(super) fn workload(&self, wanted: Wanted<'_>) -> Resolution {
        self.resolve(&self.workloads, wanted)
    }

    /// What a reference to a Service means; its kind must be `None` or `Service`.
    pub(super) fn service(&self, wanted: Wanted<'_>) -> Resolution {
        self.resolve(&self.services, wanted)
    }

    /// The deployed namespace for a written one: itself, unless every object that was in it is now in one other namespace.
    pub(super) fn namespace(&self, written: &str) -> String {
        // kustomize records `default` for objects without a namespace, so it is no evidence that somebody meant them.
        if written != "default"
            && !self.current_namespaces.contains(written)
            && let Some(moved) = self.namespaces.get(written)
            && let (Some(only), 1) = (moved.first(), moved.len())
        {
            return only.clone();
        }
        written.to_owned()
    }

    fn resolve(&self, index: &Index, wanted: Wanted<'_>) -> Resolution {
        let named = index.lookup(wanted);
        let matching: Vec<&Candidate> = named
            .iter()
            .copied()
            .filter(|candidate| wanted.kind.is_none_or(|kind| candidate.kinds.iter().any(|known| known == kind)))
            .collect();
        let Some(first) = matching.first() else {
            let overridden = named.iter().find(|candidate| candidate.kinds.is_empty());
            return match overridden {
                Some(candidate) => Resolution::Overridden(candidate.object.clone(), candidate.place),
                None if wanted.says_namespace => Resolution::NotFound { namespace: self.namespace(wanted.namespace) },
                None => Resolution::NotFound { namespace: wanted.namespace.to_owned() },
            };
        };
        let is_one = |candidates: &[&Candidate], deployed: &Deployed| {
            candidates.iter().all(|candidate| candidate.deployed == *deployed)
        };
        if is_one(&matching, &first.deployed) {
            return Resolution::Found(first.deployed.clone());
        }
        let same_layer: Vec<&Candidate> = matching
            .iter()
            .copied()
            .filter(|candidate| (candidate.layer.0.as_str(), candidate.layer.1.as_str()) == wanted.layer)
            .collect();
        if let Some(first) = same_layer.first()
            && is_one(&same_layer, &first.deployed)
        {
            return Resolution::Found(first.deployed.clone());
        }
        let listed = if same_layer.is_empty() { &matching } else { &same_layer };
        Resolution::Ambiguous(listed.iter().map(|candidate| (candidate.object.clone(), candidate.place)).collect())
    }
}

impl Index {
    fn add_workload(&mut self, workload: &Workload, layer: (String, String)) {
        let identity = &workload.identity;
        let is_own_name = workload.identity_source == IdentitySource::Object;
        // The text of an annotation is no name that kustomize knows; only the namespace can have changed.
        let name_then = |old: &ObjectName| {
            if is_own_name { old.name.replace('.', "_") } else { identity.name.clone() }
        };
        let previous: Vec<ObjectName> =
            workload.previous.iter().map(|old| ObjectName { name: name_then(old), ..old.clone() }).collect();
        let kinds_then = previous.iter().filter(|_| is_own_name).map(|old| old.kind.clone());
        let candidate = Candidate {
            deployed: Deployed { namespace: identity.namespace.clone(), name: identity.name.clone() },
            kinds: identity.kind.iter().cloned().chain(kinds_then).collect(),
            layer,
            object: workload.object_name(),
            place: workload.place,
        };
        self.add(candidate, &previous);
    }

    fn add_service(&mut self, service: &Service, layer: (String, String)) {
        let (namespace, name) = (service.namespace.clone(), service.name.clone());
        let candidate = Candidate {
            deployed: Deployed { namespace: namespace.clone(), name: name.clone() },
            kinds: vec!["Service".into()],
            layer,
            object: ObjectName { namespace, name, kind: "Service".into() },
            place: service.place,
        };
        self.add(candidate, &service.previous);
    }

    fn add(&mut self, candidate: Candidate, previous: &[ObjectName]) {
        let id = self.candidates.len();
        let deployed = candidate.deployed.clone();
        self.candidates.push(candidate);
        insert(&mut self.current, &deployed.namespace, &deployed.name, id);
        for old in previous {
            insert(&mut self.current, &deployed.namespace, &old.name, id);
            insert(&mut self.previous, &old.namespace, &old.name, id);
        }
    }

    fn lookup(&self, wanted: Wanted<'_>) -> Vec<&Candidate> {
        let find = |by_name: &ByName| -> Vec<usize> {
            by_name.get(wanted.namespace).and_then(|names| names.get(wanted.name)).cloned().unwrap_or_default()
        };
        let mut ids: BTreeSet<usize> = find(&self.current).into_iter().collect();
        if wanted.says_namespace {
            ids.extend(find(&self.previous));
        }
        ids.into_iter().filter_map(|id| self.candidates.get(id)).collect()
    }
}

fn insert(by_name: &mut ByName, namespace: &str, name: &str, id: usize) {
    let ids = by_name.entry(namespace.to_owned()).or_default().entry(name.to_owned()).or_default();
    if ids.last() != Some(&id) {
        ids.push(id);
    }
}

/// Previous namespace -> the namespaces in which its objects are now.
fn namespace_moves(objects: &[Object<'_>]) -> BTreeMap<String, BTreeSet<String>> {
    let mut moves: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for object in objects {
        for previous in &object.previous {
            moves.entry(previous.namespace.clone()).or_default().insert(object.namespace.to_owned());
        }
    }
    moves
}
