//! Every command of `docs/roll-out.md`, in its order, with the findings that the page speaks of and no others.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failing test may panic"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const TUTORIAL: &str = "testdata/examples/tutorial";

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder for what one test writes.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("roll-out").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs the program in the repository.
fn run(arguments: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_enforce-intents"))
        .args(arguments)
        .env_clear()
        .current_dir(repository())
        .output()
        .unwrap()
}

/// Severity and code of each warning and error on stderr.
fn findings(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stderr);
    let heads = text.lines().filter(|line| line.starts_with("warning[") || line.starts_with("error["));
    heads.map(|line| line.split_once("]:").unwrap().0.replace('[', " ")).collect()
}

/// The commands of the page, and whether the next thing after their block says that they warn.
fn documented() -> Vec<(String, bool)> {
    let page = std::fs::read_to_string(repository().join("docs/roll-out.md")).unwrap();
    let mut commands = Vec::new();
    for block in page.split("```sh\n").skip(1) {
        let (block, rest) = block.split_once("```\n").unwrap();
        let warns = rest.trim_start().starts_with("<!-- finding: labels-and-policies-at-once -->");
        let count = block.lines().count();
        let lines = block.lines().enumerate();
        commands.extend(lines.map(|(index, line)| (line.to_owned(), warns && index + 1 == count)));
    }
    commands
}

#[test]
fn every_command_of_the_page_does_what_it_says() {
    let folder = folder("page");
    let commands = documented();
    assert!(commands.len() > 10, "{commands:?}");
    for (line, warns) in commands {
        let (command, file) =
            line.split_once(" > ").map_or((line.as_str(), None), |(command, file)| (command, Some(file)));
        let words = command.strip_prefix("enforce-intents ").unwrap().split(' ').map(|word| {
            let is_written = word.ends_with(".yaml") && !word.contains('/');
            if is_written { folder.join(word).to_str().unwrap().to_owned() } else { word.to_owned() }
        });
        let output = run(&words.collect::<Vec<_>>());
        assert!(output.status.success(), "{line}: {output:?}");
        let expected: &[&str] = if warns { &["warning labels-and-policies-at-once"] } else { &[] };
        assert_eq!(findings(&output), expected, "{line}");
        if let Some(file) = file {
            std::fs::write(folder.join(file), &output.stdout).unwrap();
        }
    }
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn the_finding_fails_where_the_configuration_says_so() {
    let strict = "rules.labels-and-policies-at-once=error";
    let output = run(&texts(&["render", TUTORIAL, "--previous", TUTORIAL, "--set", strict]));
    assert_eq!((output.status.code(), findings(&output)), (Some(1), texts(&["error labels-and-policies-at-once"])));
    assert!(output.stdout.is_empty(), "a failing render prints nothing");
}

#[test]
fn what_is_deployed_must_be_readable() {
    let folder = folder("unreadable");
    let broken = folder.join("broken.yaml");
    std::fs::write(&broken, "a: [").unwrap();
    for path in [broken.to_str().unwrap(), "no/such/folder"] {
        let output = run(&texts(&["check", TUTORIAL, "--previous", path]));
        assert_eq!(output.status.code(), Some(1), "{path}: {output:?}");
        assert!(!findings(&output).is_empty(), "{path}");
    }
}
