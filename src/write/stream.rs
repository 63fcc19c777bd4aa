//! The manifest stream of `render`: the user's documents with their edits, without what must not be applied, then the
//! new objects (`DESIGN.md` 1.4 rule 12).

use super::Written;
use super::anchors::keep_aliases;
use super::draft::Draft;
use super::edit::{Edit, EditConflict, EditSet};
use super::emit::block_document;
use super::entry::{is_block_scalar, last_leaf};
use super::lines::line_start;
use super::members::{self, Member};
use super::objects::object;
use super::resource_changes::{Changes, change_resources, finding};
use super::tool_annotations::{LOCAL_CONFIG, annotation};
use crate::diag::{Code, Finding, Findings};
use crate::model::place::ResourceId;
use crate::plan::Plan;
use crate::read::package::{Package, Resource, Role};
use crate::read::parser::Document;
use crate::source::{SourceId, SourceOrigin};
use std::collections::{BTreeMap, BTreeSet};

/// See [`super::manifest_stream`].
pub(super) fn write(package: &Package, plan: &Plan) -> Result<Written, Findings> {
    let texts = write_texts(package, plan, &Targets::default())?;
    Ok(Written { text: texts.into_iter().next().unwrap_or_default(), edits: None })
}

/// Which of several texts each document belongs to; the first one where nothing is said.
#[derive(Debug, Default)]
pub(super) struct Targets {
    /// Of resources.
    pub(super) resources: BTreeMap<ResourceId, usize>,
    /// Of documents that are comments alone, by source.
    pub(super) sources: BTreeMap<SourceId, usize>,
    /// Of the new objects, in their order.
    pub(super) new_objects: Vec<usize>,
}

impl Targets {
    fn of_resource(&self, id: ResourceId) -> usize {
        self.resources.get(&id).copied().unwrap_or_default()
    }

    fn of_source(&self, id: SourceId) -> usize {
        self.sources.get(&id).copied().unwrap_or_default()
    }

    fn of_new_object(&self, index: usize) -> usize {
        self.new_objects.get(index).copied().unwrap_or_default()
    }

    /// By text the last source that may add to it; nothing for those that new objects end.
    fn last_sources(&self, package: &Package, plan: &Plan) -> BTreeMap<usize, SourceId> {
        let mut last: BTreeMap<usize, SourceId> = BTreeMap::new();
        let of_sources = (0u32..).map(SourceId).zip(&package.sources).map(|(id, _)| (self.of_source(id), id));
        let of_resources = package.iter().map(|(id, resource)| (self.of_resource(id), resource.source));
        for (target, source) in of_sources.chain(of_resources) {
            let known = last.entry(target).or_insert(source);
            *known = source.max(*known);
        }
        for index in 0..plan.new_objects.len() {
            last.remove(&self.of_new_object(index));
        }
        last
    }
}

/// Every document in the text that it belongs to.
pub(super) fn write_texts(package: &Package, plan: &Plan, targets: &Targets) -> Result<Vec<String>, Findings> {
    let changes = Changes::from_plan(package, plan);
    let dropped = dropped(package, plan, &changes);
    let changes = changes.without_tool_annotations();
    let mut findings = Findings::default();
    let count = targets.resources.values().chain(targets.sources.values()).chain(&targets.new_objects).max();
    let mut texts = vec![String::new(); count.map_or(1, |last| last + 1)];
    let last_sources = targets.last_sources(package, plan);
    let mut by_source = resources_by_document(package);
    for (id, source) in (0u32..).map(SourceId).zip(&package.sources) {
        let resources = by_source.remove(&id).unwrap_or_default();
        let file = File {
            package,
            id,
            text: &source.text,
            resources: &resources,
            dropped: &dropped,
            targets,
            last_sources: &last_sources,
        };
        if let Err(found) = file.write(&changes, &mut texts) {
            findings.0.extend(found.0);
        }
    }
    for (index, planned) in plan.new_objects.iter().enumerate() {
        if let Some(text) = texts.get_mut(targets.of_new_object(index)) {
            start_document(text);
            text.push_str(&block_document(&object(&planned.object, [])));
        }
    }
    if findings.has_errors() { Err(findings) } else { Ok(texts) }
}

/// Resources that must not be applied or that nothing asks for any more.
pub(crate) fn dropped(package: &Package, plan: &Plan, changes: &Changes<'_>) -> BTreeSet<ResourceId> {
    let is_local = |id: ResourceId| {
        let set = changes.get(id).and_then(|change| change.string_at(&["metadata", "annotations"], LOCAL_CONFIG));
        let written = || package.node(id).and_then(|root| annotation(root, LOCAL_CONFIG));
        set.or_else(written).is_some_and(|value| value == "true")
    };
    let not_for_the_cluster =
        package.iter().filter(|(id, resource)| is_configuration(package, resource) || is_local(*id)).map(|(id, _)| id);
    plan.removals.iter().copied().chain(not_for_the_cluster).collect()
}

