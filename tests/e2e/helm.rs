//! Helm with the program as post-renderer and behind it, on a chart with a hook, a CRD and notes.

use super::sandbox::{copy_folder, expect, folder, repository, run, succeed, text, write};
use crate::trial;
use libtest_mimic::Trial;
use std::path::Path;

const TEMPLATE: [&str; 6] = ["template", "mail", "chart", "--namespace", "post", "--include-crds"];
const POST_RENDERER: [&str; 8] = [
    "--post-renderer",
    "enforce-intents",
    "--post-renderer-args",
    "render",
    "--post-renderer-args",
    "--namespace",
    "--post-renderer-args",
    "post",
];

/// Copies our chart into a folder.
pub(crate) fn copy_chart(folder: &Path) {
    copy_folder(&repository().join("testdata/e2e/helm/chart"), folder);
}

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("helm::post_renderer".into(), || {
            let root = with_chart("helm/post-renderer");
            let baseline = succeed("helm", &TEMPLATE, &root);
            let output = succeed("helm", &[TEMPLATE.as_slice(), &POST_RENDERER].concat(), &root);
            // Hooks come through as they were: Helm 3 keeps them from post-renderers.
            let hook = document(&baseline, "kind: Job\n");
            assert_eq!(document(&output, "kind: Job\n"), hook);
            let crd = document(&baseline, "kind: CustomResourceDefinition\n");
            assert_eq!(document(&output, "kind: CustomResourceDefinition\n"), crd);
            expect("helm/post-renderer.yaml", &output);
        }),
        trial("helm::render_run".into(), || {
            let root = with_chart("helm/run");
            let baseline = succeed("helm", &TEMPLATE, &root);
            let arguments = [["render", "--namespace", "post", "--run", "helm"].as_slice(), &TEMPLATE].concat();
            let output = succeed("enforce-intents", &arguments, &root);
            // Nothing is lost on the way, and the hook is labelled like everything else.
            expect("helm/run.yaml", &output);
            // The same through a pipe.
            write(&root.join("manifests.yaml"), &baseline);
            assert_eq!(succeed("enforce-intents", &["render", "--namespace", "post", "manifests.yaml"], &root), output);
        }),
        trial("helm::a_failing_post_renderer_fails_helm".into(), || {
            let root = with_chart("helm/failing");
            let intents = root.join("chart/templates/clientintents.yaml");
            write(&intents, &super::sandbox::read(&intents).replace("targets:", "target:"));
            let output = run("helm", &[TEMPLATE.as_slice(), &POST_RENDERER].concat(), &root);
            assert!(!output.status.success() && output.stdout.is_empty(), "{}", text(&output.stdout));
            assert!(text(&output.stderr).contains("target"), "{}", text(&output.stderr));
        }),
    ]
}

fn with_chart(name: &str) -> std::path::PathBuf {
    let root = folder(name);
    copy_chart(&root.join("chart"));
    root
}

/// The one document with that line.
fn document<'t>(stream: &'t str, line: &str) -> &'t str {
    let mut found = stream.split("---\n").filter(|document| document.contains(line));
    let first = found.next().unwrap_or_else(|| panic!("{line} is missing in\n{stream}"));
    assert!(found.next().is_none(), "{line} is there twice in\n{stream}");
    first.trim()
}
