//! `check` on bundles of our own: `testdata/check/<case>/input.yaml` and the whole report in `expected.txt`.
//!
//! A first line `# settings: key=value key=value` in the input sets fields; `as-is` among them judges the manifests as they stand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

mod common;

use enforce_intents::diag::{Finding, Findings, Severity};
use enforce_intents::model::policy::Protocol;
use enforce_intents::read::package::Package;
use enforce_intents::report::check::{Check, Gate};
use enforce_intents::report::explain::{file_and_line, verdict_word};
use enforce_intents::source::{SourceOrigin, SourceText};
use enforce_intents::verify::addresses::AddressRange;
use enforce_intents::verify::check::{CheckReport, check, refused_calls};
use enforce_intents::verify::listing::{ListFilter, list};
use enforce_intents::verify::reach::decisions::Verdict;
use enforce_intents::verify::reach::{End, Reachability};
use enforce_intents::verify::rendered::rendered;
use enforce_intents::{Settings, compile, read, report};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Compiles the paths and judges the result, or the input as it stands.
fn judge<T>(paths: &[PathBuf], settings: &str, then: impl FnOnce(&Package, &Reachability<'_>, CheckReport) -> T) -> T {
    let (sources, findings) = read::files::read(paths, &mut std::io::empty());
    assert!(!findings.has_errors());
    let (mut package, _) = read::stream::read(sources);
    let set = settings.split_whitespace().filter_map(|pair| pair.split_once('='));
    let set = set.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let compiled = compile(&mut package, Settings { set, ..Settings::default() });
    let is_as_is = settings.split_whitespace().any(|word| word == "as-is");
    let world = if is_as_is { compiled.world.clone() } else { rendered(&compiled.world, &compiled.plan) };
    let reach = Reachability::new(&world, &compiled.config);
    let mut report = check(&reach, &compiled.config);
    report.findings = compiled.config.apply_rules(report.findings);
    then(&package, &reach, report)
}

/// A form of the report, and the file in a case's folder that has it whole.
type Form = (&'static str, fn(Check<'_>) -> String);

const FORMS: [Form; 4] = [
    ("human.txt", terminal),
    ("comment.md", report::check::markdown),
    ("log.sarif", report::check::sarif),
    ("junit.xml", report::check::junit),
];

/// What a terminal shows: standard error and standard output.
fn terminal(check: Check<'_>) -> String {
    let mut shown = Vec::new();
    report::human::write_excerpts(check.package, check.findings, Severity::Warning, &mut shown).unwrap();
    let shown = String::from_utf8(shown).unwrap();
    format!("{shown}{}{}", report::check::notes(check.package, check.findings), report::check::human(check))
}

