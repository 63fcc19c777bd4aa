//! Plain manifests: multi-document streams, JSON and Lists as they come from files and pipes.

use super::header::{self, Inherited, name_of_shape};
use super::lane::{self, Lane};
use super::package::{Package, Resource, Role};
use super::prune::Selection;
use super::tree::{Node, Tree};
use super::words::Words;
use crate::diag::{Code, Finding, Findings};
use crate::source::{SourceId, SourceOrigin, SourceText};

/// Reads manifests: every document is a resource, `List`-like objects and ResourceLists are unwrapped.
/// A text that is no YAML is a finding and contributes no resources.
#[must_use]
pub fn read(sources: Vec<SourceText>) -> (Package, Findings) {
    read_with(sources, None, Lane::default())
}

/// Like [`read`], with the choice of what is kept of the objects, `None` for all, and of the lane.
#[must_use]
pub fn read_with(sources: Vec<SourceText>, selection: Option<Selection>, lane: Lane) -> (Package, Findings) {
    let mut package = Package { lane, ..Package::default() };
    let mut findings = Findings::default();
    for source in sources {
        add(&mut package, source, selection, &mut findings);
    }
    (package, findings)
}

/// Adds a configuration file to what was read: each of its objects is a functionConfig, never part of the output.
pub fn add_function_config(package: &mut Package, source: SourceText, findings: &mut Findings) {
    let first = package.resources.len();
    add(package, source, None, findings);
    for resource in package.resources.iter_mut().skip(first) {
        resource.role = Role::FunctionConfig;
    }
}

fn add(package: &mut Package, source: SourceText, selection: Option<Selection>, findings: &mut Findings) {
    let id = SourceId(u32::try_from(package.sources.len()).unwrap_or(u32::MAX));
    let (tree, documents) = lane::parse(&source.text, selection, package.lane).unwrap_or_else(|error| {
        let message = format!("not valid YAML: {error}");
        let finding = Finding::new(Code::InvalidInput, None, message);
        findings.push(Finding { in_source: Some((id, error.offset)), ..finding });
        (Tree::default(), Vec::new())
    });
    let (origin, resources) = (&source.origin, &mut package.resources);
    let mut reader = Reader { source: id, origin, resources, words: Words::default(), findings };
    for (index, document) in (0u32..).zip(&documents) {
        reader.document(index, tree.node(&source.text, document.root));
    }
    package.sources.push(source);
    package.trees.push(tree);
    package.documents.push(documents);
}

/// The documents of one text.
struct Reader<'a> {
    source: SourceId,
    origin: &'a SourceOrigin,
    resources: &'a mut Vec<Resource>,
    words: Words,
    findings: &'a mut Findings,
}

impl Reader<'_> {
    fn document(&mut self, index: u32, root: Node<'_>) {
        // Documents of comments alone are common in what Helm prints; kubectl skips them, too.
        if root.is_null() {
            return;
        }
        if is_resource_list(root) {
            for item in root.get("items").into_iter().flat_map(Node::items) {
                self.objects(item, Role::ListMember(index));
            }
            if let Some(config) = root.get("functionConfig").filter(|config| config.is_mapping()) {
                self.object(config, Role::FunctionConfig, &Inherited::default());
            }
        } else {
            self.objects(root, Role::Document(index));
        }
    }

    /// The object, or if it is a list those in it, lists in lists included.
    fn objects(&mut self, root: Node<'_>, role: Role) {
        let (Role::Document(index) | Role::ListMember(index)) = role else { return };
        let mut pending = vec![(root, role, Inherited::default())];
        while let Some((node, role, inherited)) = pending.pop() {
            let is_file = matches!(self.origin, SourceOrigin::File(_));
            if !node.is_mapping() {
                self.not_an_object(node, index, name_of_shape(node));
            } else if is_file
                && node.get("kind").is_none()
                && node.get("apiVersion").is_none()
                && inherited.kind.is_empty()
            {
                self.not_an_object(node, index, "a mapping without apiVersion and kind");
            } else if is_resource_list(node) {
                // Standing alone in the output it would be taken for the envelope of what is in it.
                let message = format!("document {} of {} has a ResourceList in a list", index + 1, self.origin);
                let finding = Finding::new(Code::InvalidInput, None, message).with_help("pass on its items instead");
                self.findings.push(Finding { in_source: Some((self.source, node.start())), ..finding });
            } else if let Some((members, inherited)) = header::members(node) {
                let members = members.into_iter().rev();
                pending.extend(members.map(|member| (member, Role::ListMember(index), inherited.clone())));
            } else {
                self.object(node, role, &inherited);
            }
        }
    }

    fn object(&mut self, node: Node<'_>, role: Role, inherited: &Inherited) {
        self.resources.push(header::read(self.source, node, role, inherited, &mut self.words));
    }

    /// A stream on standard input is somebody's output, so what is no object in it is a fault of theirs. Files beside
    /// manifests may be patches or values.
    fn not_an_object(&mut self, node: Node<'_>, document: u32, found: &str) {
        let (code, help) = match self.origin {
            SourceOrigin::Stdin => (Code::InvalidInput, None),
            SourceOrigin::File(_) | SourceOrigin::Synthetic(_) => {
                (Code::NotAnObject, Some("it is left out".to_owned()))
            }
        };
        let message = format!("document {} of {} has {found}, not an object", document + 1, self.origin);
        let in_source = Some((self.source, node.start()));
        self.findings.push(Finding { in_source, help, ..Finding::new(code, None, message) });
    }
}

/// Whether it is the envelope of a function's input or output.
fn is_resource_list(node: Node<'_>) -> bool {
    node.is_mapping() && node.get("kind").and_then(Node::as_str) == Some("ResourceList")
}

#[cfg(test)]
mod tests;
