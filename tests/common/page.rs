//! Pages of the documentation, word for word: their blocks are run in order, in one folder.
//!
//! | block | meaning |
//! |---|---|
//! | `sh` | must succeed |
//! | `sh fails` | must fail |
//! | `sh cluster` | needs a cluster or a registry, so bash only reads it |
//! | `sh build` | builds or installs the program, so bash only reads it |
//! | `yaml` whose first line is a comment with a path | is written to that file |
//! | `yaml` of kind EnforceIntents | must be a functionConfig that the program takes |
//! | `text` | every line is in what the block before printed |
//! | any block below `<!-- output -->` | is what the block before printed on stdout, all of it |
//! | any block below `<!-- excerpt -->` | its parts between lines of `...` are in that output, in this order |

use std::ops::Range;

/// The pages whose commands need the real tools; `make e2e` runs them. `make test` runs all others.
pub(crate) const PAGES_OF_TOOLS: [&str; 6] = ["argocd", "ci", "flux", "helm", "kpt", "kustomize"];

/// How a page builds and runs the program in one; the program is there already when a page is run.
const BUILT_AND_RUN: &str = "cargo run --release --locked -- ";

/// A fenced block.
pub(crate) struct Block {
    /// What follows the fence.
    pub(crate) language: String,
    /// The lines between, without the indentation of the fence.
    pub(crate) text: String,
    /// The comment on the line before the fence, as in `<!-- output -->`.
    marker: String,
    /// The lines between, in the page.
    lines: Range<usize>,
}

/// What a script did.
pub(crate) struct Printed {
    pub(crate) is_success: bool,
    pub(crate) stdout: String,
    /// Both streams, stdout first.
    pub(crate) all: String,
}

/// How a page's commands are run and its files written.
pub(crate) trait Runner {
    /// Runs bash with these options and this script.
    fn bash(&self, options: &[&str], script: &str) -> Printed;
    /// Writes a file of the folder.
    fn write(&self, path: &str, text: &str);
}

/// Follows a page and gives it as it would have to be; only blocks below `<!-- output -->` can differ. Gives how many blocks were run, too.
pub(crate) fn follow(name: &str, page: &str, runner: &dyn Runner) -> (String, usize) {
    const EXECUTED: [&str; 3] = ["-euo", "pipefail", "-c"];
    let mut printed = Printed { is_success: true, stdout: String::new(), all: String::new() };
    let mut commands = 0;
    let mut outputs = Vec::new();
    for block in blocks(name, page) {
        match block.language.as_str() {
            "sh" | "sh fails" => {
                commands += 1;
                printed = runner.bash(&EXECUTED, &block.text.replace(BUILT_AND_RUN, "enforce-intents "));
                assert_eq!(printed.is_success, block.language == "sh", "{name}:\n{}\n{}", block.text, printed.all);
                continue;
            }
            "sh cluster" | "sh build" => {
                let read = runner.bash(&["-n", "-c"], &block.text);
                assert!(read.is_success, "{name}:\n{}\n{}", block.text, read.all);
                continue;
            }
            "text" | "yaml" | "json" | "diff" | "mermaid" | "xml" => {}
            other => panic!("{name}: a block of unknown language `{other}`"),
        }
        match block.marker.as_str() {
            "<!-- output -->" => outputs.push((block.lines, printed.stdout.clone())),
            "<!-- excerpt -->" => assert_excerpt(name, &block.text, &printed.stdout),
            _ if block.language == "text" && commands > 0 => {
                for line in block.text.lines() {
                    assert!(printed.all.contains(line), "{name}: `{line}` is not in\n{}", printed.all);
                }
            }
            _ if block.language == "yaml" => keep_or_try(name, &block, runner),
            _ => {}
        }
    }
    let mut updated = page.to_owned();
    for (lines, output) in outputs.into_iter().rev() {
        updated.replace_range(lines, &output);
    }
    (updated, commands)
}

/// The path in the first line, if the block is a file.
pub(crate) fn path_of(text: &str) -> Option<&str> {
    let path = text.lines().next()?.strip_prefix("# ")?;
    let is_path = !path.contains(' ') && [".yaml", ".json", "Kptfile"].iter().any(|end| path.ends_with(end));
    is_path.then_some(path)
}

fn keep_or_try(name: &str, block: &Block, runner: &dyn Runner) {
    if let Some(path) = path_of(&block.text) {
        runner.write(path, &block.text);
    } else if block.text.contains("\nkind: EnforceIntents\n") {
        runner.write("function-config-of-the-page.yaml", &block.text);
        let tried = runner.bash(
            &["-c"],
            "enforce-intents render testdata/examples/tutorial --config function-config-of-the-page.yaml",
        );
        assert!(tried.is_success, "{name}:\n{}\n{}", block.text, tried.all);
    }
}

fn assert_excerpt(name: &str, excerpt: &str, output: &str) {
    let mut rest = output;
    for part in excerpt.split("...\n").filter(|part| !part.trim().is_empty()) {
        let Some((_, after)) = rest.split_once(part) else {
            panic!("{name}: this is not in the output:\n{part}\n{output}")
        };
        rest = after;
    }
}

/// The fenced blocks of a page.
pub(crate) fn blocks(name: &str, page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, Block)> = None;
    let mut before = "";
    let mut start = 0;
    for line in page.split_inclusive('\n') {
        let end = start + line.len();
        let bare = line.trim_start();
        let indentation = line.len() - bare.len();
        match open.take() {
            None => {
                if let Some(language) = bare.strip_prefix("```") {
                    let (language, marker) = (language.trim_end().to_owned(), before.trim().to_owned());
                    open = Some((indentation, Block { language, text: String::new(), marker, lines: end..end }));
                }
            }
            Some((_, mut block)) if bare.trim_end() == "```" => {
                block.lines.end = start;
                blocks.push(block);
            }
            Some((depth, mut block)) => {
                block.text.push_str(line.get(depth..).filter(|_| indentation >= depth).unwrap_or(bare));
                open = Some((depth, block));
            }
        }
        before = line;
        start = end;
    }
    assert!(open.is_none(), "{name}: a block is not closed");
    blocks
}