/// Whether an object is meant for a tool, not for a cluster.
fn is_configuration(package: &Package, resource: &Resource) -> bool {
    let group = resource.api_version.split('/').next().unwrap_or_default();
    let is_kustomization_file = || match package.sources.get(resource.source.0 as usize).map(|source| &source.origin) {
        Some(SourceOrigin::File(path)) => path.file_name().is_some_and(|name| {
            ["kustomization.yaml", "kustomization.yml", "Kustomization"].iter().any(|known| name == *known)
        }),
        _ => false,
    };
    match (group, &*resource.kind) {
        _ if resource.role == Role::FunctionConfig => true,
        ("kustomize.config.k8s.io", "Kustomization" | "Component") | ("kpt.dev", "Kptfile") => true,
        ("fn.kpt.dev", "EnforceIntents") => true,
        ("", "") => is_kustomization_file(),
        _ => false,
    }
}

/// The resources of each source text, by the index of their document.
fn resources_by_document(package: &Package) -> BTreeMap<SourceId, BTreeMap<u32, Vec<ResourceId>>> {
    let mut sources: BTreeMap<SourceId, BTreeMap<u32, Vec<ResourceId>>> = BTreeMap::new();
    for (id, resource) in package.iter() {
        if let Role::Document(index) | Role::ListMember(index) = resource.role {
            sources.entry(resource.source).or_default().entry(index).or_default().push(id);
        }
    }
    sources
}

/// Ends what stands in the output and separates it from the next document.
fn start_document(output: &mut String) {
    end_line(output);
    if !output.is_empty() {
        output.push_str("---\n");
    }
}

fn end_line(output: &mut String) {
    if !output.is_empty() && !output.ends_with('\n') {
        output.push('\n');
    }
}

/// One source text on its way to the stream.
struct File<'a> {
    package: &'a Package,
    id: SourceId,
    text: &'a str,
    /// Resources by document.
    resources: &'a BTreeMap<u32, Vec<ResourceId>>,
    dropped: &'a BTreeSet<ResourceId>,
    targets: &'a Targets,
    /// By text the last source that may add to it.
    last_sources: &'a BTreeMap<usize, SourceId>,
}

impl<'a> File<'a> {
    fn write(&self, changes: &Changes<'a>, texts: &mut [String]) -> Result<(), Findings> {
        let index = self.id.0 as usize;
        let (Some(tree), Some(documents)) = (self.package.trees.get(index), self.package.documents.get(index)) else {
            return Ok(());
        };
        let mut draft = Draft::new(self.text, tree);
        let mut findings = Findings::default();
        let own = self.resources.values().flatten().copied().filter(|id| !self.dropped.contains(id));
        change_resources(self.package, &own.collect::<Vec<_>>(), changes, &mut draft, &mut findings);
        let members = self.members(&mut draft, &mut findings);
        draft.edits.extend(self.end_of_text(&draft, documents));
        if let Err(fault) = keep_aliases(&mut draft) {
            let holder = self.package.iter().find(|(id, resource)| {
                resource.source == self.id
                    && self
                        .package
                        .node(*id)
                        .is_some_and(|node| (node.outer_start()..node.end()).contains(&fault.range.start))
            });
            match holder {
                Some((id, _)) => findings.push(finding(self.package, id, fault)),
                None => findings.push(Finding {
                    in_source: Some((self.id, fault.range.start)),
                    ..Finding::new(fault.code, None, fault.message).with_help(fault.help)
                }),
            }
        }
        if findings.has_errors() {
            return Err(findings);
        }
        let conflict =
            |conflict: EditConflict| Findings(vec![Finding::new(Code::OutputMismatch, None, conflict.to_string())]);
        let edits = EditSet::new(draft.edits).map_err(conflict)?;
        self.print(documents, &members, &edits, texts).map_err(conflict)
    }

    /// The members of lists that become documents, by the index of the list's document.
    fn members(&self, draft: &mut Draft<'a>, findings: &mut Findings) -> BTreeMap<u32, Vec<(ResourceId, Member)>> {
        let mut members: BTreeMap<u32, Vec<(ResourceId, Member)>> = BTreeMap::new();
        for (document, ids) in self.resources {
            for id in ids {
                let Some(resource) = self.package.resource(*id) else { continue };
                if matches!(resource.role, Role::ListMember(_)) {
                    let node = draft.tree.node(self.text, resource.node);
                    if self.dropped.contains(id) {
                        draft.drop_node(node);
                    } else {
                        match members::prepare(draft, resource, node) {
                            Ok(member) => members.entry(*document).or_default().push((*id, member)),
                            Err(fault) => findings.push(finding(self.package, *id, fault)),
                        }
                    }
                }
            }
        }
        members
    }

