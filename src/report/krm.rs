//! Findings as KRM `results` (`spec/krm.md` 3).

use super::{in_order, one_line, sentence};
use crate::diag::{Code, Findings, Severity};
use crate::model::place::Place;
use crate::model::value::Value;
use crate::read::package::{Location, Package, Resource};

/// The `results` list: errors first, every result with its severity. A related place becomes an `info` result of its own
/// right after the finding that it belongs to.
#[must_use]
pub fn results(package: &Package, findings: &Findings) -> Vec<Value> {
    let mut results = Vec::new();
    for finding in in_order(findings) {
        let position = finding.in_source.and_then(|(source, offset)| {
            let position = package.position(source, offset)?;
            Some((position.line, position.column))
        });
        results.push(result(package, finding.severity, &sentence(finding), finding.place, finding.code, position));
        for (place, text) in &finding.related {
            results.push(result(package, Severity::Info, &one_line(text), Some(*place), finding.code, None));
        }
    }
    results
}

fn result(
    package: &Package,
    severity: Severity,
    message: &str,
    place: Option<Place>,
    code: Code,
    position: Option<(usize, usize)>,
) -> Value {
    let mut entries = vec![("message", Value::string(message)), ("severity", Value::string(severity.as_str()))];
    let resource = place.and_then(|place| package.resource(place.resource));
    let location = place.and_then(|place| package.locate(place));
    if let Some(reference) = resource.and_then(resource_reference) {
        entries.push(("resourceRef", reference));
        // The schema allows a field only together with the resource that has it.
        if let Some(location) = location.as_ref().filter(|location| !location.field.is_empty()) {
            entries.push(("field", Value::map([("path", Value::string(&*location.field))])));
        }
    }
    if let Some(file) = location.as_ref().and_then(file) {
        entries.push(("file", file));
    }
    let position = position.or(location.map(|location| (location.line, location.column)));
    entries.push(("tags", tags(code, position)));
    Value::map(entries)
}

/// `None` unless apiVersion, kind and name are all there: the schema requires them.
fn resource_reference(resource: &Resource) -> Option<Value> {
    if resource.api_version.is_empty() || resource.kind.is_empty() || resource.name.is_empty() {
        return None;
    }
    let mut entries = vec![
        ("apiVersion", Value::string(&*resource.api_version)),
        ("kind", Value::string(&*resource.kind)),
        ("name", Value::string(&*resource.name)),
    ];
    if let Some(namespace) = &resource.namespace {
        entries.push(("namespace", Value::string(&**namespace)));
    }
    Some(Value::map(entries))
}

fn file(location: &Location) -> Option<Value> {
    let path = location.file.as_ref()?;
    let mut entries = vec![("path", Value::string(&**path))];
    if let Some(index) = location.index {
        entries.push(("index", Value::Integer(i64::from(index))));
    }
    Some(Value::map(entries))
}

/// Results have no place for a rule's name or a line, so both go into the tags, which are strings.
fn tags(code: Code, position: Option<(usize, usize)>) -> Value {
    let mut entries = vec![("code", Value::string(code.name()))];
    if let Some((line, column)) = position {
        entries.push(("line", Value::string(line.to_string())));
        entries.push(("column", Value::string(column.to_string())));
    }
    Value::map(entries)
}
