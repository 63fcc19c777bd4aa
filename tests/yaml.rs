//! Fidelity on odd YAML, file by file in `testdata/yaml` (`testdata/yaml/README.md`): the output is the input with the planned
//! edits and nothing else, and a reader that is not the program's own finds the planned labels and objects.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failing test may panic"
)]

use enforce_intents::plan::Plan;
use enforce_intents::read::package::{Package, Role};
use enforce_intents::{Compiled, Settings, compile, process, read, write};
use saphyr_parser::{Event, Parser, ScalarStyle};
use serde::Deserialize as _;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Why the files `<name>.refused.yaml` are refused.
const REFUSED: [(&str, &str); 21] = [
    ("aliases-that-explode", "out of bounds through its aliases"),
    ("anchor-of-itself", "stands inside the node that it refers to"),
    ("carriage-returns-alone", "a carriage return without a line feed separates two lines"),
    ("control-character", "U+0007"),
    ("duplicate-items", "has the key `items` twice"),
    ("duplicate-kind", "stands twice"),
    ("duplicate-label", "stands twice"),
    ("duplicate-labels", "stands twice"),
    ("labels-are-a-list", "must be a mapping"),
    ("labels-are-text", "must be a mapping"),
    ("line-separator-in-structure", "U+2028 is a line break to some YAML readers and not to others"),
    ("nested-too-deeply", "nested more than 255 levels deep"),
    ("nested-too-deeply-in-lines", "nested more than 255 levels deep"),
    ("next-line-character", "U+0085 is a line break to some YAML readers and not to others"),
    ("no-document", "the input is empty"),
    ("tab-indentation", "a tab cannot indent a line"),
    ("two-documents", "2 documents"),
    ("two-merge-keys", "stands twice"),
    ("unclosed-flow", "not valid YAML"),
    ("unclosed-quote", "not valid YAML"),
    ("unknown-anchor", "has no anchor before it"),
];

fn settings() -> Settings {
    Settings { set: vec![("profile".to_owned(), "v2".to_owned())], ..Settings::default() }
}

fn files() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/yaml");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    paths
        .iter()
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap()))
        .collect()
}

#[test]
fn what_cannot_be_read_safely_is_refused_with_the_reason() {
    let refused: BTreeMap<&str, &str> = REFUSED.into();
    let mut seen = 0;
    for (name, bytes) in files() {
        let Some(name) = name.strip_suffix(".refused") else { continue };
        let outcome = process(bytes.clone(), settings());
        assert!(outcome.failed(), "{name} is accepted");
        let messages: Vec<&str> = outcome.findings.0.iter().map(|finding| finding.message.as_str()).collect();
        assert!(messages.iter().any(|message| message.contains(refused[name])), "{name}: {messages:?}");
        if let Some(output) = outcome.output {
            let input = String::from_utf8(bytes).unwrap();
            assert!(output.starts_with(input.trim_end()), "{name}: a failing run must give its input back");
        }
        seen += 1;
    }
    assert_eq!(seen, REFUSED.len());
}

#[test]
fn everything_else_gets_its_labels_and_nothing_more() {
    let mut seen = 0;
    for (name, bytes) in files().into_iter().filter(|(name, _)| !name.ends_with(".refused")) {
        let input = String::from_utf8(bytes.clone()).unwrap();
        let (mut package, _) =
            read::resource_list::read(bytes.clone()).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let Compiled { plan, config, findings, .. } = compile(&mut package, settings());
        assert!(!findings.has_errors(), "{name}: {findings:?}");
        assert!(plan.map_changes.len() >= 2 && !plan.generated.is_empty(), "{name} shows nothing");
        let written =
            write::resource_list(&package, &plan, &config, &[]).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let edits = written.edits.clone().unwrap();
        assert_eq!(undone(&input, &written.text, edits.as_slice()), input, "{name}");
        let outcome = process(bytes, settings());
        assert!(!outcome.failed(), "{name}: {:?}", outcome.findings);
        let again = process(outcome.output.clone().unwrap().into_bytes(), settings());
        assert_eq!(again.output, outcome.output, "{name}: a second run changes something");
        check_styles(&name, &input, &written.text);
        check_model(&name, &package, &plan, &input, &written.text);
        seen += 1;
    }
    assert!(seen >= 55, "only {seen} files");
}

