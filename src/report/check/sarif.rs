//! `check` as SARIF 2.1.0, for code scanning. Only findings are results: a call that is allowed is nothing to report.

use super::Check;
use crate::diag::{Code, Finding, Severity};
use crate::model::place::Place;
use crate::model::value::Value;
use crate::read::package::Package;
use crate::report::json::pretty;
use crate::report::{in_order, one_line, sentence};
use crate::source::{SourceId, SourceOrigin};
use crate::verify::reach::decisions::Verdict;
use std::collections::BTreeSet;

/// The whole log: one run.
#[must_use]
pub fn sarif(check: Check<'_>) -> String {
    let findings = in_order(check.findings);
    let codes: BTreeSet<Code> = findings.iter().map(|finding| finding.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let results = findings.iter().map(|finding| result(check.package, finding, &codes));
    let driver = Value::map([
        ("name", Value::string("enforce-intents")),
        ("version", Value::string(env!("CARGO_PKG_VERSION"))),
        ("semanticVersion", Value::string(env!("CARGO_PKG_VERSION"))),
        ("rules", Value::List(codes.iter().map(|&code| rule(code)).collect())),
    ]);
    let declared_calls = Value::map([
        ("allowed", number(check.count(Verdict::Allowed))),
        ("denied", number(check.count(Verdict::Denied))),
        ("unknown", number(check.count(Verdict::Unknown))),
    ]);
    let run = Value::map([
        ("tool", Value::map([("driver", driver)])),
        ("columnKind", Value::string("unicodeCodePoints")),
        ("results", Value::List(results.collect())),
        ("properties", Value::map([("declaredCalls", declared_calls)])),
    ]);
    pretty(&Value::map([
        ("$schema", Value::string("https://json.schemastore.org/sarif-2.1.0.json")),
        ("version", Value::string("2.1.0")),
        ("runs", Value::List(vec![run])),
    ]))
}

fn level(severity: Severity) -> Value {
    Value::string(match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    })
}

fn number(number: usize) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn text(text: impl Into<String>) -> Value {
    Value::map([("text", Value::string(text))])
}

fn rule(code: Code) -> Value {
    Value::map([
        ("id", Value::string(code.name())),
        ("shortDescription", text(code.description())),
        ("defaultConfiguration", Value::map([("level", level(code.default_severity()))])),
    ])
}

fn result(package: &Package, finding: &Finding, codes: &[Code]) -> Value {
    let index = codes.binary_search(&finding.code).unwrap_or_default();
    let mut entries = vec![
        ("ruleId", Value::string(finding.code.name())),
        ("ruleIndex", number(index)),
        ("level", level(finding.severity)),
        ("message", text(sentence(finding))),
    ];
    let location = finding.place.and_then(|place| location(package, place)).or_else(|| match finding.in_source {
        Some((source, offset)) => Some(location_in(package, source, Some((offset, offset)))?),
        None => location_in(package, SourceId(0), None),
    });
    entries.extend(location.map(|location| ("locations", Value::List(vec![Value::map(location)]))));
    let related = finding.related.iter().filter_map(|(place, words)| {
        let mut location = location_of_related(package, *place)?;
        location.push(("message", text(one_line(words))));
        Some(location)
    });
    let related: Vec<Value> = related
        .enumerate()
        .map(|(id, mut location)| {
            location.insert(0, ("id", number(id)));
            Value::map(location)
        })
        .collect();
    if !related.is_empty() {
        entries.push(("relatedLocations", Value::List(related)));
    }
    Value::map(entries)
}

/// The entries of a `location` object.
type Location = Vec<(&'static str, Value)>;

fn location(package: &Package, place: Place) -> Option<Location> {
    let mut entries = location_of_related(package, place)?;
    let title = package.resource(place.resource)?.title();
    let field = package.locate(place)?.field;
    let words = if field.is_empty() { title } else { format!("{title}: {field}") };
    let logical = Value::map([("fullyQualifiedName", Value::string(one_line(&words)))]);
    entries.push(("logicalLocations", Value::List(vec![logical])));
    Some(entries)
}

fn location_of_related(package: &Package, place: Place) -> Option<Location> {
    let source = package.resource(place.resource)?.source;
    location_in(package, source, Some((place.start as usize, place.end as usize)))
}

/// A place in a text; without a range the whole text. The column after the last character ends a region.
fn location_in(package: &Package, source: SourceId, range: Option<(usize, usize)>) -> Option<Location> {
    let uri = uri(&package.sources.get(source.0 as usize)?.origin)?;
    let artifact = Value::map([("uri", Value::String(uri))]);
    let mut physical = vec![("artifactLocation", artifact)];
    if let Some((start, end)) = range {
        let (start, end) = (package.position(source, start)?, package.position(source, end.max(start))?);
        let region = [
            ("startLine", number(start.line)),
            ("startColumn", number(start.column)),
            ("endLine", number(end.line)),
            ("endColumn", number(end.column)),
        ];
        physical.push(("region", Value::map(region)));
    }
    Some(vec![("physicalLocation", Value::map(physical))])
}

/// A file as a URI reference: relative as the user named it, or absolute. `None` for what is no file of the user.
fn uri(origin: &SourceOrigin) -> Option<String> {
    let path = match origin {
        SourceOrigin::File(path) => path.to_str()?,
        SourceOrigin::Stdin => "stdin",
        SourceOrigin::Synthetic(_) => return None,
    };
    let path = path.trim_start_matches("./");
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    Some(format!("{scheme}{}", percent_encoded(path)))
}

/// Everything encoded but slashes and what RFC 3986 leaves unreserved.
fn percent_encoded(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {
                encoded.push(char::from(byte))
            }
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
