//! The annotations in which kustomize and kpt tell a function what they know about a resource (`spec/krm.md` 1 and 4.2).

use super::package::{Package, Resource};
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
    LEGACY_PACKAGE_PATH,
    "config.k8s.io/id",
    "config.k8s.io/index",
    "config.k8s.io/path",
    "kustomize.config.k8s.io/id",
];

/// Whether an annotation has no meaning outside the tool that wrote it, and no place in the user's file.
pub(crate) fn is_tool_annotation(key: &str) -> bool {
    key.starts_with(INTERNAL_PREFIX) || OF_TOOLS.contains(&key)
}

const PREFIXES: &str = "internal.config.kubernetes.io/prefixes";
const SUFFIXES: &str = "internal.config.kubernetes.io/suffixes";
const PREVIOUS_NAMES: &str = "internal.config.kubernetes.io/previousNames";
const PREVIOUS_NAMESPACES: &str = "internal.config.kubernetes.io/previousNamespaces";
const PREVIOUS_KINDS: &str = "internal.config.kubernetes.io/previousKinds";
/// kpt's directory of the (sub)package of an object.
pub(crate) const PACKAGE_PATH: &str = "internal.config.kubernetes.io/package-path";
const LEGACY_PACKAGE_PATH: &str = "config.kubernetes.io/package-path";
/// Marks objects that are not applied.
pub(crate) const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

/// What kustomize and kpt noted about a resource, as far as compiling needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes<'t> {
    /// What it was called before kustomize changed its name, namespace or kind, oldest first.
    pub previous_names: Vec<ObjectName>,
    /// The prefixes that kustomize put before the name, separated by commas.
    pub prefixes: &'t str,
    /// The suffixes that kustomize put behind the name, separated by commas.
    pub suffixes: &'t str,
    /// Whether it is marked as not meant for the cluster.
    pub is_local_config: bool,
    /// kpt's `package-path`: the directory of the package that it belongs to.
    pub package_path: Option<&'t str>,
}

impl Package {
    /// What is noted about a resource.
    #[must_use]
    pub fn notes(&self, id: ResourceId) -> Notes<'_> {
        let Some(annotations) = self.annotations(id).filter(|annotations| annotations.may_have_notes()) else {
            return Notes::default();
        };
        Notes {
            previous_names: self.resource(id).map(|resource| annotations.previous_names(resource)).unwrap_or_default(),
            prefixes: annotations.get(PREFIXES).unwrap_or_default(),
            suffixes: annotations.get(SUFFIXES).unwrap_or_default(),
            is_local_config: annotations.get(LOCAL_CONFIG) == Some("true"),
            package_path: annotations.get(PACKAGE_PATH).or_else(|| annotations.get(LEGACY_PACKAGE_PATH)),
        }
    }

    /// The value of an annotation of a resource.
    #[must_use]
    pub fn annotation(&self, id: ResourceId, key: &str) -> Option<&str> {
        self.annotations(id)?.get(key)
    }

    fn annotations(&self, id: ResourceId) -> Option<Annotations<'_>> {
        self.node(id)?.path(&["metadata", "annotations"]).map(Annotations)
    }
}

/// The annotations of one resource.
#[derive(Clone, Copy)]
struct Annotations<'t>(Node<'t>);

impl<'t> Annotations<'t> {
    fn get(self, key: &str) -> Option<&'t str> {
        self.0.get(key).and_then(Node::as_str)
    }

    /// Whether there may be a note among them. Most objects have none, and one look at the keys tells that.
    fn may_have_notes(self) -> bool {
        self.0.entries().any(|(key, _)| {
            matches!(
                key.as_str(),
                Some(
                    PREFIXES
                        | SUFFIXES
                        | PREVIOUS_NAMES
                        | PREVIOUS_NAMESPACES
                        | PREVIOUS_KINDS
                        | PACKAGE_PATH
                        | LEGACY_PACKAGE_PATH
                        | LOCAL_CONFIG
                        | "<<"
                )
            )
        })
    }

    /// The three lists are written together and have one length; where one is shorter, its last value is taken to have stayed.
    fn previous_names(self, resource: &Resource) -> Vec<ObjectName> {
        let (names, namespaces, kinds) =
            (self.listed(PREVIOUS_NAMES), self.listed(PREVIOUS_NAMESPACES), self.listed(PREVIOUS_KINDS));
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

    /// The values of one of kustomize's comma-separated annotations.
    fn listed(self, key: &str) -> Vec<&'t str> {
        let value = self.get(key).unwrap_or_default();
        value.split(',').map(str::trim).filter(|value| !value.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests;
