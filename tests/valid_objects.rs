//! Every emitted NetworkPolicy is one that the API server takes: checked on the output of every golden case, with a checker that
//! is itself tested on what schemas let pass.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

mod valid_objects {
    pub(crate) mod api_server;
}

use enforce_intents::Settings;
use enforce_intents::source::{SourceOrigin, SourceText};
use serde::Deserialize as _;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use valid_objects::api_server::faults;

/// A valid policy that uses every part of the API.
fn valid() -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "a.b-c", "namespace": "a-1", "labels": {"a.b/c_d": "E.f-g"}, "annotations": {"A/b": "any text"}},
        "spec": {
            "podSelector": {"matchLabels": {"a": ""}, "matchExpressions": [{"key": "b", "operator": "In", "values": ["c"]}]},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [{"podSelector": {}}, {"namespaceSelector": {}, "podSelector": {}}], "ports": [{"port": "http"}]}, {}],
            "egress": [{
                "to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}, {"ipBlock": {"cidr": "::/0"}}],
                "ports": [{"protocol": "SCTP", "port": 1, "endPort": 65535}, {"protocol": "UDP"}],
            }],
        },
    })
}

/// The valid policy with one value replaced; the last part of the pointer may be new.
fn with(pointer: &str, value: Value) -> Value {
    let mut policy = valid();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = policy.pointer_mut(parent).unwrap();
    match key.parse::<usize>() {
        Ok(index) => parent[index] = value,
        Err(_) => parent[key] = value,
    }
    policy
}

#[test]
fn the_checker_takes_what_is_valid() {
    assert_eq!(faults(&valid()), Vec::<String>::new());
    let mut without_selector = valid();
    without_selector["spec"].as_object_mut().unwrap().remove("podSelector");
    assert_eq!(faults(&without_selector), Vec::<String>::new());
}

/// What JSON schemas accept and the API server does not.
#[test]
fn the_checker_rejects_what_the_api_server_rejects() {
    let port = "/spec/egress/0/ports/0";
    let peer = "/spec/egress/0/to/0";
    for (pointer, value) in [
        (peer, json!({"ipBlock": {"cidr": "10.0.0.0"}})),
        (peer, json!({"ipBlock": {"cidr": "10.0.0.0/33"}})),
        (peer, json!({"ipBlock": {"cidr": "example.org"}})),
        (peer, json!({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"]}})),
        (peer, json!({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}})),
        (peer, json!({"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}})),
        (peer, json!({})),
        (peer, json!({"podSelector": {"matchLabels": {"a": "b c"}}})),
        (peer, json!({"podSelector": {"matchExpressions": [{"key": "a", "operator": "In", "values": []}]}})),
        (peer, json!({"podSelector": {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}})),
        (peer, json!({"podSelector": {"matchExpressions": [{"key": "a", "operator": "Equals", "values": ["b"]}]}})),
        (port, json!({"port": 80, "endPort": 79})),
        (port, json!({"port": "http", "endPort": 90})),
        (port, json!({"endPort": 90})),
        (port, json!({"port": 80800})),
        (port, json!({"port": 0})),
        (port, json!({"port": "a-name-of-16-chr"})),
        (port, json!({"port": "8080"})),
        (port, json!({"port": "Http"})),
        (port, json!({"protocol": "HTTP", "port": 80})),
        (port, json!({"protocol": "tcp", "port": 80})),
        ("/metadata/labels", json!({"a": "-"})),
        ("/metadata/labels", json!({"a": "b".repeat(64)})),
        ("/metadata/labels", json!({"a/b/c": "d"})),
        ("/metadata/labels", json!({"a": true})),
        ("/metadata/name", json!("My_Policy")),
        ("/metadata/name", json!("a".repeat(254))),
        ("/metadata/namespace", json!("a.b")),
        ("/metadata/annotations", json!({"a b": "c"})),
        ("/spec/policyTypes", json!(["egress"])),
        ("/spec/ingress/0", json!({"to": []})),
        ("/spec/unknown", json!(1)),
        ("/spec/ingress", json!({})),
    ] {
        assert!(!faults(&with(pointer, value.clone())).is_empty(), "{pointer}: {value}");
    }
}

#[test]
fn every_emitted_policy_is_valid() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/golden");
    let corpus = std::env::var_os("ENFORCE_INTENTS_CORPUS").map(|corpus| Path::new(&corpus).join("golden"));
    let (mut policies, mut previews) = (0, 0);
    for case in [Some(own), corpus].into_iter().flatten().flat_map(|folder| cases(&folder)) {
        for mut object in rendered(&case) {
            if object["kind"] == "StagedKubernetesNetworkPolicy" {
                object = previewed(object);
                previews += 1;
            }
            if object["kind"] == "NetworkPolicy" && object["apiVersion"] == "networking.k8s.io/v1" {
                assert_eq!(faults(&object), Vec::<String>::new(), "{}: {object:#}", case.display());
                policies += 1;
            }
        }
    }
    assert!(policies > 30 && previews > 3, "{policies} policies, {previews} of them previews, were checked");
}

/// The NetworkPolicy that a staged one is the preview of: the same but for the kind and one field (Calico's API, v3).
fn previewed(mut staged: Value) -> Value {
    assert_eq!(staged["apiVersion"], "projectcalico.org/v3");
    assert_eq!(staged["spec"].as_object_mut().unwrap().remove("stagedAction"), Some(json!("Set")));
    staged["apiVersion"] = json!("networking.k8s.io/v1");
    staged["kind"] = json!("NetworkPolicy");
    staged
}

fn cases(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    cases.sort();
    cases
}

/// The output of `render` for a golden case; nothing for one that must fail.
fn rendered(case: &Path) -> Vec<Value> {
    let read = |name: &str| std::fs::read_to_string(case.join(name)).unwrap();
    let expected: Value = yaml_serde::from_str(&read("expected.yaml")).unwrap();
    let config = json!({
        "apiVersion": "fn.kpt.dev/v1alpha1",
        "kind": "EnforceIntents",
        "metadata": {"name": "case"},
        "spec": if expected["spec"].is_null() { json!({}) } else { expected["spec"].clone() },
    });
    let source = |path: &str, text: String| SourceText { origin: SourceOrigin::File(path.into()), text: text.into() };
    let sources = vec![source("input.yaml", read("input.yaml")), source("config.yaml", config.to_string())];
    let output = enforce_intents::render(sources, Settings::default()).output.unwrap_or_default();
    let documents = yaml_serde::Deserializer::from_str(&output);
    documents.map(|document| Value::deserialize(document).unwrap()).collect()
}
