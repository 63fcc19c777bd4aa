//! The engine's verdicts on a bundle against those of the naive evaluator.

use super::bundle::Bundle;
use super::naive::{self, Who};
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
use std::collections::{BTreeMap, BTreeSet};

const PORTS: [u16; 5] = [80, 81, 85, 443, 8080];
pub(crate) const PROTOCOLS: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];

pub(crate) fn world(bundle: &Bundle) -> (World, Config) {
    let text = SourceText { origin: SourceOrigin::Stdin, text: bundle.manifests().into() };
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
pub(crate) fn ends(bundle: &Bundle, reach: &Reachability<'_>) -> Vec<(Who, End)> {
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

pub(crate) fn segment(segments: &[Segment], protocol: Protocol, port: u16) -> &Segment {
    let mut found = segments.iter().filter(|segment| segment.connections.contains(protocol, port));
    let first = found.next().unwrap();
    assert!(found.next().is_none(), "segments overlap");
    first
}

/// Panics unless the verdict for every pair, protocol and port is the naive evaluator's. What is unknown is denied by what is
/// written.
pub(crate) fn check(bundle: &Bundle) {
    let (world, config) = world(bundle);
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
        assert_eq!(in_list, reach.between(pair.0, pair.1));
    }
    assert_eq!(senders(&reach), listed.iter().filter_map(to_workload).collect());
    let mut table = reach.pair_table();
    for (from, from_end) in ends(bundle, &reach) {
        for (to, to_end) in ends(bundle, &reach) {
            if let (End::Workload(source), End::Workload(destination)) = (from_end, to_end) {
                assert_eq!(table.between(source, destination), &reach.between(from_end, to_end));
            }
            if matches!((from, to), (Who::Address(_), Who::Address(_))) {
                continue;
            }
            let segments = reach.explain(from_end, to_end);
            if let End::Workload(destination) = to_end {
                assert_eq!(openings(&reach, from_end, destination), first_rules(&segments));
            }
            let all = segments.iter().fold(ConnectionSet::none(), |all, one| all.union(&one.connections));
            assert!(all.is_all());
            for (protocol, port) in PROTOCOLS.into_iter().flat_map(|protocol| PORTS.map(|port| (protocol, port))) {
                let expected = naive::is_allowed(bundle, from, to, protocol, port);
                let verdict = segment(&segments, protocol, port).verdict();
                assert_eq!(
                    verdict == Verdict::Allowed,
                    expected,
                    "{from:?} => {to:?} {protocol:?} {port}: {verdict:?}\n{}",
                    bundle.manifests()
                );
                if let (Who::Pod(from), Who::Pod(to)) = (from, to)
                    && from != to
                {
                    let in_list = listed.get(&(from_end, to_end)).is_some_and(|set| set.contains(protocol, port));
                    assert_eq!(in_list, expected);
                }
            }
        }
    }
}

/// A connection to a workload from another or from outside.
fn to_workload((&(from, to), set): (&(End, End), &ConnectionSet)) -> Option<((End, End), ConnectionSet)> {
    let is_asked = matches!(to, End::Workload(_)) && from != End::IngressController;
    is_asked.then(|| ((from, to), set.clone()))
}

/// The same from those who are treated alike.
fn senders(reach: &Reachability<'_>) -> BTreeMap<(End, End), ConnectionSet> {
    let mut found = BTreeMap::new();
    let mut table = reach.sender_table();
    for destination in 0..reach.workloads().len() {
        let to = End::Workload(destination);
        table.for_each(destination, &mut |senders, set| {
            for &from in senders.ends.iter().filter(|&&from| from != to && !senders.except.contains(&from)) {
                assert!(found.insert((from, to), set.clone()).is_none(), "a sender twice");
            }
        });
    }
    found
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
