//! Random bundles printed in random YAML styles, through the whole function: what must hold for every input.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failing test may panic"
)]

use enforce_intents::{Outcome, Settings, process};
use proptest::prelude::*;
use serde::Deserialize as _;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Names that YAML readers like to take for something else, and plain ones.
const NAMES: [&str; 8] = ["web", "api", "on", "123", "1e3", "null", "0x1f", "a.b-c"];
const NAMESPACES: [&str; 3] = ["shop", "yes", "007"];

/// How a value is printed.
#[derive(Clone, Copy, Debug)]
struct Style {
    /// From this depth on in flow style.
    flow_from: usize,
    /// Spaces of each level.
    step: usize,
    single_quotes: bool,
    comments: bool,
    blank_lines: bool,
}

prop_compose! {
    fn style()(flow_from in 0..9usize, step in 1..5usize, single_quotes: bool, comments: bool, blank_lines: bool) -> Style {
        Style { flow_from, step, single_quotes, comments, blank_lines }
    }
}

#[derive(Clone, Debug)]
struct Item {
    value: Value,
    style: Style,
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned)
}

fn namespace() -> impl Strategy<Value = String> {
    prop::sample::select(NAMESPACES.to_vec()).prop_map(str::to_owned)
}

fn workload() -> impl Strategy<Value = Value> {
    let labels = prop::collection::btree_map(name(), name(), 0..3);
    let kind = prop::sample::select(vec!["Deployment", "StatefulSet", "DaemonSet"]);
    (kind, namespace(), name(), labels, prop::option::of(1u16..3)).prop_map(|(kind, namespace, name, labels, port)| {
        let ports: Vec<Value> = port.into_iter().map(|port| json!({"containerPort": port})).collect();
        json!({
            "apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": namespace},
            "spec": {"template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "ports": ports}]}}},
        })
    })
}

fn intents() -> impl Strategy<Value = Value> {
    let target = (name(), prop::option::of(namespace())).prop_map(|(name, namespace)| match namespace {
        // A name with a dot would mean another namespace.
        Some(namespace) if !name.contains('.') => json!({"kubernetes": {"name": format!("{name}.{namespace}")}}),
        _ => json!({"kubernetes": {"name": name.replace('.', "-")}}),
    });
    (namespace(), name(), prop::collection::vec(target, 1..4)).prop_map(|(namespace, name, targets)| {
        json!({
            "apiVersion": "k8s.otterize.com/v2beta1", "kind": "ClientIntents",
            "metadata": {"name": format!("of-{name}"), "namespace": namespace},
            "spec": {"workload": {"name": name}, "targets": targets},
        })
    })
}

fn service() -> impl Strategy<Value = Value> {
    let selector = prop::collection::btree_map(name(), name(), 1..3);
    (namespace(), name(), selector, prop::sample::select(vec!["ClusterIP", "LoadBalancer"])).prop_map(
        |(namespace, name, selector, kind)| {
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace},
                "spec": {"type": kind, "selector": selector, "ports": [{"port": 80, "targetPort": 1}]}})
        },
    )
}

fn settings_map() -> impl Strategy<Value = Value> {
    let text = prop::sample::select(vec![
        "",
        "yes",
        "a: b\n- c\n",
        "# no comment\n",
        "\u{1f980}\u{e9}",
        "\ttab",
        "0o17",
        " x ",
    ]);
    let data = prop::collection::btree_map(name(), text.prop_map(str::to_owned), 0..4);
    data.prop_map(|data| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop"}, "data": data}))
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    let value = prop_oneof![4 => workload(), 3 => intents(), 2 => service(), 1 => settings_map()];
    prop::collection::vec((value, style()).prop_map(|(value, style)| Item { value, style }), 1..10).prop_map(|items| {
        // Two objects of one identity are a fault of the input.
        let mut seen = BTreeSet::new();
        let id = |item: &Item| {
            let metadata = &item.value["metadata"];
            format!("{} {} {}", item.value["kind"], metadata["namespace"], metadata["name"])
        };
        items.into_iter().filter(|item| seen.insert(id(item))).collect()
    })
}

fn scalar(value: &Value, style: Style) -> String {
    match value {
        Value::String(text) if style.single_quotes && !text.contains(['\n', '\t']) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        Value::String(text) if ["web", "api", "shop", "a.b-c"].contains(&text.as_str()) => text.clone(),
        other => other.to_string(),
    }
}

fn flow(value: &Value, style: Style) -> String {
    match value {
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                format!("{}: {}", scalar(&Value::from(key.clone()), style), flow(value, style))
            };
            format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(|item| flow(item, style)).collect::<Vec<_>>().join(", ")),
        other => scalar(other, style),
    }
}

