//! The documentation is true: every command of a page is executed, every output compared, every finding produced, every link followed.
//!
//! `tests/common/page.rs` says how a page is read. `UPDATE_EXPECTED=1` writes what is generated anew; read the diff before you keep it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failing test may panic"
)]

#[path = "docs/findings.rs"]
mod findings;
#[path = "docs/links.rs"]
mod links;
#[path = "common/page.rs"]
mod page;

use page::{PAGES_OF_TOOLS, Printed, Runner, blocks, follow};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Pages elsewhere whose commands another test executes: where they are, and the file of that test.
const EXECUTED_ELSEWHERE: [(&str, &str); 1] = [("testdata/examples/", "tests/e2e/examples.rs")];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    let path = repository().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Whether generated parts are to be written anew.
fn updates() -> bool {
    std::env::var_os("UPDATE_EXPECTED").is_some()
}

/// Compares a file of the repository with what it has to be, or writes it.
fn expect(path: &str, expected: &str) {
    if updates() {
        std::fs::create_dir_all(repository().join(path).parent().unwrap()).unwrap();
        std::fs::write(repository().join(path), expected).unwrap();
    }
    let found = read(path);
    let line = found.lines().zip(expected.lines()).position(|(found, expected)| found != expected);
    let line = line.unwrap_or_else(|| found.lines().count().min(expected.lines().count())) + 1;
    assert!(found == expected, "{path}:{line} has drifted: UPDATE_EXPECTED=1 cargo test --test docs writes it anew");
}

/// An empty folder.
fn empty_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("docs").join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The program and the system's own tools, in one folder.
struct Shell {
    folder: PathBuf,
}

