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
    pub(crate) mod agreement;
    pub(crate) mod bundle;
    pub(crate) mod generate;
    pub(crate) mod naive;
}

use enforce_intents::model::policy::{Direction, Protocol};
use enforce_intents::verify::connections::ConnectionSet;
use enforce_intents::verify::reach::Reachability;
use enforce_intents::verify::reach::decisions::{Decision, Verdict};
use proptest::prelude::*;
use reachability::agreement::{self, PROTOCOLS, ends, world};
use reachability::naive::Who;

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// The verdict for every pair, protocol and port is the naive evaluator's. What is unknown is denied by what is written.
    #[test]
    fn agrees_with_the_naive_evaluator(bundle in reachability::generate::bundle()) {
        agreement::check(&bundle);
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
                let segment = agreement::segment(&segments, protocol, port);
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
                        let segment = agreement::segment(&segments, protocol, port);
                        let decided = if direction == Direction::Egress { &segment.egress } else { &segment.ingress };
                        prop_assert_eq!(decided.verdict(), Verdict::Allowed);
                    }
                }
            }
        }
    }
}

fn first_port(set: &ConnectionSet) -> (Protocol, u16) {
    PROTOCOLS.into_iter().find_map(|protocol| Some((protocol, set.ports(protocol).ranges().first()?.0))).unwrap()
}
