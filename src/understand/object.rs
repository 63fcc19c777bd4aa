//! One resource of the input with what every reader of it needs.

use crate::config::Config;
use crate::model::place::{ObjectName, Place, ResourceId};
use crate::read::package::{Package, Resource, Role};
use crate::read::tree::Node;

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
    /// kustomize's name prefixes and suffixes: equal for objects of the same layer.
    pub(super) layer: (&'a str, &'a str),
    /// Whether it is marked as not meant for the cluster (`config.kubernetes.io/local-config`).
    pub(super) is_local_config: bool,
}

/// Namespace of objects that have none, when the configuration gives none either.
const DEFAULT_NAMESPACE: &str = "default";

/// Every resource of the package but the functionConfig.
pub(super) fn objects<'a>(package: &'a Package, config: &'a Config) -> Vec<Object<'a>> {
    package
        .iter()
        .filter(|(_, resource)| resource.role != Role::FunctionConfig)
        .filter_map(|(id, resource)| Some(object(id, resource, package.node(id)?, config)))
        .collect()
}

fn object<'a>(id: ResourceId, resource: &'a Resource, node: Node<'a>, config: &'a Config) -> Object<'a> {
    let annotations = node.path(&["metadata", "annotations"]);
    let annotation = |key: &str| annotations.and_then(|map| map.get(key)).and_then(Node::as_str).unwrap_or_default();
    Object {
        resource: id,
        node,
        api_version: &resource.api_version,
        kind: &resource.kind,
        name: &resource.name,
        namespace: resource.namespace.as_deref().or(config.namespace.as_deref()).unwrap_or(DEFAULT_NAMESPACE),
        says_namespace: resource.namespace.is_some(),
        previous: previous_names(
            annotation("internal.config.kubernetes.io/previousNames"),
            annotation("internal.config.kubernetes.io/previousNamespaces"),
            annotation("internal.config.kubernetes.io/previousKinds"),
        ),
        layer: (
            annotation("internal.config.kubernetes.io/prefixes"),
            annotation("internal.config.kubernetes.io/suffixes"),
        ),
        is_local_config: annotation("config.kubernetes.io/local-config") == "true",
    }
}

/// Three aligned comma-separated lists, oldest first (`spec/krm.md` 1). Lists of different lengths say nothing that could be trusted.
fn previous_names(names: &str, namespaces: &str, kinds: &str) -> Vec<ObjectName> {
    let split = |text: &str| -> Vec<String> {
        if text.is_empty() { Vec::new() } else { text.split(',').map(str::to_owned).collect() }
    };
    let (names, namespaces, kinds) = (split(names), split(namespaces), split(kinds));
    if names.len() != namespaces.len() || names.len() != kinds.len() {
        return Vec::new();
    }
    let mut previous: Vec<ObjectName> = Vec::new();
    for ((name, namespace), kind) in names.into_iter().zip(namespaces).zip(kinds) {
        let one = ObjectName { namespace, name, kind };
        if previous.last() != Some(&one) {
            previous.push(one);
        }
    }
    previous
}

impl<'a> Object<'a> {
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

    /// kpt's `package-path`, if it is there.
    pub(super) fn package_path(&self) -> Option<&'a str> {
        self.node.path(&["metadata", "annotations", "internal.config.kubernetes.io/package-path"])?.as_str()
    }

    /// Where `metadata.name` is said; the whole object if nowhere.
    pub(super) fn name_place(&self) -> Place {
        self.place(self.node.path(&["metadata", "name"]).unwrap_or(self.node))
    }

    /// Namespace, name and kind as deployed.
    pub(super) fn object_name(&self) -> ObjectName {
        ObjectName { namespace: self.namespace.into(), name: self.name.into(), kind: self.kind.into() }
    }
}
