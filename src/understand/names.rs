//! Names as they will be deployed: references are matched to objects through kustomize's records of previous names
//! (`DESIGN.md` 1.3 promise 6, 1.4 rule 4).

use super::object::{Object, of_resource};
use crate::model::place::{ObjectName, Place};
use crate::model::service::Service;
use crate::model::workload::{IdentitySource, Workload};
use indexmap::IndexMap;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that a reference can mean.
pub(super) struct Names<'n> {
    workloads: Index<'n>,
    services: Index<'n>,
    namespaces: BTreeMap<&'n str, BTreeSet<&'n str>>,
    /// Those of all objects, if any object had another one.
    current_namespaces: BTreeSet<&'n str>,
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
struct Candidate<'n> {
    /// Namespace and name of the identity or Service.
    deployed: (&'n str, &'n str),
    means: Means<'n>,
    /// kustomize layer of the object.
    layer: (&'n str, &'n str),
}

/// What a candidate is.
#[derive(Clone, Copy)]
enum Means<'n> {
    Workload(&'n Workload),
    Service(&'n Service),
}

/// Candidates by namespace and name, each once.
type ByName<'n> = IndexMap<(&'n str, Cow<'n, str>), Vec<u32>>;

#[derive(Default)]
struct Index<'n> {
    candidates: Vec<Candidate<'n>>,
    /// By deployed namespace and every name, current or previous.
    current: ByName<'n>,
    /// By previous namespace and the name that goes with it.
    previous: ByName<'n>,
}

impl<'n> Names<'n> {
    /// The index of all workloads and Services.
    pub(super) fn new(objects: &'n [Object<'_>], workloads: &'n [Workload], services: &'n [Service]) -> Self {
        let layer = |resource| of_resource(objects, resource).map(|object| object.layer).unwrap_or_default();
        let namespaces = namespace_moves(objects);
        let with_namespaces = if namespaces.is_empty() { &[] } else { objects };
        let mut found = Self {
            workloads: Index::with_capacity(workloads.len()),
            services: Index::with_capacity(services.len()),
            namespaces,
            current_namespaces: with_namespaces.iter().map(|object| object.namespace).collect(),
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
            return (*only).to_owned();
        }
        written.to_owned()
    }

    fn resolve(&self, index: &Index<'n>, wanted: Wanted<'_>) -> Resolution {
        let named = index.lookup(wanted);
        let is_wanted = |candidate: &&Candidate<'_>| wanted.kind.is_none_or(|kind| candidate.had_kind(kind));
        let matching: Vec<&Candidate<'_>> = named.iter().copied().filter(is_wanted).collect();
        let Some(first) = matching.first() else {
            let overridden = named.iter().find(|candidate| candidate.has_no_kind());
            return match overridden {
                Some(candidate) => Resolution::Overridden(candidate.object(), candidate.place()),
                None if wanted.says_namespace => Resolution::NotFound { namespace: self.namespace(wanted.namespace) },
                None => Resolution::NotFound { namespace: wanted.namespace.to_owned() },
            };
        };
        let is_one =
            |candidates: &[&Candidate<'_>], deployed| candidates.iter().all(|candidate| candidate.deployed == deployed);
        let found = |(namespace, name): (&str, &str)| {
            Resolution::Found(Deployed { namespace: namespace.to_owned(), name: name.to_owned() })
        };
        if is_one(&matching, first.deployed) {
            return found(first.deployed);
        }
        let same_layer: Vec<&Candidate<'_>> =
            matching.iter().copied().filter(|candidate| candidate.layer == wanted.layer).collect();
        if let Some(first) = same_layer.first()
            && is_one(&same_layer, first.deployed)
        {
            return found(first.deployed);
        }
        let listed = if same_layer.is_empty() { &matching } else { &same_layer };
        Resolution::Ambiguous(listed.iter().map(|candidate| (candidate.object(), candidate.place())).collect())
    }
}

