//! One function per fuzz target. Each takes any bytes, and panics when a promise of the program is broken.

#[path = "reachability.rs"]
mod reachability;

use enforce_intents::config::Config;
use enforce_intents::diag::{Code, Findings, Severity};
use enforce_intents::model::place::ResourceId;
use enforce_intents::plan::{MapChange, Plan};
use enforce_intents::read::package::{Package, Role};
use enforce_intents::read::tree::{Node, NodeId, Shape, Tree};
use enforce_intents::read::{self, lane, parser, prune};
use enforce_intents::report::{self, human};
use enforce_intents::source::{SourceOrigin, SourceText};
use enforce_intents::verify::listing::{self, ListFilter};
use enforce_intents::verify::reach::Reachability;
use enforce_intents::verify::{self, difference, exposure, faults};
use enforce_intents::{Outcome, Settings, Subject, write};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config as RunnerConfig, RngAlgorithm, TestRng, TestRunner};
use serde::Deserialize as _;
use serde_json::Value;
use std::io;

/// Name and function of every target.
pub const TARGETS: [(&str, fn(&[u8])); 7] = [
    ("parse", parse),
    ("label_edit", label_edit),
    ("function_config", function_config),
    ("intents", intents),
    ("function", function),
    ("render", render),
    ("reachability", reachability),
];

/// The parser and its tree: every span lies in the text and in its parent, and what is pruned has the header of what is not.
pub fn parse(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let whole = parser::parse(text);
    let pruned = parser::parse_keeping(text, Some(prune::needed_to_compile));
    for threads in [1, 2] {
        if let Some(fast) = lane::parse_fast(text, None, threads) {
            assert_eq!(
                shown(text, &fast),
                whole.as_ref().map(|whole| shown(text, whole)).unwrap_or_default(),
                "the lanes differ with {threads} threads"
            );
        }
    }
    match (&whole, &pruned) {
        (Ok((tree, documents)), Ok((pruned_tree, pruned_documents))) => {
            assert_eq!(documents.len(), pruned_documents.len());
            let mut end = 0;
            for (document, pruned) in documents.iter().zip(pruned_documents) {
                assert!(document.text.start >= end && document.text.end <= text.len(), "documents overlap");
                end = document.text.end;
                check_spans(tree, text, document.root);
                let (root, pruned) = (tree.node(text, document.root), pruned_tree.node(text, pruned.root));
                for key in ["apiVersion", "kind", "metadata"] {
                    let span = |root: Node<'_>| {
                        root.get(key).map(|node| (node.start(), node.end(), node.as_str().map(str::to_owned)))
                    };
                    assert_eq!(span(root), span(pruned), "{key}");
                }
            }
        }
        (Err(error), Err(pruned)) => {
            assert_eq!(error, pruned);
            assert!(error.offset <= text.len() && text.is_char_boundary(error.offset), "{error:?}");
            assert!(!error.message.is_empty() && !error.message.contains('\n'), "{error:?}");
        }
        _ => panic!("pruning changes what is YAML: {whole:?} {pruned:?}"),
    }
}

/// Every node with its span and value.
fn shown(text: &str, (tree, documents): &(Tree, Vec<parser::Document>)) -> String {
    let mut nodes = Vec::new();
    let mut pending: Vec<Node<'_>> = documents.iter().map(|document| tree.node(text, document.root)).collect();
    while let Some(node) = pending.pop() {
        nodes.push((format!("{node:?}"), node.children().count(), node.as_str()));
        pending.extend(node.children());
    }
    format!("{documents:?} {} {nodes:?}", tree.len())
}

fn check_spans(tree: &Tree, text: &str, root: NodeId) {
    let mut pending = vec![tree.node(text, root)];
    while let Some(node) = pending.pop() {
        assert!(node.start() <= node.end() && text.get(node.start()..node.end()).is_some(), "{node:?}");
        assert!(node.outer_start() <= node.start() && text.is_char_boundary(node.outer_start()), "{node:?}");
        if matches!(node.shape(), Shape::Scalar(_)) {
            assert!(node.as_str().is_some(), "{node:?}");
        }
        let _ = (node.as_bool(), node.as_integer(), node.is_null(), node.column(), node.next_line(), node.line_start());
        let mut position = node.start();
        for child in node.children() {
            assert!(child.outer_start() >= position && child.end() <= node.end(), "{child:?} in {node:?}");
            position = child.end();
            pending.push(child);
        }
    }
}

