//! Addresses in the environment and the command line of a container.

use super::addresses::{Seen, judge};
use super::collector::Collector;
use super::comments::blanked;
use super::names::Names;
use super::objects::{ObjectKind, SettingObject, SettingObjects};
use super::scan::{Text, mentions};
use super::variables::Variables;
use crate::model::workload::Workload;
use crate::read::package::Package;
use crate::read::tree::Node;

/// A container of a workload.
#[derive(Clone, Copy)]
pub(super) struct Container<'p> {
    /// Index of the workload.
    pub(super) client: usize,
    pub(super) workload: &'p Workload,
    pub(super) node: Node<'p>,
    pub(super) is_init: bool,
}

/// A variable with where its value comes from.
struct Variable<'p> {
    name: String,
    value: Node<'p>,
    /// The object that has the value, with its key there; no key if the container takes all of the object.
    object: Option<(SettingObject<'p>, Option<&'p str>)>,
}

impl Container<'_> {
    /// `container web`.
    pub(super) fn title(&self) -> String {
        let name = self.node.get("name").and_then(Node::as_str).unwrap_or_default();
        format!("{} {name}", if self.is_init { "init container" } else { "container" })
    }
}

/// Adds the calls in the environment, and gives it for other texts.
pub(super) fn environment<'n, 'w>(
    container: Container<'n>,
    objects: &SettingObjects<'n>,
    names: &'n Names<'w>,
    collector: &mut Collector<'_>,
) -> Variables<'n, 'w> {
    let mut variables = Variables::new(names, &container.workload.namespace);
    for variable in from_objects(container, objects, collector) {
        set(&mut variables, &variable, container, names, collector);
    }
    for entry in container.node.get("env").into_iter().flat_map(Node::items) {
        let Some(name) = entry.get("name").and_then(Node::as_str) else { continue };
        if let Some(value) = entry.get("value") {
            let variable = Variable { name: name.to_owned(), value, object: None };
            set(&mut variables, &variable, container, names, collector);
        } else if let Some(from) = entry.get("valueFrom") {
            let field = from.path(&["fieldRef", "fieldPath"]).and_then(Node::as_str);
            if field == Some("metadata.namespace") {
                variables.set(name, &container.workload.namespace);
            }
            if let Some(variable) = from_key(name, from, container, objects, collector) {
                set(&mut variables, &variable, container, names, collector);
            }
        }
    }
    variables
}

/// Every key of the objects in `envFrom`.
fn from_objects<'p>(
    container: Container<'p>,
    objects: &SettingObjects<'p>,
    collector: &mut Collector<'_>,
) -> Vec<Variable<'p>> {
    let mut found = Vec::new();
    for entry in container.node.get("envFrom").into_iter().flat_map(Node::items) {
        let prefix = entry.get("prefix").and_then(Node::as_str).unwrap_or_default();
        for (field, kind) in [("configMapRef", ObjectKind::ConfigMap), ("secretRef", ObjectKind::Secret)] {
            let Some(object) = entry.get(field).and_then(|node| reference(node, kind, container, objects, collector))
            else {
                continue;
            };
            let entries = object.entries().into_iter();
            found.extend(entries.map(|(key, value)| Variable {
                name: format!("{prefix}{key}"),
                value,
                object: Some((object, None)),
            }));
        }
    }
    found
}

/// `valueFrom` with a key of an object.
fn from_key<'p>(
    name: &str,
    from: Node<'p>,
    container: Container<'p>,
    objects: &SettingObjects<'p>,
    collector: &mut Collector<'_>,
) -> Option<Variable<'p>> {
    let fields = [("configMapKeyRef", ObjectKind::ConfigMap), ("secretKeyRef", ObjectKind::Secret)];
    let (node, kind) = fields.into_iter().find_map(|(field, kind)| Some((from.get(field)?, kind)))?;
    let key = node.get("key").and_then(Node::as_str)?;
    let object = reference(node, kind, container, objects, collector)?;
    Some(Variable { name: name.to_owned(), value: object.value(key)?, object: Some((object, Some(key))) })
}

/// The object that a reference names. A ConfigMap that is not in the input is noted: it may say more.
pub(super) fn reference<'p>(
    node: Node<'p>,
    kind: ObjectKind,
    container: Container<'p>,
    objects: &SettingObjects<'p>,
    collector: &mut Collector<'_>,
) -> Option<SettingObject<'p>> {
    let (_, name) = node.get_entry("name")?;
    let text = name.as_str()?;
    let found = objects.get(kind, &container.workload.namespace, text);
    if found.is_none() && kind == ObjectKind::ConfigMap {
        collector.missing_config_map(container.workload, text, Package::place(container.workload.resource, name));
    }
    found
}

fn set(
    variables: &mut Variables<'_, '_>,
    variable: &Variable<'_>,
    container: Container<'_>,
    names: &Names<'_>,
    collector: &mut Collector<'_>,
) {
    let Some(raw) = variable.value.as_str() else { return };
    let value = variables.expand(raw, false);
    let mut text = format!("env {} of {}", variable.name, container.title());
    let mut resource = container.workload.resource;
    if let Some((object, key)) = variable.object {
        let part = key.map_or_else(|| "all".to_owned(), |key| format!("key {key}"));
        text.push_str(&format!(", {part} of {} {}", object.kind.as_str(), object.name));
        resource = object.resource;
    }
    let seen = Seen {
        client: container.client,
        text: &text,
        place: Package::place(resource, variable.value),
        node: Some(variable.value),
        is_secret: variable.object.is_some_and(|(object, _)| object.kind == ObjectKind::Secret),
    };
    let found = mentions(Text { text: &value, key: Some(&variable.name), is_command: false });
    judge(seen, &value, &found, names, collector);
    let value = value.into_owned();
    variables.set(&variable.name, &value);
}

/// Adds the calls in command and args.
pub(super) fn commands(
    container: Container<'_>,
    variables: &Variables<'_, '_>,
    names: &Names<'_>,
    collector: &mut Collector<'_>,
) {
    let words = ["command", "args"].into_iter().flat_map(|field| container.node.get(field)).flat_map(Node::items);
    // One text, so that a flag announces the word behind it; where each word starts tells whose place counts.
    let mut line = String::new();
    let mut starts = Vec::new();
    for node in words {
        let Some(word) = node.as_str() else { continue };
        starts.push((line.len(), node));
        line.push_str(&blanked(&variables.expand(word, true)));
        line.push(' ');
    }
    let title = format!("command of {}", container.title());
    let found = mentions(Text { text: &line, key: None, is_command: true });
    for (index, &(start, node)) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(line.len(), |(start, _)| *start);
        let first = found.partition_point(|mention| mention.offset < start);
        let last = found.partition_point(|mention| mention.offset < end);
        let mut own = found.get(first..last).unwrap_or_default().to_vec();
        own.iter_mut().for_each(|mention| mention.offset -= start);
        let place = Package::place(container.workload.resource, node);
        let seen = Seen { client: container.client, text: &title, place, node: Some(node), is_secret: false };
        judge(seen, line.get(start..end).unwrap_or_default(), &own, names, collector);
    }
}