impl Runner for Shell {
    fn bash(&self, options: &[&str], script: &str) -> Printed {
        let program = Path::new(env!("CARGO_BIN_EXE_enforce-intents")).parent().unwrap();
        let mut command = Command::new("bash");
        command.args(options).arg(script).current_dir(&self.folder).stdin(Stdio::null()).env_clear();
        command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", program.display())).env("HOME", &self.folder);
        let output = command.output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let all = format!("{stdout}{}", String::from_utf8(output.stderr).unwrap());
        Printed { is_success: output.status.success(), stdout, all }
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.folder.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
}

/// The pages with a reader: `README.md` and those in `docs/`.
fn pages() -> Vec<String> {
    let mut pages: Vec<String> = std::fs::read_dir(repository().join("docs"))
        .unwrap()
        .map(|entry| format!("docs/{}", entry.unwrap().file_name().to_str().unwrap()))
        .filter(|name| name.ends_with(".md"))
        .collect();
    pages.push("README.md".to_owned());
    pages.sort();
    pages
}

fn needs_tools(page: &str) -> bool {
    PAGES_OF_TOOLS.iter().any(|tool| page == format!("docs/{tool}.md"))
}

#[test]
fn every_command_does_what_its_page_says() {
    for name in pages().iter().filter(|name| !needs_tools(name)) {
        let folder = empty_folder(&format!("pages/{}", name.replace('/', "-")));
        for part in ["fn-config", "testdata/examples", "testdata/suggest"] {
            copy_folder(&repository().join(part), &folder.join(part));
        }
        let text = read(name);
        let shell = Shell { folder };
        let (updated, _) = follow(name, &text, &shell);
        expect(name, &updated);
        for picture in pictures(&text) {
            let drawn = std::fs::read_to_string(shell.folder.join("pictures").join(picture));
            let drawn =
                drawn.unwrap_or_else(|error| panic!("{name} has no command that draws pictures/{picture}: {error}"));
            expect(&format!("docs/pictures/{picture}"), &drawn);
        }
    }
}

/// Names of the pictures that a page shows.
fn pictures(page: &str) -> Vec<&str> {
    page.split("](pictures/").skip(1).map(|rest| rest.split_once(')').unwrap().0).collect()
}

#[test]
fn every_picture_is_shown() {
    let pages: Vec<String> = pages().iter().map(|name| read(name)).collect();
    for entry in std::fs::read_dir(repository().join("docs/pictures")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(pages.iter().any(|page| pictures(page).contains(&name.as_str())), "no page shows pictures/{name}");
    }
}

#[test]
fn no_command_is_left_out() {
    for name in links::markdown_files() {
        let has_commands = blocks(&name, &read(&name)).iter().any(|block| block.language.starts_with("sh"));
        if !has_commands || pages().contains(&name) {
            continue;
        }
        let Some((_, test)) = EXECUTED_ELSEWHERE.iter().find(|(folder, _)| name.starts_with(folder)) else {
            panic!("{name} has commands that no test executes");
        };
        assert!(read(test).contains("README"), "{test} does not read {name}");
    }
}

#[test]
fn pages_are_generated_from_the_program() {
    expect("docs/function-config.md", &enforce_intents::config::reference::markdown());
}

/// The examples of the reference, each alone, are taken, whatever they make of the tutorial.
#[test]
fn every_example_of_a_field_is_taken() {
    let shell = Shell { folder: empty_folder("function-config") };
    copy_folder(&repository().join("testdata/examples/tutorial"), &shell.folder.join("tutorial"));
    let name = "docs/function-config.md";
    let mut count = 0;
    for block in blocks(name, &read(name)).iter().filter(|block| !block.text.contains("apiVersion: fn.kpt.dev")) {
        count += 1;
        let spec: String = block.text.lines().map(|line| format!("  {line}\n")).collect();
        shell.write("config.yaml", &format!("apiVersion: fn.kpt.dev/v1alpha1\nkind: EnforceIntents\nspec:\n{spec}"));
        let printed = shell.bash(&["-c"], "enforce-intents check tutorial --config config.yaml");
        assert!(!printed.all.contains("[invalid-config]"), "{}\n{}", block.text, printed.all);
    }
    assert!(count > 30, "{count} examples");
}

/// `make X` in a page, in a workflow or in CI's script is a target of the Makefile.
#[test]
fn every_make_target_exists() {
    let makefile = read("Makefile");
    let is_target =
        |name: &str| makefile.lines().any(|line| line.split(':').next() == Some(name) && line.contains(':'));
    let workflows = ["ci", "release"].map(|name| format!(".github/workflows/{name}.yaml"));
    let mut found = 0;
    for name in pages().into_iter().chain(workflows.clone()) {
        let text = read(&name);
        for (index, _) in text.match_indices("make ") {
            let is_command =
                index == 0 || matches!(text.as_bytes()[index - 1], b'`' | b'\n') || text[..index].ends_with("- run: ");
            let word: String =
                text[index + 5..].chars().take_while(|next| next.is_ascii_alphanumeric() || *next == '-').collect();
            if is_command && !word.is_empty() {
                found += 1;
                assert!(is_target(&word), "{name}: the Makefile has no target {word}");
            }
        }
    }
    assert!(found > 8, "{found} targets were looked for");
    // A matrix names its targets in a list.
    let ci = read(&workflows[0]);
    let list = ci.split_once("target: [").unwrap().1.split_once(']').unwrap().0;
    assert!(list.split(", ").all(is_target), "{list}");
}

/// What `make install` does after cargo: pages and completions where `man` and shells look.
#[test]
fn manual_pages_and_completions_are_installed() {
    let prefix = empty_folder("install");
    let output = Command::new("make")
        .current_dir(repository())
        .args(["install-pages", &format!("PROGRAM={}", env!("CARGO_BIN_EXE_enforce-intents"))])
        .arg(format!("PREFIX={}", prefix.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for file in [
        "man/man1/enforce-intents.1",
        "man/man1/enforce-intents-render.1",
        "bash-completion/completions/enforce-intents",
        "zsh/site-functions/_enforce-intents",
        "fish/vendor_completions.d/enforce-intents.fish",
    ] {
        let text = std::fs::read_to_string(prefix.join("share").join(file)).unwrap();
        assert!(text.contains("enforce-intents") || text.contains("enforce\\-intents"), "{file}");
    }
}
