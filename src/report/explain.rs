//! `explain`: the verdict for one pair in words, with the policies, rules, files and lines that decide on both ends.

use super::json;
use super::list::connection_fields;
use crate::model::place::Place;
use crate::model::policy::{Direction, Protocol};
use crate::model::value::Value;
use crate::read::package::Package;
use crate::verify::connections::ConnectionSet;
use crate::verify::listing::end_text;
use crate::verify::reach::decisions::{Decision, Doubt, DoubtReason, RefusalReason, RuleRef, Segment, Verdict};
use crate::verify::reach::{End, Reachability};
use crate::verify::remedy::{Remedy, RemedyTarget, remedy};

/// One question: may the source connect to the destination?
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The world that is judged.
    pub reach: &'a Reachability<'a>,
    /// What was read, for files and lines.
    pub package: &'a Package,
    /// Who connects.
    pub source: End,
    /// To whom.
    pub destination: End,
    /// On which port; `None` asks about all.
    pub port: Option<(Protocol, u16)>,
}

impl Question<'_> {
    /// The answer, narrowed to the port that is asked about.
    fn segments(&self) -> Vec<Segment> {
        let segments = self.reach.explain(self.source, self.destination);
        let Some((protocol, port)) = self.port else { return segments };
        let only = ConnectionSet::port(protocol, port);
        let narrow = |segment: Segment| Segment { connections: segment.connections.intersection(&only), ..segment };
        segments.into_iter().map(narrow).filter(|segment| !segment.connections.is_empty()).collect()
    }

    fn names(&self) -> (String, String) {
        (end_text(self.reach, self.source), end_text(self.reach, self.destination))
    }
}

/// The answer in words: for every part of the connections the verdict and what decides on both ends, and for what is denied the
/// smallest intent that would allow it.
#[must_use]
pub fn human(question: Question<'_>) -> String {
    let (source, destination) = question.names();
    let mut text = format!("{source} => {destination}\n");
    if question.source == question.destination {
        text.push_str("(between replicas; a pod always reaches itself)\n");
    }
    let mut remedies: Vec<Remedy> = Vec::new();
    let segments = question.segments();
    let is_partly_allowed = segments.iter().any(|segment| segment.verdict() == Verdict::Allowed);
    let what = if is_partly_allowed { "the rest" } else { "it" };
    for segment in segments {
        text.push_str(&format!("\n{}: {}\n", segment.connections, verdict_word(segment.verdict())));
        for (direction, decision) in [(Direction::Egress, &segment.egress), (Direction::Ingress, &segment.ingress)] {
            text.push_str(&decision_text(&question, direction, decision));
        }
        let port = question.port.map(|(_, port)| port);
        let found = remedy(question.reach, question.source, question.destination, &segment, port);
        remedies.extend(found.filter(|found| !remedies.contains(found)));
    }
    for remedy in &remedies {
        text.push_str(&remedy_text(&question, remedy, what));
    }
    text
}

/// `allowed`, `denied` or `unknown`.
#[must_use]
pub fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => "allowed",
        Verdict::Denied => "denied",
        Verdict::Unknown => "unknown",
    }
}

fn decision_text(question: &Question<'_>, direction: Direction, decision: &Decision) -> String {
    let (source, destination) = question.names();
    let own = if direction == Direction::Egress { &source } else { &destination };
    let word = if direction == Direction::Egress { "egress of" } else { "ingress of" };
    let mut text = format!("  {word} {own}: {}\n", verdict_word(decision.verdict()));
    for line in reasons(question.reach, question.package, direction, decision) {
        text.push_str(&format!("    {line}\n"));
    }
    text
}

