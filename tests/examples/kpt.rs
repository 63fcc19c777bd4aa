//! What kpt does around a function (`spec/krm.md` 1, 2.2, 5): a package to a ResourceList, the function's output to files.
//!
//! Only for packages that kpt has formatted already, whose metadata are in block style and whose pipeline is this function alone.
//! `tests/e2e/examples.rs` holds it against the real kpt.

use super::package::{Example, Files};
use crate::common::split_documents;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Where the package is, as kpt tells the function.
const ROOT: &str = "/package";
const PACKAGE_PATH: &str = "internal.config.kubernetes.io/package-path";

/// What a run leaves.
pub(crate) struct Run {
    /// The files of the package.
    pub(crate) files: Files,
    /// The function's exit code.
    pub(crate) exit_code: i32,
    /// Its `results`, or null.
    pub(crate) results: Value,
    /// Its standard error.
    pub(crate) stderr: String,
}

/// Calls the function for the package.
pub(crate) fn call(files: &Files) -> Run {
    let output = program(&[], &resource_list(files));
    let exit_code = output.status.code().unwrap();
    let list = String::from_utf8(output.stdout).unwrap();
    let results = list.split_once("\nresults:").map_or(Value::Null, |(_, results)| {
        let document: Value = yaml_serde::from_str(&format!("results:{results}")).unwrap();
        document["results"].clone()
    });
    let files = if exit_code == 0 { written(files, &list) } else { files.clone() };
    Run { files, exit_code, results, stderr: String::from_utf8(output.stderr).unwrap() }
}

/// Runs the program in the folder of the examples, as if it were on PATH.
pub(crate) fn program(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_enforce-intents"))
        .args(arguments)
        .env_clear()
        .current_dir(Example::root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // All of the input is read before anything is printed.
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// Whether kpt reads the file as resources.
fn is_read(files: &Files, path: &str) -> bool {
    let ignored = files.get(".krmignore").map_or("", String::as_str);
    let is_ignored = ignored.lines().any(|line| path.split('/').next() == Some(line));
    let name = path.rsplit('/').next().unwrap_or(path);
    !is_ignored && (name == "Kptfile" || name.ends_with(".yaml") || name.ends_with(".yml"))
}

fn resource_list(files: &Files) -> String {
    let mut list = String::from("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n");
    let mut id = 0;
    for (path, text) in files.iter().filter(|(path, _)| is_read(files, path)) {
        for (index, document) in split_documents(text).into_iter().enumerate() {
            id += 1;
            let mut start = "- ";
            for line in annotated(document, &annotations(files, path, index, id)) {
                list.extend([if line.is_empty() { "" } else { start }, &line, "\n"]);
                start = "  ";
            }
        }
    }
    if let Some(config) = function_config(files) {
        list.push_str("functionConfig:\n");
        for line in config.lines() {
            list.extend(["  ", line, "\n"]);
        }
    }
    list
}

/// The functionConfig that the pipeline names.
fn function_config(files: &Files) -> Option<&String> {
    let kptfile: Value = yaml_serde::from_str(&files["Kptfile"]).unwrap();
    let mutators = kptfile["pipeline"]["mutators"].as_array().unwrap();
    assert!(mutators.len() == 1 && mutators[0]["exec"] == "enforce-intents", "{kptfile}");
    mutators[0].get("configPath").map(|path| &files[path.as_str().unwrap()])
}

/// The annotations that kpt puts on a document of a file, in its order.
fn annotations(files: &Files, path: &str, index: usize, id: usize) -> Vec<String> {
    let mut folders = path.rmatch_indices('/').map(|(end, _)| &path[..end]);
    let package = folders.find(|folder| files.contains_key(&format!("{folder}/Kptfile"))).unwrap_or_default();
    let inside = path.strip_prefix(package).unwrap().trim_start_matches('/');
    [
        ("config.kubernetes.io/index", index.to_string()),
        ("config.kubernetes.io/path", inside.to_owned()),
        ("internal.config.kubernetes.io/index", index.to_string()),
        (PACKAGE_PATH, format!("{ROOT}/{package}").trim_end_matches('/').to_owned()),
        ("internal.config.kubernetes.io/path", inside.to_owned()),
        ("internal.config.kubernetes.io/seqindent", "compact".to_owned()),
        ("internal.config.kubernetes.io/annotations-migration-resource-id", id.to_string()),
        ("internal.config.kubernetes.io/id", id.to_string()),
        ("config.k8s.io/id", id.to_string()),
    ]
    .into_iter()
    .map(|(key, value)| format!("    {key}: '{value}'"))
    .collect()
}

/// Whether a line of an item is one of those annotations.
fn is_annotation(line: &str) -> bool {
    let keys = [
        "internal.config.kubernetes.io/",
        "config.kubernetes.io/index:",
        "config.kubernetes.io/path:",
        "config.k8s.io/id:",
    ];
    line.strip_prefix("    ").is_some_and(|line| keys.iter().any(|key| line.starts_with(key)))
}

/// The document's lines with annotations: after those that it has, else at the end of its metadata.
fn annotated(document: &str, annotations: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = document.lines().map(str::to_owned).collect();
    let below = |lines: &[String], start: usize, indent: &str| {
        start + lines[start..].iter().take_while(|line| line.starts_with(indent)).count()
    };
    let metadata = lines.iter().position(|line| line == "metadata:").unwrap() + 1;
    let end = below(&lines, metadata, "  ");
    match lines[metadata..end].iter().position(|line| line == "  annotations:") {
        Some(key) => {
            let end = below(&lines, metadata + key + 1, "    ");
            lines.splice(end..end, annotations.iter().cloned());
        }
        None => {
            lines.splice(end..end, ["  annotations:".to_owned()].into_iter().chain(annotations.iter().cloned()));
        }
    }
    lines
}

/// The document of an item: without its indentation and without kpt's annotations.
fn document(item: &str) -> String {
    let lines: Vec<&str> = item.lines().filter(|line| !is_annotation(line)).collect();
    let is_empty = |index: usize| lines.get(index + 1).is_none_or(|next| !next.starts_with("    "));
    let kept = lines.iter().enumerate().filter(|(index, line)| **line != "  annotations:" || !is_empty(*index));
    kept.map(|(_, line)| format!("{line}\n")).collect()
}

/// The files that kpt writes from the function's output: every item where its annotations say.
fn written(files: &Files, list: &str) -> Files {
    let items = list.split_once("\nitems:\n").unwrap().1;
    let items = items.split("\nfunctionConfig:").next().unwrap().split("\nresults:").next().unwrap();
    let mut documents: BTreeMap<String, BTreeMap<usize, String>> = BTreeMap::new();
    for item in format!("\n{items}").split("\n- ").skip(1) {
        let item = item.replace("\n  ", "\n");
        let value: Value = yaml_serde::from_str(&item).unwrap();
        let annotation = |key: &str| value["metadata"]["annotations"].get(key).map(|value| value.as_str().unwrap());
        let package = annotation(PACKAGE_PATH).unwrap_or(ROOT).strip_prefix(ROOT).unwrap();
        let path = annotation("internal.config.kubernetes.io/path").map_or_else(|| own_path(&value), str::to_owned);
        let index = annotation("internal.config.kubernetes.io/index").map_or(0, |index| index.parse().unwrap());
        let path = format!("{package}/{path}").trim_start_matches('/').to_owned();
        let old = files.get(&path).and_then(|text| split_documents(text).get(index).copied()).unwrap_or_default();
        let document = document(&item);
        let ordered = in_old_order(&old.lines().collect::<Vec<_>>(), &document.lines().collect::<Vec<_>>());
        let text = ordered.iter().map(|line| format!("{line}\n")).collect();
        let before = documents.entry(path.clone()).or_default().insert(index, text);
        assert!(before.is_none(), "two resources at {path}, {index}");
    }
    let mut after: Files = files
        .iter()
        .filter(|(path, _)| !is_read(files, path))
        .map(|(path, text)| (path.clone(), text.clone()))
        .collect();
    for (path, documents) in documents {
        after.insert(path, documents.into_values().collect::<Vec<_>>().join("---\n"));
    }
    after
}

/// The lines of a block map with the keys in the order that they had, and new ones after them, in every map below it, too: kpt does so
/// with what a function gives back. Lists and flow maps stay.
fn in_old_order<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<&'t str> {
    let (old, new) = (entries(old), entries(new));
    let known = old
        .iter()
        .filter_map(|before| new.iter().find(|entry| entry.key == before.key).map(|entry| (Some(before), entry)));
    let added = new.iter().filter(|entry| old.iter().all(|before| before.key != entry.key)).map(|entry| (None, entry));
    let mut lines = Vec::new();
    for (before, entry) in known.chain(added) {
        lines.extend(&entry.head);
        match before.filter(|before| before.is_map() && entry.is_map()) {
            Some(before) => lines.extend(in_old_order(&before.body, &entry.body)),
            None => lines.extend(&entry.body),
        }
    }
    lines
}

/// A key of a block map.
struct Entry<'t> {
    key: &'t str,
    /// The comments above it and its own line.
    head: Vec<&'t str>,
    /// What is below it.
    body: Vec<&'t str>,
}

