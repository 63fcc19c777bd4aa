//! Edits before and after: a folder per case in `testdata/edit` with `before.yaml`, `change.txt` and `after.yaml`, compared byte
//! by byte (format: `testdata/edit/README.md`). `UPDATE_EXPECTED=1` writes what comes out; read the diff before you keep it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failing test may panic"
)]

mod edit {
    pub(crate) mod case;
}

use libtest_mimic::{Arguments, Trial};
use std::path::{Path, PathBuf};

fn main() {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/edit");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "{} has no cases", folder.display());
    let trials = cases.into_iter().map(|case| {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        Trial::test(name, move || edit::case::run(&case).map_err(Into::into))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}
