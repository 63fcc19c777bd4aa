//! The program behind the real kustomize, kpt and Helm and under Argo CD's plugin contract, with the wiring that `fn-config/` ships. Run by `make e2e`.
//!
//! Whole outputs are compared with the files in `testdata/e2e/`; `UPDATE_EXPECTED=1` writes them anew. A missing tool fails.
//! Where `ENFORCE_INTENTS_CORPUS` names a folder, its online boutique goes through the same tools.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failing test may panic"
)]

mod e2e {
    pub(crate) mod additions;
    pub(crate) mod argocd;
    pub(crate) mod containers;
    pub(crate) mod docs;
    pub(crate) mod examples;
    pub(crate) mod graph;
    pub(crate) mod helm;
    pub(crate) mod image;
    pub(crate) mod kpt;
    pub(crate) mod kustomize;
    #[path = "../examples/package.rs"]
    pub(crate) mod package;
    pub(crate) mod pipelines;
    pub(crate) mod sandbox;
    pub(crate) mod yaml11;
}

#[path = "common/page.rs"]
mod page;

use e2e::sandbox::Manifests;
use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    e2e::sandbox::require_tools();
    let mut trials = Vec::new();
    for manifests in Manifests::available() {
        trials.extend(e2e::kustomize::trials(&manifests));
        trials.extend(e2e::kpt::trials(&manifests));
        trials.extend(e2e::image::trials(&manifests));
    }
    trials.extend(e2e::image::images());
    trials.extend(e2e::argocd::trials());
    trials.extend(e2e::helm::trials());
    trials.extend(e2e::docs::trials());
    trials.extend(e2e::examples::trials());
    trials.extend(e2e::pipelines::trials());
    trials.extend(e2e::kpt::life_of_a_package());
    trials.extend(e2e::graph::trials());
    trials.extend(e2e::additions::trials());
    trials.extend(e2e::yaml11::trials());
    libtest_mimic::run(&arguments, trials).exit();
}

/// A trial that fails by panicking, like a plain test.
fn trial(name: String, run: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        run();
        Ok(())
    })
}
