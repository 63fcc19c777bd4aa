//! Properties of reachability on random bundles, against an evaluator that is as slow and plain as the API's documentation.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failing test may panic"
)]

mod reachability {
    pub(crate) mod bundle;
    pub(crate) mod generate;
    pub(crate) mod naive;
}

use enforce_intents::config::{self, Config};
use enforce_intents::diag::Severity;
use enforce_intents::model::policy::{Direction, Protocol};
use enforce_intents::model::world::World;
use enforce_intents::source::{SourceOrigin, SourceText};
use enforce_intents::verify::addresses::AddressRange;
use enforce_intents::verify::connections::ConnectionSet;
use enforce_intents::verify::reach::decisions::{Decision, RuleRef, Segment, Verdict};
use enforce_intents::verify::reach::{End, Reachability};
use enforce_intents::{read, understand};
use proptest::prelude::*;
use reachability::bundle::Bundle;
use reachability::naive::{self, Who};
use std::collections::{BTreeMap, BTreeSet};

const PORTS: [u16; 5] = [80, 81, 85, 443, 8080];
const PROTOCOLS: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];

fn world(bundle: &Bundle) -> (World, Config) {
    let text = SourceText { origin: SourceOrigin::Stdin, text: bundle.manifests() };
    let (package, findings) = read::stream::read(vec![text]);
    let settings = [("podAddresses".to_owned(), if bundle.match_addresses { "match" } else { "ignore" }.to_owned())];
    let (config, more) = config::raw::read(&package, &[], &settings);
    let (world, last) = understand::understand(&package, &config);
    for finding in findings.0.iter().chain(&more.0).chain(&last.0) {
        assert!(finding.severity < Severity::Error, "{}", finding.message);
    }
    (world, config)
}

/// Every end of the bundle with its counterpart in the engine.
fn ends(bundle: &Bundle, reach: &Reachability<'_>) -> Vec<(Who, End)> {
    let pods = (0..bundle.pods.len()).map(|index| {
        let text = format!("{}/p{index}", bundle.pods[index].namespace);
        (Who::Pod(index), End::Workload(reach.find(&text)[0]))
    });
    let addresses = ["10.0.0.1", "10.0.1.1", "192.0.2.7", "fd00::1", "2001:db8::1"].map(|text| {
        let address = text.parse().unwrap();
        let range = match address {
            std::net::IpAddr::V4(address) => AddressRange::V4(address, address),
            std::net::IpAddr::V6(address) => AddressRange::V6(address, address),
        };
        (Who::Address(address), End::External(range))
    });
    pods.chain(addresses).collect()
}

