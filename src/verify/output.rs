//! The output, read again: every object must say what was planned, and nothing else may have changed.
//!
//! This knows the plan and the two texts, not how edits are made: a mistake in the writer ends as an error, not as output.

mod compare;
mod cut;
mod excerpt;

use crate::config::Config;
use crate::diag::{Code, Finding, Findings};
use crate::model::place::ResourceId;
use crate::plan::Plan;
use crate::read::lane::{self, Lane};
use crate::read::package::{Package, Resource, ResourceList, Role};
use crate::read::parser::Document;
use crate::read::prune::{Selection, needed_to_compile};
use crate::read::stream;
use crate::read::tree::{Node, Tree};
use crate::source::{SourceOrigin, SourceText};
use crate::threads::{MANY_OBJECTS, in_parts};
use crate::write::Written;
use crate::write::edit::EditSet;
use crate::write::files::ManifestFile;
use crate::write::new_items::NewItems;
use crate::write::objects::object;
use crate::write::piece::Piece;
use crate::write::resource_changes::Changes;
use crate::write::same_value::is_value;
use crate::write::stream::dropped;
use compare::{Comparison, Rules, difference};
use excerpt::{Excerpt, Excerpts, Run, excerpt, excerpts};
use std::collections::BTreeSet;
use std::iter::Peekable;
use std::ops::Range;

/// Compares the written text with the plan. Findings are `output-mismatch` errors: defects of this program, never of the input.
#[must_use]
pub fn verify(package: &Package, plan: &Plan, config: &Config, written: &Written) -> Findings {
    let faults = match (package.resource_list, &written.edits) {
        (Some(list), Some(edits)) => {
            let source = package.sources.get(list.source.0 as usize);
            if !source.is_some_and(|source| is_input_with_edits(&source.text, edits, &written.text)) {
                return findings(package, vec![(None, "bytes outside the edits differ".to_owned())]);
            }
            verify_list(package, list, plan, config, edits)
        }
        _ => verify_stream(package, plan, &written.text),
    };
    findings(package, faults)
}

/// Like [`verify`], for edits whose output was not put together.
#[must_use]
pub fn verify_edits(package: &Package, plan: &Plan, config: &Config, edits: &EditSet) -> Findings {
    let list = package.resource_list;
    findings(package, list.map(|list| verify_list(package, list, plan, config, edits)).unwrap_or_default())
}

fn findings(package: &Package, faults: Vec<Fault>) -> Findings {
    let mut findings = Findings::default();
    for (resource, fault) in faults {
        let place = resource.and_then(|id| Some(Package::place(id, package.node(id)?)));
        let title = resource.and_then(|id| package.resource(id)).map(|resource| format!("{}: ", resource.title()));
        let message = format!("{}the output would not be as planned: {fault}", title.unwrap_or_default());
        let help = "nothing was written; report this with the input";
        findings.push(Finding::new(Code::OutputMismatch, place, message).with_help(help));
    }
    findings
}

/// What is wrong, and with which object.
type Fault = (Option<ResourceId>, String);

/// How many runs of items are worth starting a thread for.
const MANY_RUNS: usize = 4;

