//! Every package of `testdata/examples` through the real kpt or its own script, twice, in a git repository: what `git diff` says,
//! kpt's results and the exit code are those of `.expected`, and the second run changes nothing more. The READMEs' commands are run
//! in order, in a copy of the folder of all examples; `sh fails` must fail and `sh cluster` needs a cluster, so bash only reads it.
//!
//! With `UPDATE_EXPECTED=1` what comes out is written to `.expected`, from where `tests/examples.rs` takes it.

use super::package::Example;
use super::sandbox::{command, copy_folder, folder, read, run, succeed, success, text, write};
use crate::trial;
use libtest_mimic::Trial;
use std::path::Path;

pub(crate) fn trials() -> Vec<Trial> {
    let packages = Example::all().into_iter();
    let both = packages.map(|example| {
        let package = Example::named(&example.name);
        [
            trial(format!("examples::{}", example.name), move || run_twice(&example)),
            trial(format!("examples::{}_readme", package.name), move || follow_readme(&package)),
        ]
    });
    both.flatten().collect()
}

fn follow_readme(example: &Example) {
    let root = folder(&format!("examples/readme-{}", example.name));
    copy_folder(&Example::root(), &root);
    let mut commands = 0;
    for block in example.blocks().iter().filter(|block| block.language.starts_with("sh")) {
        let is_read_only = block.language == "sh cluster";
        let arguments: &[&str] = if is_read_only { &["-n", "-c"] } else { &["-euo", "pipefail", "-c"] };
        let output = run("bash", &[arguments, &[block.text.as_str()]].concat(), &root);
        let shown = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.success(), block.language != "sh fails", "{}\n{shown}", block.text);
        for said in block.printed.lines() {
            assert!(shown.contains(said), "`{said}` is not in\n{shown}");
        }
        commands += 1;
    }
    assert!(commands > 0, "{}: the README has no commands", example.name);
}

fn run_twice(example: &Example) {
    let root = folder(&format!("examples/{}", example.name));
    let package = root.join(&example.name);
    copy_folder(&example.folder, &package);
    git(&package, &["init", "--quiet"]);
    git(&package, &["add", "--all"]);
    git(&package, &["commit", "--quiet", "--message", "The package."]);
    if example.has_script() {
        let chart = succeed("helm", &["template", "guestbook", "chart", "--namespace", "guestbook"], &package);
        assert_eq!(chart, example.files["manifests.yaml"], "the package is not what Helm prints for its chart");
    }
    for time in ["first", "second"] {
        let (exit_code, results) = invoke(example, &package, &root.join(time));
        let config = example.expected("config.yaml");
        assert!(config.contains(&format!("exitCode: {exit_code}\n")), "the {time} run ends with {exit_code}");
        git(&package, &["add", "--all"]);
        compare(example, "diff.patch", &git(&package, &["diff", "--cached", "--no-color"]), time);
        if let Some(results) = results {
            compare(example, "results.yaml", &results, time);
        }
    }
}

/// Runs kpt, or the script instead, and gives the exit code and the results that kpt wrote.
fn invoke(example: &Example, package: &Path, results: &Path) -> (i32, Option<String>) {
    if example.has_script() {
        let output = run("bash", &[".expected/exec.sh"], package);
        return (output.status.code().unwrap(), None);
    }
    let arguments = ["fn", "render", "--allow-exec", "--results-dir", results.to_str().unwrap()];
    let output = run("kpt", &arguments, package);
    let file = results.join("results.yaml");
    assert!(file.exists(), "{}", text(&output.stderr));
    (output.status.code().unwrap(), Some(format!("{}\n", read(&file).trim_end())))
}

fn compare(example: &Example, file: &str, actual: &str, time: &str) {
    let path = example.folder.join(".expected").join(file);
    if time == "first" && std::env::var_os("UPDATE_EXPECTED").is_some() {
        write(&path, actual);
    }
    let expected = if path.exists() { read(&path) } else { String::new() };
    assert!(expected == actual, "the {time} run does not give {}:\n{actual}", path.display());
}

/// Runs git without any configuration of the machine, and gives its stdout.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let fixed = ["-c", "user.name=test", "-c", "user.email=test@example", "-c", "core.abbrev=7"];
    let mut git = command("git", &[&fixed, arguments].concat(), folder);
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    success(git)
}
