//! One finding for one fact: planning warns of traffic that it cannot allow, and judging finds the same traffic blocked.

use crate::diag::{Code, Finding, Findings};
use crate::model::place::{Place, ResourceId};
use std::collections::{BTreeMap, BTreeSet};

/// What planning and judging found, both with the severities of the configuration. Of two findings about one call or one object's
/// traffic the judged one stays, because it names the policy; it takes over what planning knows to do about it, and the higher
/// severity.
#[must_use]
pub fn merged(planned: Findings, judged: Findings) -> Findings {
    let Findings(mut judged) = judged;
    let is_said_twice = |finding: &Finding| finding.code == Code::ReferenceNotGranted;
    let said: BTreeSet<Option<Place>> =
        planned.0.iter().filter(|found| is_said_twice(found)).map(|found| found.place).collect();
    judged.retain(|finding| !is_said_twice(finding) || !said.contains(&finding.place));
    let mut facts: BTreeMap<Fact, usize> = BTreeMap::new();
    for (index, finding) in judged.iter().enumerate() {
        if let Some(fact) = fact(finding) {
            facts.entry(fact).or_insert(index);
        }
    }
    let mut findings = Vec::with_capacity(planned.0.len() + judged.len());
    for finding in planned.0 {
        let place = finding.place.filter(|_| finding.code == Code::TrafficBlocked);
        let known = place.and_then(|place| {
            facts.get(&Fact::Call(place)).or_else(|| facts.get(&Fact::Traffic(place.resource))).copied()
        });
        match known.and_then(|known| judged.get_mut(known)) {
            Some(same) => {
                same.severity = same.severity.max(finding.severity);
                same.help = finding.help.or(same.help.take());
            }
            None => findings.push(finding),
        }
    }
    findings.extend(judged);
    Findings(findings)
}

/// What a judged finding is about.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Fact {
    /// A declared call; a ClientIntents object has many, so it is known by its place.
    Call(Place),
    /// Traffic that an object leads to.
    Traffic(ResourceId),
}

fn fact(judged: &Finding) -> Option<Fact> {
    let place = judged.place?;
    match judged.code {
        Code::IntentDenied | Code::IntentPartlyDenied | Code::IntentUnknown => Some(Fact::Call(place)),
        Code::BlockedLoadBalancer
        | Code::BlockedNodePort
        | Code::BlockedIngress
        | Code::BlockedGateway
        | Code::BlockedMetrics
        | Code::BlockedWebhook
        | Code::BlockedApiService
        | Code::BlockedDns => Some(Fact::Traffic(place.resource)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::merged;
    use crate::diag::{Code, Finding, Findings, Severity};
    use crate::model::place::{Place, ResourceId};

    #[test]
    fn one_fact_is_one_finding() {
        let at = |resource, start| Place { resource: ResourceId(resource), start, end: start + 1 };
        let planned = |place| Finding::new(Code::TrafficBlocked, place, "planned").with_help("do this");
        let judged = |code, place| Finding::new(code, place, "judged").with_help("or that");
        let helped = |code, place| judged(code, place).with_help("do this");
        let cases = [
            // The same call.
            (
                vec![planned(at(1, 5))],
                vec![judged(Code::IntentDenied, at(1, 5))],
                vec![helped(Code::IntentDenied, at(1, 5))],
            ),
            // Another call of the same object.
            (
                vec![planned(at(1, 5))],
                vec![judged(Code::IntentDenied, at(1, 9))],
                vec![planned(at(1, 5)), judged(Code::IntentDenied, at(1, 9))],
            ),
            // A route that is not granted: judging says what planning said, and what only it knows.
            (
                vec![judged(Code::ReferenceNotGranted, at(1, 5))],
                vec![judged(Code::ReferenceNotGranted, at(1, 5)), judged(Code::ReferenceNotGranted, at(2, 5))],
                vec![judged(Code::ReferenceNotGranted, at(1, 5)), judged(Code::ReferenceNotGranted, at(2, 5))],
            ),
            // A port of a Service, and the Service.
            (
                vec![planned(at(1, 5))],
                vec![judged(Code::BlockedNodePort, at(1, 2))],
                vec![helped(Code::BlockedNodePort, at(1, 2))],
            ),
            // A lint of the same object is another fact.
            (
                vec![planned(at(1, 5))],
                vec![judged(Code::UndeclaredOpen, at(1, 5))],
                vec![planned(at(1, 5)), judged(Code::UndeclaredOpen, at(1, 5))],
            ),
        ];
        for (planned, judged, expected) in cases {
            assert_eq!(merged(Findings(planned), Findings(judged)).0, expected);
        }
        let mut raised = planned(at(1, 5));
        raised.severity = Severity::Error;
        let found = merged(Findings(vec![raised]), Findings(vec![judged(Code::BlockedNodePort, at(1, 5))]));
        assert_eq!(found.0.first().map(|finding| finding.severity), Some(Severity::Error));
    }
}
