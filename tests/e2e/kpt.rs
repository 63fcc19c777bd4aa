//! kpt, with the pipeline of `fn-config/kpt`.

use super::additions::additions;
use super::sandbox::{Manifests, copy_wiring, expect, folder, read, run, succeed, text, tree, write};
use crate::trial;
use libtest_mimic::Trial;
use std::path::{Path, PathBuf};

/// Rendered in place, three times: the first run writes, the others change nothing.
pub(crate) fn trials(manifests: &Manifests) -> Vec<Trial> {
    ["classic", "v2"]
        .map(|profile| {
            let manifests = manifests.clone();
            let name = format!("kpt/{}-{profile}", manifests.name);
            trial(name.replace('/', "::"), move || {
                let package = package(&manifests, profile, &name);
                let baseline = tree(&package);
                render(&package);
                let first = tree(&package);
                if manifests.name == "shop" {
                    // Its flow maps grow within their lines, so the package is compared whole.
                    let whole: String = first.iter().map(|(path, text)| format!("=== {path}\n{text}")).collect();
                    expect(&format!("{name}.txt"), &whole);
                } else {
                    let report = package_additions(&baseline, &first).unwrap_or_else(|fault| panic!("{fault}"));
                    expect(&format!("{name}.additions"), &report);
                }
                for again in ["second", "third"] {
                    render(&package);
                    assert!(tree(&package) == first, "the {again} run changed the package");
                }
            })
        })
        .into()
}

/// What happens to a package between one render and the next.
pub(crate) fn life_of_a_package() -> Vec<Trial> {
    let shop = || Manifests::available().remove(0);
    let rendered = move |name: &str| {
        let package = package(&shop(), "classic", &format!("kpt/{name}"));
        render(&package);
        package
    };
    vec![
        trial("kpt::moved_and_commented_policies_stay".into(), move || {
            let package = rendered("moved");
            let generated = package.join("shop/networkpolicy_access-to-orders-from-shop.yaml");
            let moved = package.join("policies/orders.yaml");
            let commented = format!("# Reviewed by the platform team.\n{}", read(&generated));
            write(&moved, &commented);
            std::fs::remove_file(&generated).unwrap();
            render(&package);
            assert_eq!(read(&moved), commented);
            assert!(!generated.exists(), "the moved policy was written a second time");
        }),
        trial("kpt::a_removed_intent_takes_its_policy_and_labels".into(), move || {
            let package = rendered("removed");
            let intents = package.join("clientintents.yaml");
            let text = read(&intents);
            let call = "  calls:\n  - name: svc:database\n";
            assert!(text.contains(call));
            write(&intents, &text.replace(call, "  calls: []\n"));
            let policy = package.join("shop/networkpolicy_svc-access-to-database-from-shop.yaml");
            assert!(policy.exists());
            assert!(read(&package.join("orders.yaml")).contains("intents.otterize.com/svc-access-"));
            render(&package);
            assert!(!policy.exists(), "the policy is still there");
            assert!(!read(&package.join("orders.yaml")).contains("intents.otterize.com/svc-access-"));
            assert!(package.join("shop/networkpolicy_access-to-orders-from-shop.yaml").exists());
        }),
        trial("kpt::a_hand_written_policy_of_the_same_name_is_an_error".into(), move || {
            let package = package(&shop(), "classic", "kpt/hand-written");
            let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: access-to-orders-from-shop\n  namespace: shop\nspec:\n  podSelector: {}\n";
            write(&package.join("own.yaml"), policy);
            let before = tree(&package);
            let output = run("kpt", &["fn", "render", "--allow-exec"], &package);
            assert!(!output.status.success(), "kpt succeeded");
            let shown = text(&output.stderr);
            assert!(shown.contains("access-to-orders-from-shop") && shown.contains("own.yaml"), "{shown}");
            assert!(tree(&package) == before, "the failing run changed the package");
        }),
    ]
}

/// A package that kpt has formatted already, so that what changes from here on is ours.
fn package(manifests: &Manifests, profile: &str, name: &str) -> PathBuf {
    let package = folder(name);
    manifests.copy_to(&package);
    copy_wiring("kpt", &package, profile);
    let kptfile = package.join("Kptfile");
    let wiring = read(&kptfile);
    assert!(wiring.contains("exec: enforce-intents "), "the wiring does not run the program");
    write(&kptfile, &wiring.replace("exec: enforce-intents ", "exec: cat "));
    render(&package);
    write(&kptfile, &read(&kptfile).replace("exec: cat ", "exec: enforce-intents "));
    package
}

fn render(package: &Path) {
    succeed("kpt", &["fn", "render", "--allow-exec"], package);
}

/// File by file what [`additions`] says; a file that the baseline has not is a new policy.
fn package_additions(baseline: &[(String, String)], after: &[(String, String)]) -> Result<String, String> {
    let text_of = |files: &[(String, String)], path: &str| {
        files.iter().find(|(other, _)| other == path).map(|(_, text)| text.clone()).unwrap_or_default()
    };
    if let Some((lost, _)) = baseline.iter().find(|(path, _)| !after.iter().any(|(other, _)| other == path)) {
        return Err(format!("{lost} is gone"));
    }
    let mut report = String::new();
    for (path, text) in after {
        let added = additions(&text_of(baseline, path), text).map_err(|fault| format!("{path}: {fault}"))?;
        if !added.is_empty() {
            report.push_str(&format!("=== {path}\n{added}"));
        }
    }
    Ok(report)
}
