//! `check --rendered`: the output of a run is recognised, and everything that is not one is a finding.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failing test may panic")]

use enforce_intents::read::files;
use enforce_intents::source::SourceText;
use enforce_intents::{Settings, Subject, bundle, render};
use std::path::PathBuf;

fn sources(paths: &[&str]) -> Vec<SourceText> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let paths: Vec<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
    let (sources, findings) = files::read(&paths, &mut std::io::empty());
    assert!(!findings.has_errors());
    sources
}

fn settings(fields: &[(&str, &str)]) -> Settings {
    let set = fields.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Settings { set, ..Settings::default() }
}

fn rendered(path: &str, fields: &[(&str, &str)]) -> String {
    render(sources(&[path]), settings(fields)).output.unwrap_or_else(|| panic!("{path} cannot be rendered"))
}

/// The findings that `--rendered` adds, one per line.
fn judged(stream: &str, fields: &[(&str, &str)]) -> String {
    let (sources, _) = files::read(&[], &mut stream.as_bytes());
    let findings = bundle(sources, settings(fields), Subject::Output).findings.0;
    let ours = ["not-rendered", "stale-render", "render-not-compared", "intents-hidden"];
    let ours = findings.into_iter().filter(|finding| ours.contains(&finding.code.name()));
    ours.map(|finding| format!("{} {}: {}\n", finding.severity.as_str(), finding.code.name(), finding.message))
        .collect()
}

const TUTORIAL: &str = "testdata/examples/tutorial";

#[test]
fn outputs_of_runs_are_recognised() {
    for path in [TUTORIAL, "testdata/examples/shop"] {
        for fields in [
            [].as_slice(),
            &[("profile", "v2"), ("enableEgressNetworkPolicyCreation", "true")],
            &[("enableNetworkPolicyCreation", "false")],
            &[("labelWorkloads", "involved"), ("policyNameSuffix", "-a"), ("argocdSyncWave", "1")],
            &[("mode", "defaultShadow")],
            &[("selectors", "native")],
            &[("staged", "calico"), ("profile", "v2")],
            &[("staged", "calico"), ("selectors", "native")],
        ] {
            // The shop has a CronJob whose pods have no label to select them by.
            if path != TUTORIAL && fields.contains(&("selectors", "native")) {
                continue;
            }
            assert_eq!(judged(&rendered(path, fields), fields), "", "{path} {fields:?}");
        }
    }
}

#[test]
fn a_stream_without_anything_of_ours_was_not_rendered() {
    let skipped: String = sources(&[TUTORIAL]).iter().map(|source| format!("{}\n---\n", source.text)).collect();
    assert_eq!(
        judged(&skipped, &[]),
        "error not-rendered: no pod has a label that a run writes, and a policy is missing: the function did not run\n"
    );
    assert_eq!(
        judged(&skipped, &[("enableNetworkPolicyCreation", "false")]),
        "error not-rendered: no pod has a label that a run writes: the function did not run\n"
    );
    assert_eq!(
        judged(&skipped, &[("selectors", "native")]),
        "error not-rendered: a policy is missing: the function did not run\n"
    );
    // Nothing that could be labelled or asked for: nothing is missing.
    assert_eq!(judged("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n", &[]), "");
    assert_eq!(
        judged(
            "apiVersion: k8s.otterize.com/v2beta1\nkind: ClientIntents\nmetadata: {name: a, namespace: b}\nspec: {workload: {name: a}, targets: [{kubernetes: {name: c}}]}\n",
            &[]
        ),
        "error not-rendered: a policy is missing: the function did not run\n"
    );
}