/// The input, from the output and the text that the edits took away.
fn undone(input: &str, output: &str, edits: &[write::edit::Edit]) -> String {
    let (mut text, mut read, mut written) = (String::new(), 0, 0);
    for edit in edits {
        let kept = edit.range.start - read;
        text.push_str(&output[written..written + kept]);
        text.push_str(&input[edit.range.clone()]);
        assert_eq!(&output[written + kept..written + kept + edit.replacement.len()], edit.replacement);
        (read, written) = (edit.range.end, written + kept + edit.replacement.len());
    }
    text + &output[written..]
}

/// Scalars by style and text.
fn scalars(text: &str) -> BTreeMap<(bool, String), i64> {
    let mut scalars = BTreeMap::new();
    for event in Parser::new_from_str(text) {
        let Ok((event, _)) = event else { return BTreeMap::new() };
        if let Event::Scalar(value, style, ..) = event {
            *scalars.entry((style == ScalarStyle::Plain, value.into_owned())).or_default() += 1;
        }
    }
    scalars
}

/// What is plain in the output and was not in the input reads as the same string, or the same number, for every reader.
fn check_styles(name: &str, input: &str, output: &str) {
    let before = scalars(input);
    if before.is_empty() {
        return;
    }
    for ((is_plain, text), count) in scalars(output) {
        if !is_plain || before.get(&(is_plain, text.clone())).is_some_and(|before| *before >= count) {
            continue;
        }
        let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
            && text.chars().all(|other| other.is_ascii_alphanumeric() || "_./-".contains(other));
        let reserved = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];
        let is_string = is_word && !reserved.contains(&text.to_lowercase().as_str());
        let is_number = text.parse::<u16>().is_ok_and(|number| number.to_string() == text);
        // Copies of what an alias stood for keep the style of the original.
        let is_copy = input.contains('&') && before.contains_key(&(true, text.clone()));
        assert!(is_string || is_number || is_copy, "{name}: {text:?} is written without quotes");
    }
}

/// What the YAML library of the tests makes of a text; nothing where it refuses the text or does not know `<<`.
fn load(text: &str) -> Option<Value> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains("<<") {
        return None;
    }
    Value::deserialize(yaml_serde::Deserializer::from_str(text)).ok()
}

/// The items that were there are what they were, but for the planned labels; behind them stand the new objects.
fn check_model(name: &str, package: &Package, plan: &Plan, input: &str, output: &str) {
    let Some(mut expected) = load(input) else { return };
    let output = load(output).unwrap_or_else(|| panic!("{name}: the output cannot be read"));
    let items: Vec<_> = package.iter().filter(|(_, resource)| resource.role == Role::Item).map(|(id, _)| id).collect();
    for change in &plan.map_changes {
        let index = items.iter().position(|id| *id == change.resource).unwrap();
        let mut map = &mut expected["items"][index];
        for key in change.path.iter().map(AsRef::<str>::as_ref) {
            if map[key].is_null() {
                map[key] = Value::Object(serde_json::Map::new());
            }
            map = &mut map[key];
        }
        let map = map.as_object_mut().unwrap();
        map.retain(|key, _| !change.remove.contains(key));
        map.extend(change.set.iter().map(|(key, value)| (key.to_owned(), Value::from(value))));
    }
    let written = output["items"].as_array().unwrap();
    let is_new = |item: &Value| item["kind"] == "NetworkPolicy";
    let (new, old): (Vec<&Value>, Vec<&Value>) = written.iter().partition(|item| is_new(item));
    assert_eq!(old, expected["items"].as_array().unwrap().iter().collect::<Vec<_>>(), "{name}");
    let names: Vec<&str> = new.iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect();
    let planned: Vec<String> = plan.new_objects.iter().map(|new| new.object.id().name).collect();
    assert_eq!(names, planned, "{name}");
}
