//! The pages about tools, word for word, as `tests/common/page.rs` says.

use super::containers::{FUNCTION, Podman, SIDECAR, StandIn};
use super::sandbox::{command_with, copy_folder, folder, output, read, repository, text, write};
use crate::page::{PAGES_OF_TOOLS, Printed, Runner, follow};
use crate::trial;
use libtest_mimic::Trial;
use std::path::PathBuf;

pub(crate) fn trials() -> Vec<Trial> {
    PAGES_OF_TOOLS.map(|page| trial(format!("docs::{page}"), move || try_page(page))).into()
}

fn try_page(page: &str) {
    let root = folder(&format!("docs/{page}"));
    for part in ["fn-config", "testdata/examples", "testdata/e2e/helm/chart"] {
        copy_folder(&repository().join(part), &root.join(part));
    }
    let tools = Tools { root, stand_in: StandIn::new(folder(&format!("docs/bin-{page}"))) };
    let name = format!("docs/{page}.md");
    let text = read(&repository().join(&name));
    let (updated, commands) = follow(&name, &text, &tools);
    assert!(commands > 0, "{name} has no commands");
    assert_eq!(updated, text, "{name} shows another output");
}

/// The program, the real tools, and a `docker` that runs podman.
struct Tools {
    root: PathBuf,
    stand_in: StandIn,
}

impl Runner for Tools {
    fn bash(&self, options: &[&str], script: &str) -> Printed {
        let script = with_tested_images(script);
        let arguments = [options, &[script.as_str()]].concat();
        let command = command_with("bash", &arguments, &self.root, &[&self.stand_in.folder]);
        let mut command = Podman::shared().configured(command);
        command.env("KPT_FN_RUNTIME", "podman").env("KRM_FN_RUNTIME", "podman");
        let output = output(command);
        let stdout = text(&output.stdout).to_string();
        let all = format!("{stdout}{}", text(&output.stderr));
        Printed { is_success: output.status.success(), stdout, all }
    }

    fn write(&self, path: &str, text: &str) {
        write(&self.root.join(path), &with_tested_images(text));
    }
}

/// The images of the tests instead of those of the current version: a page that names another version fails.
fn with_tested_images(text: &str) -> String {
    let version = concat!("v", env!("CARGO_PKG_VERSION"));
    text.replace(&format!("localhost/enforce-intents:{version}"), FUNCTION)
        .replace(&format!("localhost/enforce-intents-cmp:{version}"), SIDECAR)
}
