//! Names as they will be deployed: references are matched to objects through kustomize's records of previous names
//! (`DESIGN.md` 1.3 promise 6, 1.4 rule 4).

use super::object::{Object, of_resource};
use crate::groups::Groups;
use crate::model::place::{ObjectName, Place, ResourceId};
use crate::model::service::Service;
use crate::model::workload::{IdentitySource, Workload};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// Everything that a reference can mean.
pub(super) struct Names<'n, 'a> {
    objects: &'n [Object<'a>],
    workloads: Index<'n>,
    all_services: &'n [Service],
    /// Made when somebody refers to a Service.
    services: OnceLock<Index<'n>>,
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
#[derive(Clone, Copy)]
enum Candidate<'n> {
    Workload(&'n Workload),
    Service(&'n Service),
}

/// Candidates by namespace and name, each once.
type ByName<'n> = Groups<(&'n str, Cow<'n, str>)>;

struct Index<'n> {
    candidates: Vec<Candidate<'n>>,
    /// By deployed namespace and every name, current or previous.
    current: ByName<'n>,
    /// By previous namespace and the name that goes with it.
    previous: ByName<'n>,
}

impl<'n, 'a> Names<'n, 'a> {
    /// The index of all workloads and Services.
    pub(super) fn new(objects: &'n [Object<'a>], workloads: &'n [Workload], services: &'n [Service]) -> Self {
        let namespaces = namespace_moves(objects);
        let with_namespaces = if namespaces.is_empty() { &[] } else { objects };
        let mut found = Self {
            objects,
            workloads: Index::with_capacity(workloads.len()),
            all_services: services,
            services: OnceLock::new(),
            namespaces,
            current_namespaces: with_namespaces.iter().map(|object| object.namespace).collect(),
        };
        workloads.iter().for_each(|workload| found.workloads.add_workload(workload));
        found
    }

    fn services(&self) -> &Index<'n> {
        self.services.get_or_init(|| {
            let mut index = Index::with_capacity(self.all_services.len());
            self.all_services.iter().for_each(|service| index.add_service(service));
            index
        })
    }

    /// kustomize's layer of the object that a candidate was read from.
    fn layer(&self, candidate: &Candidate<'_>) -> (&'a str, &'a str) {
        of_resource(self.objects, candidate.resource()).map(|object| object.layer()).unwrap_or_default()
    }

    /// What a reference to a workload means.
    pub(super) fn workload(&self, wanted: Wanted<'_>) -> Resolution {
        self.resolve(&self.workloads, wanted)
    }

    /// What a reference to a Service means; its kind must be `None` or `Service`.
    pub(super) fn service(&self, wanted: Wanted<'_>) -> Resolution {
        self.resolve(self.services(), wanted)
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
        let mut matching = named.iter().filter(is_wanted);
        let Some(first) = matching.next() else {
            let overridden = named.iter().find(|candidate| candidate.has_no_kind());
            return match overridden {
                Some(candidate) => Resolution::Overridden(candidate.object(), candidate.place()),
                None if wanted.says_namespace => Resolution::NotFound { namespace: self.namespace(wanted.namespace) },
                None => Resolution::NotFound { namespace: wanted.namespace.to_owned() },
            };
        };
        let found = |(namespace, name): (&str, &str)| {
            Resolution::Found(Deployed { namespace: namespace.to_owned(), name: name.to_owned() })
        };
        if matching.all(|candidate| candidate.deployed() == first.deployed()) {
            return found(first.deployed());
        }
        let matching: Vec<&Candidate<'_>> = named.iter().filter(is_wanted).collect();
        let same_layer: Vec<&Candidate<'_>> =
            matching.iter().copied().filter(|candidate| self.layer(candidate) == wanted.layer).collect();
        if let Some(first) = same_layer.first()
            && same_layer.iter().all(|candidate| candidate.deployed() == first.deployed())
        {
            return found(first.deployed());
        }
        let listed = if same_layer.is_empty() { &matching } else { &same_layer };
        Resolution::Ambiguous(listed.iter().map(|candidate| (candidate.object(), candidate.place())).collect())
    }
}

