//! Label maps in every style, changed at random: a YAML reader that is not the program's own must find the planned labels and
//! nothing else changed, and the program's own check of its output must agree.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failing test may panic"
)]

use enforce_intents::config::Config;
use enforce_intents::model::place::ResourceId;
use enforce_intents::model::policy::{NetworkPolicy, PolicySpec};
use enforce_intents::model::selector::Labels;
use enforce_intents::model::value::Value as Generated;
use enforce_intents::plan::{GeneratedObject, PlannedObject};
use enforce_intents::plan::{MapChange, Plan};
use enforce_intents::source::{SourceOrigin, SourceText};
use enforce_intents::{read, verify, write};
use proptest::prelude::*;
use serde::Deserialize as _;
use std::collections::BTreeSet;

/// Keys by value, with two spellings each.
const KEYS: [(&str, &str, &str); 6] = [
    ("app", "app", "\"app\""),
    ("x.io/role", "x.io/role", "'x.io/role'"),
    ("true", "\"true\"", "'true'"),
    ("ключ", "ключ", "\"\\u043a\\u043b\\u044e\\u0447\""),
    ("with space", "with space", "\"with space\""),
    ("old", "old", "\"\\x6fld\""),
];

/// Values on one line, in block and flow style alike.
const INLINE: [&str; 14] = [
    "web",
    "\"web\"",
    "'it''s'",
    "true",
    "~",
    "null",
    "0777",
    "\"a: b, }\"",
    "&v seen",
    "!!str 1",
    "a#b",
    "2024-01-01",
    "\"\\ttab\"",
    "http://x:80/y",
];

/// Values that only block style has; `_` stands for the indentation of their lines.
const BLOCK: [&str; 7] =
    ["|\n_text", "|+\n_text\n\n", ">-\n\n_folded\n_text", "|2-\n_  indented", "", "'a\n\n_b'", "&v\n_seen"];

/// What is set.
const SET: [(&str, &str); 5] =
    [("app", "web"), ("true", "true"), ("new.io/a-b", "x"), ("number", "1e3"), ("empty", "")];

#[derive(Clone, Debug)]
struct Entry {
    key: usize,
    quoted_key: bool,
    explicit: bool,
    value: usize,
    comment: usize,
}

#[derive(Clone, Debug)]
struct Style {
    flow: bool,
    json: bool,
    multi_line: bool,
    trailing_comma: bool,
    step: usize,
    crlf: bool,
    anchored: bool,
    labels_last: bool,
    final_line_break: bool,
    as_list: bool,
}

fn entry() -> impl Strategy<Value = Entry> {
    (0..KEYS.len(), any::<bool>(), prop::bool::weighted(0.1), 0..INLINE.len() + BLOCK.len(), 0..4usize)
        .prop_map(|(key, quoted_key, explicit, value, comment)| Entry { key, quoted_key, explicit, value, comment })
}

prop_compose! {
    fn style()(flow: bool, json: bool, multi_line: bool, trailing_comma: bool, step in 1..5usize, crlf in prop::bool::weighted(0.2),
        anchored in prop::bool::weighted(0.3), labels_last: bool, final_line_break in prop::bool::weighted(0.8), as_list: bool) -> Style {
        Style { flow, json, multi_line, trailing_comma, step, crlf, anchored, labels_last, final_line_break, as_list }
    }
}

/// The value of `labels:` and what follows on its lines, without a line break at the end.
fn print_labels(entries: &[Entry], style: &Style, column: usize) -> String {
    let anchor = if style.anchored { " &l" } else { "" };
    if entries.is_empty() {
        return format!("{anchor}{}", if style.flow { " { }" } else { " # none" });
    }
    if style.flow {
        let inside: Vec<String> = entries.iter().map(|entry| print_flow_entry(entry, style, column)).collect();
        let (open, separator, close) = if style.multi_line {
            let line = format!("\n{}", " ".repeat(column));
            (format!("{{ # open{line}"), format!(",{line}"), line)
        } else {
            ("{".to_owned(), ", ".to_owned(), String::new())
        };
        let comma = if style.trailing_comma { "," } else { "" };
        return format!("{anchor} {open}{}{comma}{close}}}", inside.join(&separator));
    }
    let mut text = anchor.to_owned();
    for entry in entries {
        text.push_str(&print_block_entry(entry, column));
    }
    text
}

