//! What the page shows about nodes and edges: deciding policies and rules, declarations, and the text of the manifests.
//!
//! Reasons and texts are numbered, since many edges share them.

use super::{Picture, Style};
use crate::model::place::{Place, ResourceId};
use crate::model::policy::Direction;
use crate::model::value::Value;
use crate::report::explain::{file_and_line, policy_words, reasons, verdict_word};
use crate::report::one_line;
use crate::source::SourceText;
use crate::verify::graph::{Edge, EdgeKind, Node, NodeKind};
use crate::verify::reach::decisions::{Decision, RuleRef};
use crate::verify::rendered::NOT_IN_INPUT;
use std::collections::BTreeMap;

/// A text of the manifests is shown up to this many lines.
const MAX_LINES: usize = 40;
/// And this many characters of a line.
const MAX_COLUMNS: usize = 160;

/// Everything about nodes and edges, for the script of the page.
pub(super) fn data(picture: &Picture<'_>) -> Value {
    let mut tables = Tables { picture, reasons: Table::default(), snippets: Table::default() };
    let nodes: Vec<Value> = picture.graph.nodes.iter().map(|node| tables.node(node)).collect();
    let edges: Vec<Value> = picture.graph.edges.iter().map(|edge| tables.edge(edge)).collect();
    Value::map([
        ("nodes", Value::List(nodes)),
        ("edges", Value::List(edges)),
        ("reasons", Value::List(tables.reasons.values)),
        ("snippets", Value::List(tables.snippets.values)),
    ])
}

/// Distinct values by number.
#[derive(Default)]
struct Table {
    numbers: BTreeMap<String, usize>,
    values: Vec<Value>,
}

impl Table {
    fn number(&mut self, key: String, value: impl FnOnce() -> Value) -> Value {
        let next = self.values.len();
        let number = *self.numbers.entry(key).or_insert(next);
        if number == next {
            self.values.push(value());
        }
        integer(number)
    }
}

struct Tables<'t, 'a> {
    picture: &'t Picture<'a>,
    reasons: Table,
    snippets: Table,
}

fn integer(number: usize) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

impl Tables<'_, '_> {
    fn node(&mut self, node: &Node) -> Value {
        let words = self.picture.node_words(node);
        let mut entries = vec![
            ("name", Value::String(words.name)),
            ("detail", Value::String(words.detail)),
            ("title", Value::String(self.picture.node_title(node))),
            ("reference", Value::String(self.picture.node_reference(node))),
            ("namespace", words.namespace.map_or(Value::Null, Value::String)),
            ("unprotected", Value::Bool(node.is_open_to_all)),
        ];
        if let NodeKind::Workload(index) = node.kind {
            entries.push(("isolation", Value::List(self.isolation(index))));
            entries.push(("ports", Value::List(self.ports(index))));
        }
        if let Some(place) = node.place {
            entries.push(("place", self.place(place)));
            entries.push(("snippet", self.resource(place.resource)));
        }
        Value::map(entries)
    }

    /// The declared ports of a workload.
    fn ports(&self, workload: usize) -> Vec<Value> {
        let members = self.picture.reach.workload(workload).map(|own| own.members.as_slice()).unwrap_or_default();
        let members = members.iter().filter_map(|&member| self.picture.reach.world().workloads.get(member));
        let mut ports: Vec<String> = members
            .flat_map(|member| member.ports())
            .map(|port| {
                let name = port.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
                one_line(&format!("{} {}{name}", port.protocol.as_str(), port.number))
            })
            .collect();
        ports.sort();
        ports.dedup();
        ports.into_iter().map(Value::String).collect()
    }

    /// For each direction the policies that isolate a workload.
    fn isolation(&mut self, workload: usize) -> Vec<Value> {
        let picture = self.picture;
        let mut both = Vec::new();
        for direction in [Direction::Ingress, Direction::Egress] {
            let mut policies: Vec<(String, usize)> = picture
                .reach
                .isolating_policies(workload, direction)
                .into_iter()
                .map(|policy| (one_line(&policy_words(picture.reach, picture.package, policy)), policy))
                .collect();
            policies.sort();
            let policies = policies.into_iter().map(|(text, policy)| self.reason(text, Some((policy, None))));
            let policies = Value::List(policies.collect());
            both.push(Value::map([("direction", Value::string(direction.as_str())), ("policies", policies)]));
        }
        both
    }

    fn edge(&mut self, edge: &Edge) -> Value {
        let kind = match edge.kind {
            EdgeKind::Declared => "declared",
            EdgeKind::Traffic => "traffic",
            EdgeKind::Undeclared => "undeclared",
        };
        let mut declared: Vec<(Option<String>, Place)> =
            edge.declarations.iter().map(|&place| (file_and_line(self.picture.package, place), place)).collect();
        declared.sort();
        let declared = declared.into_iter().map(|(_, place)| {
            let details = self.picture.details.at(place).iter().map(|detail| Value::String(one_line(detail)));
            Value::map([
                ("place", self.place(place)),
                ("details", Value::List(details.collect())),
                ("snippet", self.resource(place.resource)),
            ])
        });
        let declared = declared.collect();
        let mut segments: Vec<(String, Value)> = Vec::new();
        for segment in &edge.segments {
            let egress = self.decision(Direction::Egress, &segment.egress);
            let ingress = self.decision(Direction::Ingress, &segment.ingress);
            let connections = segment.connections.to_string();
            let key = format!("{connections}\n{egress:?}\n{ingress:?}");
            let value = Value::map([
                ("ports", Value::String(connections)),
                ("verdict", Value::string(verdict_word(segment.verdict()))),
                ("egress", egress),
                ("ingress", ingress),
            ]);
            segments.push((key, value));
        }
        segments.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut notes = edge.notes.clone();
        notes.sort();
        Value::map([
            ("from", integer(edge.from)),
            ("to", integer(edge.to)),
            ("kind", Value::string(kind)),
            ("style", Value::string(Style::of(edge).name())),
            ("label", Value::String(self.picture.edge_label(edge))),
            ("pairs", integer(edge.pairs)),
            ("notes", Value::List(notes.iter().map(|note| Value::String(one_line(note))).collect())),
            ("declared", Value::List(declared)),
            ("segments", Value::List(segments.into_iter().map(|(_, value)| value).collect())),
        ])
    }

