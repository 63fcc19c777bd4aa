//! Folders to run the tools in, the tools themselves, and expected files.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Manifests with ClientIntents that the tools are run on.
#[derive(Clone)]
pub(crate) struct Manifests {
    /// Name in trials and expected files.
    pub(crate) name: &'static str,
    files: Vec<PathBuf>,
}

impl Manifests {
    /// Our own shop and, with a corpus, the online boutique.
    pub(crate) fn available() -> Vec<Self> {
        let mut all = vec![Self { name: "shop", files: yaml_files(&repository().join("testdata/examples/shop")) }];
        if let Some(corpus) = std::env::var_os("ENFORCE_INTENTS_CORPUS") {
            let boutique = Path::new(&corpus).join("apps/microservices-demo");
            let mut files = yaml_files(&boutique.join("input"));
            files.push(boutique.join("clientintents.yaml"));
            all.push(Self { name: "boutique", files });
        }
        all
    }

    /// Copies the files into a folder and gives their names.
    pub(crate) fn copy_to(&self, folder: &Path) -> Vec<String> {
        std::fs::create_dir_all(folder).unwrap();
        let name = |file: &PathBuf| file.file_name().unwrap().to_str().unwrap().to_owned();
        for file in &self.files {
            write(&folder.join(name(file)), &read(file));
        }
        self.files.iter().map(name).collect()
    }
}

/// The root of this repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// An empty folder for one trial.
pub(crate) fn folder(trial: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("e2e").join(trial);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub(crate) fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

pub(crate) fn write(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

/// Copies `fn-config/<tool>` and gives the functionConfig that profile.
pub(crate) fn copy_wiring(tool: &str, folder: &Path, profile: &str) {
    let wiring = repository().join("fn-config").join(tool);
    for entry in std::fs::read_dir(&wiring).unwrap() {
        let file = entry.unwrap().path();
        write(&folder.join(file.file_name().unwrap()), &read(&file));
    }
    let config = folder.join("enforce-intents.yaml");
    let text = read(&config);
    assert!(text.contains("spec: {}\n"), "{} has no place for the profile", config.display());
    write(&config, &text.replace("spec: {}\n", &format!("spec:\n  profile: {profile}\n")));
}

/// Copies every file below a folder.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    for (path, text) in tree(from) {
        write(&to.join(path), &text);
    }
}

/// Every file below a folder with its path there, sorted.
pub(crate) fn tree(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned(), read(&path)));
            }
        }
    }
    files.sort();
    files
}

/// Fails unless the tools that the trials need are on PATH, in the version that they were written for.
pub(crate) fn require_tools() {
    let version = |tool: &str| {
        let output = Command::new(tool).arg("version").output().unwrap_or_else(|error| panic!("{tool}: {error}"));
        assert!(output.status.success(), "{tool} version: {}", text(&output.stderr));
        text(&output.stdout).trim().to_owned()
    };
    assert_eq!(version("kustomize"), "v5.8.1", "wrong version of kustomize; `make e2e` installs the right one");
    assert!(version("kpt").starts_with("1."), "wrong version of kpt");
    assert!(version("podman").contains("Version:"), "wrong version of podman");
    assert!(version("helm").contains("v3."), "wrong version of helm; `make e2e` installs the right one");
    let kubectl = Command::new("kubectl").args(["version", "--client"]).output();
    assert!(kubectl.is_ok_and(|output| output.status.success()), "kubectl is missing");
}

/// A tool to run in a folder, with the program under test first on PATH and no standard input.
pub(crate) fn command(tool: &str, arguments: &[&str], folder: &Path) -> Command {
    command_with(tool, arguments, folder, &[])
}

/// The same with more folders in front of PATH.
pub(crate) fn command_with(tool: &str, arguments: &[&str], folder: &Path, first_on_path: &[&Path]) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_enforce-intents")).parent().unwrap();
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let folders = first_on_path.iter().map(|folder| folder.to_path_buf()).chain([program.to_path_buf()]);
    let path = std::env::join_paths(folders.chain(std::env::split_paths(&rest))).unwrap();
    let mut command = Command::new(tool);
    command.args(arguments).current_dir(folder).env("PATH", path).stdin(Stdio::null());
    command
}

/// Runs a tool in a folder, with the program under test first on PATH.
pub(crate) fn run(tool: &str, arguments: &[&str], folder: &Path) -> Output {
    output(command(tool, arguments, folder))
}

/// Runs a command to its end.
pub(crate) fn output(mut command: Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{:?}: {error}", command.get_program()))
}

/// Runs a command that must succeed, and gives its stdout.
pub(crate) fn success(command: Command) -> String {
    let shown = format!("{command:?}");
    let output = output(command);
    assert!(output.status.success(), "{shown} failed:\n{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Runs a tool that must succeed, and gives its stdout.
pub(crate) fn succeed(tool: &str, arguments: &[&str], folder: &Path) -> String {
    success(command(tool, arguments, folder))
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Compares with `testdata/e2e/<name>`, or writes it.
pub(crate) fn expect(name: &str, actual: &str) {
    let file = repository().join("testdata/e2e").join(name);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        write(&file, actual);
    }
    let expected = if file.exists() { read(&file) } else { String::new() };
    assert!(
        expected == actual,
        "{} differs from what came out:\n{}",
        file.display(),
        first_difference(&expected, actual)
    );
}

fn first_difference(expected: &str, actual: &str) -> String {
    let same = expected.lines().zip(actual.lines()).take_while(|(expected, actual)| expected == actual).count();
    let around = |text: &str| text.lines().skip(same.saturating_sub(3)).take(12).collect::<Vec<_>>().join("\n");
    format!("--- expected, from line {}\n{}\n--- actual\n{}", same + 1, around(expected), around(actual))
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} has no manifests", folder.display());
    files
}
