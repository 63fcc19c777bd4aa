//! The pages about tools, word for word: their commands are run in order, in a folder with what the repository has.
//!
//! | block | meaning |
//! |---|---|
//! | `sh` | must succeed |
//! | `sh fails` | must fail |
//! | `sh cluster` | needs a cluster or a registry, so bash only reads it |
//! | `yaml` whose first line is a comment with a path | is written to that file |
//! | `text` | every line is in what the block before printed |

use super::containers::{FUNCTION, Podman, SIDECAR, StandIn};
use super::sandbox::{command_with, copy_folder, folder, output, read, repository, text, write};
use crate::trial;
use libtest_mimic::Trial;
use std::path::Path;

const PAGES: [&str; 6] = ["argocd", "ci", "flux", "helm", "kpt", "kustomize"];

/// A fenced block: what follows the fence, and the lines between, without the indentation of the fence.
struct Block {
    language: String,
    text: String,
}

pub(crate) fn trials() -> Vec<Trial> {
    PAGES.map(|page| trial(format!("docs::{page}"), move || follow(page))).into()
}

fn follow(page: &str) {
    let root = folder(&format!("docs/{page}"));
    for part in ["fn-config", "testdata/examples", "testdata/e2e/helm/chart"] {
        copy_folder(&repository().join(part), &root.join(part));
    }
    let stand_in = StandIn::new(folder(&format!("docs/bin-{page}")));
    let mut printed = String::new();
    let mut commands = 0;
    for block in blocks(&read(&repository().join("docs").join(format!("{page}.md")))) {
        match block.language.as_str() {
            "sh" | "sh fails" => {
                commands += 1;
                let (is_success, found) = bash(&["-euo", "pipefail", "-c"], &block.text, &root, &stand_in);
                assert_eq!(is_success, block.language == "sh", "docs/{page}.md:\n{}\n{found}", block.text);
                printed = found;
            }
            "sh cluster" => {
                let (is_success, found) = bash(&["-n", "-c"], &block.text, &root, &stand_in);
                assert!(is_success, "docs/{page}.md:\n{}\n{found}", block.text);
            }
            "text" => {
                for line in block.text.lines() {
                    assert!(printed.contains(line), "docs/{page}.md: `{line}` is not in\n{printed}");
                }
            }
            "yaml" => {
                let path = block.text.lines().next().and_then(|line| line.strip_prefix("# "));
                if let Some(path) = path.filter(|path| path.contains('/') && !path.contains(' ')) {
                    write(&root.join(path), &with_tested_images(&block.text));
                }
            }
            other => panic!("docs/{page}.md: a block of unknown language {other}"),
        }
    }
    assert!(commands > 0, "docs/{page}.md has no commands");
}

/// Runs a script and gives whether it succeeded and all that it printed.
fn bash(options: &[&str], script: &str, folder: &Path, stand_in: &StandIn) -> (bool, String) {
    let script = with_tested_images(script);
    let arguments = [options, &[script.as_str()]].concat();
    let mut command = Podman::shared().configured(command_with("bash", &arguments, folder, &[&stand_in.folder]));
    command.env("KPT_FN_RUNTIME", "podman").env("KRM_FN_RUNTIME", "podman");
    let output = output(command);
    (output.status.success(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
}

/// The images of the tests instead of those of the current version: a page that names another version fails.
fn with_tested_images(text: &str) -> String {
    let version = concat!("v", env!("CARGO_PKG_VERSION"));
    text.replace(&format!("localhost/enforce-intents:{version}"), FUNCTION)
        .replace(&format!("localhost/enforce-intents-cmp:{version}"), SIDECAR)
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, Block)> = None;
    for line in page.lines() {
        let bare = line.trim_start();
        let indentation = line.len() - bare.len();
        match open.take() {
            None => {
                if let Some(language) = bare.strip_prefix("```") {
                    open = Some((indentation, Block { language: language.to_owned(), text: String::new() }));
                }
            }
            Some((_, block)) if bare == "```" => blocks.push(block),
            Some((depth, mut block)) => {
                block.text.push_str(line.get(depth..).unwrap_or_default());
                block.text.push('\n');
                open = Some((depth, block));
            }
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}