    /// The verdict of one end and its reasons, sorted by their words: the numbers of policies depend on the order of the input.
    fn decision(&mut self, direction: Direction, decision: &Decision) -> Value {
        let texts = reasons(self.picture.reach, self.picture.package, direction, decision);
        let rule = |rule: &RuleRef| Some((rule.policy, Some(*rule)));
        let sources: Vec<Option<(usize, Option<RuleRef>)>> = match decision {
            Decision::Allowed(rules) => rules.iter().map(rule).collect(),
            Decision::Denied { refusals, doubts } => {
                let refusals = refusals.iter().map(|refusal| Some((refusal.policy, None)));
                refusals.chain(doubts.iter().map(|doubt| rule(&doubt.rule))).collect()
            }
            _ => Vec::new(),
        };
        let sources = sources.into_iter().chain(std::iter::repeat(None));
        let mut reasons: Vec<_> = texts.into_iter().map(|text| one_line(&text)).zip(sources).collect();
        reasons.sort_by(|(one, _), (other, _)| one.cmp(other));
        let reasons = reasons.into_iter().map(|(text, source)| self.reason(text, source)).collect();
        Value::map([("verdict", Value::string(verdict_word(decision.verdict()))), ("reasons", Value::List(reasons))])
    }

    fn reason(&mut self, text: String, source: Option<(usize, Option<RuleRef>)>) -> Value {
        let snippet = source.map_or(Value::Null, |(policy, rule)| self.policy(policy, rule));
        let key = format!("{snippet:?} {text}");
        self.reasons.number(key, || Value::map([("text", Value::String(text)), ("snippet", snippet)]))
    }

    /// The rule in the manifest, or the policy where it is generated or as a whole decides.
    fn policy(&mut self, policy: usize, rule: Option<RuleRef>) -> Value {
        let Some(own) = self.picture.reach.world().policies.get(policy) else { return Value::Null };
        if let Some(place) = rule.and_then(|rule| own.rule_place(rule.direction, rule.rule)) {
            return self.lines(place);
        }
        let is_as_written = own.resource != NOT_IN_INPUT && own.details.pod_selector_place.is_some();
        if is_as_written {
            return self.resource(own.resource);
        }
        let name = own.policy.object_name().to_string();
        let text = self.picture.policy_text;
        self.snippets.number(format!("generated {name}"), || snippet("generated", 1, &text(&own.policy)))
    }

    /// The whole object.
    fn resource(&mut self, resource: ResourceId) -> Value {
        let Some(node) = self.picture.package.node(resource) else { return Value::Null };
        let place = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        self.lines(Place { resource, start: place(node.start()), end: place(node.end()) })
    }

    /// The lines that a place is on.
    fn lines(&mut self, place: Place) -> Value {
        let package = self.picture.package;
        let Some(location) = package.locate(place) else { return Value::Null };
        let source = package.resource(place.resource).and_then(|own| package.sources.get(own.source.0 as usize));
        let Some(text) = source.map(|source: &SourceText| &*source.text) else { return Value::Null };
        let (start, end) = (place.start as usize, place.end as usize);
        let first = text.get(..start).unwrap_or_default().rfind('\n').map_or(0, |newline| newline + 1);
        let last = text.get(end..).unwrap_or_default().find('\n').map_or(text.len(), |newline| end + newline);
        let text = text.get(first..last).unwrap_or_default();
        let file = location.file.unwrap_or_else(|| "manifest".to_owned());
        self.snippets.number(format!("{file} {first} {last}"), || snippet(&file, location.line, text))
    }

    fn place(&self, place: Place) -> Value {
        file_and_line(self.picture.package, place).map_or(Value::Null, |text| Value::String(one_line(&text)))
    }
}

/// Lines of a manifest without their common indentation.
fn snippet(file: &str, line: usize, text: &str) -> Value {
    let lines: Vec<&str> = text.lines().collect();
    let indentation = lines.iter().filter(|line| !line.trim().is_empty()).map(|line| indentation(line)).min();
    let indentation = indentation.unwrap_or_default();
    let shown = lines.iter().take(MAX_LINES).map(|line| {
        let line: String = line.chars().skip(indentation).take(MAX_COLUMNS).collect();
        one_line(line.trim_end())
    });
    let mut shown: Vec<String> = shown.collect();
    while shown.last().is_some_and(String::is_empty) {
        shown.pop();
    }
    if lines.len() > MAX_LINES {
        shown.push(format!("... {} more lines", lines.len() - MAX_LINES));
    }
    Value::map([
        ("file", Value::String(one_line(file))),
        ("line", integer(line)),
        ("text", Value::String(shown.join("\n"))),
    ])
}

fn indentation(line: &str) -> usize {
    line.chars().take_while(|character| *character == ' ').count()
}