#[test]
fn what_a_run_would_change_is_named() {
    let good = rendered(TUTORIAL, &[]);
    let access = "intents.otterize.com/access-server-otterize-tutorial-np-7e16db: \"true\"\n";
    let replaced = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    let policy = good.rfind("---\n").unwrap();
    for (stream, fields, expected) in [
        (
            replaced(&format!("        {access}"), ""),
            [].as_slice(),
            "error stale-render: Deployment otterize-tutorial-npol/client lacks the label intents.otterize.com/access-server-otterize-tutorial-np-7e16db=true\n",
        ),
        (
            good.get(..policy).unwrap().to_owned(),
            &[],
            "error stale-render: NetworkPolicy otterize-tutorial-npol/access-to-server-from-otterize-tutorial-npol is missing\n",
        ),
        (
            replaced("  policyTypes:\n  - Ingress\n", "  policyTypes:\n  - Ingress\n  - Egress\n"),
            &[],
            "error stale-render: NetworkPolicy otterize-tutorial-npol/access-to-server-from-otterize-tutorial-npol is not what a run would write\n",
        ),
        (
            replaced("  - kubernetes:\n      name: server\n", "  - kubernetes:\n      name: client-other\n"),
            &[],
            "error stale-render: Deployment otterize-tutorial-npol/client lacks the label intents.otterize.com/access-client-other-otterize-tutorial-np-e76ee2=true and has the stale label intents.otterize.com/access-server-otterize-tutorial-np-7e16db\n\
             error stale-render: NetworkPolicy otterize-tutorial-npol/access-to-client-other-from-otterize-tutorial-npol is missing\n\
             error stale-render: NetworkPolicy otterize-tutorial-npol/access-to-server-from-otterize-tutorial-npol is not asked for by any intent\n",
        ),
        (
            replaced("    intents.otterize.com/namespace-name: otterize-tutorial-npol\n", ""),
            &[],
            "error stale-render: Namespace otterize-tutorial-npol lacks the label intents.otterize.com/namespace-name=otterize-tutorial-npol\n",
        ),
        // What the API server would refuse is not what a run writes, though its text is.
        (
            replaced(access.trim_end(), &access.trim_end().replace('"', "")),
            &[],
            "error stale-render: Deployment otterize-tutorial-npol/client lacks the label intents.otterize.com/access-server-otterize-tutorial-np-7e16db=true\n",
        ),
        (
            replaced("  policyTypes:\n  - Ingress\n", "  policyTypes: Ingress\n"),
            &[],
            "error stale-render: NetworkPolicy otterize-tutorial-npol/access-to-server-from-otterize-tutorial-npol is not what a run would write\n",
        ),
        // The configuration of the run is part of the question, and `rules` holds for the answer.
        (
            good.clone(),
            &[("policyNameSuffix", "-a")],
            "error stale-render: NetworkPolicy otterize-tutorial-npol/access-to-server-from-otterize-tutorial-npol-a is missing\n",
        ),
    ] {
        assert_eq!(judged(&stream, fields), expected);
    }
}

#[test]
fn streams_that_cannot_be_compared_are_said_to_be_so() {
    let hidden = "warning render-not-compared: whether the stream is up to date is not known: the stream has generated policies and no ClientIntents that could ask for them\n";
    let local = rendered("testdata/examples/shop", &[("clientIntents", "localConfig")]);
    assert!(!local.contains("kind: ClientIntents") && !local.contains("kind: ProtectedService"), "{local}");
    assert_eq!(judged(&local, &[]), hidden);
    let unlabelled = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: late, namespace: shop}\nspec: {selector: {matchLabels: {app: late}}, template: {metadata: {labels: {app: late}}, spec: {containers: [{name: a, image: a}]}}}\n";
    let late = "error stale-render: Deployment shop/late has no label of a run\n";
    assert_eq!(judged(&format!("{local}{unlabelled}"), &[]), format!("{hidden}{late}"));
    // kustomize renames workloads, policies and so on, and not the names inside ClientIntents.
    let renamed = rendered(TUTORIAL, &[]).replacen(
        "metadata:\n  name: client\n  namespace: otterize-tutorial-npol\nspec:\n  workload:\n    name: client\n",
        "metadata:\n  name: client\n  namespace: otterize-tutorial-npol\nspec:\n  workload:\n    name: old\n",
        1,
    );
    let found = judged(&renamed, &[]);
    assert!(found.starts_with("warning render-not-compared: ") && found.lines().count() == 1, "{found}");
}
