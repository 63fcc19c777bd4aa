//! ResourceList: the KRM envelope around items and functionConfig.

use super::header::{self, Inherited, name_of_shape};
use super::lane::{self, Lane};
use super::package::{Package, Resource, ResourceList, Role};
use super::prune::{Selection, needed_to_compile};
use super::tree::{Node, Shape};
use super::words::Words;
use crate::diag::{Code, Finding, Findings, suggest};
use crate::source::{LineColumn, SourceId, SourceOrigin, SourceText, line_column};
use crate::threads::{MANY_OBJECTS, in_parts};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The one text of a run in function mode.
const SOURCE: SourceId = SourceId(0);

/// The versions of the envelope; they do not differ in what we read.
const API_VERSIONS: [&str; 3] =
    ["config.kubernetes.io/v1", "config.kubernetes.io/v1beta1", "config.kubernetes.io/v1alpha1"];

/// Reads one ResourceList (`spec/krm.md` 1), keeping of each item what compiling it needs. The findings are warnings.
///
/// # Errors
/// Findings when the text is not one UTF-8 YAML document that is a ResourceList: then there is nothing to pass on. They have no
/// place, so their messages say where.
pub fn read(input: impl Into<Cow<'static, [u8]>>) -> Result<(Package, Findings), Findings> {
    read_with(input, Some(needed_to_compile), Lane::default())
}

/// Like [`read`], with the choice of what is kept of the items, `None` for all, and of the lane.
///
/// # Errors
/// As for [`read`].
pub fn read_with(
    input: impl Into<Cow<'static, [u8]>>,
    selection: Option<Selection>,
    lane: Lane,
) -> Result<(Package, Findings), Findings> {
    let source = SourceText::decode(SourceOrigin::Stdin, input)
        .map_err(|error| refuse(format!("the input is not UTF-8 text: {error}"), error.help()))?;
    let (tree, documents) = lane::parse(&source.text, selection, lane).map_err(|error| {
        let LineColumn { line, column } = source.line_column(error.offset);
        refuse(format!("the input is not valid YAML: line {line}, column {column}: {error}"), None)
    })?;
    let root = match documents.as_slice() {
        [] => return Err(refuse("the input is empty, not a ResourceList".to_owned(), None)),
        [document] => document.root,
        [_, second, ..] => {
            let line = source.line_column(second.text.start).line;
            let message = format!("the input has {} documents, the second from line {line}", documents.len());
            return Err(refuse(
                message,
                Some("a function reads one ResourceList; `render` reads streams of manifests"),
            ));
        }
    };
    let mut package =
        Package { sources: vec![source], trees: vec![tree], documents: vec![documents], lane, ..Package::default() };
    let Some(root) = package.node_in(SOURCE, root) else { return Err(Findings::default()) };
    check_kind(root)?;
    check_fields(root)?;
    let (resources, mut findings) = resources(root, lane);
    let pair = |name| field(root, name).map(|(key, value)| (key.id(), value.id()));
    let (items, results) = (pair("items"), pair("results"));
    package.resource_list = Some(ResourceList { source: SOURCE, root: root.id(), items, results });
    package.resources = resources;
    add_list_findings(&package, &mut findings);
    Ok((package, findings))
}

fn refuse(message: String, help: Option<&str>) -> Findings {
    let mut finding = Finding::new(Code::InvalidInput, None, message);
    finding.help = help.map(str::to_owned);
    Findings(vec![finding])
}

/// A field of the envelope as it is written: nothing is merged into an envelope.
fn field<'t>(root: Node<'t>, name: &str) -> Option<(Node<'t>, Node<'t>)> {
    root.entries().find(|(key, _)| key.as_str() == Some(name))
}

fn words(node: Node<'_>) -> String {
    let LineColumn { line, column } = line_column(node.source(), node.start());
    format!("line {line}, column {column}")
}

/// Whether it is a ResourceList of a version that we know.
fn check_kind(root: Node<'_>) -> Result<(), Findings> {
    let help = Some("a function reads one ResourceList; `render` reads manifests");
    if !root.is_mapping() {
        return Err(refuse(format!("the input is {}, not a ResourceList", name_of_shape(root)), help));
    }
    let text = |name: &str| field(root, name).and_then(|(_, value)| value.as_str()).unwrap_or_default();
    match text("kind") {
        "ResourceList" => {}
        "" => return Err(refuse("the input has no kind, so it is no ResourceList".to_owned(), help)),
        kind => return Err(refuse(format!("the input is of kind {kind:?}, not a ResourceList"), help)),
    }
    let written = text("apiVersion");
    if API_VERSIONS.contains(&written) {
        return Ok(());
    }
    let help = format!("write {}", suggest::nearest(written, API_VERSIONS).unwrap_or("config.kubernetes.io/v1"));
    let message = match field(root, "apiVersion") {
        Some((_, value)) if !written.is_empty() => {
            format!("the ResourceList has the unknown apiVersion {written:?} ({})", words(value))
        }
        _ => "the ResourceList has no apiVersion".to_owned(),
    };
    Err(refuse(message, Some(&help)))
}

