//! Reachability against expectations that were made without this program.
//!
//! `testdata/reach` has cases written for this project: `input.yaml`, `facts.txt`, and optionally `settings.txt`
//! (`key=value` lines), `list.txt`, `exposure.txt` and `findings.txt` (codes). Where `ENFORCE_INTENTS_CORPUS` names a folder,
//! its `connectivity` runs too: `cases`, `e2e`, `diff` and `negative`. The counts are printed at the end.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout, reason = "a test program")]

mod connectivity {
    pub(crate) mod bundle;
    pub(crate) mod run;
}

use connectivity::run;
use libtest_mimic::{Arguments, Trial};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

type Check = fn(&Path) -> Result<(), String>;
type Counts = Arc<Mutex<BTreeMap<&'static str, (usize, usize)>>>;

fn main() {
    let arguments = Arguments::from_args();
    let counts = Counts::default();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/reach");
    let mut trials = trials_of(&own, "own", run::own, &counts);
    match std::env::var_os("ENFORCE_INTENTS_CORPUS") {
        Some(corpus) => {
            let corpus = Path::new(&corpus).join("connectivity");
            let kinds: [(&'static str, Check); 4] =
                [("cases", run::case), ("e2e", run::e2e), ("diff", run::diff), ("negative", run::negative)];
            for (kind, check) in kinds {
                trials.extend(trials_of(&corpus.join(kind), kind, check, &counts));
            }
        }
        None => println!("ENFORCE_INTENTS_CORPUS is not set: only the project's own cases run"),
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    for (kind, (passed, all)) in counts.lock().unwrap().iter() {
        println!("connectivity {kind}: {passed}/{all}");
    }
    conclusion.exit();
}

fn trials_of(folder: &Path, kind: &'static str, check: Check, counts: &Counts) -> Vec<Trial> {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "{} has no cases", folder.display());
    let trial = |case: PathBuf| {
        let (name, counts) = (case.file_name().unwrap().to_string_lossy().into_owned(), Arc::clone(counts));
        Trial::test(format!("{kind}::{name}"), move || {
            let result = check(&case);
            let mut counts = counts.lock().unwrap();
            let (passed, all) = counts.entry(kind).or_default();
            *all += 1;
            *passed += usize::from(result.is_ok());
            result.map_err(Into::into)
        })
    };
    cases.into_iter().map(trial).collect()
}
