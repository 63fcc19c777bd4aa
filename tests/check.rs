//! `check` on bundles of our own: `testdata/check/<case>/input.yaml` and the whole report in `expected.txt`.
//!
//! A first line `# settings: key=value key=value` in the input sets fields; `as-is` among them judges the manifests as they stand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

use enforce_intents::diag::{Findings, Severity};
use enforce_intents::model::policy::Protocol;
use enforce_intents::read::package::Package;
use enforce_intents::report::check::{Check, Gate};
use enforce_intents::report::explain::{file_and_line, verdict_word};
use enforce_intents::verify::addresses::AddressRange;
use enforce_intents::verify::check::{CheckReport, check};
use enforce_intents::verify::listing::{ListFilter, list};
use enforce_intents::verify::reach::decisions::Verdict;
use enforce_intents::verify::reach::{End, Reachability};
use enforce_intents::verify::rendered::rendered;
use enforce_intents::{Settings, compile, read, report};
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
                form(whole(package, reach, &report, false)).replace(&format!("{}/", case.display()), "")
            });
            let ours = ours.replace(&percent_encoded(&case), "");
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

fn percent_encoded(case: &Path) -> String {
    format!("file://{}/", case.display())
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
            .map(|finding| finding.message)
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
    assert!(blocked[0].contains("frontend-external"), "{blocked:?}");
}