/// Lines of a collection in block style; the first is not indented.
fn block(value: &Value, style: Style, depth: usize, column: usize, output: &mut String) {
    let indent = " ".repeat(column);
    let entries: Vec<(String, &Value)> = match value {
        Value::Object(map) => {
            map.iter().map(|(key, value)| (format!("{}:", scalar(&Value::from(key.clone()), style)), value)).collect()
        }
        Value::Array(list) => list.iter().map(|item| ("-".to_owned(), item)).collect(),
        _ => Vec::new(),
    };
    for (index, (head, value)) in entries.iter().enumerate() {
        if index > 0 {
            output.push_str(if style.blank_lines && index == 1 { "\n" } else { "" });
            output.push_str(if style.comments && index == 2 { "# at the margin\n" } else { "" });
            output.push_str(&indent);
        }
        let is_block = depth < style.flow_from
            && match value {
                Value::Object(map) => !map.is_empty(),
                Value::Array(list) => !list.is_empty(),
                _ => false,
            };
        let comment = if style.comments { " # c" } else { "" };
        if !is_block {
            output.push_str(&format!("{head} {}{comment}\n", flow(value, style)));
        } else if head == "-" {
            output.push_str("- ");
            block(value, style, depth + 1, column + 2, output);
        } else {
            let below = column + style.step;
            output.push_str(&format!("{head}{comment}\n{}", " ".repeat(below)));
            block(value, style, depth + 1, below, output);
        }
    }
}

fn list(items: &[Item]) -> String {
    let mut output = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n".to_owned();
    for item in items {
        output.push_str("- ");
        if item.style.flow_from == 0 {
            output.push_str(&flow(&item.value, item.style));
            output.push('\n');
        } else {
            block(&item.value, item.style, 1, 2, &mut output);
        }
    }
    output
}

fn load(text: &str) -> Value {
    Value::deserialize(yaml_serde::Deserializer::from_str(text)).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

fn run(text: &str, profile: &str) -> Outcome {
    let set = vec![("profile".to_owned(), profile.to_owned())];
    process(text.as_bytes().to_vec(), Settings { set, ..Settings::default() })
}

fn without_results(text: &str) -> &str {
    text.split("\nresults:\n").next().unwrap()
}

/// The new items: those behind the ones that were there.
fn new_items(output: &str, count: usize) -> Vec<Value> {
    load(output)["items"].as_array().unwrap().iter().skip(count).cloned().collect()
}

fn is_ours(key: &str) -> bool {
    key.starts_with("intents.otterize.com/")
}

/// Takes our labels out of templates, and what is empty without them.
fn without_labels(item: &Value) -> Value {
    let mut item = item.clone();
    if let Some(labels) = item.pointer_mut("/spec/template/metadata/labels").and_then(Value::as_object_mut) {
        labels.retain(|key, _| !is_ours(key));
    }
    item
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_holds_for_every_bundle(items in items(), order in any::<prop::sample::Index>(), v2: bool) {
        let profile = if v2 { "v2" } else { "classic" };
        let input = list(&items);
        let count = items.len();
        let before: Vec<Value> = items.iter().map(|item| item.value.clone()).collect();
        prop_assert_eq!(&load(&input)["items"], &Value::from(before.clone()), "the test prints something else than it means");
        let outcome = run(&input, profile);
        let output = outcome.output.clone().unwrap();
        if outcome.failed() {
            prop_assert_eq!(without_results(&output).trim_end(), input.trim_end());
            return Ok(());
        }
        // The model is what it was with labels; every line of the input that has none of them is in the output.
        let after = load(&output);
        let kept: Vec<Value> = after["items"].as_array().unwrap().iter().take(count).map(without_labels).collect();
        prop_assert_eq!(&kept, &before, "{}", output);
        for item in after["items"].as_array().unwrap().iter().take(count) {
            for (key, value) in item.pointer("/spec/template/metadata/labels").and_then(Value::as_object).into_iter().flatten() {
                prop_assert!(value.is_string(), "{key}: {value}");
            }
        }
        // Twice changes nothing.
        let again = run(&output, profile).output.unwrap();
        prop_assert_eq!(without_results(&again), without_results(&output));
        // Names are legal and distinct.
        let new = new_items(&output, count);
        let mut ids = BTreeSet::new();
        for policy in &new {
            let (namespace, name) = (policy["metadata"]["namespace"].as_str().unwrap(), policy["metadata"]["name"].as_str().unwrap());
            prop_assert!(ids.insert((namespace, name)), "{namespace}/{name} twice");
            let is_legal = name.len() <= 253
                && name.split('.').all(|part| part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.ends_with(|c: char| c.is_ascii_alphanumeric()))
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte));
            prop_assert!(is_legal, "{name}");
        }
        // The order of the items does not matter.
        let mut moved = items.clone();
        moved.rotate_left(order.index(count));
        moved.reverse();
        let other = run(&list(&moved), profile);
        prop_assert!(!other.failed());
        let texts = |output: &str| without_results(output).split("\n- apiVersion: networking.k8s.io/v1\n").skip(1).map(|text| text.trim_end().to_owned()).collect::<Vec<_>>();
        prop_assert_eq!(texts(&output), texts(&other.output.unwrap()), "{}", output);
    }
}