fn verify_list(package: &Package, list: ResourceList, plan: &Plan, config: &Config, edits: &EditSet) -> Vec<Fault> {
    let Some(input) = package.node_in(list.source, list.root) else { return Vec::new() };
    let has_aliases = package.trees.iter().any(Tree::has_aliases);
    let sequence = list.items.and_then(|(_, items)| package.node_in(list.source, items)).filter(|_| !has_aliases);
    let changes = Changes::from_plan(package, plan);
    let items = list_items(package, plan, &changes, list);
    // With aliases, what was kept whole in the input need not be kept in the output.
    let selection: Option<Selection> = if has_aliases { None } else { Some(needed_to_compile) };
    let rules = Rules { texts_decide: !has_aliases, ..Rules::default() };
    let compare_run = |sequence: Node<'_>, run: &Run| -> Option<Vec<Fault>> {
        let excerpt = excerpt(sequence, &items, run, edits)?;
        // What is pruned in the input is left out here, or compared by its text.
        Some(match read_again(&excerpt.text, None, package.lane) {
            Ok((tree, document)) => {
                let output = tree.node(&excerpt.text, document.root);
                let rules = Rules { cut: &excerpt.cut, ..rules };
                compare_items(&items, &excerpt.items, &changes, output, None, rules).0
            }
            Err(fault) => vec![(None, fault)],
        })
    };
    let excerpts = sequence.and_then(|sequence| {
        let Excerpts { runs, last } = excerpts(sequence, &items, edits)?;
        let compare = |_, runs: &[Run]| -> Option<Vec<Vec<Fault>>> {
            runs.iter().map(|run| compare_run(sequence, run)).collect()
        };
        let faults: Option<Vec<_>> = in_parts(&runs, MANY_RUNS, package.lane.threads(), compare).into_iter().collect();
        Some((faults?.into_iter().flatten().flatten().collect(), last))
    });
    let (mut faults, excerpt): (Vec<Fault>, Excerpt) = excerpts.unwrap_or_else(|| {
        let kept = |index: &usize| items.get(*index).is_some_and(|item| !item.goes);
        let text = edits.slices(input.source()).collect();
        (Vec::new(), Excerpt { text, items: (0..items.len()).filter(kept).map(Some).collect(), ..Excerpt::default() })
    });
    let (tree, document) = match read_again(&excerpt.text, selection, package.lane) {
        Ok(read) => read,
        Err(fault) => return vec![(None, fault)],
    };
    let output = tree.node(&excerpt.text, document.root);
    for (key, value) in input.entries() {
        let name = key.as_str().unwrap_or_default();
        if !matches!(name, "items" | "results")
            && let Some(fault) = difference(name, Comparison::same(value, output.get(name)), rules)
        {
            faults.push((None, fault));
        }
    }
    let new = NewItems::of(package, plan, config);
    let (found, added) = compare_items(&items, &excerpt.items, &changes, output, Some(&new), rules);
    faults.extend(found);
    faults.extend(new_objects(new.len(), |index| new.get(index), &added, package.lane.threads()));
    faults
}

/// The tree and the document of a text that must be one document.
fn read_again(text: &str, selection: Option<Selection>, lane: Lane) -> Result<(Tree, Document), String> {
    let (tree, mut documents) =
        lane::parse(text, selection, lane).map_err(|error| format!("it is not YAML: {error}"))?;
    match (documents.pop(), documents.is_empty()) {
        (Some(document), true) => Ok((tree, document)),
        _ => Err("it is not one document".to_owned()),
    }
}

/// An item of the input.
struct ListItem<'t> {
    /// The resource that it is; `None` for what is no object.
    id: Option<ResourceId>,
    node: Node<'t>,
    /// Its bytes, tag and anchor included: noted while the list is walked, since looking at every item again takes time.
    range: Range<usize>,
    /// Whether the plan removes it.
    goes: bool,
    /// Whether the plan changes it.
    is_changed: bool,
}

fn list_items<'t>(package: &'t Package, plan: &Plan, changes: &Changes<'_>, list: ResourceList) -> Vec<ListItem<'t>> {
    let removals: BTreeSet<ResourceId> = plan.removals.iter().copied().collect();
    let mut resources = package.iter().filter(|(_, resource)| resource.role == Role::Item).peekable();
    // Both are in the order of the resources, so nothing has to be searched.
    let (mut going, mut changed) = (removals.into_iter().peekable(), changes.resources().peekable());
    let sequence = list.items.and_then(|(_, items)| package.node_in(list.source, items));
    let item = |node: Node<'t>| {
        let id = resources.next_if(|(_, resource)| resource.node == node.id()).map(|(id, _)| id);
        let goes = id.is_some_and(|id| has_next(&mut going, id));
        let is_changed = id.is_some_and(|id| has_next(&mut changed, id));
        ListItem { id, node, range: node.outer_start()..node.end(), goes, is_changed }
    };
    sequence.into_iter().flat_map(Node::children_of_list).map(item).collect()
}