/// Kinds that no plan changes.
const UNREAD: [&str; 10] = [
    "ConfigMap",
    "Secret",
    "PersistentVolumeClaim",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "PrometheusRule",
    "CustomResourceDefinition",
];

/// A label that no input has.
const KEY: &str = "fuzz.example/label";

/// A label at every template and every object: the program's own check finds nothing, and a YAML reader that is not the
/// program's finds the label and nothing else changed.
pub fn label_edit(data: &[u8]) {
    let package = match std::str::from_utf8(data) {
        Ok(text) if text.contains("ResourceList") => match read::resource_list::read(data.to_vec()) {
            Ok((package, _)) => package,
            Err(_) => return,
        },
        Ok(text) => {
            let source = SourceText { origin: SourceOrigin::Stdin, text: text.to_owned().into() };
            let (package, findings) = read::stream::read(vec![source]);
            if findings.has_errors() {
                return;
            }
            package
        }
        Err(_) => return,
    };
    for path in [&["spec", "template", "metadata", "labels"][..], &["metadata", "labels"]] {
        for is_removing in [false, true] {
            edit_labels(&package, path, is_removing);
        }
    }
}

fn edit_labels(package: &Package, path: &[&str], is_removing: bool) {
    let parent = path.get(..path.len() - 2).unwrap_or_default();
    let mut plan = Plan::default();
    for (resource, owner) in package.iter() {
        let Some(root) = package.node(resource) else { continue };
        // What is never changed may be kept as a header alone, in the input or in the output.
        let is_unread = root.is_pruned() || UNREAD.contains(&&*owner.kind);
        if owner.role == Role::FunctionConfig || is_unread || !root.path(parent).is_some_and(Node::is_mapping) {
            continue;
        }
        let mut change = MapChange {
            resource,
            path: path.iter().map(|key| (*key).to_owned().into()).collect(),
            set: [(KEY, "true")].into(),
            remove: Default::default(),
        };
        if is_removing {
            let old = root.path(path).map(|labels| labels.merged_entries()).unwrap_or_default();
            let keys = old.into_iter().map(|(key, ..)| key.to_owned());
            change.remove = keys.filter(|key| key != KEY).take(1).collect();
        }
        plan.map_changes.push(change);
    }
    // Twice found keys are refused before anything is planned.
    if package.trees.iter().any(|tree| !tree.duplicate_keys().is_empty()) {
        return;
    }
    let config = Config::default();
    let is_list = package.resource_list.is_some();
    let written = if is_list {
        write::resource_list(package, &plan, &config, &[])
    } else {
        write::manifest_stream(package, &plan)
    };
    let written = match written {
        Ok(written) => written,
        Err(findings) => {
            assert!(findings.0.iter().all(|finding| finding.code != Code::OutputMismatch), "{findings:?}");
            return;
        }
    };
    let findings = verify::output::verify(package, &plan, &config, &written);
    assert!(findings.0.is_empty() || !is_yaml(package), "{findings:?}\n{}", written.text);
    if !findings.0.is_empty() {
        return;
    }
    let Some(input) = package.sources.first().filter(|_| is_list && !is_removing) else { return };
    let Some(mut before) = load(&input.text) else { return };
    let mut after = load(&written.text).unwrap_or_else(|| panic!("not YAML any more:\n{}", written.text));
    let labelled: Vec<usize> =
        plan.map_changes.iter().filter_map(|change| index_of_item(package, change.resource)).collect();
    for index in labelled {
        let mut labels = &mut after["items"][index];
        for key in path {
            labels = &mut labels[*key];
        }
        assert_eq!(labels[KEY], "true", "item {index}:\n{}", written.text);
    }
    for value in [&mut before, &mut after] {
        for item in value["items"].as_array_mut().into_iter().flatten() {
            without_label(item, path);
        }
    }
    assert_eq!(before, after, "\n{}", written.text);
}

fn index_of_item(package: &Package, resource: ResourceId) -> Option<usize> {
    let (_, items) = package.resource_list?.items?;
    let node = package.resource(resource)?.node;
    let items = package.node_in(package.resource_list?.source, items)?;
    items.items().position(|item| item.id() == node)
}

/// What the YAML library of the tests reads, if it reads the text at all and without what it reads otherwise than Go's: merges, and
/// aliases of anchors that are defined again, of which it takes a later one.
fn load(text: &str) -> Option<Value> {
    let names = |mark: char| {
        let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
        let names = text.split(mark).skip(1).map(move |rest| rest.split(|end| !is_part(end)).next().unwrap_or(""));
        names.filter(|name| !name.is_empty()).collect::<Vec<_>>()
    };
    let (mut anchors, aliases) = (names('&'), names('*'));
    anchors.retain(|name| aliases.contains(name));
    anchors.sort_unstable();
    if text.contains("<<") || anchors.windows(2).any(|pair| pair[0] == pair[1]) {
        return None;
    }
    Value::deserialize(yaml_serde::Deserializer::from_str(text)).ok()
}