impl Entry<'_> {
    fn is_map(&self) -> bool {
        let first = self.body.iter().map(|line| line.trim_start()).find(|line| !line.starts_with('#'));
        let is_block = self.head.last().is_some_and(|line| !line.contains(": |") && !line.contains(": >"));
        is_block && first.is_some_and(|line| !line.starts_with("- "))
    }
}

/// The keys of a block map. A list may stand as far left as its key does.
fn entries<'t>(lines: &[&'t str]) -> Vec<Entry<'t>> {
    let indent_of = |line: &str| line.len() - line.trim_start().len();
    let indent = lines.first().map_or(0, |line| indent_of(line));
    let mut entries: Vec<Entry<'t>> = Vec::new();
    let mut comments = Vec::new();
    for line in lines {
        let text = line.trim_start();
        if indent_of(line) > indent || text.is_empty() || text.starts_with("- ") {
            let body = &mut entries.last_mut().unwrap().body;
            body.append(&mut comments);
            body.push(*line);
        } else if text.starts_with('#') {
            comments.push(*line);
        } else {
            comments.push(*line);
            let key = text.split(": ").next().unwrap().trim_end_matches(':');
            entries.push(Entry { key, head: std::mem::take(&mut comments), body: Vec::new() });
        }
    }
    if let Some(last) = entries.last_mut() {
        last.body.append(&mut comments);
    }
    entries
}

/// Where kpt puts a resource that has no path.
fn own_path(value: &Value) -> String {
    let kind = value["kind"].as_str().unwrap().to_lowercase();
    let [namespace, name] = ["namespace", "name"].map(|key| value["metadata"][key].as_str().unwrap());
    format!("{namespace}/{kind}_{name}.yaml")
}