/// Whether a resource is the next one, when those before it are passed.
fn has_next(sorted: &mut Peekable<impl Iterator<Item = ResourceId>>, resource: ResourceId) -> bool {
    while sorted.next_if(|next| *next < resource).is_some() {}
    sorted.next_if_eq(&resource).is_some()
}

/// Whether the output is the input but for the edits.
fn is_input_with_edits(input: &str, edits: &EditSet, output: &str) -> bool {
    let (mut read, mut written) = (0, 0);
    let mut same = |until: usize, insertion: &str, next: usize| {
        let kept = input.get(read..until);
        let length = kept.map_or(0, str::len);
        let is_same = kept.is_some()
            && output.get(written..written + length) == kept
            && output.get(written + length..).is_some_and(|rest| rest.starts_with(insertion));
        (read, written) = (next, written + length + insertion.len());
        is_same
    };
    edits.as_slice().iter().all(|edit| same(edit.range.start, &edit.replacement, edit.range.end))
        && same(input.len(), "", input.len())
        && written == output.len()
}

/// The items in their order, with nulls for those that are left out. Gives the new ones, which stand after the last or just
/// before it, unseen.
fn compare_items<'n>(
    items: &[ListItem<'_>],
    listed: &[Option<usize>],
    changes: &Changes<'_>,
    output: Node<'n>,
    new: Option<&NewItems<'_>>,
    rules: Rules<'_>,
) -> (Vec<Fault>, Vec<Node<'n>>) {
    let mut written: Vec<Node<'n>> = output.get("items").into_iter().flat_map(Node::items).collect();
    let before_last = listed.len().saturating_sub(1);
    let stands_before_last = match (written.get(before_last), new.and_then(|new| new.get(0))) {
        (Some(node), Some(first)) => is_value(*node, &first),
        _ => false,
    };
    let new_start = if stands_before_last { before_last } else { listed.len() };
    let new_end = (new_start + new.map_or(0, NewItems::len)).min(written.len());
    let added = written.drain(new_start.min(new_end)..new_end).collect();
    let mut faults = Vec::new();
    for (position, index) in listed.iter().enumerate() {
        let after = written.get(position).copied();
        match index.and_then(|index| items.get(index)) {
            Some(item) => {
                let change = item.id.and_then(|id| changes.get(id));
                let comparison = Comparison { before: Some(item.node), after, change: change.as_ref() };
                faults.extend(difference("", comparison, rules).map(|fault| (item.id, fault)));
            }
            None if after.is_some_and(Node::is_null) => {}
            None => faults.push((None, "an item does not end where it did".to_owned())),
        }
    }
    if written.len() > listed.len() {
        faults.push((None, "it has items that nobody asked for".to_owned()));
    }
    (faults, added)
}

/// New objects in order; each must be there and be what it is meant to be.
fn new_objects<'p>(
    count: usize,
    object: impl Fn(usize) -> Option<Piece<'p>> + Sync,
    written: &[Node<'_>],
    threads: usize,
) -> Vec<Fault> {
    let is_right = |index: usize, node: Node<'_>| object(index).is_some_and(|piece| is_value(node, &piece));
    let wrong = in_parts(written, MANY_OBJECTS, threads, |start, nodes| -> Vec<usize> {
        (start..).zip(nodes).filter(|(index, node)| !is_right(*index, **node)).map(|(index, _)| index).collect()
    });
    let wrong = wrong.into_iter().flatten().chain(written.len()..count);
    wrong.map(|index| (None, format!("new object {index} is missing or differs"))).collect()
}

/// The documents of the stream: what was not dropped, in its order, then the new objects.
fn verify_stream(package: &Package, plan: &Plan, output: &str) -> Vec<Fault> {
    let stream = Stream::new(package, plan);
    let kept: Vec<ResourceId> = stream.kept().collect();
    let new: Vec<usize> = (0..plan.new_objects.len()).collect();
    stream.verify(&kept, &new, output)
}

