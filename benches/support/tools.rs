//! kustomize and kpt with our function, beside the same with a function that prints what ours printed.

use super::measure::{Contender, Figures, race};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Times of one tool.
pub(crate) struct ToolFigures {
    pub(crate) tool: &'static str,
    pub(crate) ours: Figures,
    pub(crate) replay: Figures,
}

/// Runs the tools that are there on a package.
pub(crate) fn tools(program: &Path, package: &Path, folder: &Path, rounds: usize) -> Vec<ToolFigures> {
    let kustomize = ["build", "--enable-alpha-plugins", "--enable-exec", "."];
    let kpt = ["fn", "render", ".", "--allow-exec", "-o", "stdout"];
    let mut figures = Vec::new();
    for (tool, arguments) in [("kustomize", &kustomize[..]), ("kpt", &kpt[..])] {
        if Command::new(tool).arg("version").output().is_err() {
            println!("{tool} is not on PATH: left out");
            continue;
        }
        let folder = folder.join(tool);
        let start = prepare(tool, package, &folder);
        let recorded = folder.join("recorded.yaml");
        let (input, output) = (recorded.display(), program.display());
        let record = script(&folder.join("record"), &format!("{output} > {input} && cat {input}"));
        let replay = script(&folder.join("replay"), &format!("cat > /dev/null; exec cat {input}"));
        let contender = |name: &str, path: &Path| {
            let path = format!("PATH={}:{}", path.display(), std::env::var("PATH").unwrap_or_default());
            let mut all = vec![path.as_str(), tool];
            all.extend(arguments);
            Contender::new(name, "/usr/bin/env", &all)
        };
        // Records on the way.
        race(&[contender("record", &record)], &start.join("Kptfile"), &start, 0);
        let real = program.parent().expect("a program is in a folder");
        let both = [contender("ours", real), contender("replay", &replay)];
        let mut raced = race(&both, &start.join("Kptfile"), &start, rounds).into_iter();
        if let (Some(ours), Some(replay)) = (raced.next(), raced.next()) {
            figures.push(ToolFigures { tool, ours, replay });
        }
    }
    figures
}

/// A folder with an executable `enforce-intents` that does that.
fn script(folder: &Path, body: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let file = folder.join("enforce-intents");
    write(&file, &format!("#!/bin/sh\n{body}\n"));
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&file, permissions).expect("the script was written");
    folder.to_owned()
}

/// Copies the package with the wiring of the tool; gives the folder to start the tool in.
fn prepare(tool: &str, package: &Path, folder: &Path) -> PathBuf {
    let _ = std::fs::remove_dir_all(folder);
    let wiring = Path::new(env!("CARGO_MANIFEST_DIR")).join("fn-config").join(tool);
    let (base, start) = match tool {
        "kustomize" => (folder.join("base"), folder.join("overlay")),
        _ => (folder.join("package"), folder.join("package")),
    };
    let files = copy(package, &base);
    if tool == "kustomize" {
        let resources: String = files.iter().map(|file| format!("- {file}\n")).collect();
        write(&base.join("kustomization.yaml"), &format!("resources:\n{resources}"));
        write(&start.join("Kptfile"), "");
    }
    copy(&wiring, &start);
    start
}

/// Copies the files of a folder and gives the names of those that are YAML.
fn copy(from: &Path, to: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let path = entry.expect("a readable folder").path();
        let Some(name) = path.file_name().filter(|_| path.is_file()) else { continue };
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        write(&to.join(name), &text);
        let name = name.to_string_lossy().into_owned();
        if name.ends_with(".yaml") {
            names.push(name);
        }
    }
    names.sort();
    names
}

pub(crate) fn write(file: &Path, text: &str) {
    let folder = file.parent().expect("a file is in a folder");
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(file, text))
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}