/// Whether the YAML library of the tests reads all documents, too. What only our parser takes for YAML may be refused as late as when
/// the output is read again; nothing is written then either.
fn is_yaml(package: &Package) -> bool {
    let mut documents = package.sources.iter().flat_map(|source| yaml_serde::Deserializer::from_str(&source.text));
    documents.all(|document| yaml_serde::Value::deserialize(document).is_ok())
}

/// Takes the label out, and the maps that are empty without it.
fn without_label(value: &mut Value, path: &[&str]) {
    let Some(map) = value.as_object_mut() else { return };
    let Some((key, rest)) = path.split_first() else {
        map.remove(KEY);
        return;
    };
    let Some(below) = map.get_mut(*key) else { return };
    without_label(below, rest);
    let is_map_of_ours = matches!(*key, "metadata" | "labels");
    if is_map_of_ours && (below.is_null() || below.as_object().is_some_and(serde_json::Map::is_empty)) {
        map.remove(*key);
    }
}

const FUNCTION_CONFIG_LIST: &str = "\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: {spec: {containers: []}}}}
- {apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {selector: {app: api}, ports: [{port: 80}]}}
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: api, namespace: shop}, spec: {template: {metadata: {labels: {app: api}}, spec: {containers: []}}}}
- {apiVersion: k8s.otterize.com/v2beta1, kind: ClientIntents, metadata: {name: web, namespace: shop}, spec: {workload: {name: web}, targets: [{kubernetes: {name: api}}]}}
";

/// A functionConfig, or lines of `key=value` as `--set` takes them.
pub fn function_config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let set: Option<Vec<(String, String)>> =
        text.lines().map(|line| line.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()))).collect();
    let settings = match set {
        Some(set) => Settings { config: None, set, ..Settings::default() },
        None => {
            let config = SourceText { origin: SourceOrigin::File("config.yaml".into()), text: text.to_owned().into() };
            Settings { config: Some(config), ..Settings::default() }
        }
    };
    let outcome = enforce_intents::process(FUNCTION_CONFIG_LIST.as_bytes().to_vec(), settings.clone());
    check_outcome(&outcome);
    if let (false, Some(output)) = (outcome.failed(), outcome.output) {
        settles(output, |text| enforce_intents::process(text.into_bytes(), settings.clone()));
    }
}

/// Manifests in, every judgement and report out.
pub fn intents(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut bundles = Vec::new();
    for (subject, profile) in [(Subject::Rendered, "v2"), (Subject::AsIs, "classic"), (Subject::Rendered, "classic")] {
        let settings = Settings { set: vec![("profile".to_owned(), profile.to_owned())], ..Settings::default() };
        let bundle = enforce_intents::bundle(vec![stdin(text)], settings, subject);
        show(&bundle.package, &bundle.findings);
        bundles.push(bundle);
    }
    let reaches: Vec<Reachability<'_>> =
        bundles.iter().filter_map(|bundle| Some(Reachability::new(bundle.world.as_ref()?, &bundle.config))).collect();
    for (bundle, reach) in bundles.iter().filter(|bundle| bundle.world.is_some()).zip(&reaches) {
        show(&bundle.package, &faults::faults(reach));
        let checked = verify::check::check(reach, &bundle.config);
        show(&bundle.package, &checked.findings);
        let check = report::check::Check {
            package: &bundle.package,
            reach: Some(reach),
            intents: &checked.intents,
            findings: &checked.findings,
            gate: report::check::Gate { least: Severity::Error, denied: true, unknown: false },
        };
        let _ = (report::check::human(check), is_json(&report::check::json(check)));
        let filter = ListFilter::default();
        let (connections, exposures) = (listing::list(reach, &filter), exposure::exposures(reach, &filter));
        let list = report::list::List { reach, connections: &connections, exposures: Some(&exposures) };
        for form in [report::list::text, report::list::csv, report::list::markdown] {
            written(|output| form(list, output));
        }
        is_json(&written(|output| report::list::json(list, output)));
        written(|output| report::list_explain::text(reach, &filter, output));
    }
    if let [old, .., new] = reaches.as_slice() {
        let changes = difference::difference(old, new);
        is_json(&written(|output| report::diff::json(&changes, output)));
        assert!(difference::difference(old, old).is_empty(), "a bundle differs from itself");
    }
}