/// Every case has the whole terminal output; those that show another form have it, too.
#[test]
fn whole_outputs_are_as_expected() {
    let mut wrong = String::new();
    for case in cases() {
        let settings = settings(&case);
        for (file, form) in FORMS {
            let path = case.join(file);
            if file != "human.txt" && !path.exists() {
                continue;
            }
            let ours = judge(&[case.join("input.yaml")], &settings, |package, reach, report| {
                let folder = format!("{}/", case.display());
                form(whole(package, reach, &report, false))
                    .replace(&format!("file://{folder}"), "")
                    .replace(&folder, "")
            });
            if std::env::var_os("UPDATE_EXPECTED").is_some() {
                std::fs::write(&path, &ours).unwrap();
            }
            let expected = std::fs::read_to_string(&path).unwrap_or_default();
            if ours != expected {
                wrong.push_str(&format!("--- {}\n{ours}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn whole<'a>(package: &'a Package, reach: &'a Reachability<'a>, report: &'a CheckReport, is_strict: bool) -> Check<'a> {
    let least = if is_strict { Severity::Warning } else { Severity::Error };
    let gate = Gate { least, denied: true, unknown: is_strict };
    Check { package, reach: Some(reach), intents: &report.intents, findings: &report.findings, gate }
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/check");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

fn settings(case: &Path) -> String {
    let input = std::fs::read_to_string(case.join("input.yaml")).unwrap();
    input.lines().next().unwrap().strip_prefix("# settings: ").unwrap_or_default().to_owned()
}

fn text(package: &Package, report: &CheckReport) -> String {
    let line = |place| file_and_line(package, place).and_then(|text| Some(text.rsplit_once(':')?.1.to_owned()));
    let mut text = String::new();
    for intent in &report.intents {
        let notes = if intent.notes.is_empty() { String::new() } else { format!(" ({})", intent.notes.join("; ")) };
        text.push_str(&format!("{} => {}: {}{notes}\n", intent.client, intent.target, verdict_word(intent.verdict)));
    }
    let Findings(findings) = &report.findings;
    let mut lines: Vec<String> = findings
        .iter()
        .map(|finding| {
            let line = finding.place.and_then(line).unwrap_or_else(|| "-".to_owned());
            let help = finding.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
            format!("{} {line} {}: {}{help}\n", finding.severity.as_str(), finding.code.name(), finding.message)
        })
        .collect();
    lines.sort();
    text.extend(lines);
    text
}

#[test]
fn reports_are_as_expected() {
    let mut wrong = String::new();
    for case in cases() {
        let ours = judge(&[case.join("input.yaml")], &settings(&case), |package, _, report| text(package, &report));
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            std::fs::write(case.join("expected.txt"), &ours).unwrap();
        }
        let expected = std::fs::read_to_string(case.join("expected.txt")).unwrap_or_default();
        if ours != expected {
            wrong.push_str(&format!("--- {}\n{ours}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// `explain.txt` has the questions, `$ SRC DST [PROTOCOL/PORT]`, each with the answer below it.
#[test]
fn explanations_are_as_expected() {
    let mut checked = 0;
    for case in cases() {
        let Ok(expected) = std::fs::read_to_string(case.join("explain.txt")) else { continue };
        let ours = judge(&[case.join("input.yaml")], "as-is", |package, reach, _| {
            let mut ours = String::new();
            for question in expected.lines().filter(|line| line.starts_with("$ ")) {
                let words: Vec<&str> = question.split_whitespace().skip(1).collect();
                let end = |text: &str| match text.parse::<std::net::Ipv4Addr>() {
                    Ok(address) => End::External(AddressRange::V4(address, address)),
                    Err(_) => End::Workload(reach.find(text)[0]),
                };
                let port = words.get(2).and_then(|port| port.split_once('/'));
                let port = port.map(|(name, port)| (Protocol::parse(name).unwrap(), port.parse().unwrap()));
                let (source, destination) = (end(words[0]), end(words[1]));
                let question_asked = report::explain::Question { reach, package, source, destination, port };
                ours.push_str(&format!("{question}\n{}\n", report::explain::human(question_asked)));
                let json: serde_json::Value = serde_json::from_str(&report::explain::json(question_asked)).unwrap();
                assert_eq!(json["src"], ours_name(reach, source));
            }
            ours.replace(&format!("{}/", case.display()), "")
        });
        assert_eq!(ours, expected, "{}", case.display());
        checked += 1;
    }
    assert!(checked > 0);
}

fn ours_name(reach: &Reachability<'_>, end: End) -> String {
    enforce_intents::verify::listing::end_text(reach, end)
}

/// A client that calls a server, both without policies.
const CALL: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec: {template: {metadata: {labels: {app: api}}, spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}}}
---
apiVersion: k8s.otterize.com/v2beta1
kind: ClientIntents
metadata: {name: web, namespace: shop}
spec: {workload: {name: web, kind: Deployment}, targets: [{kubernetes: {name: api}}]}
";

fn policy(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: shop}}\nspec: {spec}\n"
    )
}

/// Compiling says which calls others' policies refuse, and fails when one is denied; what cannot be known is a warning, and so is a
/// policy that the API server would refuse. Calls that its own policies do not open are planning's business.
#[test]
fn compiling_says_which_calls_are_refused() {
    let deny = policy("deny", "{podSelector: {}, policyTypes: [Egress]}");
    let open = policy("open", "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{}]}");
    let part = policy(
        "part",
        "{podSelector: {matchLabels: {app: web}}, egress: [{ports: [{port: 81}]}], policyTypes: [Egress]}",
    );
    let labels = policy(
        "labels",
        "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {team: a}}}]}]}",
    );
    let invalid = policy("invalid", "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{}]}]}");
    let without_namespace = CALL.split_once("---\n").unwrap().1.to_owned();
    let cases: [(&str, Vec<&str>, &str, &[&str]); 10] = [
        ("no policies", vec![CALL], "{}", &[]),
        ("egress is denied", vec![CALL, &deny], "{}", &["error intent-denied"]),
        ("another policy opens it", vec![CALL, &deny, &open], "{}", &[]),
        ("another port is open", vec![CALL, &part], "{}", &["error intent-denied"]),
        ("labels of a Namespace decide", vec![&without_namespace, &labels], "{}", &["warning intent-unknown"]),
        ("an invalid policy", vec![CALL, &invalid], "{}", &["warning invalid-policy-peer"]),
        (
            "an invalid policy, as an error",
            vec![CALL, &invalid],
            "{rules: {invalid-policy-peer: error}}",
            &["error invalid-policy-peer"],
        ),
        (
            "the configuration denies it",
            vec![CALL],
            "{defaultDeny: {namespaces: [shop], directions: [Egress]}}",
            &["error intent-denied"],
        ),
        (
            "a preview of it would deny it",
            vec![CALL],
            "{staged: calico, defaultDeny: {namespaces: [shop], directions: [Egress]}}",
            &["warning traffic-blocked"],
        ),
        (
            "another's policy does, previews or not",
            vec![CALL, &deny],
            "{staged: calico, defaultDeny: {namespaces: [shop], directions: [Egress]}}",
            &["error intent-denied"],
        ),
    ];
    for (case, documents, spec, expected) in cases {
        let stream = documents.join("---\n");
        let config =
            format!("{{apiVersion: fn.kpt.dev/v1alpha1, kind: EnforceIntents, metadata: {{name: c}}, spec: {spec}}}");
        let list = common::resource_list(&stream, &config);
        let source = |text: String| SourceText { origin: SourceOrigin::Stdin, text: text.into() };
        let outcomes = [
            enforce_intents::process(list.clone().into_bytes(), Settings::default()),
            enforce_intents::render(vec![source(stream), source(config)], Settings::default()),
        ];
        for (outcome, is_function) in outcomes.iter().zip([true, false]) {
            let shown = |code: &str| {
                code.starts_with("intent-")
                    || (code.contains("policy") && code != "policies-staged")
                    || code == "traffic-blocked"
            };
            let found: Vec<String> = outcome
                .findings
                .0
                .iter()
                .filter(|finding| shown(finding.code.name()))
                .map(|finding| format!("{} {}", finding.severity.as_str(), finding.code.name()))
                .collect();
            assert_eq!(found, expected, "{case}");
            let fails = expected.iter().any(|line| line.starts_with("error"));
            assert_eq!(outcome.failed(), fails, "{case}");
            assert_eq!(outcome.output.is_some(), is_function || !fails, "{case}");
            if is_function {
                let output = outcome.output.as_ref().unwrap();
                let results = output.strip_prefix(common::without_results(output)).unwrap();
                assert!(
                    expected.iter().all(|line| results.contains(line.split_once(' ').unwrap().1)),
                    "{case}: {results}"
                );
            }
        }
    }
}

/// The results of compiling are those of `check`: a call is refused by others exactly where `check` names a policy of others.
#[test]
fn compiling_and_check_agree() {
    for case in cases() {
        let settings = settings(&case);
        let set = settings.split_whitespace().filter_map(|pair| pair.split_once('='));
        let set: Vec<(String, String)> = set.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let (sources, _) = read::files::read(&[case.join("input.yaml")], &mut std::io::empty());
        let (mut package, _) = read::stream::read(sources);
        let compiled = compile(&mut package, Settings { set, ..Settings::default() });
        let refused = refused_calls(&compiled.world, &compiled.plan, &compiled.config);
        let world = rendered(&compiled.world, &compiled.plan);
        let report = check(&Reachability::new(&world, &compiled.config), &compiled.config);
        let is_verdict = |finding: &&Finding| finding.code.name().starts_with("intent-");
        let all: Vec<&Finding> = report.findings.0.iter().filter(is_verdict).collect();
        assert_eq!(refused.0.iter().collect::<Vec<_>>(), all, "{}", case.display());
    }
}

/// A domain has the addresses of the status and of the configuration together, as its policy does. One that has none in either,
/// though the status names it, is not known.
#[test]
fn domains_are_judged_by_every_known_address() {
    const CONFIG: &str = "\
apiVersion: fn.kpt.dev/v1alpha1
kind: EnforceIntents
metadata: {name: c}
spec: {resolvedDomains: {configured.example: [192.0.2.2]}}
---
";
    const FIRST_ADDRESS: &str =
        "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 192.0.2.1/32}}]}]}";
    let workloads = CALL.split_once("apiVersion: k8s.otterize.com").unwrap().0;
    let opened = policy("by-hand", FIRST_ADDRESS);
    for (domain, status, expected) in [
        ("other.example", "[192.0.2.1]", "allowed"),
        ("other.example", "[192.0.2.2]", "denied"),
        ("other.example", "[]", "unknown"),
        ("configured.example", "[]", "denied"),
        ("configured.example", "[192.0.2.1]", "denied"),
    ] {
        let intents = format!(
            "\
apiVersion: k8s.otterize.com/v2beta1
kind: ClientIntents
metadata: {{name: web, namespace: shop}}
spec: {{workload: {{name: web, kind: Deployment}}, targets: [{{internet: {{domains: [{domain}]}}}}]}}
status: {{resolvedIPs: [{{dns: {domain}, ips: {status}}}]}}
"
        );
        let text = format!("{CONFIG}{workloads}{intents}---\n{opened}");
        let source = SourceText { origin: SourceOrigin::Stdin, text: text.into() };
        let (mut package, _) = read::stream::read(vec![source]);
        let compiled = compile(&mut package, Settings::default());
        let report = check(&Reachability::new(&compiled.world, &compiled.config), &compiled.config);
        let verdicts: Vec<&str> = report.intents.iter().map(|intent| verdict_word(intent.verdict)).collect();
        assert_eq!(verdicts, [expected], "{domain} {status}");
    }
}

/// What every SARIF log must have, of the schema and of code scanning.
#[test]
fn sarif_logs_are_sound() {
    for case in cases() {
        let log = judge(&[case.join("input.yaml")], &settings(&case), |package, reach, report| {
            report::check::sarif(whole(package, reach, &report, false))
        });
        let log: serde_json::Value = serde_json::from_str(&log).unwrap();
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), rules.len(), "a rule is there twice");
        for rule in rules {
            assert!(!rule["shortDescription"]["text"].as_str().unwrap().is_empty());
        }
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(result["ruleId"], rules[index]["id"]);
            assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            let none = Vec::new();
            let related = result["relatedLocations"].as_array().unwrap_or(&none);
            for location in result["locations"].as_array().unwrap().iter().chain(related) {
                let place = &location["physicalLocation"];
                let uri = place["artifactLocation"]["uri"].as_str().unwrap();
                assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()), "{uri}");
                let number = |name: &str| place["region"][name].as_u64();
                let (Some(line), Some(column)) = (number("startLine"), number("startColumn")) else { continue };
                let (end_line, end_column) = (number("endLine").unwrap(), number("endColumn").unwrap());
                assert!(line >= 1 && column >= 1 && (line, column) <= (end_line, end_column));
            }
        }
    }
}

/// The online boutique (`DESIGN.md`; issue "Proof"): the hand-written policies, and ours from its intents.
#[test]
fn online_boutique() {
    let Some(corpus) = std::env::var_os("ENFORCE_INTENTS_CORPUS") else { return };
    let app = Path::new(&corpus).join("apps/microservices-demo");
    let edges = |reach: &Reachability<'_>| -> Vec<String> {
        let all = list(reach, &ListFilter::default());
        all.iter().map(|one| format!("{} => {} : {}", one.source, one.destination, one.connections)).collect()
    };
    let pods = |lines: &[String]| -> Vec<String> {
        let ends = lines.iter().filter_map(|line| line.split_once(" : ")).map(|(ends, _)| ends.to_owned());
        ends.filter(|ends| !ends.contains('{') && !ends.contains("[External]")).collect()
    };
    let by_hand = judge(&[app.join("input"), app.join("netpol")], "as-is", |_, reach, _| edges(reach));
    let expected = std::fs::read_to_string(app.join("edges.txt")).unwrap();
    assert_eq!(by_hand, expected.lines().collect::<Vec<_>>());

    let settings = "profile=v2 enableEgressNetworkPolicyCreation=true automateThirdPartyNetworkPolicies=off";
    let config = "apiVersion: fn.kpt.dev/v1alpha1\nkind: EnforceIntents\nmetadata: {name: c}\nspec: {defaultDeny: {namespaces: [default], directions: [Ingress, Egress]}}\n";
    let folder = std::env::temp_dir().join(format!("enforce-intents-boutique-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.yaml"), config).unwrap();
    let paths = [app.join("input"), app.join("clientintents.yaml"), folder.join("config.yaml")];
    let (ours, verdicts, blocked) = judge(&paths, settings, |_, reach, report| {
        let verdicts: Vec<Verdict> = report.intents.iter().map(|intent| intent.verdict).collect();
        let Findings(findings) = report.findings;
        let blocked: Vec<String> = findings
            .into_iter()
            .filter(|finding| finding.code == enforce_intents::diag::Code::BlockedLoadBalancer)
            .map(|finding| format!("{}; {}", finding.message, finding.help.unwrap_or_default()))
            .collect();
        (pods(&edges(reach)), verdicts, blocked)
    });
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(verdicts, vec![Verdict::Allowed; 16]);
    assert_eq!(ours.len(), 16);
    let by_hand = pods(&by_hand);
    let more = "default/loadgenerator[Deployment] => default/frontend[Deployment]";
    assert!(ours.iter().all(|pair| by_hand.contains(pair) || pair == more), "{ours:?}");
    assert!(ours.contains(&more.to_owned()));
    assert_eq!(blocked.len(), 1, "{blocked:?}");
    for part in [
        "frontend-external",
        "isolated by NetworkPolicy default/",
        "`automateThirdPartyNetworkPolicies: always` opens it",
    ] {
        assert!(blocked[0].contains(part), "{blocked:?}");
    }
}
