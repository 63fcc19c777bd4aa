//! `check` for programs.

use super::Check;
use crate::diag::Finding;
use crate::model::value::Value;
use crate::report::explain::{file_and_line, segment_value, verdict_word};
use crate::report::{in_order, json::pretty};
use crate::verify::check::IntentVerdict;

/// `{intents: [{client, target, verdict, place, notes, decided: [{src, dst, segments}]}], findings: [{code, severity, message, help,
/// resource, file, line, column, field}]}`; the segments are those of `explain`.
#[must_use]
pub fn json(check: Check<'_>) -> String {
    let intents = check.intents.iter().map(|one| intent(check, one));
    let findings = in_order(check.findings).into_iter().map(|one| finding(check, one));
    pretty(&Value::map([("intents", Value::List(intents.collect())), ("findings", Value::List(findings.collect()))]))
}

fn intent(check: Check<'_>, intent: &IntentVerdict) -> Value {
    let decided = check.reach.into_iter().flat_map(|reach| {
        intent.decided.iter().map(|pair| {
            let segments = pair.segments.iter().map(|segment| segment_value(reach, check.package, segment));
            Value::map([
                ("src", Value::string(&*pair.source)),
                ("dst", Value::string(&*pair.destination)),
                ("segments", Value::List(segments.collect())),
            ])
        })
    });
    Value::map([
        ("client", Value::string(&*intent.client)),
        ("target", Value::string(&*intent.target)),
        ("verdict", Value::string(verdict_word(intent.verdict))),
        ("place", file_and_line(check.package, intent.place).map_or(Value::Null, Value::string)),
        ("notes", Value::List(intent.notes.iter().map(|note| Value::string(&**note)).collect())),
        ("decided", Value::List(decided.collect())),
    ])
}

fn finding(check: Check<'_>, finding: &Finding) -> Value {
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
}
