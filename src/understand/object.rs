//! One resource of the input with what every reader of it needs.

use crate::config::Config;
use crate::model::place::{ObjectName, Place, ResourceId};
use crate::read::package::{Package, Resource, Role};
use crate::read::tree::Node;
use crate::threads::{MANY_OBJECTS, in_parts};

/// A resource, its identity as it will be deployed, and the names it had before kustomize changed them.
pub(super) struct Object<'a> {
    /// Index of the resource.
    pub(super) resource: ResourceId,
    /// Its root node.
    pub(super) node: Node<'a>,
    /// `apiVersion` as written.
    pub(super) api_version: &'a str,
    /// `kind` as written.
    pub(super) kind: &'a str,
    /// `metadata.name`, empty if missing.
    pub(super) name: &'a str,
    /// `metadata.namespace`, or the configuration's, or `default`. Meaningless for objects without a namespace.
    pub(super) namespace: &'a str,
    /// Whether the manifest says its namespace.
    pub(super) says_namespace: bool,
    /// Names before kustomize's transformers, oldest first.
    pub(super) previous: Vec<ObjectName>,
    /// kustomize's name prefixes and suffixes, which few objects have.
    affixes: Option<Box<(&'a str, &'a str)>>,
    /// Whether it is marked as not meant for the cluster (`config.kubernetes.io/local-config`).
    pub(super) is_local_config: bool,
    /// kpt's `package-path`.
    pub(super) package_path: Option<&'a str>,
}

/// Namespace of objects that have none, when the configuration gives none either.
const DEFAULT_NAMESPACE: &str = "default";

/// Every resource of the package but the functionConfig.
pub(super) fn objects<'a>(package: &'a Package, config: &'a Config) -> Vec<Object<'a>> {
    let parts =
        in_parts(&package.resources, MANY_OBJECTS, package.lane.threads(), |start, resources| -> Vec<Object<'a>> {
            let ids = (u32::try_from(start).unwrap_or(u32::MAX)..).map(ResourceId);
            let read = ids.zip(resources).filter(|(_, resource)| resource.role != Role::FunctionConfig);
            let mut objects = Vec::with_capacity(resources.len());
            objects.extend(read.filter_map(|(id, resource)| object(package, id, resource, config)));
            objects
        });
    let mut parts = parts.into_iter();
    let mut objects = parts.next().unwrap_or_default();
    for mut later in parts {
        objects.reserve_exact(later.len());
        objects.append(&mut later);
    }
    objects
}

fn object<'a>(package: &'a Package, id: ResourceId, resource: &'a Resource, config: &'a Config) -> Option<Object<'a>> {
    let notes = package.notes(id);
    let affixes = (notes.prefixes, notes.suffixes);
    Some(Object {
        resource: id,
        node: package.node(id)?,
        api_version: &resource.api_version,
        kind: &resource.kind,
        name: &resource.name,
        namespace: resource.namespace.as_deref().or(config.namespace.as_deref()).unwrap_or(DEFAULT_NAMESPACE),
        says_namespace: resource.namespace.is_some(),
        previous: notes.previous_names,
        affixes: (affixes != ("", "")).then(|| Box::new(affixes)),
        is_local_config: notes.is_local_config,
        package_path: notes.package_path,
    })
}

/// The object that was read from that resource: they are in the order of the resources.
pub(super) fn of_resource<'o, 'a>(objects: &'o [Object<'a>], resource: ResourceId) -> Option<&'o Object<'a>> {
    let index = objects.binary_search_by_key(&resource, |object| object.resource).ok()?;
    objects.get(index)
}

impl<'a> Object<'a> {
    /// kustomize's name prefixes and suffixes: equal for objects of the same layer.
    pub(super) fn layer(&self) -> (&'a str, &'a str) {
        self.affixes.as_deref().copied().unwrap_or_default()
    }

    /// The API group; empty for `v1`.
    pub(super) fn group(&self) -> &'a str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// The API version without its group.
    pub(super) fn version(&self) -> &'a str {
        self.api_version.split_once('/').map_or(self.api_version, |(_, version)| version)
    }

    /// The place of a node of this object.
    pub(super) fn place(&self, node: Node<'_>) -> Place {
        Package::place(self.resource, node)
    }

    /// Where `metadata.name` is said; the whole object if nowhere.
    pub(super) fn name_place(&self) -> Place {
        self.place(self.node.path(&["metadata", "name"]).unwrap_or(self.node))
    }

    /// The object's name for messages: `Deployment shop/web`, with the namespace only where the manifest says it.
    pub(super) fn title(&self) -> String {
        match (self.name, self.says_namespace) {
            ("", _) => format!("{} without name", self.kind),
            (name, true) => format!("{} {}/{name}", self.kind, self.namespace),
            (name, false) => format!("{} {name}", self.kind),
        }
    }

    /// Namespace, name and kind as deployed.
    pub(super) fn object_name(&self) -> ObjectName {
        ObjectName { namespace: self.namespace.into(), name: self.name.into(), kind: self.kind.into() }
    }
}