fn segment(segments: &[Segment], protocol: Protocol, port: u16) -> &Segment {
    let mut found = segments.iter().filter(|segment| segment.connections.contains(protocol, port));
    let first = found.next().unwrap();
    assert!(found.next().is_none(), "segments overlap");
    first
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// The verdict for every pair, protocol and port is the naive evaluator's. What is unknown is denied by what is written.
    #[test]
    fn agrees_with_the_naive_evaluator(bundle in reachability::generate::bundle()) {
        let (world, config) = world(&bundle);
        let reach = Reachability::new(&world, &config);
        let mut listed: BTreeMap<(End, End), ConnectionSet> = BTreeMap::new();
        reach.for_each_connection(&mut |from, to, set| {
            assert!(listed.insert((from, to), set.clone()).is_none(), "listed twice");
        });
        for (pod, (direction, end)) in (0..reach.workloads().len()).flat_map(|pod| {
            let ranges = |direction| reach.external(direction).iter().map(move |&range| (direction, End::External(range)));
            ranges(Direction::Ingress).chain(ranges(Direction::Egress)).map(move |outside| (End::Workload(pod), outside))
        }) {
            let pair = if direction == Direction::Ingress { (end, pod) } else { (pod, end) };
            let in_list = listed.get(&pair).cloned().unwrap_or_default();
            prop_assert_eq!(in_list, reach.between(pair.0, pair.1));
        }
        let mut table = reach.pair_table();
        for (from, from_end) in ends(&bundle, &reach) {
            for (to, to_end) in ends(&bundle, &reach) {
                if let (End::Workload(source), End::Workload(destination)) = (from_end, to_end) {
                    prop_assert_eq!(table.between(source, destination), &reach.between(from_end, to_end));
                }
                if matches!((from, to), (Who::Address(_), Who::Address(_))) {
                    continue;
                }
                let segments = reach.explain(from_end, to_end);
                if let End::Workload(destination) = to_end {
                    prop_assert_eq!(openings(&reach, from_end, destination), first_rules(&segments));
                }
                let all = segments.iter().fold(ConnectionSet::none(), |all, one| all.union(&one.connections));
                prop_assert!(all.is_all());
                for (protocol, port) in PROTOCOLS.into_iter().flat_map(|protocol| PORTS.map(|port| (protocol, port))) {
                    let expected = naive::is_allowed(&bundle, from, to, protocol, port);
                    let verdict = segment(&segments, protocol, port).verdict();
                    prop_assert_eq!(
                        verdict == Verdict::Allowed, expected,
                        "{:?} => {:?} {:?} {}: {:?}\n{}", from, to, protocol, port, verdict, bundle.manifests()
                    );
                    if let (Who::Pod(from), Who::Pod(to)) = (from, to) && from != to {
                        let in_list = listed.get(&(from_end, to_end)).is_some_and(|set| set.contains(protocol, port));
                        prop_assert_eq!(in_list, expected);
                    }
                }
            }
        }
    }

    /// The named rules decide: without them the connection is denied. Without the policies that refuse, it is allowed.
    #[test]
    fn the_named_rules_decide(bundle in reachability::generate::bundle(), pick in any::<prop::sample::Index>()) {
        let (world_before, config) = world(&bundle);
        let reach = Reachability::new(&world_before, &config);
        let ends = ends(&bundle, &reach);
        let mut questions = Vec::new();
        for &(from, from_end) in &ends {
            for &(to, to_end) in &ends {
                let only_outside = matches!((from, to), (Who::Address(_), Who::Address(_)));
                questions.extend((!only_outside).then_some((from_end, to_end)));
            }
        }
        let (from, to) = questions[pick.index(questions.len())];
        for segment in reach.explain(from, to) {
            let (protocol, port) = first_port(&segment.connections);
            for (direction, decision) in [(Direction::Egress, &segment.egress), (Direction::Ingress, &segment.ingress)] {
                let mut changed = bundle.clone();
                let expected = match decision {
                    Decision::Allowed(rules) => {
                        for rule in rules.iter().rev() {
                            prop_assert_eq!(rule.direction, direction);
                            changed.policies[rule.policy].remove_rule(direction, rule.rule);
                        }
                        Verdict::Denied
                    }
                    Decision::Denied { refusals, doubts } if doubts.is_empty() => {
                        for refusal in refusals {
                            changed.policies[refusal.policy].stop(direction);
                        }
                        Verdict::Allowed
                    }
                    _ => continue,
                };
                let (world_after, config) = world(&changed);
                let after = Reachability::new(&world_after, &config);
                let segments = after.explain(from, to);
                let segment = self::segment(&segments, protocol, port);
                let decided = if direction == Direction::Egress { &segment.egress } else { &segment.ingress };
                // Without the rules that allow, another one may still do so: if the labels of a Namespace, which is not in
                // the input, are right.
                let is_expected = match expected {
                    Verdict::Denied => decided.verdict() != Verdict::Allowed,
                    other => decided.verdict() == other,
                };
                prop_assert!(is_expected, "{:?} after {:?}\n{}", decided.verdict(), decision, bundle.manifests());
                if let Decision::Allowed(rules) = decision {
                    for kept in rules {
                        let mut one_left = bundle.clone();
                        for rule in rules.iter().rev().filter(|rule| *rule != kept) {
                            one_left.policies[rule.policy].remove_rule(direction, rule.rule);
                        }
                        let (world_left, config) = world(&one_left);
                        let left = Reachability::new(&world_left, &config);
                        let segments = left.explain(from, to);
                        let segment = self::segment(&segments, protocol, port);
                        let decided = if direction == Direction::Egress { &segment.egress } else { &segment.ingress };
                        prop_assert_eq!(decided.verdict(), Verdict::Allowed);
                    }
                }
            }
        }
    }
}

/// The ingress rules that open the destination to the source, by the short way.
fn openings(reach: &Reachability<'_>, source: End, destination: usize) -> BTreeSet<RuleRef> {
    let allowed = reach.between(source, End::Workload(destination));
    let openings = reach.openings(destination);
    openings.rules_for(source, &allowed, &reach.controllers()).into_iter().collect()
}

/// The same from the reasons.
fn first_rules(segments: &[Segment]) -> BTreeSet<RuleRef> {
    let allowed = segments.iter().filter(|segment| segment.verdict() == Verdict::Allowed);
    let first = allowed.filter_map(|segment| match &segment.ingress {
        Decision::Allowed(rules) => rules.first().copied(),
        _ => None,
    });
    first.collect()
}

fn first_port(set: &ConnectionSet) -> (Protocol, u16) {
    PROTOCOLS.into_iter().find_map(|protocol| Some((protocol, set.ports(protocol).ranges().first()?.0))).unwrap()
}
