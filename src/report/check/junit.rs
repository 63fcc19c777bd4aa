//! `check` as JUnit XML: a test suite of the declared calls and one of everything else that was found.
//!
//! A denied call is a failure. A call whose verdict is unknown is skipped, and a failure where warnings fail the run (`--strict`).
//! Of the other findings those that fail the run are failures, other warnings are skipped, notes pass.

use super::Check;
use crate::diag::{Code, Finding, Severity};
use crate::report::explain::file_and_line;
use crate::report::{in_order, one_line, sentence};
use crate::verify::check::IntentVerdict;
use crate::verify::reach::decisions::Verdict;

/// One test case.
struct Case {
    class: String,
    name: String,
    outcome: Outcome,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Skipped,
    Failed,
}

/// The whole document.
#[must_use]
pub fn junit(check: Check<'_>) -> String {
    let calls: Vec<Case> = check.intents.iter().map(|intent| call(check, intent)).collect();
    let findings = in_order(check.findings).into_iter();
    let others = findings.filter(|finding| !matches!(finding.code, Code::IntentDenied | Code::IntentUnknown));
    let others: Vec<Case> = others.map(|finding| other(check, finding)).collect();
    let all = || calls.iter().chain(&others);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!("<testsuites name=\"enforce-intents\" {}>\n", counts(all())));
    suite("declared calls", &calls, &mut text);
    suite("findings", &others, &mut text);
    text.push_str("</testsuites>\n");
    text
}

fn call(check: Check<'_>, intent: &IntentVerdict) -> Case {
    let outcome = match intent.verdict {
        Verdict::Allowed => Outcome::Passed,
        Verdict::Denied if check.gate.denied => Outcome::Failed,
        Verdict::Unknown if check.gate.unknown => Outcome::Failed,
        Verdict::Denied | Verdict::Unknown => Outcome::Skipped,
    };
    let mut lines: Vec<String> = intent.notes.iter().map(|note| one_line(note)).collect();
    lines.extend(check.decided_by(intent).map(|(egress, ingress)| one_line(&format!("{egress}; {ingress}"))));
    lines.extend(file_and_line(check.package, intent.place).map(|place| one_line(&place)));
    Case { class: intent.client.clone(), name: format!("calls {}", intent.target), outcome, text: lines.join("\n") }
}

fn other(check: Check<'_>, finding: &Finding) -> Case {
    let outcome = match finding.severity {
        severity if severity >= check.gate.least => Outcome::Failed,
        Severity::Info => Outcome::Passed,
        Severity::Warning | Severity::Error => Outcome::Skipped,
    };
    let title = finding.place.and_then(|place| check.package.resource(place.resource)).map(|resource| resource.title());
    let place = finding.place.and_then(|place| file_and_line(check.package, place));
    let place = place.map(|place| format!("\n{}", one_line(&place))).unwrap_or_default();
    Case {
        class: title.unwrap_or_else(|| "input".to_owned()),
        name: format!("{}: {}", finding.code.name(), finding.message),
        outcome,
        text: format!("{}{place}", sentence(finding)),
    }
}

fn counts<'c>(cases: impl Iterator<Item = &'c Case> + Clone) -> String {
    let count = |outcome| cases.clone().filter(|case| case.outcome == outcome).count();
    let (failed, skipped) = (count(Outcome::Failed), count(Outcome::Skipped));
    format!("tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\"", cases.clone().count())
}

fn suite(name: &str, cases: &[Case], text: &mut String) {
    text.push_str(&format!("  <testsuite name=\"{name}\" {}>\n", counts(cases.iter())));
    for case in cases {
        let (class, name) = (escaped(&one_line(&case.class)), escaped(&one_line(&case.name)));
        let (body, first) = (escaped(&case.text), escaped(case.text.lines().next().unwrap_or_default()));
        text.push_str(&format!("    <testcase classname=\"{class}\" name=\"{name}\""));
        text.push_str(&match case.outcome {
            Outcome::Passed if body.is_empty() => "/>\n".to_owned(),
            Outcome::Passed => format!("><system-out>{body}</system-out></testcase>\n"),
            Outcome::Skipped => format!("><skipped message=\"{first}\"/></testcase>\n"),
            Outcome::Failed => format!("><failure message=\"{first}\">{body}</failure></testcase>\n"),
        });
    }
    text.push_str("  </testsuite>\n");
}

/// Text for an element or an attribute. Characters that XML 1.0 does not have are dropped.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' | '\r' => escaped.push(' '),
            '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {}
            character => escaped.push(character),
        }
    }
    escaped
}
