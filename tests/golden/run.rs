//! Runs one case and compares policies, labels and errors with what is expected.

use super::compare::canonical;
use crate::common::{resource_list, without_results};
use enforce_intents::read::lane::Lane;
use enforce_intents::source::{SourceOrigin, SourceText};
use enforce_intents::{Outcome, Settings};
use serde::Deserialize as _;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// The kinds that the program generates.
const GENERATED_KINDS: [&str; 4] =
    ["NetworkPolicy", "CiliumNetworkPolicy", "FQDNNetworkPolicy", "StagedKubernetesNetworkPolicy"];

/// The case as a manifest stream.
pub(crate) fn render(case: &Path) -> Result<(), String> {
    let (input, expected) = load(case)?;
    let source = |path: &str, text: String| SourceText { origin: SourceOrigin::File(path.into()), text: text.into() };
    let sources =
        vec![source("input.yaml", input.clone()), source("config.yaml", function_config(&expected).to_string())];
    let outcome = enforce_intents::render(sources, Settings::default());
    check(&documents(&input)?, &expected, &outcome, documents)
}

/// The case as a ResourceList.
pub(crate) fn function(case: &Path) -> Result<(), String> {
    let (input, expected) = load(case)?;
    let list = resource_list(&input, &function_config(&expected).to_string());
    let outcome = enforce_intents::process(list.clone().into_bytes(), Settings::default());
    let parser_alone = Settings { lane: Lane::Parser, ..Settings::default() };
    if enforce_intents::process(list.into_bytes(), parser_alone).output != outcome.output {
        return Err("the output depends on who reads YAML".to_owned());
    }
    check(&documents(&input)?, &expected, &outcome, |output| {
        let list = documents(output)?;
        Ok(list.first().and_then(|list| list["items"].as_array()).cloned().unwrap_or_default())
    })?;
    if outcome.failed() {
        return Ok(());
    }
    let first = outcome.output.unwrap_or_default();
    let second = enforce_intents::process(first.clone().into_bytes(), Settings::default()).output.unwrap_or_default();
    if without_results(&first) == without_results(&second) {
        Ok(())
    } else {
        Err(format!("a second run changes the output:\n{second}"))
    }
}

fn load(case: &Path) -> Result<(String, Value), String> {
    let read = |name: &str| std::fs::read_to_string(case.join(name)).map_err(|error| format!("{name}: {error}"));
    let expected = documents(&read("expected.yaml")?)?.into_iter().next().unwrap_or_default();
    Ok((read("input.yaml")?, expected))
}

fn function_config(expected: &Value) -> Value {
    let spec = if expected["spec"].is_null() { json!({}) } else { expected["spec"].clone() };
    json!({"apiVersion": "fn.kpt.dev/v1alpha1", "kind": "EnforceIntents", "metadata": {"name": "case"}, "spec": spec})
}

/// Reads a stream with a YAML reader that is not the program's own.
fn documents(text: &str) -> Result<Vec<Value>, String> {
    yaml_serde::Deserializer::from_str(text)
        .map(|document| Value::deserialize(document).map_err(|error| format!("{error}\n{text}")))
        .filter(|document| !matches!(document, Ok(Value::Null)))
        .collect()
}

fn check(
    input: &[Value],
    expected: &Value,
    outcome: &Outcome,
    read: impl Fn(&str) -> Result<Vec<Value>, String>,
) -> Result<(), String> {
    let messages: Vec<String> = outcome
        .findings
        .0
        .iter()
        .map(|finding| format!("{:?} [{}] {}", finding.severity, finding.code.name(), finding.message))
        .collect();
    if let Some(errors) = expected["errors"].as_array() {
        if !outcome.failed() {
            return Err(format!("accepted, though these errors were expected: {errors:?}"));
        }
        return errors.iter().try_for_each(|error| {
            let wanted = error["message"].as_str().unwrap_or_default().to_lowercase();
            let found = messages.iter().any(|message| message.to_lowercase().contains(&wanted));
            if found { Ok(()) } else { Err(format!("no finding says {wanted:?}, only:\n{}", messages.join("\n"))) }
        });
    }
    if outcome.failed() {
        return Err(format!("failed:\n{}", messages.join("\n")));
    }
    let output = read(outcome.output.as_deref().ok_or("no output")?)?;
    same(
        "networkPolicies",
        &canonical_list(&policies(expected["networkPolicies"].as_array())),
        &canonical_list(&policies(Some(&new_objects(input, &output)))),
    )?;
    same(
        "podTemplateLabels",
        &expected_maps(&expected["podTemplateLabels"]),
        &added_labels(input, &output, pod_template_labels, object_key),
    )?;
    same(
        "removedPodTemplateLabels",
        &expected_removals(&expected["removedPodTemplateLabels"]),
        &removed_labels(input, &output),
    )?;
    same(
        "namespaceLabels",
        &expected_maps(&expected["namespaceLabels"]),
        &added_labels(input, &output, namespace_labels, |object| name(object).to_owned()),
    )?;
    unchanged_apart_from_labels(input, &output)
}

fn same(what: &str, expected: &Value, actual: &Value) -> Result<(), String> {
    if expected == actual {
        return Ok(());
    }
    let print = |value| serde_json::to_string_pretty(value).unwrap_or_default();
    Err(format!("{what} differ\n--- expected\n{}\n--- actual\n{}", print(expected), print(actual)))
}

