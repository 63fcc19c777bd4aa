//! kustomize, with the overlay of `fn-config/kustomize` outermost.

use super::additions::additions;
use super::sandbox::{Manifests, copy_wiring, expect, folder, read, succeed, write};
use crate::trial;
use libtest_mimic::Trial;
use std::path::Path;

/// What a kustomization does to names: of a layer between base and overlay, if any, and of the overlay itself.
struct Variant {
    name: &'static str,
    middle: Option<&'static str>,
    overlay: &'static str,
}

const VARIANTS: [Variant; 5] = [
    Variant { name: "plain", middle: None, overlay: "" },
    Variant { name: "prefix", middle: None, overlay: "namePrefix: eu-\n" },
    Variant { name: "suffix", middle: None, overlay: "nameSuffix: -v2\n" },
    Variant { name: "namespace", middle: None, overlay: "namespace: production\n" },
    Variant {
        name: "two-layers",
        middle: Some("namePrefix: eu-\nnamespace: staging\n"),
        overlay: "namePrefix: acme-\nnameSuffix: -v2\nnamespace: production\n",
    },
];

pub(crate) fn trials(manifests: &Manifests) -> Vec<Trial> {
    let mut trials = Vec::new();
    for variant in &VARIANTS {
        for profile in ["classic", "v2"] {
            let manifests = manifests.clone();
            let name = format!("kustomize/{}-{}-{profile}", manifests.name, variant.name);
            trials.push(trial(name.replace('/', "::"), move || build(&manifests, variant, profile, &name)));
        }
    }
    trials
}

fn build(manifests: &Manifests, variant: &Variant, profile: &str, name: &str) {
    let root = folder(name);
    let files = manifests.copy_to(&root.join("base"));
    let resources: String = files.iter().map(|file| format!("- {file}\n")).collect();
    write(&root.join("base/kustomization.yaml"), &format!("resources:\n{resources}"));
    let overlay = root.join("overlay");
    copy_wiring("kustomize", &overlay, profile);
    let kustomization = overlay.join("kustomization.yaml");
    let mut text = read(&kustomization);
    assert!(text.contains("- ../base\n"), "the wiring does not name its base");
    if let Some(middle) = variant.middle {
        write(&root.join("middle/kustomization.yaml"), &format!("{middle}resources:\n- ../base\n"));
        text = text.replace("- ../base\n", "- ../middle\n");
    }
    text.push_str(variant.overlay);
    write(&kustomization, &text);

    let output = kustomize_build(&overlay);
    write(&kustomization, &text.replace("transformers:\n- enforce-intents.yaml\n", ""));
    let baseline = kustomize_build(&overlay);
    let report = additions(&baseline, &output).unwrap_or_else(|fault| panic!("{fault}"));
    assert!(report.contains("kind: NetworkPolicy"), "no policies");
    if manifests.name == "shop" {
        expect(&format!("{name}.yaml"), &output);
    } else {
        // Other people's manifests stay where they are: only what the program adds to them is kept here.
        expect(&format!("{name}.additions"), &report);
    }
}

fn kustomize_build(overlay: &Path) -> String {
    succeed("kustomize", &["build", "--enable-alpha-plugins", "--enable-exec", "."], overlay)
}
