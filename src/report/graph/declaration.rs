//! What a declared call says beyond who is called: kafka topics and http resources, which no NetworkPolicy expresses.

use crate::model::place::{Place, ResourceId};
use crate::model::world::World;
use crate::read::package::Package;
use crate::read::tree::Node;

/// The lists of calls: `spec.targets`, and `spec.calls` of the first versions.
const LISTS: [&str; 2] = ["targets", "calls"];
/// The lists of topics and resources, by version.
const TOPICS: [&str; 2] = ["topics", "kafkaTopics"];
const RESOURCES: [&str; 3] = ["http", "resources", "HTTPResources"];

/// The details of every declared call that has some.
pub(super) struct Details(Vec<(ResourceId, usize, usize, Vec<String>)>);

impl Details {
    /// Reads them.
    pub(super) fn read(package: &Package, world: &World) -> Self {
        let mut found = Vec::new();
        for intents in &world.client_intents {
            let Some(spec) = package.node(intents.resource).and_then(|root| root.get("spec")) else { continue };
            for entry in LISTS.iter().filter_map(|name| spec.get(name)).flat_map(Node::items) {
                let (Some(target), details) = (entry.resolve(), details(entry)) else { continue };
                if !details.is_empty() {
                    found.push((intents.resource, target.start(), target.end(), details));
                }
            }
        }
        found.sort();
        Self(found)
    }

    /// The topics and paths of the call that is declared there: `kafka orders (produce)`, `GET /login`.
    pub(super) fn at(&self, place: Place) -> &[String] {
        let start = place.start as usize;
        let after = self.0.partition_point(|(resource, first, ..)| (*resource, *first) <= (place.resource, start));
        let before = after.checked_sub(1).and_then(|index| self.0.get(index));
        match before {
            Some((resource, _, end, details)) if *resource == place.resource && start <= *end => details,
            _ => &[],
        }
    }
}

fn details(target: Node<'_>) -> Vec<String> {
    let bodies = || ["kafka", "kubernetes", "service"].iter().filter_map(|field| target.get(field)).chain([target]);
    let mut found = Vec::new();
    for topic in bodies().flat_map(|body| entries(body, &TOPICS)) {
        let operations = words(topic, "operations");
        let operations = if operations.is_empty() { operations } else { format!(" ({operations})") };
        found.extend(text(topic, "name").map(|name| format!("kafka {name}{operations}")));
    }
    for resource in bodies().flat_map(|body| entries(body, &RESOURCES)) {
        let methods = words(resource, "methods");
        let methods = if methods.is_empty() { "http".to_owned() } else { methods };
        found.extend(text(resource, "path").map(|path| format!("{methods} {path}")));
    }
    found
}

fn entries<'t>(body: Node<'t>, names: &[&str]) -> Vec<Node<'t>> {
    names.iter().filter_map(|name| body.get(name)).flat_map(Node::items).collect()
}

fn text<'t>(node: Node<'t>, key: &str) -> Option<&'t str> {
    node.get(key)?.as_str()
}

fn words(node: Node<'_>, key: &str) -> String {
    let items = node.get(key).into_iter().flat_map(Node::items);
    items.filter_map(Node::as_str).collect::<Vec<_>>().join(" ")
}
