//! `check` as a pull-request comment: what needs attention open, the rest folded away.

use super::{Check, counted};
use crate::diag::{Code, Finding, Severity};
use crate::report::explain::{file_and_line, verdict_word};
use crate::report::{in_order, one_line};
use crate::verify::check::IntentVerdict;
use crate::verify::reach::decisions::Verdict;

/// Rows or entries of one section. Comments have a limit (65,536 characters on GitHub).
const MAX_ENTRIES: usize = 40;

/// The whole comment.
#[must_use]
pub fn markdown(check: Check<'_>) -> String {
    let mut text = format!("### enforce-intents: {}\n\n{}\n", check.verdicts_in_words(), check.findings_in_words());
    let wrong: Vec<&IntentVerdict> = [Verdict::Denied, Verdict::Unknown]
        .into_iter()
        .flat_map(|verdict| check.intents.iter().filter(move |intent| intent.verdict == verdict))
        .collect();
    if !wrong.is_empty() {
        text.push_str("\n#### Declared calls that may not work\n\n");
        calls(check, &wrong, &mut text);
    }
    let findings = in_order(check.findings);
    let (notes, findings): (Vec<&Finding>, Vec<&Finding>) =
        findings.into_iter().partition(|finding| finding.severity == Severity::Info);
    for (section, title) in [
        (Section::Calls, "Why"),
        (Section::Breaks, "What breaks"),
        (Section::Open, "What is open though nobody declared it"),
        (Section::Other, "What else looks wrong"),
    ] {
        let own: Vec<&Finding> =
            findings.iter().copied().filter(|finding| Section::of(finding.code) == section).collect();
        if !own.is_empty() {
            text.push_str(&format!("\n#### {title}\n\n"));
            list(check, &own, &mut text);
        }
    }
    let allowed: Vec<&IntentVerdict> =
        check.intents.iter().filter(|intent| intent.verdict == Verdict::Allowed).collect();
    if !allowed.is_empty() {
        folded(&counted(allowed.len(), "allowed call"), &mut text, |text| calls(check, &allowed, text));
    }
    if !notes.is_empty() {
        folded(&counted(notes.len(), "note"), &mut text, |text| list(check, &notes, text));
    }
    text
}

/// What a finding is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Calls,
    Breaks,
    Open,
    Other,
}

impl Section {
    fn of(code: Code) -> Self {
        match code {
            Code::IntentDenied | Code::IntentPartlyDenied | Code::IntentUnknown => Self::Calls,
            Code::BlockedLoadBalancer
            | Code::BlockedNodePort
            | Code::BlockedIngress
            | Code::BlockedGateway
            | Code::BlockedMetrics
            | Code::BlockedWebhook
            | Code::BlockedApiService
            | Code::BlockedDns
            | Code::TrafficBlocked => Self::Breaks,
            Code::UndeclaredOpen => Self::Open,
            _ => Self::Other,
        }
    }
}

fn folded(title: &str, text: &mut String, write: impl FnOnce(&mut String)) {
    text.push_str(&format!("\n<details>\n<summary>{title}</summary>\n\n"));
    write(text);
    text.push_str("\n</details>\n");
}

/// A table of calls with what decides them.
fn calls(check: Check<'_>, intents: &[&IntentVerdict], text: &mut String) {
    text.push_str("| verdict | client | target | decided by | declared in |\n|---|---|---|---|---|\n");
    for intent in intents.iter().take(MAX_ENTRIES) {
        let decided = check.decided_by(intent).map(|(egress, ingress)| format!("{egress}; {ingress}"));
        let decided: Vec<String> = decided.into_iter().chain(intent.notes.iter().cloned()).collect();
        let place = file_and_line(check.package, intent.place).unwrap_or_default();
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            verdict_word(intent.verdict),
            escaped(&intent.client),
            escaped(&intent.target),
            escaped(&decided.join("; ")),
            escaped(&place)
        ));
    }
    more(intents.len(), text);
}

fn list(check: Check<'_>, findings: &[&Finding], text: &mut String) {
    for finding in findings.iter().take(MAX_ENTRIES) {
        let place = finding.place.and_then(|place| file_and_line(check.package, place));
        let place = place.map(|place| format!(" ({})", escaped(&place))).unwrap_or_default();
        let (severity, code) = (finding.severity.as_str(), finding.code.name());
        text.push_str(&format!("- **{severity}** `{code}`{place}: {}", with_code(&finding.message)));
        text.push_str(&finding.help.as_ref().map(|help| format!("  \n  {}", with_code(help))).unwrap_or_default());
        text.push('\n');
    }
    more(findings.len(), text);
}

fn more(all: usize, text: &mut String) {
    let more = all.saturating_sub(MAX_ENTRIES);
    if more > 0 {
        text.push_str(&format!("\nand {more} more: `--format json` lists all\n"));
    }
}

/// Text whose single backticks mark code; what is not between them is escaped, and so are backticks that do not pair up.
fn with_code(text: &str) -> String {
    let text = one_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    // An empty part inside is a run of backticks, which would pair up differently.
    let is_paired = parts.len() % 2 == 1 && !parts.iter().skip(1).step_by(2).any(|part| part.is_empty());
    let has_runs = parts.len() > 2 && parts.iter().skip(1).take(parts.len() - 2).any(|part| part.is_empty());
    if !is_paired || has_runs {
        return escaped(&text);
    }
    let part = |(index, part): (usize, &str)| if index % 2 == 1 { format!("`{part}`") } else { escaped(part) };
    parts.into_iter().enumerate().map(part).collect()
}

/// Text that means itself: no emphasis, links, HTML, table cells or mentions.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in one_line(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '@' => escaped.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '$' => escaped.extend(['\\', character]),
            character => escaped.push(character),
        }
    }
    escaped
}