/// What a report writes.
fn written(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut output = Vec::new();
    write(&mut output).expect("memory takes everything");
    String::from_utf8(output).expect("a report is text")
}

fn is_json(text: &str) {
    assert!(serde_json::from_str::<Value>(text).is_ok(), "not JSON: {text}");
}

/// The KRM function: a good run gives a list that a second run does not change; a bad one says why.
pub fn function(data: &[u8]) {
    for profile in ["classic", "v2"] {
        let settings = Settings { set: vec![("profile".to_owned(), profile.to_owned())], ..Settings::default() };
        let outcome = enforce_intents::process(data.to_vec(), settings.clone());
        check_outcome(&outcome);
        if let Some(output) = &outcome.output {
            assert!(read::resource_list::read(output.clone().into_bytes()).is_ok(), "no ResourceList:\n{output}");
        }
        if let (false, Some(output)) = (outcome.failed(), outcome.output) {
            settles(output, |text| enforce_intents::process(text.into_bytes(), settings.clone()));
        }
    }
}

/// `render`: a good run gives a stream that a second run does not change.
pub fn render(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for (profile, deny) in [("classic", "{}"), ("v2", "{namespaces: [\"*\"]}")] {
        let origin = SourceOrigin::Synthetic("config");
        let config = format!(
            "{{apiVersion: fn.kpt.dev/v1alpha1, kind: EnforceIntents, metadata: {{name: c}}, spec: {{profile: {profile}, defaultDeny: {deny}}}}}"
        );
        let config = if deny == "{}" { config.replace(", defaultDeny: {}", "") } else { config };
        let settings = Settings { config: Some(SourceText { origin, text: config.into() }), ..Settings::default() };
        let outcome = enforce_intents::render(vec![stdin(text)], settings.clone());
        check_outcome(&outcome);
        // What the annotations of kustomize and kpt say is gone from the stream, so a second run may know less.
        let is_from_tool = text.contains("config.kubernetes.io") || text.contains("config.k8s.io");
        if let (false, false, Some(output)) = (outcome.failed(), is_from_tool, outcome.output) {
            settles(output, |text| enforce_intents::render(vec![stdin(&text)], settings.clone()));
        }
    }
}

/// Reachability on a bundle made from the bytes, against the naive evaluator of the tests.
pub fn reachability(data: &[u8]) {
    // Every byte counts. (`PassThrough` would take the bytes themselves, and never ends when they do.)
    let mut seed = [0u8; 32];
    for (index, byte) in data.iter().enumerate() {
        if let Some(slot) = seed.get_mut(index % 32) {
            *slot = slot.rotate_left(3) ^ byte;
        }
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let config = RunnerConfig { failure_persistence: None, ..RunnerConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    if let Ok(tree) = reachability::generate::bundle().new_tree(&mut runner) {
        reachability::agreement::check(&tree.current());
    }
}

fn stdin(text: &str) -> SourceText {
    SourceText { origin: SourceOrigin::Stdin, text: text.to_owned().into() }
}

/// The second run may have less to say than the first; from then on nothing changes.
fn settles(first: String, run: impl Fn(String) -> Outcome) {
    let second = run(first.clone());
    assert!(!second.failed(), "the second run fails: {:?}\n{first}", second.findings);
    let second = second.output.unwrap_or_default();
    if !first.contains("results") && !second.contains("results") {
        assert_eq!(first, second, "the second run changes something");
    }
    let third = run(second.clone());
    assert_eq!(third.output.as_deref(), Some(second.as_str()), "the third run changes something");
}

fn check_outcome(outcome: &Outcome) {
    show(&outcome.package, &outcome.findings);
    let mismatch = outcome.findings.0.iter().find(|finding| finding.code == Code::OutputMismatch);
    assert!(mismatch.is_none() || !is_yaml(&outcome.package), "{mismatch:?}");
    assert!(outcome.failed() || outcome.output.is_some(), "neither output nor error");
}

/// Shows findings in every form.
fn show(package: &Package, findings: &Findings) {
    for finding in &findings.0 {
        assert!(!finding.message.is_empty(), "{finding:?}");
    }
    let lines = human::lines(package, findings, Severity::Info);
    assert_eq!(lines.lines().count(), findings.0.len(), "{lines}");
    let _ = human::write_excerpts(package, findings, Severity::Info, Vec::<u8>::new());
    let _ = report::krm::results(package, findings);
}