/// Compares the written files with the plan, like [`verify`]: every object is in one file, as planned.
#[must_use]
pub fn verify_files(package: &Package, plan: &Plan, files: &[ManifestFile]) -> Findings {
    let stream = Stream::new(package, plan);
    let mut faults = Vec::new();
    for file in files {
        faults.extend(stream.verify(&file.resources, &file.new_objects, &file.text));
    }
    let mut resources: Vec<ResourceId> = files.iter().flat_map(|file| file.resources.iter().copied()).collect();
    let mut new: Vec<usize> = files.iter().flat_map(|file| file.new_objects.iter().copied()).collect();
    resources.sort_unstable();
    new.sort_unstable();
    if !resources.into_iter().eq(stream.kept()) || !new.into_iter().eq(0..plan.new_objects.len()) {
        faults.push((None, "not every object is in one file".to_owned()));
    }
    findings(package, faults)
}

/// What documents are compared with.
struct Stream<'p> {
    package: &'p Package,
    plan: &'p Plan,
    changes: Changes<'p>,
    dropped: BTreeSet<ResourceId>,
    has_aliases: bool,
}

impl<'p> Stream<'p> {
    fn new(package: &'p Package, plan: &'p Plan) -> Self {
        let changes = Changes::from_plan(package, plan);
        let dropped = dropped(package, plan, &changes);
        let changes = changes.without_tool_annotations();
        Self { package, plan, changes, dropped, has_aliases: package.trees.iter().any(Tree::has_aliases) }
    }

    fn kept(&self) -> impl Iterator<Item = ResourceId> {
        self.package.iter().map(|(id, _)| id).filter(|id| !self.dropped.contains(id))
    }

