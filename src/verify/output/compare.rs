//! Two nodes, before and after, and the change that was planned between them.

use crate::read::tree::{CollectionStyle, Node, NodeId, Shape};
use crate::write::change::{Change, entries_by_key, value_of};
use crate::write::same_value::is_value;
use std::collections::BTreeSet;
use std::iter::Peekable;
use std::slice::Iter;

/// What to compare. Nodes are `None` where there is nothing.
#[derive(Clone, Copy)]
pub(super) struct Comparison<'n, 'c> {
    pub(super) before: Option<Node<'n>>,
    pub(super) after: Option<Node<'n>>,
    /// The planned change; `None` means that both must say the same.
    pub(super) change: Option<&'c Change<'c>>,
}

impl<'n> Comparison<'n, '_> {
    /// Nothing was planned.
    pub(super) fn same(before: Node<'n>, after: Option<Node<'n>>) -> Self {
        Self { before: Some(before), after, change: None }
    }
}

/// How two texts are compared.
#[derive(Clone, Copy, Default)]
pub(super) struct Rules<'r> {
    /// Whether nodes with the same text say the same: only without aliases, which depend on what stands elsewhere.
    pub(super) texts_decide: bool,
    /// Keys that may be there only after: what members of typed lists have from their list.
    pub(super) may_appear: &'r [&'r str],
    /// Values that have a null instead, because their lines are those of the input; in their order.
    pub(super) cut: &'r [NodeId],
}

/// Room for what an object usually has to compare: growing a list takes longer than making it.
const USUALLY_PENDING: usize = 8;

/// The first difference from what was planned, as a field path (from `path` on) and what is wrong with it.
pub(super) fn difference(path: &str, comparison: Comparison<'_, '_>, rules: Rules<'_>) -> Option<String> {
    let change = comparison.change.filter(|change| !change.is_done(comparison.before));
    // A list of what is left to compare instead of recursion: aliases can make trees deep and wide.
    let mut pending = Vec::with_capacity(USUALLY_PENDING);
    pending.push((path.to_owned(), Comparison { change, ..comparison }));
    let mut seen: BTreeSet<(NodeId, NodeId)> = BTreeSet::new();
    while let Some((path, comparison)) = pending.pop() {
        if let Some(before) = comparison.before.filter(|before| rules.cut.binary_search(&before.id()).is_ok()) {
            if !comparison.after.is_some_and(Node::is_null) {
                return Some(format!("{} is not where it was", named(&path)));
            }
            if comparison.change.is_some_and(|change| !change.is_done(Some(before))) {
                return Some(format!("{} is not changed", named(&path)));
            }
            continue;
        }
        match comparison.change {
            Some(change) => {
                if let Err(fault) = changed(&path, comparison, change, rules, &mut pending) {
                    return Some(fault);
                }
            }
            None => {
                let (Some(before), Some(after)) = (comparison.before, comparison.after) else {
                    match (comparison.before, comparison.after) {
                        (Some(_), None) => return Some(format!("{} is missing", named(&path))),
                        (None, Some(_)) if !rules.may_appear.contains(&path.as_str()) => {
                            return Some(format!("{} was added", named(&path)));
                        }
                        _ => continue,
                    }
                };
                if before.is_blank() && rules.may_appear.contains(&path.as_str()) {
                    continue;
                }
                // What was pruned has neither anchors nor aliases, so its text says everything even where others have them.
                if (rules.texts_decide || before.is_pruned()) && is_same_text(before, after) {
                    continue;
                }
                if before.is_pruned() {
                    return Some(format!("{} changed its text", named(&path)));
                }
                let (before, after) = (before.resolve().unwrap_or(before), after.resolve().unwrap_or(after));
                let is_shared = before.is_aliased() || after.is_aliased();
                if is_shared && !seen.insert((before.id(), after.id())) {
                    continue;
                }
                if let Err(fault) = unchanged(&path, before, after, &mut pending) {
                    return Some(fault);
                }
            }
        }
    }
    None
}

/// Whether nodes without aliases say the same because they are written the same. On several lines that depends on how far the first one
/// is indented: for collections on their own column, for block scalars on that of the collection they are in.
fn is_same_text(before: Node<'_>, after: Node<'_>) -> bool {
    let text = text_of(before);
    text == text_of(after)
        && match before.shape() {
            _ if text.is_none_or(|text| !text.contains('\n')) => true,
            Shape::Mapping(CollectionStyle::Block) | Shape::Sequence(CollectionStyle::Block) => {
                before.column() == after.column()
            }
            Shape::Scalar(_) => before.as_str() == after.as_str(),
            Shape::Mapping(CollectionStyle::Flow) | Shape::Sequence(CollectionStyle::Flow) | Shape::Alias => true,
        }
}

/// A node's text with tag and anchor.
fn text_of(node: Node<'_>) -> Option<&str> {
    node.source().get(node.outer_start()..node.end())
}

type Pending<'n, 'c> = Vec<(String, Comparison<'n, 'c>)>;

