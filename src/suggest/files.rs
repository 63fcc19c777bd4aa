//! Addresses in ConfigMaps that containers mount as files.

use super::addresses::{Seen, judge};
use super::collector::Collector;
use super::comments::blanked;
use super::containers::{Container, reference};
use super::mention::Mention;
use super::names::Names;
use super::objects::{ObjectKind, SettingObject, SettingObjects};
use super::scan::{Text, mentions};
use super::variables::Variables;
use crate::model::place::ResourceId;
use crate::read::package::Package;
use crate::read::tree::{Node, NodeId};
use std::collections::BTreeMap;

/// Files that people and browsers read, or that hold keys: their URLs are no calls of the container.
const UNREAD_EXTENSIONS: [&str; 12] =
    ["md", "txt", "html", "htm", "css", "svg", "sql", "crt", "pem", "pub", "csv", "license"];

/// Reads files; what does not depend on a container's variables is scanned once, however many containers mount it.
#[derive(Default)]
pub(super) struct Files {
    scanned: BTreeMap<(ResourceId, NodeId), Vec<Mention>>,
}

/// A file in a volume.
struct File<'p> {
    object: SettingObject<'p>,
    key: &'p str,
    path: &'p str,
    value: Node<'p>,
}

impl Files {
    /// Adds the calls in the files that the container mounts.
    pub(super) fn collect(
        &mut self,
        container: Container<'_>,
        pod_spec: Node<'_>,
        objects: &SettingObjects<'_>,
        variables: &Variables<'_, '_>,
        names: &Names<'_>,
        collector: &mut Collector<'_>,
    ) {
        let mounts: Vec<(&str, Option<&str>)> = container
            .node
            .get("volumeMounts")
            .into_iter()
            .flat_map(Node::items)
            .filter_map(|mount| {
                let sub_path = mount.get("subPath").and_then(Node::as_str);
                Some((mount.get("name")?.as_str()?, sub_path))
            })
            .collect();
        for volume in pod_spec.get("volumes").into_iter().flat_map(Node::items) {
            let Some(name) = volume.get("name").and_then(Node::as_str) else { continue };
            let sub_paths: Vec<Option<&str>> =
                mounts.iter().filter(|(mounted, _)| *mounted == name).map(|(_, path)| *path).collect();
            if sub_paths.is_empty() {
                continue;
            }
            for file in files_of(volume, container, objects, collector) {
                let is_mounted = |path: &Option<&str>| path.is_none_or(|path| path.trim_matches('/') == file.path);
                if sub_paths.iter().any(is_mounted) && is_read(file.path) {
                    self.file(&file, container, variables, names, collector);
                }
            }
        }
    }

    fn file(
        &mut self,
        file: &File<'_>,
        container: Container<'_>,
        variables: &Variables<'_, '_>,
        names: &Names<'_>,
        collector: &mut Collector<'_>,
    ) {
        let Some(raw) = file.value.as_str().filter(|text| !is_dashboard(text)) else { return };
        let text = format!("{} of {} {}", file.key, file.object.kind.as_str(), file.object.name);
        let seen = Seen {
            client: container.client,
            text: &text,
            place: Package::place(file.object.resource, file.value),
            node: Some(file.value),
            is_secret: file.object.kind == ObjectKind::Secret,
        };
        let scan =
            |text: &str| mentions(Text { text: &blanked(text), key: Some(file.key), is_command: is_script(raw) });
        let expanded = variables.expand(raw, false);
        if expanded != raw {
            judge(seen, &expanded, &scan(&expanded), names, collector);
        } else {
            let found = self.scanned.entry((file.object.resource, file.value.id())).or_insert_with(|| scan(raw));
            judge(seen, raw, found, names, collector);
        }
    }
}

/// Whether programs read a file of that name.
fn is_read(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_none_or(|extension| !UNREAD_EXTENSIONS.contains(&extension.as_str()))
}

/// Whether it is a dashboard of Grafana: its URLs are links for people.
fn is_dashboard(text: &str) -> bool {
    text.starts_with('{') && text.contains("\"schemaVersion\"") && text.contains("\"panels\"")
}

fn is_script(text: &str) -> bool {
    text.starts_with("#!")
}

/// The files in a volume: those of a ConfigMap or Secret, and of the sources of a projected volume.
fn files_of<'p>(
    volume: Node<'p>,
    container: Container<'p>,
    objects: &SettingObjects<'p>,
    collector: &mut Collector<'_>,
) -> Vec<File<'p>> {
    let mut found = Vec::new();
    let projected = volume.path(&["projected", "sources"]).into_iter().flat_map(Node::items);
    for source in std::iter::once(volume).chain(projected) {
        let config_map = source.get("configMap").map(|node| (node, ObjectKind::ConfigMap, "name"));
        let secret_name = if source.id() == volume.id() { "secretName" } else { "name" };
        let secret = source.get("secret").map(|node| (node, ObjectKind::Secret, secret_name));
        for (node, kind, field) in config_map.into_iter().chain(secret) {
            let object = match kind {
                ObjectKind::ConfigMap => reference(node, kind, container, objects, collector),
                ObjectKind::Secret => {
                    let name = node.get(field).and_then(Node::as_str).unwrap_or_default();
                    objects.get(kind, &container.workload.namespace, name)
                }
            };
            found.extend(object.map(|object| chosen(node, object)).unwrap_or_default());
        }
    }
    found
}

/// The keys in `items`, or all of them.
fn chosen<'p>(node: Node<'p>, object: SettingObject<'p>) -> Vec<File<'p>> {
    let Some(items) = node.get("items").filter(|items| items.is_sequence()) else {
        let entries = object.entries().into_iter();
        return entries.map(|(key, value)| File { object, key, path: key, value }).collect();
    };
    let text = |item: Node<'p>, field| item.get(field).and_then(Node::as_str);
    items
        .items()
        .filter_map(|item| {
            let key = text(item, "key")?;
            Some(File { object, key, path: text(item, "path").unwrap_or(key), value: object.value(key)? })
        })
        .collect()
}
