//! `suggest`: ClientIntents as a stream of documents, every call with what it was seen in.

use super::explain::file_and_line;
use super::{json, one_line};
use crate::model::identity::Identity;
use crate::model::value::Value;
use crate::read::package::Package;
use crate::suggest::{Call, CallTarget, Evidence, Suggestion};
use crate::write::yaml_scalar;

/// A call shows this much of its evidence; JSON shows all.
const MAX_EVIDENCE: usize = 3;

/// A document per client. For a client that has intents already, comments say what to add to them: a second object for it
/// would be a fault.
#[must_use]
pub fn yaml(package: &Package, suggestions: &[Suggestion]) -> String {
    let documents: Vec<String> = suggestions.iter().map(|suggestion| document(package, suggestion)).collect();
    documents.join("---\n")
}

fn document(package: &Package, suggestion: &Suggestion) -> String {
    let targets: String = suggestion.calls.iter().map(|call| entry(package, suggestion, call)).collect();
    if let Some((name, place)) = &suggestion.existing {
        let place = file_and_line(package, *place).map(|place| format!(" ({place})")).unwrap_or_default();
        let client = &suggestion.client;
        let head = one_line(&format!("{client} has ClientIntents {name}{place}; add to its targets:"));
        let lines: String = targets.lines().map(|line| format!("# {line}\n")).collect();
        return format!("# {head}\n{lines}");
    }
    let namespace = match suggestion.says_namespace {
        true => format!("  namespace: {}\n", yaml_scalar(&suggestion.client.namespace)),
        false => String::new(),
    };
    let (name, client) = (yaml_scalar(&suggestion.name), yaml_scalar(&suggestion.client.name));
    let kind = kind_line(suggestion.client.kind.as_deref(), 4);
    format!(
        "apiVersion: k8s.otterize.com/v2beta1\nkind: ClientIntents\nmetadata:\n  name: {name}\n{namespace}spec:\n  workload:\n    name: {client}\n{kind}  targets:\n{targets}"
    )
}

fn kind_line(kind: Option<&str>, indentation: usize) -> String {
    let indentation = " ".repeat(indentation);
    kind.map(|kind| format!("{indentation}kind: {}\n", yaml_scalar(kind))).unwrap_or_default()
}

/// The entry of the list of targets, with its evidence as comments above it.
fn entry(package: &Package, suggestion: &Suggestion, call: &Call) -> String {
    let mut text: String =
        call.evidence.iter().take(MAX_EVIDENCE).map(|one| format!("  # {}\n", words(package, one))).collect();
    let more = call.evidence.len().saturating_sub(MAX_EVIDENCE);
    if more > 0 {
        text.push_str(&format!("  # and {more} more\n"));
    }
    match &call.target {
        CallTarget::Workload(server) => {
            let name = target_name(&suggestion.client, &server.namespace, &server.name);
            let kind = kind_line(server.kind.as_deref(), 6);
            text.push_str(&format!("  - kubernetes:\n      name: {}\n{kind}", yaml_scalar(&name)));
        }
        CallTarget::Service { namespace, name } => {
            let name = target_name(&suggestion.client, namespace, name);
            text.push_str(&format!("  - service:\n      name: {}\n", yaml_scalar(&name)));
        }
        CallTarget::Internet { domain, ports } => {
            text.push_str(&format!("  - internet:\n      domains:\n      - {}\n", yaml_scalar(domain)));
            let ports: String = ports.iter().map(|port| format!("      - {port}\n")).collect();
            text.push_str(&if ports.is_empty() { ports } else { format!("      ports:\n{ports}") });
        }
    }
    text
}

/// `name`, or `name.namespace` in another namespace (`spec/otterize.md` 1.6).
fn target_name(client: &Identity, namespace: &str, name: &str) -> String {
    if client.namespace == namespace { name.to_owned() } else { format!("{name}.{namespace}") }
}

fn words(package: &Package, evidence: &Evidence) -> String {
    let place = evidence.place.and_then(|place| file_and_line(package, place));
    one_line(&place.map_or_else(|| evidence.text.clone(), |place| format!("{} ({place})", evidence.text)))
}

/// `[{client, name, existing, calls: [{target, evidence: [{text, place}]}]}]`
#[must_use]
pub fn json(package: &Package, suggestions: &[Suggestion]) -> String {
    let place = |place| file_and_line(package, place).map_or(Value::Null, Value::string);
    let suggestions = suggestions.iter().map(|suggestion| {
        let calls = suggestion.calls.iter().map(|call| {
            let evidence = call.evidence.iter().map(|one| {
                Value::map([("text", Value::string(&*one.text)), ("place", one.place.map_or(Value::Null, place))])
            });
            Value::map([("target", target(&call.target)), ("evidence", Value::List(evidence.collect()))])
        });
        Value::map([
            ("client", identity(&suggestion.client)),
            ("name", Value::string(&*suggestion.name)),
            ("existing", suggestion.existing.as_ref().map_or(Value::Null, |(_, at)| place(*at))),
            ("calls", Value::List(calls.collect())),
        ])
    });
    json::pretty(&Value::List(suggestions.collect()))
}

fn identity(identity: &Identity) -> Value {
    let kind = identity.kind.as_ref().map_or(Value::Null, |kind| Value::string(&**kind));
    Value::map([
        ("namespace", Value::string(&*identity.namespace)),
        ("name", Value::string(&*identity.name)),
        ("kind", kind),
    ])
}

fn target(target: &CallTarget) -> Value {
    match target {
        CallTarget::Workload(server) => identity(server),
        CallTarget::Service { namespace, name } => Value::map([
            ("namespace", Value::string(&**namespace)),
            ("name", Value::string(&**name)),
            ("kind", Value::string("Service")),
        ]),
        CallTarget::Internet { domain, ports } => Value::map([
            ("domain", Value::string(&**domain)),
            ("ports", Value::List(ports.iter().map(|&port| Value::Integer(port.into())).collect())),
        ]),
    }
}
