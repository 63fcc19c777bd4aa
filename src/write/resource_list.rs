//! A ResourceList with the plan carried out: labels in place, items added and removed, `results` set.

use super::anchors::keep_aliases;
use super::draft::{Draft, EditFault};
use super::edit::Edit;
use super::edit::EditSet;
use super::entry::{Entry, entries};
use super::entry_changes::{EntryChange, EntryChanges};
use super::items::{append_point, change_items, print_item, with_head_comments};
use super::lines::{line_ending, line_start};
use super::mapping::change_entries;
use super::new_items::NewItems;
use super::piece::{Piece, Token};
use super::resource_changes::{Changes, change_resources, finding};
use crate::config::Config;
use crate::diag::{Code, Finding, Findings};
use crate::model::place::ResourceId;
use crate::model::value::Value;
use crate::plan::Plan;
use crate::read::package::{Package, ResourceList, Role};
use crate::read::tree::{CollectionStyle, Node, NodeId, Shape};
use std::collections::BTreeSet;

/// See [`super::resource_list_edits`].
pub(super) fn edits(package: &Package, plan: &Plan, config: &Config, results: &[Value]) -> Result<EditSet, Findings> {
    let Some(list) = package.resource_list else { return Ok(EditSet::default()) };
    let (Some(source), Some(tree)) =
        (package.sources.get(list.source.0 as usize), package.trees.get(list.source.0 as usize))
    else {
        return Ok(EditSet::default());
    };
    let mut draft = Draft::new(&source.text, tree);
    let mut findings = Findings::default();
    let changes = Changes::from_plan(package, plan);
    let removals: BTreeSet<ResourceId> = plan.removals.iter().copied().collect();
    let changed: Vec<ResourceId> = changes.resources().filter(|id| !removals.contains(id)).collect();
    change_resources(package, &changed, &changes, &mut draft, &mut findings);
    let envelope = change_envelope(&mut draft, package, list, plan, config, results);
    if let Err(fault) = envelope.and_then(|()| keep_aliases(&mut draft)) {
        findings.push(envelope_finding(package, list, fault));
    }
    if findings.has_errors() {
        return Err(findings);
    }
    let conflict = |conflict: super::edit::EditConflict| {
        Findings(vec![Finding::new(Code::OutputMismatch, None, conflict.to_string())])
    };
    let edits = EditSet::new(draft.edits).map_err(conflict)?;
    edits.check(&source.text).map_err(conflict)?;
    Ok(edits)
}

/// A fault that belongs to no change of a resource, shown at the resource that it lies in, else at the list.
fn envelope_finding(package: &Package, list: ResourceList, fault: EditFault) -> Finding {
    let holds = |id: ResourceId| {
        package.node(id).is_some_and(|node| node.outer_start() <= fault.range.start && fault.range.start < node.end())
    };
    match package.iter().map(|(id, _)| id).find(|id| holds(*id)) {
        Some(id) => finding(package, id, fault),
        None => {
            let mut finding = Finding::new(fault.code, None, format!("ResourceList: {}", fault.message));
            finding.in_source = Some((list.source, fault.range.start));
            finding.with_help(fault.help)
        }
    }
}

/// `items` and `results`.
fn change_envelope<'t>(
    draft: &mut Draft<'t>,
    package: &Package,
    list: ResourceList,
    plan: &Plan,
    config: &Config,
    results: &[Value],
) -> Result<(), EditFault> {
    let root: Node<'t> = draft.tree.node(draft.text, list.root);
    let entries = entries(root);
    let index_of = |key: Option<(NodeId, NodeId)>| {
        entries.iter().position(|entry| Some(entry.key.id()) == key.map(|(key, _)| key))
    };
    let added = NewItems::of(package, plan, config);
    let list_of_added = || Piece::List(added.iter().collect());
    let removed: BTreeSet<NodeId> = plan
        .removals
        .iter()
        .filter_map(|id| package.resource(*id))
        .filter(|resource| resource.role == Role::Item)
        .map(|resource| resource.node)
        .collect();
    let mut changes = EntryChanges::default();
    if added.len() > 0 || !removed.is_empty() {
        match index_of(list.items).and_then(|index| Some((index, entries.get(index)?))) {
            None => changes.added.push((Token::text("items"), list_of_added())),
            Some((index, items)) if is_empty(items.value) => {
                changes.existing.insert(index, EntryChange::Replace(list_of_added()));
            }
            Some((_, items)) if items.value.shape() == Shape::Alias => {
                return Err(EditFault::cannot_edit(items.value, "items is an alias", "write the items in full"));
            }
            Some((_, items)) => change_items(draft, items, &removed, &added)?,
        }
    }
    if !results.is_empty() {
        let results = Piece::from(Value::List(results.to_vec()));
        match index_of(list.results) {
            Some(index) => {
                changes.existing.insert(index, EntryChange::Replace(results));
            }
            None if root.shape() == Shape::Mapping(CollectionStyle::Block) => {
                // At the end of the text new items come first.
                change_entries(draft, root, None, &changes)?;
                let edit = append_results(draft, &entries, &results);
                draft.edits.push(edit);
                return Ok(());
            }
            None => changes.added.push((Token::text("results"), results)),
        }
    }
    change_entries(draft, root, None, &changes)
}

/// Whether there is no item: absent, null or `[]`.
fn is_empty(items: Node<'_>) -> bool {
    items.is_null() || (items.is_sequence() && items.items().next().is_none())
}

/// `results` after everything else, or before the last key where the text cannot go on.
fn append_results(draft: &Draft<'_>, entries: &[Entry<'_>], results: &Piece<'_>) -> Edit {
    let text = draft.text;
    let last = entries.last();
    let line_ending = last.map_or("\n", |last| line_ending(text, last.key.start()));
    let Piece::List(items) = results else { return Edit::insert(text.len(), "") };
    let mut lines = format!("results:{line_ending}");
    for item in items {
        print_item(item, 0, line_ending, &mut lines);
    }
    match last.map(|last| (last, append_point(text, last.value, 0))) {
        Some((last, None)) if !ends_with_line_break(draft) => {
            let line = line_start(text, last.start.unwrap_or(last.key.start()));
            let end_before = entries.iter().nth_back(1).map_or(0, |before| before.value.end());
            Edit::insert(with_head_comments(text, line, 0, end_before), lines)
        }
        Some((_, Some(point))) if !ends_with_line_break(draft) => point.insert(lines),
        _ => Edit::insert(text.len(), lines),
    }
}

/// Whether the edits so far give the text a line break at its end, or cut what follows the last one.
fn ends_with_line_break(draft: &Draft<'_>) -> bool {
    let end = draft.text.len();
    draft.edits.iter().any(|edit| {
        let cuts_lines = edit.replacement.is_empty() && line_start(draft.text, edit.range.start) == edit.range.start;
        edit.range.end == end && (edit.replacement.ends_with('\n') || (edit.range.start < end && cuts_lines))
    })
}