impl<'n> Candidate<'n> {
    /// Namespace and name of the identity or Service.
    fn deployed(&self) -> (&'n str, &'n str) {
        match self {
            Self::Workload(workload) => (&workload.identity.namespace, &workload.identity.name),
            Self::Service(service) => (&service.namespace, &service.name),
        }
    }

    fn resource(&self) -> ResourceId {
        match self {
            Self::Workload(workload) => workload.resource,
            Self::Service(service) => service.resource,
        }
    }

    /// Whether that is its kind, or was one of those before kustomize changed them.
    fn had_kind(&self, kind: &str) -> bool {
        match self {
            Self::Workload(workload) => {
                let is_own_name = workload.identity_source == IdentitySource::Object;
                workload.identity.kind.as_deref() == Some(kind)
                    || (is_own_name && workload.previous.iter().any(|old| old.kind == kind))
            }
            Self::Service(_) => kind == "Service",
        }
    }

    /// Whether its name came from an annotation or image, so that no kind goes with it.
    fn has_no_kind(&self) -> bool {
        match self {
            Self::Workload(workload) => {
                let is_own_name = workload.identity_source == IdentitySource::Object;
                workload.identity.kind.is_none() && (!is_own_name || workload.previous.is_empty())
            }
            Self::Service(_) => false,
        }
    }

    fn object(&self) -> ObjectName {
        match self {
            Self::Workload(workload) => workload.object_name(),
            Self::Service(Service { namespace, name, .. }) => {
                ObjectName { namespace: namespace.clone(), name: name.clone(), kind: "Service".into() }
            }
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Workload(workload) => workload.place,
            Self::Service(service) => service.place,
        }
    }
}

impl<'n> Index<'n> {
    fn with_capacity(count: usize) -> Self {
        Self {
            candidates: Vec::with_capacity(count),
            current: ByName::with_capacity(count),
            previous: ByName::with_capacity(0),
        }
    }

    fn add_workload(&mut self, workload: &'n Workload) {
        let identity = &workload.identity;
        let is_own_name = workload.identity_source == IdentitySource::Object;
        // The text of an annotation is no name that kustomize knows; only the namespace can have changed.
        let name_then = |old: &'n ObjectName| match is_own_name {
            true if old.name.contains('.') => Cow::Owned(old.name.replace('.', "_")),
            true => Cow::Borrowed(old.name.as_str()),
            false => Cow::Borrowed(identity.name.as_str()),
        };
        let previous = workload.previous.iter().map(|old| (old.namespace.as_str(), name_then(old)));
        self.add(Candidate::Workload(workload), previous);
    }

    fn add_service(&mut self, service: &'n Service) {
        let previous = service.previous.iter().map(|old| (old.namespace.as_str(), Cow::Borrowed(old.name.as_str())));
        self.add(Candidate::Service(service), previous);
    }

    /// Adds an object with the namespaces and names that it had.
    fn add(&mut self, candidate: Candidate<'n>, previous: impl Iterator<Item = (&'n str, Cow<'n, str>)>) {
        let id = self.candidates.len();
        let (namespace, name) = candidate.deployed();
        self.candidates.push(candidate);
        self.current.add((namespace, Cow::Borrowed(name)), id);
        for (old_namespace, old_name) in previous {
            self.current.add_once((namespace, old_name.clone()), id);
            self.previous.add_once((old_namespace, old_name), id);
        }
    }

    /// Everything of that name, in input order.
    fn lookup(&self, wanted: Wanted<'_>) -> Vec<Candidate<'n>> {
        let name = (wanted.namespace, Cow::Borrowed(wanted.name));
        let candidate = |id| self.candidates.get(id).copied();
        if !wanted.says_namespace || self.previous.count(&name) == 0 {
            return self.current.of(&name).filter_map(candidate).collect();
        }
        let ids: BTreeSet<usize> = self.current.of(&name).chain(self.previous.of(&name)).collect();
        ids.into_iter().filter_map(candidate).collect()
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
