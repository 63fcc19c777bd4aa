//! Keeps the architecture that `src/lib.rs` describes: who may import whom, who may name which crate, who may do I/O.
//!
//! It reads the source as text. Test modules are exempt: a test may look at its stage from any side.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failing test may panic"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Top-level module -> what it may import. A file of its own in this table is judged by its own row.
const IMPORTS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("source", &[]),
    ("groups", &[]),
    ("threads", &[]),
    ("diag", &["model", "source"]),
    ("config", &["model", "diag", "read", "source"]),
    ("read", &["model", "diag", "source", "threads"]),
    ("understand", &["model", "diag", "source", "config", "read", "groups", "threads"]),
    ("plan", &["model", "diag", "config", "groups", "threads"]),
    ("verify", &["model", "diag", "config", "plan"]),
    ("verify/output.rs", &["model", "diag", "config", "plan", "source", "read", "write", "threads"]),
    ("verify/output/compare.rs", &["read", "write"]),
    ("verify/output/cut.rs", &["read", "write"]),
    ("verify/output/excerpt.rs", &["read", "write"]),
    ("write", &["model", "diag", "config", "source", "read", "plan", "threads"]),
    ("suggest", &["model", "diag", "config", "source", "read", "verify"]),
    ("report", &["model", "diag", "source", "read", "verify"]),
    ("report/suggest.rs", &["model", "read", "suggest", "write"]),
    ("outcome", &["diag", "read"]),
    ("compile", &["model", "diag", "config", "source", "read", "understand", "plan", "verify"]),
    ("function", &["model", "diag", "config", "read", "plan", "write", "verify", "report", "compile", "outcome"]),
    ("rendering", &["diag", "source", "read", "write", "verify", "compile", "outcome"]),
    ("judging", &["model", "diag", "config", "source", "read", "understand", "suggest", "verify", "compile"]),
];

/// Text -> files and folders that may have it. Everything else in `src/` may not.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("granit_parser", &["read/parser.rs"]),
    ("annotate_snippets", &["report/human.rs"]),
    ("anstream", &["report/human.rs"]),
    ("clap", &["cli.rs", "cli/"]),
    ("std::fs", &["cli/", "read/files.rs"]),
    ("std::env", &["cli.rs", "cli/"]),
    ("std::process", &["main.rs", "cli.rs", "cli/"]),
    ("std::io::stdin", &["cli/"]),
    ("std::io::stdout", &["cli/"]),
    ("io::stdin()", &["cli/"]),
    ("io::stdout()", &["cli/"]),
    ("io::stderr()", &["cli/"]),
    ("std::thread", &["threads.rs"]),
    ("TcpStream", &[]),
    ("UdpSocket", &[]),
    ("SystemTime", &[]),
    ("Instant::now", &[]),
    ("HashMap", &[]),
    ("HashSet", &[]),
    ("RandomState", &[]),
];

