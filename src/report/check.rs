//! `check`: the verdict for every declared call, and how many findings there are.

use super::explain::{file_and_line, verdict_word};
use super::{in_order, json};
use crate::diag::{Findings, Severity};
use crate::model::value::Value;
use crate::read::package::Package;
use crate::verify::check::IntentVerdict;
use crate::verify::reach::decisions::Verdict;

/// What there is to print.
#[derive(Clone, Copy)]
pub struct Check<'a> {
    /// What was read, for files and lines.
    pub package: &'a Package,
    /// The verdicts.
    pub intents: &'a [IntentVerdict],
    /// Everything found.
    pub findings: &'a Findings,
}

/// A line for every declared call, and the sums. The findings themselves are shown with their excerpts.
#[must_use]
pub fn human(check: Check<'_>) -> String {
    let mut text = String::new();
    for intent in check.intents {
        let place = file_and_line(check.package, intent.place).map(|place| format!(" ({place})")).unwrap_or_default();
        text.push_str(&format!("{}: {} => {}{place}\n", verdict_word(intent.verdict), intent.client, intent.target));
        text.extend(intent.notes.iter().map(|note| format!("  {note}\n")));
    }
    let allowed = check.intents.iter().filter(|intent| intent.verdict == Verdict::Allowed).count();
    let count = |severity| check.findings.0.iter().filter(|finding| finding.severity == severity).count();
    text.push_str(&format!(
        "{allowed}/{} declared calls allowed; {} errors, {} warnings, {} notes\n",
        check.intents.len(),
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Info)
    ));
    text
}

/// `{intents: [{client, target, verdict, place, notes}], findings: [{code, severity, message, help, resource, file, line, column, field}]}`
#[must_use]
pub fn json(check: Check<'_>) -> String {
    let intents = check.intents.iter().map(|intent| {
        Value::map([
            ("client", Value::string(&*intent.client)),
            ("target", Value::string(&*intent.target)),
            ("verdict", Value::string(verdict_word(intent.verdict))),
            ("place", file_and_line(check.package, intent.place).map_or(Value::Null, Value::string)),
            ("notes", Value::List(intent.notes.iter().map(|note| Value::string(&**note)).collect())),
        ])
    });
    let findings = in_order(check.findings).into_iter().map(|finding| {
        let mut entries = vec![
            ("code", Value::string(finding.code.name())),
            ("severity", Value::string(finding.severity.as_str())),
            ("message", Value::string(&*finding.message)),
        ];
        entries.extend(finding.help.as_ref().map(|help| ("help", Value::string(&**help))));
        if let Some(place) = finding.place {
            let title = check.package.resource(place.resource).map(|resource| resource.title());
            entries.extend(title.map(|title| ("resource", Value::string(title))));
            if let Some(location) = check.package.locate(place) {
                let number = |number| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
                entries.extend(location.file.map(|file| ("file", Value::string(file))));
                entries.extend([("line", number(location.line)), ("column", number(location.column))]);
                entries.push(("field", Value::string(location.field)));
            }
        }
        Value::map(entries)
    });
    json::pretty(&Value::map([
        ("intents", Value::List(intents.collect())),
        ("findings", Value::List(findings.collect())),
    ]))
}