fn policies(list: Option<&Vec<Value>>) -> Vec<Value> {
    let mut list: Vec<Value> = list.cloned().unwrap_or_default();
    for policy in &mut list {
        // Under kpt a new object carries where it belongs; that is not part of the expectation.
        if let Some(annotations) = policy.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
            annotations.retain(|key, _| !key.starts_with("internal.config.kubernetes.io/"));
        }
    }
    list.sort_by_key(|policy| (namespace(policy).to_owned(), name(policy).to_owned()));
    list
}

fn canonical_list(list: &[Value]) -> Value {
    Value::Array(list.iter().map(canonical).collect())
}

fn new_objects(input: &[Value], output: &[Value]) -> Vec<Value> {
    let before: Vec<String> = input.iter().map(object_key).collect();
    output
        .iter()
        .filter(|object| GENERATED_KINDS.contains(&object["kind"].as_str().unwrap_or_default()))
        .filter(|object| !before.contains(&object_key(object)))
        .cloned()
        .collect()
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

fn namespace(object: &Value) -> &str {
    object["metadata"]["namespace"].as_str().unwrap_or("default")
}

fn object_key(object: &Value) -> String {
    format!("{}/{}/{}", namespace(object), object["kind"].as_str().unwrap_or_default(), name(object))
}

fn pod_template_labels(object: &Value) -> Option<&Map<String, Value>> {
    let template = match object["kind"].as_str()? {
        "Pod" => object,
        "CronJob" => &object["spec"]["jobTemplate"]["spec"]["template"],
        _ => &object["spec"]["template"],
    };
    template["metadata"]["labels"].as_object()
}

fn namespace_labels(object: &Value) -> Option<&Map<String, Value>> {
    (object["kind"] == "Namespace").then(|| object["metadata"]["labels"].as_object()).flatten()
}

fn expected_maps(value: &Value) -> Value {
    let maps = value.as_object().cloned().unwrap_or_default();
    Value::Object(maps.into_iter().filter(|(_, map)| map.as_object().is_some_and(|map| !map.is_empty())).collect())
}

fn expected_removals(value: &Value) -> Value {
    let lists = value.as_object().cloned().unwrap_or_default();
    let sorted = |list: &Value| {
        let keys: std::collections::BTreeSet<String> = match list {
            Value::Array(list) => list.iter().filter_map(|key| key.as_str().map(str::to_owned)).collect(),
            Value::Object(map) => map.keys().cloned().collect(),
            _ => Default::default(),
        };
        json!(keys)
    };
    Value::Object(
        lists.iter().map(|(key, list)| (key.clone(), sorted(list))).filter(|(_, list)| list != &json!([])).collect(),
    )
}

fn by_key(objects: &[Value]) -> BTreeMap<String, &Value> {
    objects.iter().map(|object| (object_key(object), object)).collect()
}

/// Labels that the output has and the input has not, or has with another value.
fn added_labels(
    input: &[Value],
    output: &[Value],
    labels: fn(&Value) -> Option<&Map<String, Value>>,
    key: fn(&Value) -> String,
) -> Value {
    let before = by_key(input);
    let mut added = Map::new();
    for object in output {
        let old = before.get(&object_key(object)).and_then(|object| labels(object));
        let new: Map<String, Value> = labels(object)
            .into_iter()
            .flatten()
            .filter(|(label, value)| {
                before.contains_key(&object_key(object)) && old.and_then(|old| old.get(*label)) != Some(*value)
            })
            .map(|(label, value)| (label.clone(), value.clone()))
            .collect();
        if !new.is_empty() {
            added.insert(key(object), Value::Object(new));
        }
    }
    Value::Object(added)
}

fn removed_labels(input: &[Value], output: &[Value]) -> Value {
    let after = by_key(output);
    let mut removed = Map::new();
    for object in input {
        let Some(new) = after.get(&object_key(object)) else { continue };
        let kept = pod_template_labels(new);
        let gone: std::collections::BTreeSet<&String> = pod_template_labels(object)
            .into_iter()
            .flatten()
            .map(|(label, _)| label)
            .filter(|label| kept.is_none_or(|kept| !kept.contains_key(*label)))
            .collect();
        if !gone.is_empty() {
            removed.insert(object_key(object), json!(gone));
        }
    }
    Value::Object(removed)
}

/// Everything but labels of pod templates and Namespaces must be as it was.
fn unchanged_apart_from_labels(input: &[Value], output: &[Value]) -> Result<(), String> {
    let strip = |object: &Value| {
        let mut object = object.clone();
        for path in ["/spec/template/metadata", "/spec/jobTemplate/spec/template/metadata", "/metadata"] {
            if let Some(metadata) = object.pointer_mut(path).and_then(Value::as_object_mut) {
                metadata.remove("labels");
            }
        }
        canonical_metadata(&mut object);
        object
    };
    let after = by_key(output);
    for object in input.iter().filter(|object| !GENERATED_KINDS.contains(&object["kind"].as_str().unwrap_or_default()))
    {
        let Some(new) = after.get(&object_key(object)) else { return Err(format!("{} is gone", object_key(object))) };
        same(&object_key(object), &strip(object), &strip(new))?;
    }
    Ok(())
}

/// A metadata map that was created for the labels alone is no change.
fn canonical_metadata(object: &mut Value) {
    for path in ["/spec/template", "/spec/jobTemplate/spec/template"] {
        if let Some(template) = object.pointer_mut(path).and_then(Value::as_object_mut)
            && template.get("metadata").is_some_and(|metadata| metadata.as_object().is_none_or(Map::is_empty))
        {
            template.remove("metadata");
        }
    }
}