/// Nodes that must say the same: their children are left to compare.
fn unchanged<'n>(path: &str, before: Node<'n>, after: Node<'n>, pending: &mut Pending<'n, '_>) -> Result<(), String> {
    if before.is_mapping() && after.is_mapping() {
        let complex = |node: Node<'n>| node.entries().filter(|(key, _)| key.as_str().is_none());
        if complex(before).count() != complex(after).count() {
            return Err(format!("{} has other keys", named(path)));
        }
        for ((key_before, value_before), (key_after, value_after)) in complex(before).zip(complex(after)) {
            pending.push((format!("{path}.?"), Comparison::same(key_before, Some(key_after))));
            pending.push((format!("{path}.?"), Comparison::same(value_before, Some(value_after))));
        }
        for (key, (before, after)) in paired(&entries_by_key(before), &entries_by_key(after), before.is_pruned()) {
            pending.push((join(path, key), Comparison { before, after, change: None }));
        }
        Ok(())
    } else if before.is_sequence() && after.is_sequence() {
        if before.items().count() != after.items().count() {
            return Err(format!("{} changed its length", named(path)));
        }
        for (index, (before, after)) in before.items().zip(after.items()).enumerate() {
            pending.push((format!("{path}[{index}]"), Comparison::same(before, Some(after))));
        }
        Ok(())
    } else if before.is_scalar() && after.is_scalar() && is_same_scalar(before, after) {
        Ok(())
    } else {
        Err(format!("{} changed", named(path)))
    }
}

/// Entries of two mappings by key, both sorted. What was pruned before is not compared.
fn paired<'e, 'n>(
    before: &'e [(&'n str, Node<'n>)],
    after: &'e [(&'n str, Node<'n>)],
    is_pruned: bool,
) -> impl Iterator<Item = (&'n str, (Option<Node<'n>>, Option<Node<'n>>))> + use<'e, 'n> {
    let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
    std::iter::from_fn(move || {
        let key = before.peek().into_iter().chain(after.peek()).map(|(key, _)| *key).min()?;
        let value = |entries: &mut Peekable<Iter<'e, (&'n str, Node<'n>)>>| {
            entries.next_if(|(next, _)| *next == key).map(|(_, value)| *value)
        };
        Some((key, (value(&mut before), value(&mut after))))
    })
    .filter(move |(_, (before, _))| !is_pruned || before.is_some())
}

/// A node with a planned change: strings that are set and removed here, the rest is left to compare.
fn changed<'n, 'c>(
    path: &str,
    comparison: Comparison<'n, 'c>,
    change: &'c Change<'c>,
    rules: Rules<'_>,
    pending: &mut Pending<'n, 'c>,
) -> Result<(), String> {
    let before = comparison.before.filter(|node| !node.is_null());
    let Some(after) = comparison.after else {
        let may_go = before.is_some_and(|before| change.drops(before));
        let is_asked_for = change.replacement.is_some() || !change.set.is_empty() || !change.below.is_empty();
        return if may_go || (before.is_none() && !is_asked_for) {
            Ok(())
        } else {
            Err(format!("{} is missing", named(path)))
        };
    };
    if let Some(value) = &change.replacement {
        return if is_value(after, value) { Ok(()) } else { Err(format!("{} is not what was generated", named(path))) };
    }
    if !after.is_mapping() {
        return Err(format!("{} is no mapping", named(path)));
    }
    let entries = entries_by_key(after);
    for (key, wanted) in &change.set {
        match value_of(&entries, key) {
            Some(value) if value.is_string(wanted) => {}
            Some(_) => return Err(format!("{} is not the string {wanted:?}", join(path, key))),
            None => return Err(format!("{} is missing", join(path, key))),
        }
    }
    if let Some(key) = change.remove.iter().find(|key| value_of(&entries, key).is_some()) {
        return Err(format!("{} is still there", join(path, key)));
    }
    let entries_before = before.map(entries_by_key).unwrap_or_default();
    let is_pruned = before.is_some_and(Node::is_pruned);
    let pair = |key: &str| {
        let before = value_of(&entries_before, key).copied();
        (before, value_of(&entries, key).copied().filter(|_| !is_pruned || before.is_some()))
    };
    for (key, below) in &change.below {
        let (before, after) = pair(key);
        pending.push((join(path, key), Comparison { before, after, change: Some(below) }));
    }
    // Most entries are as they were, and need no path.
    let is_same = |before: Node<'_>, after: Node<'_>| rules.texts_decide && is_same_text(before, after);
    for (key, (before, after)) in paired(&entries_before, &entries, is_pruned) {
        let is_settled = matches!((before, after), (Some(before), Some(after)) if is_same(before, after));
        if !is_settled && !change.is_about(key) {
            pending.push((join(path, key), Comparison { before, after, change: None }));
        }
    }
    Ok(())
}

/// Whether two scalars are the same to every reader, however they are quoted.
fn is_same_scalar(before: Node<'_>, after: Node<'_>) -> bool {
    if before.is_null() || after.is_null() {
        return before.is_null() && after.is_null();
    }
    let (Some(text), Some(other)) = (before.as_str(), after.as_str()) else { return false };
    let tag = |node: Node<'_>| node.resolve().and_then(Node::tag).map(str::to_owned);
    text == other && before.is_string(text) == after.is_string(other) && tag(before) == tag(after)
}

/// A field path in a message; the object itself has none.
fn named(path: &str) -> &str {
    if path.is_empty() { "it" } else { path }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