#[test]
fn imports_go_one_way() {
    let faults: Vec<String> = sources()
        .iter()
        .filter_map(|(file, code)| Some((file, code, allowed_imports(file)?)))
        .flat_map(|(file, code, allowed)| {
            let own = top_level_module(file);
            imported_modules(&module_path(file), code)
                .into_iter()
                .filter(|module| *module != own && !allowed.contains(&module.as_str()))
                .map(|module| format!("src/{file} imports {module}"))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(faults.is_empty(), "forbidden imports:\n{}", faults.join("\n"));
}

#[test]
fn every_module_has_a_row() {
    let known: BTreeSet<String> = IMPORTS
        .iter()
        .map(|(module, _)| (*module).to_owned())
        .chain(["lib", "main", "cli"].map(str::to_owned))
        .collect();
    let modules: BTreeSet<String> = sources().iter().map(|(file, _)| top_level_module(file)).collect();
    assert_eq!(modules.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new(), "modules without a rule");
}

#[test]
fn crates_and_system_calls_stay_in_their_files() {
    let faults: Vec<String> = sources()
        .iter()
        .flat_map(|(file, code)| {
            ONLY_IN
                .iter()
                .filter(|(text, _)| mentions(code, text))
                .filter(|(_, places)| !places.iter().any(|place| file == place || file.starts_with(place)))
                .map(|(text, _)| format!("src/{file} names {text}"))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(faults.is_empty(), "named where it may not be:\n{}", faults.join("\n"));
}

#[test]
fn the_scanner_sees_every_form_of_import() {
    let modules = |code: &str| imported_modules(&["plan".into(), "rules".into()], code).into_iter().collect::<Vec<_>>();
    assert_eq!(modules("use crate::read::tree::Node;"), ["read"]);
    assert_eq!(modules("use crate::{model::{a, b}, write, self};"), ["model", "write"]);
    assert_eq!(modules("fn f(_: crate::source::SourceId) {}"), ["source"]);
    assert_eq!(modules("pub(crate) fn f() {}"), Vec::<String>::new());
    assert_eq!(modules("use super::labels;"), ["plan"]);
    assert_eq!(modules("use super::super::write::edit;"), ["write"]);
    assert_eq!(modules("use super::super::{write, diag::Code};"), ["diag", "write"]);
    let stripped = code_without_comments_and_tests(
        "//! [`crate::read`]\nuse crate::diag; // crate::write\n#[cfg(test)]\nmod tests;\nuse crate::plan;\n#[cfg(test)]\nmod tests {\nuse crate::cli; }\n",
    );
    assert_eq!(modules(&stripped), ["diag", "plan"]);
    assert!(mentions("use std::{fs, io};", "std::fs"));
    assert!(mentions("use std::collections::{BTreeMap, HashMap};", "HashMap"));
    assert!(!mentions("fn clapped() {}", "clap"));
}

/// Every file of `src/` with its path there and its code without comments and tests.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(files.len() > 10, "src/ was not found");
    files
        .iter()
        .map(|path| (path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned(), path))
        .filter(|(file, _)| !file.ends_with("tests.rs") && !file.contains("/tests/"))
        .map(|(file, path)| (file, code_without_comments_and_tests(&std::fs::read_to_string(path).unwrap())))
        .collect()
}

/// Comments go line by line; an inline test module is the last thing in its file.
fn code_without_comments_and_tests(text: &str) -> String {
    let mut code = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            code.push(line.split_once("//").map_or(line, |(code, _)| code));
            continue;
        }
        let module = lines.next().unwrap_or_default().trim();
        assert!(module.contains("mod "), "only whole modules are for tests alone, not {module:?}");
        if module.ends_with('{') {
            break;
        }
    }
    code.join("\n")
}

fn allowed_imports(file: &str) -> Option<&'static [&'static str]> {
    let row = |name: &str| IMPORTS.iter().find(|(module, _)| *module == name).map(|(_, allowed)| *allowed);
    row(file).or_else(|| row(&top_level_module(file)))
}

fn top_level_module(file: &str) -> String {
    module_path(file)[0].clone()
}

/// `plan/rules.rs` -> `plan`, `rules`.
fn module_path(file: &str) -> Vec<String> {
    file.trim_end_matches(".rs").split('/').map(str::to_owned).collect()
}

/// Top-level modules that the code of the module at `path` names through `crate::` or `super::`.
fn imported_modules(path: &[String], code: &str) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    for (start, _) in code.match_indices("crate::") {
        if starts_word(code, start) {
            modules.extend(first_segments(&code[start + "crate::".len()..]));
        }
    }
    for (start, _) in code.match_indices("super::") {
        if !starts_word(code, start) || code[..start].ends_with("super::") {
            continue;
        }
        let mut rest = &code[start..];
        let mut ups = 0;
        while let Some(shorter) = rest.strip_prefix("super::") {
            rest = shorter;
            ups += 1;
        }
        if ups < path.len() {
            modules.insert(path[0].clone());
        } else {
            modules.extend(first_segments(rest));
        }
    }
    modules
}

fn starts_word(code: &str, start: usize) -> bool {
    !code[..start].ends_with(|character: char| character.is_alphanumeric() || character == '_')
}

/// `read::tree` -> `read`; `{model::{a, b}, write}` -> `model`, `write`.
fn first_segments(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else { return identifier(rest).into_iter().collect() };
    let mut segments = Vec::new();
    let mut depth = 0;
    let mut at_start = true;
    for (index, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            _ if at_start && depth == 0 && !character.is_whitespace() => {
                segments.extend(identifier(&group[index..]));
                at_start = false;
            }
            _ => {}
        }
    }
    segments
}

/// Modules only: types at the crate's root and `self` are not modules.
fn identifier(text: &str) -> Option<String> {
    let end = text.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(text.len());
    let name = &text[..end];
    (name.starts_with(|first: char| first.is_lowercase()) && name != "self").then(|| name.to_owned())
}

/// Whether the code has the text as a whole word; `std::fs` also in the form `use std::{fs, ...}`.
fn mentions(code: &str, text: &str) -> bool {
    let whole = code.match_indices(text).any(|(start, _)| {
        let ends_word = !code[start + text.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_');
        starts_word(code, start) && ends_word
    });
    let grouped = text.strip_prefix("std::").is_some_and(|name| {
        code.match_indices("use std::{")
            .any(|(start, _)| first_segments(&code[start + "use std::".len()..]).iter().any(|segment| segment == name))
    });
    whole || grouped
}