fn key_text(entry: &Entry) -> &'static str {
    let (_, plain, quoted) = KEYS[entry.key];
    if entry.quoted_key { quoted } else { plain }
}

fn print_flow_entry(entry: &Entry, style: &Style, column: usize) -> String {
    let key = if style.json { format!("\"{}\"", KEYS[entry.key].0) } else { key_text(entry).to_owned() };
    let value = INLINE.get(entry.value).copied().unwrap_or("");
    let comment =
        if style.multi_line && entry.comment == 1 { format!(" # c\n{}", " ".repeat(column)) } else { String::new() };
    match (style.json, value) {
        (true, "") => format!("{key}:null{comment}"),
        (true, value) => format!("{key}:{value}{comment}"),
        // An absent value needs the space before a comma, or the colon becomes part of the key.
        (false, value) => format!("{key}: {value} {comment}"),
    }
}

fn print_block_entry(entry: &Entry, column: usize) -> String {
    let indent = " ".repeat(column);
    let value = match INLINE.get(entry.value) {
        Some(value) => (*value).to_owned(),
        None => BLOCK[entry.value - INLINE.len()].replace('_', &" ".repeat(column + 2)),
    };
    let head = match entry.comment {
        1 => format!("\n{indent}# head"),
        2 => "\n".to_owned(),
        _ => String::new(),
    };
    let tail = if entry.comment == 3 && !value.contains('\n') { " # c" } else { "" };
    if entry.explicit {
        format!("{head}\n{indent}? {}\n{indent}: {value}{tail}", key_text(entry))
    } else {
        format!("{head}\n{indent}{}: {value}{tail}", key_text(entry))
    }
}

fn print_document(entries: &[Entry], style: &Style) -> String {
    let at = |depth: usize| " ".repeat(style.step * depth);
    let labels = print_labels(entries, style, style.step * 4);
    let copies = if style.anchored { format!("{}copy: *l # shared\n", at(1)) } else { String::new() };
    let mut spec = format!(
        "{0}template:\n{1}metadata:\n{2}labels:{labels}\n{1}spec: # pods\n{2}containers: []\n{copies}",
        at(1),
        at(2),
        at(3)
    );
    if style.labels_last {
        spec = format!(
            "{0}replicas: 1\n{0}template:\n{1}spec:\n{2}containers: []\n{1}metadata:\n{2}name: x\n{2}labels:{labels}",
            at(1),
            at(2),
            at(3)
        );
        if style.final_line_break {
            spec.push('\n');
        }
    }
    let document = format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n{spec}");
    let text = if style.as_list { as_list(&document) } else { document };
    if style.crlf { text.replace('\n', "\r\n") } else { text }
}

fn as_list(document: &str) -> String {
    let mut list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n".to_owned();
    for (index, line) in document.split_inclusive('\n').enumerate() {
        list.push_str(if index == 0 {
            "- "
        } else if line.trim().is_empty() {
            ""
        } else {
            "  "
        });
        list.push_str(line);
    }
    list
}

