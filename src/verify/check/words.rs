//! Reasons in the one line that a finding has, and the places that belong to them.

use crate::diag::Finding;
use crate::model::policy::Direction;
use crate::verify::reach::Reachability;
use crate::verify::reach::decisions::{Decision, DoubtReason, RefusalReason, RuleRef, Segment, Verdict};
use crate::verify::rendered::NOT_IN_INPUT;

/// A finding names this many policies at most.
const MAX_POLICIES: usize = 3;

/// `NetworkPolicy ns/name`.
pub(super) fn policy_name(reach: &Reachability<'_>, policy: usize) -> String {
    reach.world().policies.get(policy).map(|policy| policy.policy.object_name().to_string()).unwrap_or_default()
}

/// Why the segment is not allowed: the first end that refuses it, egress before ingress.
pub(super) fn why_not(reach: &Reachability<'_>, segment: &Segment) -> String {
    let ends = [(Direction::Egress, &segment.egress), (Direction::Ingress, &segment.ingress)];
    let refusing = ends.into_iter().find(|(_, decision)| decision.verdict() != Verdict::Allowed);
    refusing.map(|(direction, decision)| refusal(reach, direction, decision)).unwrap_or_default()
}

/// Why one end refuses.
pub(super) fn refusal(reach: &Reachability<'_>, direction: Direction, decision: &Decision) -> String {
    let Decision::Denied { refusals, doubts } = decision else { return String::new() };
    let end = if direction == Direction::Egress { "egress of the client" } else { "ingress of the server" };
    if let Some(doubt) = doubts.first() {
        let rule = rule_name(reach, doubt.rule);
        return match &doubt.reason {
            DoubtReason::NamespaceLabels { namespace } => {
                format!("{end} depends on the labels of Namespace {namespace}, which is not in the input ({rule})")
            }
            DoubtReason::NodeAddress => format!("{end} depends on the address of a node ({rule})"),
        };
    }
    let texts: Vec<String> = refusals
        .iter()
        .take(MAX_POLICIES)
        .map(|refusal| {
            let policy = policy_name(reach, refusal.policy);
            match refusal.reason {
                RefusalReason::NoRules => format!("{policy} has no {direction} rules", direction = word(direction)),
                RefusalReason::NoPeer => format!("no rule of {policy} names the peer"),
                RefusalReason::Ports { rule } => {
                    format!("{} {} of {policy} has other ports", rule_word(direction), rule + 1)
                }
                RefusalReason::PortNames { rule } => {
                    format!("{} {} of {policy} names a port that is not there", rule_word(direction), rule + 1)
                }
            }
        })
        .collect();
    let more = refusals.len().saturating_sub(MAX_POLICIES);
    let more = if more > 0 { format!(" and {more} more policies") } else { String::new() };
    format!("{end} is isolated and {}{more}", texts.join(", "))
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    }
}

fn rule_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "ingress rule",
        Direction::Egress => "egress rule",
    }
}

/// `ingress rule 2 of NetworkPolicy ns/name`.
pub(super) fn rule_name(reach: &Reachability<'_>, rule: RuleRef) -> String {
    format!("{} {} of {}", rule_word(rule.direction), rule.rule + 1, policy_name(reach, rule.policy))
}

/// Adds the places of the policies that refuse the segment.
pub(super) fn with_refusing_places(reach: &Reachability<'_>, finding: Finding, segment: &Segment) -> Finding {
    let refusals = [&segment.egress, &segment.ingress].into_iter().flat_map(|decision| match decision {
        Decision::Denied { refusals, .. } => refusals.as_slice(),
        _ => &[],
    });
    refusals.take(MAX_POLICIES).fold(finding, |finding, refusal| {
        let policy = reach.world().policies.get(refusal.policy);
        match policy.filter(|policy| policy.resource != NOT_IN_INPUT) {
            Some(policy) => finding.with_related(policy.place, format!("isolates {}", word(refusal.direction))),
            None => finding,
        }
    })
}
