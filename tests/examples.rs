//! Every package of `testdata/examples` through the function as kpt would call it, twice, against what the real kpt gave.
//!
//! The files in `.expected` are those of kpt's own runner (`spec/krm.md` 7). The real kpt writes them:
//! `UPDATE_EXPECTED=1 cargo test --features e2e --test e2e examples`. Here `diff.patch` is applied to the package, and the result is
//! compared with the files that the function's output stands for.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failing test may panic"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod common;
mod examples {
    pub(crate) mod kpt;
    pub(crate) mod package;
    pub(crate) mod patch;
}

use examples::kpt::{Run, call};
use examples::package::{Example, Files};
use examples::patch;
use serde_json::{Value, json};
use std::path::Path;

/// What the runner's folder holds besides the resources.
const REQUIRED: [&str; 6] =
    ["Kptfile", "README.md", ".krmignore", ".expected/config.yaml", ".expected/diff.patch", ".expected/results.yaml"];

#[test]
fn every_example_is_complete() {
    let all = Example::all();
    assert!(all.len() >= 10, "{} examples", all.len());
    for example in &all {
        for file in REQUIRED {
            assert!(example.folder.join(file).is_file(), "{}: {file} is missing", example.name);
        }
        assert!(example.files.keys().any(|path| path.ends_with(".yaml")), "{}: no resources", example.name);
    }
}

/// The project's first page links the index and each example.
#[test]
fn the_first_page_links_every_example() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let names = Example::all().into_iter().map(|example| format!("{}/", example.name));
    for name in names.chain([String::new()]) {
        assert!(
            page.contains(&format!("](testdata/examples/{name}README.md)")),
            "README.md does not link {name}README.md"
        );
    }
}

#[test]
fn the_index_lists_every_example() {
    let index = std::fs::read_to_string(Example::root().join("README.md")).unwrap();
    let listed: Vec<&str> =
        index.lines().filter_map(|line| line.strip_prefix("| [")?.split_once("](").map(|(name, _)| name)).collect();
    let names: Vec<String> = Example::all().into_iter().map(|example| example.name).collect();
    let mut sorted = listed.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, names);
    for name in listed {
        assert!(index.contains(&format!("| [{name}]({name}/README.md) | ")), "{name} has another link");
    }
}

/// Files, exit code, results and errors are those of the real kpt, and a second run changes nothing.
#[test]
fn every_example_gives_what_is_expected() {
    for example in Example::all() {
        let expected = patch::apply(&example.files, &example.expected("diff.patch"));
        if example.has_script() {
            post_renderer(&example, &expected);
            continue;
        }
        let first = call(&example.files);
        compare(&example, &first, &expected);
        let second = call(&first.files);
        compare(&example, &second, &expected);
    }
}

fn compare(example: &Example, run: &Run, expected: &Files) {
    let name = &example.name;
    let config: Value = yaml_serde::from_str(&example.expected("config.yaml")).unwrap();
    assert_eq!(config["testType"], "render", "{name}");
    assert_eq!(config["exitCode"], run.exit_code, "{name}: {}", run.stderr);
    for (path, text) in expected {
        assert_eq!(run.files.get(path), Some(text), "{name}: {path}");
    }
    assert!(run.files.keys().eq(expected.keys()), "{name}: {:?}", run.files.keys());
    assert_eq!(results(run), yaml_serde::from_str::<Value>(&example.expected("results.yaml")).unwrap(), "{name}");
}

/// The list that kpt writes with `--results-dir`.
fn results(run: &Run) -> Value {
    let mut item = json!({"exec": "enforce-intents", "exitCode": run.exit_code});
    if !run.results.is_null() {
        item["results"] = run.results.clone();
        // The first index is the one that kpt leaves out.
        for file in item["results"].as_array_mut().unwrap().iter_mut().filter_map(|result| result.get_mut("file")) {
            file.as_object_mut().unwrap().retain(|key, value| key != "index" || *value != 0);
        }
    }
    if run.exit_code != 0 {
        item["stderr"] = json!(run.stderr);
    }
    json!({
        "apiVersion": "kpt.dev/v1",
        "kind": "FunctionResultList",
        "metadata": {"name": "fnresults"},
        "exitCode": run.exit_code,
        "items": [item],
    })
}

/// The package is what Helm printed. The program gets it as Helm's post-renderer would, with the arguments of the script.
fn post_renderer(example: &Example, expected: &Files) {
    let script = example.expected("exec.sh");
    let arguments: Vec<&str> =
        script.split("--post-renderer-args ").skip(1).map(|rest| rest.split_whitespace().next().unwrap()).collect();
    assert_eq!(arguments.first(), Some(&"render"));
    let (before, after) = (&example.files["manifests.yaml"], &expected["manifests.yaml"]);
    for input in [before, after] {
        let output = examples::kpt::program(&arguments, input);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(&String::from_utf8(output.stdout).unwrap(), after, "{}", example.name);
    }
    assert_ne!(before, after, "the post-renderer did nothing");
}

/// What the first commit leaves is what the second one starts from, but for its configuration and descriptions.
#[test]
fn the_roll_out_goes_on_where_it_stopped() {
    let [first, second] = ["roll-out-1-shadow", "roll-out-2-active"].map(Example::named);
    let resources = |files: &Files| -> Files {
        let is_own = |path: &str| ["Kptfile", "README.md", "enforce-intents.yaml"].contains(&path);
        files.iter().filter(|(path, _)| !is_own(path)).map(|(path, text)| (path.clone(), text.clone())).collect()
    };
    let left = patch::apply(&first.files, &first.expected("diff.patch"));
    assert_eq!(resources(&left), resources(&second.files));
    let patch = second.expected("diff.patch");
    let changed: Vec<&str> = patch.lines().filter(|line| line.starts_with("diff --git ")).collect();
    assert!(!changed.is_empty() && changed.iter().all(|line| line.contains("/networkpolicy_")), "{changed:?}");
}

/// The one-line commands of the READMEs, in the folder of the examples, with what the READMEs say that they print.
#[test]
fn commands_of_the_readmes_print_what_is_said() {
    for example in Example::all() {
        let mut commands = 0;
        for block in example.blocks().iter().filter(|block| block.language.starts_with("sh")) {
            let lines: Vec<&str> = block.text.lines().collect();
            let [line] = lines.as_slice() else { continue };
            let Some(arguments) = line.strip_prefix("enforce-intents ") else { continue };
            commands += 1;
            let output = examples::kpt::program(&arguments.split(' ').collect::<Vec<_>>(), "");
            let shown = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            assert_eq!(output.status.success(), block.language == "sh", "{line}\n{shown}");
            for said in block.printed.lines() {
                assert!(shown.contains(said), "{}: `{said}` is not in\n{shown}", example.name);
            }
        }
        assert!(commands > 0, "{}: the README checks nothing", example.name);
    }
}
