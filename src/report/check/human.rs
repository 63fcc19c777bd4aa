//! Verdicts and notes for the terminal. Errors and warnings are shown with excerpts ([`crate::report::human`]).

use super::{Check, counted};
use crate::diag::{Code, Finding, Findings, Severity};
use crate::read::package::Package;
use crate::report::explain::{file_and_line, verdict_word};
use crate::report::{in_order, one_line, sentence};
use std::collections::BTreeMap;

/// Notes of one code that are shown one by one.
const MAX_NOTES: usize = 5;

/// A line for every declared call with what decides below it, and the sums.
#[must_use]
pub fn human(check: Check<'_>) -> String {
    let mut text = String::new();
    for intent in check.intents {
        let place = file_and_line(check.package, intent.place).map(|place| format!(" ({place})")).unwrap_or_default();
        let call = one_line(&format!("{} => {}{place}", intent.client, intent.target));
        text.push_str(&format!("{}: {call}\n", verdict_word(intent.verdict)));
        if let Some((egress, ingress)) = check.decided_by(intent) {
            text.push_str(&format!("  {}; {}\n", one_line(&egress), one_line(&ingress)));
        }
        text.extend(intent.notes.iter().map(|note| format!("  {}\n", one_line(note))));
    }
    text.push_str(&format!("{}; {}\n", check.verdicts_in_words(), check.findings_in_words()));
    text
}

/// Findings of severity info, a line each and a few of each code: there is nothing to repair in them.
#[must_use]
pub fn notes(package: &Package, findings: &Findings) -> String {
    let mut by_code: BTreeMap<Code, Vec<&Finding>> = BTreeMap::new();
    for finding in in_order(findings).into_iter().filter(|finding| finding.severity == Severity::Info) {
        by_code.entry(finding.code).or_default().push(finding);
    }
    let mut text = String::new();
    for (code, findings) in by_code {
        let code = code.name();
        for finding in findings.iter().take(MAX_NOTES) {
            let place = finding.place.and_then(|place| file_and_line(package, place));
            let place = place.map(|place| one_line(&format!(" ({place})"))).unwrap_or_default();
            text.push_str(&format!("info[{code}]: {}{place}\n", sentence(finding)));
        }
        let more = findings.len().saturating_sub(MAX_NOTES);
        if more > 0 {
            let more = counted(more, "more note");
            text.push_str(&format!("info[{code}]: {more} like these; `--format json` lists all\n"));
        }
    }
    text
}
