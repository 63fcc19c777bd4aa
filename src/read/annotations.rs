//! The annotations in which kustomize and kpt tell a function what they know about a resource (`spec/krm.md` 1 and 4.2).

use super::package::Package;
use super::tree::Node;
use crate::model::place::{ObjectName, ResourceId};

/// What kustomize writes for the namespace of cluster-scoped kinds.
const NO_NAMESPACE: &str = "_non_namespaceable_";

const INTERNAL_PREFIX: &str = "internal.config.kubernetes.io/";

/// Other annotations that tools keep their books in (`spec/krm.md` 1 and 6.1).
const OF_TOOLS: [&str; 9] = [
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.kubernetes.io/id",
    "config.kubernetes.io/package",
    "config.kubernetes.io/package-path",
    "config.k8s.io/id",
    "config.k8s.io/index",
    "config.k8s.io/path",
    "kustomize.config.k8s.io/id",
];

/// Whether an annotation has no meaning outside the tool that wrote it, and no place in the user's file.
pub(crate) fn is_tool_annotation(key: &str) -> bool {
    key.starts_with(INTERNAL_PREFIX) || OF_TOOLS.contains(&key)
}

impl Package {
    /// The annotations of a resource, if it has any.
    #[must_use]
    pub fn annotations(&self, id: ResourceId) -> Option<Annotations<'_>> {
        self.node(id)?.path(&["metadata", "annotations"]).map(Annotations)
    }

    /// The value of an annotation of a resource.
    #[must_use]
    pub fn annotation(&self, id: ResourceId, key: &str) -> Option<&str> {
        self.annotations(id)?.get(key)
    }

    /// kpt's `package-path`: the directory of the package that the resource belongs to.
    #[must_use]
    pub fn package_path(&self, id: ResourceId) -> Option<&str> {
        let annotations = self.annotations(id)?;
        annotations
            .get("internal.config.kubernetes.io/package-path")
            .or_else(|| annotations.get("config.kubernetes.io/package-path"))
    }

    /// Whether the resource is marked as not meant for the cluster.
    #[must_use]
    pub fn is_local_config(&self, id: ResourceId) -> bool {
        self.annotation(id, "config.kubernetes.io/local-config") == Some("true")
    }

    /// What the resource was called before kustomize changed its name, namespace or kind, oldest first.
    ///
    /// The three lists are written together and have one length; where one is shorter, its last value is taken to have stayed.
    #[must_use]
    pub fn previous_names(&self, id: ResourceId) -> Vec<ObjectName> {
        let (Some(resource), Some(annotations)) = (self.resource(id), self.annotations(id)) else { return Vec::new() };
        let names = annotations.listed("internal.config.kubernetes.io/previousNames");
        let namespaces = annotations.listed("internal.config.kubernetes.io/previousNamespaces");
        let kinds = annotations.listed("internal.config.kubernetes.io/previousKinds");
        let at = |list: &[&str], index: usize, current: &str| {
            list.get(index).or(list.last()).map_or_else(|| current.to_owned(), |value| (*value).to_owned())
        };
        let count = names.len().max(namespaces.len()).max(kinds.len());
        let namespace = resource.namespace.as_deref().unwrap_or_default();
        (0..count)
            .map(|index| {
                let namespace = at(&namespaces, index, namespace);
                ObjectName {
                    namespace: if namespace == NO_NAMESPACE { String::new() } else { namespace },
                    name: at(&names, index, &resource.name),
                    kind: at(&kinds, index, &resource.kind),
                }
            })
            .collect()
    }

    /// The prefixes that kustomize put before the name, in the order in which it did.
    #[must_use]
    pub fn name_prefixes(&self, id: ResourceId) -> Vec<&str> {
        self.annotations(id).map(|found| found.listed("internal.config.kubernetes.io/prefixes")).unwrap_or_default()
    }

    /// The suffixes that kustomize put behind the name, in the order in which it did.
    #[must_use]
    pub fn name_suffixes(&self, id: ResourceId) -> Vec<&str> {
        self.annotations(id).map(|found| found.listed("internal.config.kubernetes.io/suffixes")).unwrap_or_default()
    }
}

/// The annotations of one resource: for looking up several without finding the map again.
#[derive(Clone, Copy, Debug)]
pub struct Annotations<'t>(Node<'t>);

impl<'t> Annotations<'t> {
    /// The value of an annotation.
    #[must_use]
    pub fn get(self, key: &str) -> Option<&'t str> {
        self.0.get(key).and_then(Node::as_str)
    }

    /// The values of one of kustomize's comma-separated annotations.
    fn listed(self, key: &str) -> Vec<&'t str> {
        let value = self.get(key).unwrap_or_default();
        value.split(',').map(str::trim).filter(|value| !value.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests;
