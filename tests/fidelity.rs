//! Promise 1: bytes that the function does not mean to change do not change.
//!
//! Every example and golden input goes through the function, and a line diff that knows nothing of the writer's edits must show
//! nothing but our labels, the maps they stand in, and new items.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failing test may panic"
)]

mod common;

use common::{resource_list, without_results};
use enforce_intents::Settings;
use similar::{ChangeTag, TextDiff};
use std::path::{Path, PathBuf};

/// What of a line is ours: labels in block and flow style, and the maps that are created for them.
fn without_ours(line: &str) -> String {
    let mut rest = line;
    let mut kept = String::new();
    while let Some(at) = rest.find("intents.otterize.com/").or_else(|| rest.find("credentials-operator.otterize.com/"))
    {
        let before = rest[..at].trim_end_matches(['"', '\'', ' ']);
        let before = before.strip_suffix(',').unwrap_or(before);
        kept.push_str(before);
        let after = &rest[at..];
        let end = after.find([',', '}']).unwrap_or(after.len());
        rest = &after[end..];
    }
    kept.push_str(rest);
    let kept = kept
        .replace("{,", "{")
        .replace("{ ", "{")
        .replace("labels: {}", "labels:")
        .replace("labels: null", "labels:")
        .replace(", labels:}", "}");
    kept.trim().to_owned()
}

fn check(name: &str, stream: &str, profile: &str) {
    let config = format!(
        "{{apiVersion: fn.kpt.dev/v1alpha1, kind: EnforceIntents, metadata: {{name: x}}, spec: {{profile: {profile}}}}}"
    );
    let input = resource_list(stream, &config);
    let outcome = enforce_intents::process(input.clone().into_bytes(), Settings::default());
    let output = outcome.output.clone().unwrap_or_else(|| panic!("{name}: no output: {:?}", outcome.findings));
    if outcome.failed() {
        assert_eq!(
            without_results(&output).trim_end(),
            input.trim_end(),
            "{name}: a failing run must return the input"
        );
        return;
    }
    let output = without_results(&output);
    // New items stand together at the end of the items, before the functionConfig, after the policies of the input.
    let policy = "\n- apiVersion: networking.k8s.io/v1\n  kind: NetworkPolicy\n";
    let first_new = output.match_indices(policy).map(|(at, _)| at).nth(input.matches(policy).count());
    let (head, tail) = output.split_at(first_new.map_or(output.len(), |at| at + 1));
    let rest = tail.find("\nfunctionConfig:").map_or("", |at| &tail[at + 1..]);
    let comparable = format!("{head}{rest}");
    let diff = TextDiff::from_lines(input.trim_end(), comparable.trim_end());
    let side = |tag: ChangeTag| -> Vec<String> {
        let changes = diff.iter_all_changes().filter(|change| change.tag() == tag);
        changes.map(|change| without_ours(change.value())).filter(|line| !line.is_empty()).collect()
    };
    let (mut gone, mut come) = (side(ChangeTag::Delete), side(ChangeTag::Insert));
    // An alias to labels becomes a copy of them: the lines of the copy stand in the input already.
    if gone.iter().any(|line| line.starts_with("labels: *")) {
        gone.retain(|line| !line.starts_with("labels: *"));
        come.retain(|line| !input.lines().any(|known| known.trim() == line));
    }
    come.retain(|line| gone.contains(line) || !matches!(line.as_str(), "labels:" | "metadata:"));
    assert_eq!(gone, come, "{name} ({profile}): more than our labels changed:\n{}", diff.unified_diff());
}

fn inputs() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")];
    folders.extend(std::env::var_os("ENFORCE_INTENTS_CORPUS").map(|corpus| Path::new(&corpus).join("golden")));
    folders.extend(
        std::env::var_os("ENFORCE_INTENTS_CORPUS")
            .map(|corpus| Path::new(&corpus).join("apps/microservices-demo/input")),
    );
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.parent().is_some_and(is_example)
                && path.extension().is_some_and(|extension| extension == "yaml")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Folders whose YAML files are manifests as users write them: not what a test expects, and no templates.
fn is_example(folder: &Path) -> bool {
    // The repository itself may be in a folder of any name.
    let inside = folder.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(folder);
    let text = inside.to_string_lossy();
    let has_manifests = text.contains("/golden/") || text.contains("/examples/") || text.contains("/apps/");
    has_manifests && !text.ends_with("/.expected") && !text.contains("/chart")
}

#[test]
fn nothing_but_labels_and_new_items() {
    let files: Vec<PathBuf> =
        inputs().into_iter().filter(|path| path.file_name().is_some_and(|name| name != "expected.yaml")).collect();
    assert!(files.len() > 10, "only {} example files", files.len());
    for file in files {
        let stream = std::fs::read_to_string(&file).unwrap();
        for profile in ["classic", "v2"] {
            check(&file.display().to_string(), &stream, profile);
        }
    }
}
