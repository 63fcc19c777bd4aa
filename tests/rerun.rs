//! The function on its own output, with an input that changes between the runs (`DESIGN.md` 1.3, promise 2).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

mod common;

use common::{resource_list, without_results};
use enforce_intents::{Outcome, Settings};

const WORKLOADS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web
        ports: [{containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: k8s.otterize.com/v2beta1
kind: ClientIntents
metadata: {name: tester, namespace: shop}
spec:
  workload: {name: tester}
  targets:
  - kubernetes: {name: web}
";
const INGRESSES: [&str; 2] = ["first", "second"];

fn ingress(name: &str) -> String {
    format!(
        "\
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, namespace: shop}}
spec:
  defaultBackend: {{service: {{name: web, port: {{number: 80}}}}}}
"
    )
}

/// The client that calls `web`, for tests in which it must be there.
const CLIENT: &str = "---
apiVersion: apps/v1
kind: Deployment
metadata: {name: tester, namespace: shop}
spec:
  selector: {matchLabels: {app: tester}}
  template:
    metadata: {labels: {app: tester}}
    spec: {containers: [{name: tester, image: tester}]}
";

fn config(spec: &str) -> String {
    format!(
        r#"{{"apiVersion": "fn.kpt.dev/v1alpha1", "kind": "EnforceIntents", "metadata": {{"name": "c"}}, "spec": {spec}}}"#
    )
}

fn run(list: &str) -> String {
    let Outcome { output, findings, .. } = enforce_intents::process(list.as_bytes().to_vec(), Settings::default());
    assert!(!findings.has_errors(), "{findings:#?}");
    without_results(&output.unwrap()).to_owned()
}

/// Runs twice and requires the second run to change nothing.
fn settle(list: &str) -> String {
    let first = run(list);
    assert_eq!(run(&first), first);
    first
}

/// The items without the one that has this text.
fn without_item(list: &str, text: &str) -> String {
    let (items, rest) = list.split_once("\nfunctionConfig:").unwrap();
    let kept: Vec<&str> = items.split("\n- ").filter(|item| !item.contains(text)).collect();
    format!("{}\nfunctionConfig:{rest}", kept.join("\n- "))
}

#[test]
fn annotations_of_ours_follow_what_they_speak_of() {
    let stream = format!("{WORKLOADS}{}{}", ingress(INGRESSES[0]), ingress(INGRESSES[1]));
    let both = settle(&resource_list(&stream, &config(r#"{"profile": "v2"}"#)));
    assert!(both.contains("created-for-ingress: \"first,second\""), "{both}");
    let one = settle(&without_item(&both, "name: second, namespace"));
    assert!(one.contains("created-for-ingress: first\n"), "{one}");
    // The Service is still reached from outside, now through its type: no Ingress is named any more.
    let none = without_item(&one, "name: first, namespace");
    let none = settle(&none.replace(
        "spec:\n    selector: {app: web}\n    ports",
        "spec:\n    type: NodePort\n    selector: {app: web}\n    ports",
    ));
    assert!(none.contains("external-access-to-web") && !none.contains("created-for-ingress"), "{none}");
}

#[test]
fn comments_stay_and_what_nothing_asks_for_goes() {
    let written = settle(&resource_list(WORKLOADS, &config(r#"{"profile": "v2"}"#)));
    let commented = written.replace("    name: web-access\n", "    name: web-access # reviewed\n");
    assert_ne!(commented, written);
    assert_eq!(settle(&commented), commented);
    let suffixed = commented.replace(r#""profile": "v2""#, r#""profile": "v2", "argocdSyncWave": 2"#);
    let waved = settle(&suffixed);
    assert!(waved.contains("name: web-access # reviewed") && waved.contains("argocd.argoproj.io/sync-wave"), "{waved}");
    let emptied = settle(&waved.replace("    - kubernetes: {name: web}\n", "    - sql: {name: web}\n"));
    assert!(!emptied.contains("web-access"), "{emptied}");
}

/// The list with another `spec` of the functionConfig.
fn reconfigured(list: &str, spec: &str) -> String {
    let (items, _) = list.split_once("\nfunctionConfig:").unwrap();
    format!("{items}\nfunctionConfig: {}\n", config(spec))
}

/// The items, in an order of their own: where in the list or map something stands may differ from what it says.
fn objects(list: &str) -> Vec<serde_json::Value> {
    let list: serde_json::Value = yaml_serde::from_str(list).unwrap();
    let mut items = list["items"].as_array().unwrap().clone();
    items.sort_by_key(ToString::to_string);
    items
}

/// Every way of rolling out gives what it would have given from the start, whatever was there before.
#[test]
fn ways_of_rolling_out_can_be_changed() {
    for profile in ["classic", "v2"] {
        let specs: Vec<String> = [
            r#""selectors": "labels""#,
            r#""selectors": "native""#,
            r#""staged": "calico""#,
            r#""selectors": "native", "staged": "calico""#,
            r#""argocdSyncWave": 1"#,
        ]
        .iter()
        .map(|rest| format!(r#"{{"profile": "{profile}", {rest}}}"#))
        .collect();
        let stream = format!("{WORKLOADS}{CLIENT}");
        let fresh: Vec<String> = specs.iter().map(|spec| settle(&resource_list(&stream, &config(spec)))).collect();
        for (from, before) in specs.iter().zip(&fresh) {
            for (to, expected) in specs.iter().zip(&fresh) {
                assert_eq!(objects(&settle(&reconfigured(before, to))), objects(expected), "{from} -> {to}");
            }
        }
        assert!(
            !fresh[1].contains("intents.otterize.com/server:") && !fresh[1].contains("intents.otterize.com/service:")
        );
        assert!(fresh[2].contains("kind: StagedKubernetesNetworkPolicy") && !fresh[2].contains("kind: NetworkPolicy"));
    }
}

/// A wave that everything in the package has was not put on the policy by this program.
#[test]
fn a_sync_wave_of_everything_stays() {
    let written = settle(&resource_list(WORKLOADS, &config(r#"{"argocdSyncWave": 3}"#)));
    assert!(!settle(&reconfigured(&written, "{}")).contains("sync-wave"));
    let annotated = written.replacen(
        "metadata: {name: web, namespace: shop}",
        "metadata: {name: web, namespace: shop, annotations: {argocd.argoproj.io/sync-wave: '3'}}",
        1,
    );
    assert!(settle(&reconfigured(&annotated, "{}")).contains("    argocd.argoproj.io/sync-wave: \"3\""));
}

/// A label `true` without quotes is a boolean, which the API server takes for no label value: it is written again.
#[test]
fn values_that_are_no_strings_are_written_again() {
    let client = "---
apiVersion: v1
kind: Pod
metadata: {name: tester, namespace: \"on\", labels: {app: tester}}
spec: {containers: [{name: tester, image: tester}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: \"on\"}
";
    let stream = format!("{}{client}", WORKLOADS.replace("namespace: shop", "namespace: \"on\""));
    for profile in ["classic", "v2"] {
        let written = settle(&resource_list(&stream, &config(&format!(r#"{{"profile": "{profile}"}}"#))));
        for quoted in ["\"true\"", "namespace-name: \"on\""] {
            let unquoted = quoted.replace('"', "");
            let mended = settle(&written.replace(quoted, &unquoted));
            assert_eq!(mended.trim_end(), written.trim_end(), "{profile} {quoted}");
        }
    }
}

/// What starts with a digit is written with quotes, and is a string to Go without them: nothing is wrong with what others write.
#[test]
fn values_that_go_takes_for_strings_stay() {
    for profile in ["classic", "v2"] {
        let stream = WORKLOADS.replace("web", "2fa").replace("name: 2fa", "name: \"2fa\"");
        let written = settle(&resource_list(&stream, &config(&format!(r#"{{"profile": "{profile}"}}"#))));
        let is_quoted = |line: &&str| line.contains("intents.otterize.com/") && line.contains(": \"2fa");
        assert!(written.lines().any(|line| is_quoted(&line)), "{written}");
        let lines = written.lines().map(|line| if is_quoted(&line) { line.replace('"', "") } else { line.to_owned() });
        let unquoted = lines.collect::<Vec<_>>().join("\n") + "\n";
        let outcome = enforce_intents::process(unquoted.clone().into_bytes(), Settings::default());
        assert!(!outcome.failed(), "{:?}", outcome.findings);
        assert_eq!(without_results(&outcome.output.unwrap()).trim_end(), unquoted.trim_end(), "{profile}");
    }
}

/// A selector cannot change, but that its value lacks quotes is told as it is.
#[test]
fn a_selector_whose_value_lacks_quotes_is_told() {
    let written = settle(&resource_list(&format!("{WORKLOADS}{CLIENT}"), &config(r#"{"profile": "classic"}"#)));
    let (_, after) = written.split_once("{app: tester, ").unwrap();
    let (key, _) = after.split(", ").find_map(|label| label.split_once(": \"true\"")).unwrap();
    let selecting = written
        .replace("{app: tester, ", &format!("{{app: tester, {key}: true, "))
        .replace(&format!(", {key}: \"true\""), "")
        .replace("{app: tester}", &format!("{{app: tester, {key}: true}}"));
    let outcome = enforce_intents::process(selecting.into_bytes(), Settings::default());
    let messages: Vec<&str> = outcome.findings.0.iter().map(|finding| finding.message.as_str()).collect();
    let wanted = format!("spec.selector uses the label {key} with the value true, which is no string without quotes");
    assert!(outcome.failed() && messages.iter().any(|message| message.ends_with(&wanted)), "{messages:#?}");
}

/// A policy that the API server would refuse has its name all the same: of ours it is mended or goes, of others it is a clash.
#[test]
fn names_of_refused_policies_are_taken() {
    let written = settle(&resource_list(WORKLOADS, &config(r#"{"profile": "v2"}"#)));
    let (before, policy) = written.split_once("  spec:\n    podSelector:\n").unwrap();
    let (_, after) = policy.split_once("functionConfig:").unwrap();
    for spec in ["[]", "{podSelector: x}", "{podSelector: {}, ingress: [{from: [{}]}]}", "{policyTypes: Ingress}"] {
        let refused = format!("{before}  spec: {spec}\nfunctionConfig:{after}");
        assert_eq!(objects(&settle(&refused)), objects(&written), "{spec}");
        let stale = refused.replace("kubernetes: {name: web}", "sql: {name: web}");
        assert!(!settle(&stale).contains("web-access"), "{spec}");
        let of_others = refused.replace("intents.otterize.com/network-policy: ", "app: ");
        let outcome = enforce_intents::process(of_others.into_bytes(), Settings::default());
        let messages: Vec<&str> = outcome.findings.0.iter().map(|finding| finding.message.as_str()).collect();
        let clash = "NetworkPolicy shop/web-access is to be generated, but the input has one of that name that was not generated";
        assert!(outcome.failed() && messages.contains(&clash), "{spec}: {messages:#?}");
    }
}