    /// The documents of a text, which must be these resources and new objects.
    fn verify(&self, resources: &[ResourceId], new: &[usize], output: &str) -> Vec<Fault> {
        let source = SourceText { origin: SourceOrigin::Synthetic("output"), text: output.to_owned().into() };
        let (output, found) = stream::read_with(vec![source], None, self.package.lane);
        if let Some(finding) = found.0.into_iter().find(|finding| finding.code == Code::InvalidInput) {
            return vec![(None, finding.message)];
        }
        let has_aliases = self.has_aliases || output.trees.iter().any(Tree::has_aliases);
        let rules = Rules { texts_decide: !has_aliases, may_appear: &["apiVersion", "kind"], ..Rules::default() };
        let mut written = output.iter().filter_map(|(id, resource)| Some((resource, output.node(id)?)));
        let mut faults = Vec::new();
        for id in resources {
            let Some((after_resource, after)) = written.next() else {
                faults.push((Some(*id), "it is missing".to_owned()));
                continue;
            };
            let names = |resource: &Resource| (resource.api_version.clone(), resource.kind.clone());
            if self.package.resource(*id).map(names) != Some(names(after_resource)) {
                faults.push((Some(*id), "apiVersion or kind differ".to_owned()));
            }
            let before = self.package.node(*id);
            let change = self.changes.get(*id);
            let comparison = Comparison { before, after: Some(after), change: change.as_ref() };
            faults.extend(difference("", comparison, rules).map(|fault| (Some(*id), fault)));
        }
        let planned = |index: usize| self.plan.new_objects.get(*new.get(index)?).map(|new| object(&new.object, []));
        let added: Vec<Node<'_>> = written.by_ref().take(new.len()).map(|(_, node)| node).collect();
        faults.extend(new_objects(new.len(), planned, &added, self.package.lane.threads()));
        if written.next().is_some() {
            faults.push((None, "it has documents that nobody asked for".to_owned()));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::{is_input_with_edits, verify};
    use crate::config::Config;
    use crate::model::place::ResourceId;
    use crate::plan::{MapChange, Plan};
    use crate::write::Written;
    use crate::write::edit::{Edit, EditSet};

    const INPUT: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: p\n    labels: {a: b}\n  spec: {containers: [{name: c}]}\n- apiVersion: v1\n  kind: Service\n  metadata: {name: s}\n";

    fn messages(edits: Vec<Edit>, plan: &Plan) -> Vec<String> {
        let package = crate::read::resource_list::read(INPUT.as_bytes().to_vec()).unwrap().0;
        let edits = EditSet::new(edits).unwrap();
        let written = Written { text: edits.apply(INPUT).unwrap(), edits: Some(edits) };
        verify(&package, plan, &Config::default(), &written).0.into_iter().map(|finding| finding.message).collect()
    }

    fn plan(value: &str) -> Plan {
        let change = MapChange {
            resource: ResourceId(0),
            path: vec!["metadata".into(), "labels".into()].into(),
            set: [("k".to_owned(), value.to_owned())].into(),
            remove: ["a".to_owned()].into(),
        };
        Plan { map_changes: vec![change], ..Plan::default() }
    }

    fn replace(old: &str, new: &str) -> Edit {
        let start = INPUT.find(old).unwrap();
        Edit::replace(start..start + old.len(), new)
    }

    #[test]
    fn what_was_planned_passes() {
        assert_eq!(messages(vec![], &Plan::default()), Vec::<String>::new());
        assert_eq!(messages(vec![replace("a: b", "k: \"true\"")], &plan("true")), Vec::<String>::new());
    }

    #[test]
    fn every_other_change_is_told() {
        for (edit, fault) in [
            (
                replace("a: b", "k: true"),
                "Pod p: the output would not be as planned: metadata.labels.k is not the string \"true\"",
            ),
            (
                replace("a: b", "a: b, k: \"true\""),
                "Pod p: the output would not be as planned: metadata.labels.a is still there",
            ),
            (replace("a: b", ""), "Pod p: the output would not be as planned: metadata.labels.k is missing"),
            (
                replace("a: b}", "k: \"true\"}\n    x: y"),
                "Pod p: the output would not be as planned: metadata.x was added",
            ),
            (replace("name: s", "name: t"), "Service s: the output would not be as planned: metadata.name changed"),
            (replace("{name: c}", ""), "Pod p: the output would not be as planned: spec.containers changed its length"),
            (replace("kind: ResourceList", "kind: List"), "the output would not be as planned: kind changed"),
            (
                replace("- apiVersion: v1\n  kind: Service\n  metadata: {name: s}\n", ""),
                "Service s: the output would not be as planned: it is missing",
            ),
            (
                replace("name: s}", "name: s}\n- a: b"),
                "the output would not be as planned: it has items that nobody asked for",
            ),
            (replace("kind: Service", "kind: ["), "the output would not be as planned: it is not YAML"),
        ] {
            let planned = if fault.contains("labels") { plan("true") } else { Plan::default() };
            let mut edits = vec![edit];
            if fault.contains("metadata.x") {
                assert_eq!(messages(edits.clone(), &plan("true")).len(), 1);
                edits = vec![replace("{a: b}", "{a: b}\n    x: y")];
            }
            let found = messages(edits, &planned);
            assert!(found.iter().any(|found| found.contains(fault.trim_end())), "{fault}: {found:?}");
        }
    }

    /// With aliases somewhere, texts decide no longer, but a pruned object has nothing else to compare.
    #[test]
    fn pruned_objects_beside_aliases_pass() {
        let input = format!(
            "{INPUT}- apiVersion: v1\n  kind: ConfigMap\n  metadata: {{name: c}}\n  data: {{x: y}}\n- apiVersion: v1\n  kind: Service\n  metadata: {{name: t}}\n  spec: {{selector: &l {{a: b}}, x: *l}}\n"
        );
        let package = crate::read::resource_list::read(input.clone().into_bytes()).unwrap().0;
        let written = Written { text: input, edits: Some(EditSet::new(vec![]).unwrap()) };
        assert_eq!(verify(&package, &Plan::default(), &Config::default(), &written).0, vec![]);
    }

    #[test]
    fn bytes_outside_the_edits_count() {
        let edits = EditSet::new(vec![Edit::insert(3, "xy"), Edit::delete(5..6)]).unwrap();
        assert!(is_input_with_edits("0123456789", &edits, "012xy346789"));
        for output in ["012xy3467890", "012xy34678", "012xy346788", "112xy346789", "012yx346789"] {
            assert!(!is_input_with_edits("0123456789", &edits, output), "{output}");
        }
    }
}