    /// What keeps the value of a block scalar at the end of a text that gets the line break it lacks. One that goes up to there would
    /// gain that line break, but for a `-`. One that keeps empty lines would gain another, but for what blanks stand there.
    fn end_of_text(&self, draft: &Draft<'a>, documents: &[Document]) -> Option<Edit> {
        let leaf =
            last_leaf(draft.tree.node(self.text, documents.last()?.root)).filter(|leaf| is_block_scalar(*leaf))?;
        let last = u32::try_from(documents.len() - 1).unwrap_or(u32::MAX);
        let is_list = self.resources.get(&last).is_some_and(|ids| ids.iter().any(|id| self.is_member(*id)));
        let ends_its_text = self.last_sources.get(&self.target_of(last)) == Some(&self.id);
        let is_edited = || draft.edits.iter().any(|edit| edit.range.end > leaf.start());
        if self.text.ends_with('\n') || (ends_its_text && !is_list) || is_edited() {
            return None;
        }
        let indicators = |next: &char| matches!(next, '+' | '-' | '1'..='9');
        let header: String = self.text.get(leaf.start() + 1..)?.chars().take_while(indicators).collect();
        let end = self.text.len();
        let last_line = line_start(self.text, end).max(leaf.end());
        if last_line < end {
            let is_blank = self.text.get(last_line..)?.trim_matches([' ', '\t']).is_empty();
            return (is_blank && header.contains('+')).then(|| Edit::delete(last_line..end));
        }
        let start = leaf.start() + 1;
        let stripping = || Edit::replace(start..start + header.len(), format!("{}-", header.replace('+', "")));
        (!header.contains('-')).then(stripping)
    }

    fn is_member(&self, id: ResourceId) -> bool {
        self.package.resource(id).is_some_and(|resource| matches!(resource.role, Role::ListMember(_)))
    }

    /// The text that a document belongs to; members of lists have their own.
    fn target_of(&self, document: u32) -> usize {
        match self.resources.get(&document).and_then(|ids| ids.first()) {
            Some(id) => self.targets.of_resource(*id),
            None => self.targets.of_source(self.id),
        }
    }

    /// Adds the documents to their texts.
    fn print(
        &self,
        documents: &[Document],
        members: &BTreeMap<u32, Vec<(ResourceId, Member)>>,
        edits: &EditSet,
        texts: &mut [String],
    ) -> Result<(), EditConflict> {
        let mut previous_end = 0;
        for (index, document) in (0u32..).zip(documents) {
            let marker = if document.has_start_marker { "---".len() } else { 0 };
            let prelude = previous_end..document.text.start.saturating_sub(marker).max(previous_end);
            previous_end = document.text.end;
            if let Some(members) = members.get(&index) {
                for (id, member) in members {
                    let Some(output) = texts.get_mut(self.targets.of_resource(*id)) else { continue };
                    start_document(output);
                    output.push_str(&member.print(self.text, edits)?);
                    end_line(output);
                }
            } else if self.is_kept(index, document)
                && let Some(output) = texts.get_mut(self.target_of(index))
            {
                let body = edits.apply_within(self.text, document.text.clone())?;
                self.print_prelude(self.text.get(prelude).unwrap_or_default(), output);
                if document.has_start_marker {
                    end_line(output);
                    output.push_str("---");
                } else {
                    start_document(output);
                }
                output.push_str(if output.is_empty() { &body } else { body.trim_start_matches('\u{feff}') });
            }
        }
        Ok(())
    }

    /// What stands before a document's `---`: comments stay; `...` and `%YAML` separate or say nothing any more.
    fn print_prelude(&self, prelude: &str, output: &mut String) {
        if prelude.contains("%TAG") {
            end_line(output);
            output.push_str(if output.is_empty() { "" } else { "...\n" });
        }
        for line in prelude.split_inclusive('\n') {
            let line = if output.is_empty() { line } else { line.trim_start_matches('\u{feff}') };
            let content = line.trim_start_matches('\u{feff}');
            if !content.is_empty() && !content.starts_with("%YAML") && !content.starts_with("...") {
                end_line(output);
                output.push_str(line);
            }
        }
    }

    /// Whether a document stays: objects that are not dropped, and comments without an object.
    fn is_kept(&self, index: u32, document: &Document) -> bool {
        match self.resources.get(&index) {
            Some(ids) => ids.iter().any(|id| !self.dropped.contains(id) && !self.is_member(*id)),
            None => {
                let is_comment = self.package.node_in(self.id, document.root).is_some_and(|root| root.is_null());
                let text = self.text.get(document.text.clone()).unwrap_or_default();
                is_comment && text.contains('#')
            }
        }
    }
}

#[cfg(test)]
mod tests;