/// Whether the fields that we read and write are there at most once and of the right form.
fn check_fields(root: Node<'_>) -> Result<(), Findings> {
    let mut faults = Findings::default();
    for (key, _) in root.entries().filter(|(key, _)| !key.is_scalar()) {
        let message = format!("the ResourceList has a key that is no text ({})", words(key));
        faults.push(Finding::new(Code::InvalidInput, None, message));
    }
    let mut seen = BTreeSet::new();
    for (key, _) in root.entries() {
        let name = key.as_str().unwrap_or_default();
        if !seen.insert(name) {
            let message = format!("the ResourceList has the key `{name}` twice, again at {}", words(key));
            faults.push(Finding::new(Code::DuplicateKey, None, message).with_help("remove one of the two"));
        }
    }
    for name in ["items", "results"] {
        let Some((_, value)) = field(root, name) else { continue };
        let is_written_out =
            matches!(value.shape(), Shape::Sequence(_)) || (value.is_null() && value.shape() != Shape::Alias);
        if !is_written_out {
            let shape = if value.shape() == Shape::Alias { "an alias" } else { name_of_shape(value) };
            let message = format!("`{name}` of the ResourceList is {shape}, not a sequence ({})", words(value));
            faults.push(Finding::new(Code::InvalidInput, None, message));
        }
    }
    if faults.0.is_empty() { Ok(()) } else { Err(faults) }
}

/// The items and the functionConfig. What is no object stays in the text, but is no resource.
fn resources(root: Node<'_>, lane: Lane) -> (Vec<Resource>, Findings) {
    let items: Vec<Node<'_>> =
        field(root, "items").into_iter().flat_map(|(_, items)| items.children_of_list()).collect();
    let parts = in_parts(&items, MANY_OBJECTS, lane.threads(), read_items);
    let (mut resources, mut findings) = (Vec::with_capacity(items.len() + 1), Findings::default());
    for (read, found) in parts {
        resources.extend(read);
        findings.0.extend(found.0);
    }
    if let Some((_, config)) = field(root, "functionConfig") {
        if config.is_mapping() {
            let words = &mut Words::default();
            resources.push(header::read(SOURCE, config, Role::FunctionConfig, &Inherited::default(), words));
        } else if !config.is_null() {
            let message = format!("the functionConfig is {}, not an object", name_of_shape(config));
            let in_source = Some((SOURCE, config.start()));
            findings.push(Finding { in_source, ..Finding::new(Code::InvalidConfig, None, message) });
        }
    }
    (resources, findings)
}

/// The objects among consecutive items, the first of which has the index `start`.
fn read_items(start: usize, items: &[Node<'_>]) -> (Vec<Resource>, Findings) {
    let (mut resources, mut findings) = (Vec::with_capacity(items.len()), Findings::default());
    let (mut words, inherited) = (Words::default(), Inherited::default());
    for (index, item) in (start..).zip(items) {
        if item.is_mapping() {
            resources.push(header::read(SOURCE, *item, Role::Item, &inherited, &mut words));
        } else {
            let message = format!("items[{index}] of the ResourceList is {}, not an object", name_of_shape(*item));
            findings.push(Finding {
                in_source: Some((SOURCE, item.start())),
                ..Finding::new(Code::NotAnObject, None, message).with_help("it is passed through as it is")
            });
        }
    }
    (resources, findings)
}

/// One warning for every List among the items: functions get it as one object, so its members are not theirs to change.
fn add_list_findings(package: &Package, findings: &mut Findings) {
    for (id, resource) in package.iter().filter(|(_, resource)| resource.role == Role::Item) {
        let Some(node) =
            package.node(id).filter(|node| resource.kind.ends_with("List") && header::members(*node).is_some())
        else {
            continue;
        };
        let message = format!("{}: its members are neither read nor labelled", resource.title());
        findings.push(
            Finding::new(Code::ListItem, Package::place(id, node), message)
                .with_help("write each member as a document of its own"),
        );
    }
}

#[cfg(test)]
mod tests;