/// What decides on one end, a line each, with files and lines.
#[must_use]
pub fn reasons(reach: &Reachability<'_>, package: &Package, direction: Direction, decision: &Decision) -> Vec<String> {
    let word = direction.as_str().to_lowercase();
    match decision {
        Decision::NotIsolated => vec![format!("no policy isolates its {word}")],
        Decision::Outside => vec!["no policy of the input applies there".to_owned()],
        Decision::HostNetwork => vec!["it uses the node's network, which policies do not isolate".to_owned()],
        Decision::Allowed(rules) => {
            rules.iter().map(|&rule| format!("{} lets it through", rule_words(reach, package, rule))).collect()
        }
        Decision::Denied { refusals, doubts } => {
            let refusals = refusals.iter().map(|refusal| {
                let rule = |rule| rule_words(reach, package, RuleRef { policy: refusal.policy, direction, rule });
                match refusal.reason {
                    RefusalReason::NoRules => {
                        format!("{} isolates it and has no {word} rules", policy_words(reach, package, refusal.policy))
                    }
                    RefusalReason::NoPeer => format!(
                        "{} isolates it and no {word} rule names the peer",
                        policy_words(reach, package, refusal.policy)
                    ),
                    RefusalReason::Ports { rule: number } => {
                        format!("{} names the peer, but not this port", rule(number))
                    }
                    RefusalReason::PortNames { rule: number } => {
                        format!("{} names a port that the destination does not have", rule(number))
                    }
                }
            });
            refusals.chain(doubts.iter().map(|doubt| doubt_words(reach, package, doubt))).collect()
        }
    }
}

fn doubt_words(reach: &Reachability<'_>, package: &Package, doubt: &Doubt) -> String {
    let rule = rule_words(reach, package, doubt.rule);
    match &doubt.reason {
        DoubtReason::NamespaceLabels { namespace } => {
            format!("{rule} lets it through if Namespace {namespace}, which is not in the input, has the labels")
        }
        DoubtReason::NodeAddress => format!("{rule} lets it through if the node's address is in the block"),
    }
}

/// `NetworkPolicy ns/name (file:line)`.
#[must_use]
pub fn policy_words(reach: &Reachability<'_>, package: &Package, policy: usize) -> String {
    let Some(policy) = reach.world().policies.get(policy) else { return String::new() };
    let name = policy.policy.object_name();
    match file_and_line(package, policy.place) {
        Some(place) => format!("{name} ({place})"),
        None => format!("{name} (generated)"),
    }
}

/// `NetworkPolicy ns/name, ingress rule 2 (file:line)`.
#[must_use]
pub fn rule_words(reach: &Reachability<'_>, package: &Package, rule: RuleRef) -> String {
    let Some(policy) = reach.world().policies.get(rule.policy) else { return String::new() };
    let (name, word) = (policy.policy.object_name(), rule.direction.as_str().to_lowercase());
    let place = policy.rule_place(rule.direction, rule.rule).and_then(|place| file_and_line(package, place));
    format!("{name}, {word} rule {} ({})", rule.rule + 1, place.unwrap_or_else(|| "generated".to_owned()))
}

/// The file and line of a place; the line of the object where only that is known. `None` for what is not in the input.
#[must_use]
pub fn file_and_line(package: &Package, place: Place) -> Option<String> {
    let location = package.locate_line(place)?;
    Some(match location.file {
        Some(file) if !location.line_is_within_resource => format!("{file}:{}", location.line),
        Some(file) => format!("{file}, line {} of the object", location.line),
        None => format!("line {} of the object", location.line),
    })
}

/// What to do to allow `what` is denied.
fn remedy_text(question: &Question<'_>, remedy: &Remedy, what: &str) -> String {
    match remedy {
        Remedy::AlreadyDeclared(place) => {
            let place = file_and_line(question.package, *place).map(|place| format!(" ({place})")).unwrap_or_default();
            format!(
                "\nThe call is declared{place}, but the policies above do not follow: judge what is rendered, or change them.\n"
            )
        }
        Remedy::Otherwise(text) => format!("\nTo allow {what}: {text}\n"),
        Remedy::Declare { client, target, existing, needs_egress } => {
            let world = question.reach.world();
            let existing = existing.and_then(|index| world.client_intents.get(index));
            let mut text = match existing
                .map(|intents| (intents, file_and_line(question.package, intents.client_place)))
            {
                Some((intents, place)) => format!(
                    "\nTo allow {what}, add to the targets of ClientIntents {}/{}{}:\n\n",
                    intents.namespace,
                    intents.name,
                    place.map(|place| format!(" ({place})")).unwrap_or_default()
                ),
                None => format!(
                    "\nTo allow {what}, declare the call:\n\napiVersion: k8s.otterize.com/v2beta1\nkind: ClientIntents\nmetadata:\n  name: {name}\n  namespace: {namespace}\nspec:\n  workload:\n    name: {name}\n{kind}  targets:\n",
                    name = scalar(&client.name),
                    namespace = scalar(&client.namespace),
                    kind = client.kind.as_ref().map(|kind| format!("    kind: {kind}\n")).unwrap_or_default(),
                ),
            };
            text.push_str(&target_text(target, &client.namespace));
            if *needs_egress {
                text.push_str("\nIts egress is isolated: that needs `profile: v2` with `enableEgressNetworkPolicyCreation: true`, or a rule in the policy above.\n");
            }
            text
        }
    }
}