fn load(text: &str) -> serde_json::Value {
    serde_json::Value::deserialize(yaml_serde::Deserializer::from_str(text))
        .unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

fn change(set: &BTreeSet<usize>, remove: &BTreeSet<usize>) -> MapChange {
    let set: Labels = set.iter().map(|index| SET[*index]).collect();
    let remove = remove.iter().map(|index| KEYS[*index].0.to_owned()).filter(|key| !set.contains_key(key)).collect();
    let path = ["spec", "template", "metadata", "labels"].map(Into::into).to_vec().into();
    MapChange { resource: ResourceId(0), path, set, remove }
}

/// The document with the change carried out on plain values.
fn expected(before: &str, style: &Style, change: &MapChange) -> serde_json::Value {
    let mut value = load(before);
    let item = if style.as_list { &mut value["items"][0] } else { &mut value };
    let labels = &mut item["spec"]["template"]["metadata"]["labels"];
    let is_changed = !change.set.is_empty()
        || labels.as_object().is_some_and(|map| change.remove.iter().any(|key| map.contains_key(key)));
    if is_changed && labels.is_null() {
        *labels = serde_json::json!({});
    }
    if let Some(map) = labels.as_object_mut() {
        map.retain(|key, _| !change.remove.contains(key));
        map.extend(change.set.iter().map(|(key, value)| (key.to_owned(), value.into())));
    }
    value
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_label_map_can_be_changed(
        entries in prop::collection::vec(entry(), 0..5),
        style in style(),
        set in prop::collection::btree_set(0..SET.len(), 0..4),
        remove in prop::collection::btree_set(0..KEYS.len(), 0..4),
    ) {
        let mut seen = BTreeSet::new();
        let entries: Vec<Entry> = entries.into_iter().filter(|entry| seen.insert(entry.key)).collect();
        let before = print_document(&entries, &style);
        let change = change(&set, &remove);
        let plan = Plan { map_changes: vec![change.clone()], ..Plan::default() };
        let config = Config::default();
        let (package, written) = if style.as_list {
            let (package, _) = read::resource_list::read(before.clone().into_bytes()).unwrap_or_else(|error| panic!("{error:?}\n{before}"));
            let written = write::resource_list(&package, &plan, &config, &[]);
            (package, written)
        } else {
            let source = SourceText { origin: SourceOrigin::Stdin, text: before.clone().into() };
            let (package, findings) = read::stream::read(vec![source]);
            prop_assert!(!findings.has_errors(), "{findings:?}\n{before}");
            let written = write::manifest_stream(&package, &plan);
            (package, written)
        };
        let written = written.unwrap_or_else(|error| panic!("{error:?}\n{before}"));
        let findings = verify::output::verify(&package, &plan, &config, &written);
        prop_assert!(findings.0.is_empty(), "{findings:?}\n--- before\n{before}\n--- after\n{}", written.text);
        prop_assert_eq!(load(&written.text), expected(&before, &style, &change), "\n--- before\n{}\n--- after\n{}", before, written.text);
    }
}

/// Items by kind: `_` stands for the indentation of their lines after the first.
const ITEMS: [&str; 9] = [
    "apiVersion: v1\n_kind: ConfigMap\n_metadata:\n_  name: NAME\n_data:\n_  a: |+\n_    kept\n\n\n",
    "apiVersion: v1\n_kind: Service\n_metadata: {name: NAME}\n_spec: # c\n\n",
    "# head\n_apiVersion: v1\n_kind: Service\n_metadata:\n_  name: NAME\n_  # foot\n_# deeper\n",
    "{apiVersion: v1, kind: Service, metadata: {name: NAME}}\n# between\n",
    "\n",
    "~ # null\n",
    "apiVersion: networking.k8s.io/v1\n_kind: NetworkPolicy\n_metadata:\n_  name: NAME\n_  namespace: shop\n_spec:\n_  podSelector: {}\n",
    "# ours\n_apiVersion: networking.k8s.io/v1\n_kind: NetworkPolicy\n_metadata: {name: NAME, namespace: shop}\n_spec:\n_  podSelector:\n_  # foot\n\n\n",
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: NAME, namespace: shop}, spec: {podSelector: {a: b}}}\n",
];

/// What becomes of the policies among the items.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Stay,
    Go,
    Update,
}

#[derive(Clone, Debug)]
struct ListStyle {
    wide: bool,
    config_first: bool,
    config_last: bool,
    final_line_break: bool,
    crlf: bool,
}

prop_compose! {
    fn list_style()(wide: bool, config_first: bool, config_last: bool, final_line_break in prop::bool::weighted(0.7),
        crlf in prop::bool::weighted(0.2)) -> ListStyle {
        ListStyle { wide, config_first, config_last, final_line_break, crlf }
    }
}

