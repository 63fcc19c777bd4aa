//! The `called-by` annotation on a server's pods (`spec/otterize.md` 3.4).

use super::fields::Fields;
use crate::diag::Code;
use crate::model::identity::Identity;
use crate::model::intent::CalledBy;
use crate::model::place::Place;
use crate::read::parser;
use crate::read::tree::{Node, Tree};

/// The annotation, on a pod template.
pub(super) const ANNOTATION: &str = "intents.otterize.com/called-by";

/// Reads the annotation in the metadata of a pod template. Names are as written; [`super::names`] resolves them.
pub(super) fn read<'a>(fields: &mut Fields<'_, 'a>, template_metadata: Node<'a>) -> Vec<CalledBy> {
    let Some(annotations) = fields.present(template_metadata, "annotations") else { return Vec::new() };
    let Some(value) = fields.present(annotations, ANNOTATION) else { return Vec::new() };
    let Some(text) = value.as_str() else { return Vec::new() };
    let place = fields.object.place(value);
    let tree: Tree;
    let root = match parser::parse(text) {
        Ok((parsed, documents)) if documents.len() == 1 => {
            tree = parsed;
            documents.first().map(|document| tree.node(text, document.root))
        }
        _ => None,
    };
    let Some(root) = root.filter(|root| root.is_sequence()) else {
        fields.fault_at(Code::InvalidCalledBy, place, "bad called-by annotation: it is not a JSON list").help =
            Some(r#"write [{"name": "client.namespace", "kind": "Deployment"}]"#.into());
        return Vec::new();
    };
    root.items().filter_map(|entry| client(fields, entry, place)).collect()
}

fn client(fields: &mut Fields<'_, '_>, entry: Node<'_>, place: Place) -> Option<CalledBy> {
    let text =
        |field: &str| entry.get(field).filter(|value| !value.is_null()).and_then(Node::as_str).unwrap_or_default();
    if !entry.is_mapping() {
        fields.fault_at(
            Code::InvalidCalledBy,
            place,
            "bad called-by annotation: an entry is not an object with `name` and `kind`",
        );
        return None;
    }
    let (name, kind) = (text("name"), text("kind"));
    let parts = name
        .split_once('.')
        .filter(|(name, namespace)| !name.is_empty() && !namespace.is_empty() && !namespace.contains('.'));
    if parts.is_none() {
        fields.fault_at(
            Code::InvalidCalledBy,
            place,
            format_args!("bad called-by annotation client name '{name}' should be in the format 'name.namespace'"),
        );
    }
    let mut is_kind_good = false;
    if kind.is_empty() {
        fields.fault_at(
            Code::InvalidCalledBy,
            place,
            format_args!("bad called-by annotation client '{name}': kind is required"),
        );
    } else if !kind.starts_with(|first: char| first.is_uppercase()) {
        fields.fault_at(
            Code::InvalidCalledBy,
            place,
            format_args!("bad called-by annotation client '{name}': kind '{kind}' should start with a capital letter"),
        );
    } else {
        is_kind_good = true;
    }
    let (name, namespace) = parts?;
    is_kind_good.then(|| CalledBy {
        client: Identity { namespace: namespace.into(), name: name.into(), kind: Some(kind.into()) },
        place,
    })
}
