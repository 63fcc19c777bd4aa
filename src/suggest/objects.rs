//! ConfigMaps and Secrets by name.

use crate::config::Config;
use crate::model::place::ResourceId;
use crate::read::package::{Package, Resource, Role};
use crate::read::tree::Node;
use std::collections::BTreeMap;

/// Namespace of objects that have none, when the configuration gives none either.
const DEFAULT_NAMESPACE: &str = "default";

/// Where pods take settings from: ConfigMaps and Secrets of the input.
pub(super) struct SettingObjects<'p> {
    config_maps: BTreeMap<(&'p str, &'p str), SettingObject<'p>>,
    secrets: BTreeMap<(&'p str, &'p str), SettingObject<'p>>,
}

/// A ConfigMap or a Secret.
#[derive(Clone, Copy)]
pub(super) struct SettingObject<'p> {
    pub(super) resource: ResourceId,
    pub(super) kind: ObjectKind,
    pub(super) name: &'p str,
    /// `data` of a ConfigMap, `stringData` of a Secret.
    data: Option<Node<'p>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ObjectKind {
    ConfigMap,
    Secret,
}

impl ObjectKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
}

/// The namespace that a resource will be in.
pub(super) fn namespace_of<'a>(resource: &'a Resource, config: &'a Config) -> &'a str {
    resource.namespace.as_deref().or(config.namespace.as_deref()).unwrap_or(DEFAULT_NAMESPACE)
}

impl<'p> SettingObjects<'p> {
    pub(super) fn new(package: &'p Package, config: &'p Config) -> Self {
        let mut found = Self { config_maps: BTreeMap::new(), secrets: BTreeMap::new() };
        for (id, resource) in package.iter() {
            if &*resource.api_version != "v1" || resource.role == Role::FunctionConfig {
                continue;
            }
            let (kind, field) = match &*resource.kind {
                "ConfigMap" => (ObjectKind::ConfigMap, "data"),
                "Secret" => (ObjectKind::Secret, "stringData"),
                _ => continue,
            };
            let data = package.node(id).and_then(|node| node.get(field));
            let object = SettingObject { resource: id, kind, name: &resource.name, data };
            let objects = if kind == ObjectKind::ConfigMap { &mut found.config_maps } else { &mut found.secrets };
            objects.insert((namespace_of(resource, config), &resource.name), object);
        }
        found
    }

    pub(super) fn get(&self, kind: ObjectKind, namespace: &str, name: &str) -> Option<SettingObject<'p>> {
        let objects = if kind == ObjectKind::ConfigMap { &self.config_maps } else { &self.secrets };
        objects.get(&(namespace, name)).copied()
    }
}

impl<'p> SettingObject<'p> {
    /// The value of one key.
    pub(super) fn value(&self, key: &str) -> Option<Node<'p>> {
        self.data?.get(key)
    }

    /// Every key with its value.
    pub(super) fn entries(&self) -> Vec<(&'p str, Node<'p>)> {
        let entries = self.data.map(Node::merged_entries).unwrap_or_default();
        entries.into_iter().map(|(key, _, value)| (key, value)).collect()
    }
}