fn print_list(items: &[(usize, Fate)], style: &ListStyle) -> String {
    let config = "functionConfig: # c\n  kind: ConfigMap\n  data:\n    a: |\n      b\n";
    let mut list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n".to_owned();
    if style.config_first && !style.config_last {
        list.push_str(config);
    }
    list.push_str(if items.is_empty() { "items: [] # none\n" } else { "items:\n" });
    let indent = if style.wide { "  " } else { "" };
    for (index, (kind, _)) in items.iter().enumerate() {
        let item = ITEMS[*kind].replace('_', &format!("{indent}  ")).replace("NAME", &format!("n{index}"));
        list.push_str(&format!("{indent}- {item}"));
    }
    if style.config_last {
        list.push_str(config);
    }
    if !style.final_line_break {
        list.truncate(list.trim_end().len());
    }
    if style.crlf { list.replace('\n', "\r\n") } else { list }
}

fn generated(name: &str) -> GeneratedObject {
    GeneratedObject::NetworkPolicy(NetworkPolicy {
        namespace: "shop".to_owned(),
        name: name.to_owned(),
        labels: Labels::new(),
        annotations: Labels::new(),
        spec: PolicySpec { ingress: Some(Vec::new()), ..PolicySpec::default() },
    })
}

fn generated_spec() -> serde_json::Value {
    serde_json::json!({"podSelector": {}, "policyTypes": ["Ingress"]})
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_items_can_be_changed(
        items in prop::collection::vec((0..ITEMS.len(), prop::sample::select(vec![Fate::Stay, Fate::Go, Fate::Update])), 0..6),
        style in list_style(),
        new in 0..3usize,
        has_result: bool,
    ) {
        let before = print_list(&items, &style);
        let (package, _) = read::resource_list::read(before.clone().into_bytes()).unwrap_or_else(|error| panic!("{error:?}\n{before}"));
        let mut plan = Plan::default();
        let mut expected = load(&before);
        for (id, resource) in package.iter().filter(|(_, resource)| &*resource.kind == "NetworkPolicy") {
            let index: usize = resource.name.trim_start_matches('n').parse().unwrap();
            match items[index].1 {
                Fate::Stay => {}
                Fate::Go => plan.removals.push(id),
                Fate::Update => {
                    plan.updates.push((id, generated(&resource.name).into()));
                    expected["items"][index]["spec"] = generated_spec();
                }
            }
        }
        let list = expected["items"].as_array_mut().unwrap();
        let goes = |index: usize| ITEMS[items[index].0].contains("NetworkPolicy") && items[index].1 == Fate::Go;
        let mut kept: Vec<serde_json::Value> =
            list.iter().enumerate().filter(|(index, _)| !goes(*index)).map(|(_, item)| item.clone()).collect();
        for index in 0..new {
            let name = format!("new{index}");
            plan.new_objects.push(PlannedObject { object: generated(&name).into(), package_of: None });
            kept.push(serde_json::json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                "metadata": {"name": name, "namespace": "shop"}, "spec": generated_spec()}));
        }
        *list = kept;
        let results = if has_result { vec![Generated::map([("message", Generated::string("hello: world"))])] } else { vec![] };
        if has_result {
            expected["results"] = serde_json::json!([{"message": "hello: world"}]);
        }
        let config = Config::default();
        let written = write::resource_list(&package, &plan, &config, &results).unwrap_or_else(|error| panic!("{error:?}\n{before}"));
        let findings = verify::output::verify(&package, &plan, &config, &written);
        prop_assert!(findings.0.is_empty(), "{findings:?}\n--- before\n{before}\n--- after\n{}", written.text);
        let mut after = load(&written.text);
        // Where a line break would change the last item, new ones stand before it.
        let by_text = |value: &mut serde_json::Value| value["items"].as_array_mut().unwrap().sort_by_key(|item| item.to_string());
        by_text(&mut after);
        by_text(&mut expected);
        prop_assert_eq!(after, expected, "\n--- before\n{}\n--- after\n{}", before, written.text);
    }
}