fn target_text(target: &RemedyTarget, client_namespace: &str) -> String {
    match target {
        RemedyTarget::Workload(server) => {
            let name = if server.namespace == client_namespace {
                server.name.clone()
            } else {
                format!("{}.{}", server.name, server.namespace)
            };
            let kind = server.kind.as_ref().map(|kind| format!("      kind: {kind}\n")).unwrap_or_default();
            format!("  - kubernetes:\n      name: {}\n{kind}", scalar(&name))
        }
        RemedyTarget::Internet { range, port } => {
            let port = port.map(|port| format!("      ports: [{port}]\n")).unwrap_or_default();
            format!("  - internet:\n      ips: [\"{range}\"]\n{port}")
        }
    }
}

/// A name as YAML: quoted where it could be taken for something else.
fn scalar(name: &str) -> String {
    let is_plain = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !["y", "n", "yes", "no", "on", "off", "true", "false", "null"].contains(&name);
    if is_plain { name.to_owned() } else { format!("\"{name}\"") }
}

/// The answer as JSON: `{src, dst, segments: [{conns, verdict, egress, ingress}]}`, each end with its verdict and reasons.
#[must_use]
pub fn json(question: Question<'_>) -> String {
    let (source, destination) = question.names();
    let segments = question.segments();
    let segments = segments.iter().map(|segment| segment_value(question.reach, question.package, segment));
    json::pretty(&Value::map([
        ("src", Value::string(source)),
        ("dst", Value::string(destination)),
        ("segments", Value::List(segments.collect())),
    ]))
}

/// `{all, conns, verdict, egress: {verdict, reasons, rules}, ingress: the same}`.
pub(super) fn segment_value(reach: &Reachability<'_>, package: &Package, segment: &Segment) -> Value {
    let end = |direction, decision: &Decision| {
        let reasons = reasons(reach, package, direction, decision);
        Value::map([
            ("verdict", Value::string(verdict_word(decision.verdict()))),
            ("reasons", Value::List(reasons.into_iter().map(Value::String).collect())),
            ("rules", Value::List(rule_values(reach, package, decision))),
        ])
    };
    let fields = connection_fields(&segment.connections).into_iter().chain([
        ("verdict", Value::string(verdict_word(segment.verdict()))),
        ("egress", end(Direction::Egress, &segment.egress)),
        ("ingress", end(Direction::Ingress, &segment.ingress)),
    ]);
    Value::map(fields)
}

/// The rules or policies that decide, for programs.
fn rule_values(reach: &Reachability<'_>, package: &Package, decision: &Decision) -> Vec<Value> {
    let value = |policy: usize, rule: Option<RuleRef>| {
        let policy = reach.world().policies.get(policy)?;
        let place = rule.and_then(|rule| policy.rule_place(rule.direction, rule.rule)).unwrap_or(policy.place);
        let location = package.locate(place);
        let mut entries = vec![
            ("namespace", Value::string(&policy.policy.namespace)),
            ("policy", Value::string(&policy.policy.name)),
        ];
        entries.extend(rule.and_then(|rule| i64::try_from(rule.rule).ok()).map(|rule| ("rule", Value::Integer(rule))));
        if let Some(location) = location {
            entries.extend(location.file.map(|file| ("file", Value::String(file))));
            entries.extend(i64::try_from(location.line).ok().map(|line| ("line", Value::Integer(line))));
        }
        Some(Value::map(entries))
    };
    match decision {
        Decision::Allowed(rules) => rules.iter().filter_map(|&rule| value(rule.policy, Some(rule))).collect(),
        Decision::Denied { refusals, .. } => {
            refusals.iter().filter_map(|refusal| value(refusal.policy, None)).collect()
        }
        _ => Vec::new(),
    }
}
