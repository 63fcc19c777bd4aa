//! Golden cases: a folder per case with `input.yaml`, `expected.yaml` and `notes.md` (format: `testdata/golden/README.md`).
//!
//! Runs `testdata/golden` and, where `ENFORCE_INTENTS_CORPUS` names a folder, its `golden` too. Each case runs twice, as a
//! manifest stream through `render` and as a ResourceList through the function, and both must give what is expected.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failing test may panic"
)]

mod common;
mod golden {
    pub(crate) mod compare;
    pub(crate) mod run;
}

use libtest_mimic::{Arguments, Trial};
use std::path::{Path, PathBuf};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = trials_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/golden"), "own");
    if let Some(corpus) = std::env::var_os("ENFORCE_INTENTS_CORPUS") {
        trials.extend(trials_of(&Path::new(&corpus).join("golden"), "corpus"));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn trials_of(folder: &Path, label: &str) -> Vec<Trial> {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("expected.yaml").exists())
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "{} has no cases", folder.display());
    cases
        .into_iter()
        .flat_map(|case| {
            let name = case.file_name().unwrap().to_string_lossy().into_owned();
            let again = case.clone();
            [
                Trial::test(format!("{label}::render::{name}"), move || golden::run::render(&case).map_err(Into::into)),
                Trial::test(format!("{label}::function::{name}"), move || {
                    golden::run::function(&again).map_err(Into::into)
                }),
            ]
        })
        .collect()
}