impl Candidate<'_> {
    /// Whether that is its kind, or was one of those before kustomize changed them.
    fn had_kind(&self, kind: &str) -> bool {
        match self.means {
            Means::Workload(workload) => {
                let is_own_name = workload.identity_source == IdentitySource::Object;
                workload.identity.kind.as_deref() == Some(kind)
                    || (is_own_name && workload.previous.iter().any(|old| old.kind == kind))
            }
            Means::Service(_) => kind == "Service",
        }
    }

    /// Whether its name came from an annotation or image, so that no kind goes with it.
    fn has_no_kind(&self) -> bool {
        match self.means {
            Means::Workload(workload) => {
                let is_own_name = workload.identity_source == IdentitySource::Object;
                workload.identity.kind.is_none() && (!is_own_name || workload.previous.is_empty())
            }
            Means::Service(_) => false,
        }
    }

    fn object(&self) -> ObjectName {
        match self.means {
            Means::Workload(workload) => workload.object_name(),
            Means::Service(Service { namespace, name, .. }) => {
                ObjectName { namespace: namespace.clone(), name: name.clone(), kind: "Service".into() }
            }
        }
    }

    fn place(&self) -> Place {
        match self.means {
            Means::Workload(workload) => workload.place,
            Means::Service(service) => service.place,
        }
    }
}

impl<'n> Index<'n> {
    fn with_capacity(count: usize) -> Self {
        Self {
            candidates: Vec::with_capacity(count),
            current: ByName::with_capacity(count),
            previous: ByName::default(),
        }
    }

    fn add_workload(&mut self, workload: &'n Workload, layer: (&'n str, &'n str)) {
        let identity = &workload.identity;
        let is_own_name = workload.identity_source == IdentitySource::Object;
        // The text of an annotation is no name that kustomize knows; only the namespace can have changed.
        let name_then = |old: &'n ObjectName| match is_own_name {
            true if old.name.contains('.') => Cow::Owned(old.name.replace('.', "_")),
            true => Cow::Borrowed(old.name.as_str()),
            false => Cow::Borrowed(identity.name.as_str()),
        };
        let previous = workload.previous.iter().map(|old| (old.namespace.as_str(), name_then(old)));
        let deployed = (identity.namespace.as_str(), identity.name.as_str());
        self.add(Candidate { deployed, means: Means::Workload(workload), layer }, previous);
    }

    fn add_service(&mut self, service: &'n Service, layer: (&'n str, &'n str)) {
        let previous = service.previous.iter().map(|old| (old.namespace.as_str(), Cow::Borrowed(old.name.as_str())));
        let deployed = (service.namespace.as_str(), service.name.as_str());
        self.add(Candidate { deployed, means: Means::Service(service), layer }, previous);
    }

    /// Adds an object with the namespaces and names that it had.
    fn add(&mut self, candidate: Candidate<'n>, previous: impl Iterator<Item = (&'n str, Cow<'n, str>)>) {
        let id = u32::try_from(self.candidates.len()).unwrap_or(u32::MAX);
        let (namespace, name) = candidate.deployed;
        self.candidates.push(candidate);
        insert(&mut self.current, (namespace, Cow::Borrowed(name)), id);
        for (old_namespace, old_name) in previous {
            insert(&mut self.current, (namespace, old_name.clone()), id);
            insert(&mut self.previous, (old_namespace, old_name), id);
        }
    }

    /// Everything of that name, in input order.
    fn lookup(&self, wanted: Wanted<'_>) -> Vec<&Candidate<'n>> {
        let name = (wanted.namespace, Cow::Borrowed(wanted.name));
        let mut ids = self.current.get(&name).cloned().unwrap_or_default();
        if wanted.says_namespace
            && let Some(previous) = self.previous.get(&name)
        {
            ids.extend(previous);
            ids.sort_unstable();
            ids.dedup();
        }
        ids.into_iter().filter_map(|id| self.candidates.get(id as usize)).collect()
    }
}

fn insert<'n>(by_name: &mut ByName<'n>, name: (&'n str, Cow<'n, str>), id: u32) {
    let ids = by_name.entry(name).or_default();
    if ids.last() != Some(&id) {
        ids.push(id);
    }
}

/// Previous namespace -> the namespaces in which its objects are now.
fn namespace_moves<'n>(objects: &'n [Object<'_>]) -> BTreeMap<&'n str, BTreeSet<&'n str>> {
    let mut moves: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for object in objects {
        for previous in &object.previous {
            moves.entry(&previous.namespace).or_default().insert(object.namespace);
        }
    }
    moves
}
