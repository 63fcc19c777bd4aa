//! What looks wrong in NetworkPolicies although the API takes them: one family of checks per file.
//!
//! Policies that this project generates are not linted. The annotation [`IGNORE_ANNOTATION`] on a policy names codes that are
//! not reported for it, separated by commas, or `*` for all.

mod addresses;
mod coverage;
mod hints;
mod ports;
mod redundancy;
mod rules;
mod selectors;

pub(super) use hints::Hints;
pub use hints::nearest_labels;

use super::generated::is_generated;
use super::reach::Reachability;
use super::reach::label_index::NamespacedLabels;
use crate::diag::{Code, Finding, Findings};
use crate::model::place::Place;
use crate::model::policy::{Direction, InputPolicy, Rule};
use crate::model::workload::Workload;
use std::collections::BTreeSet;

/// The annotation that silences lints for one policy.
pub const IGNORE_ANNOTATION: &str = "enforce-intents/ignore";

/// Every lint of every policy of the input.
#[must_use]
pub fn lint(reach: &Reachability<'_>) -> Findings {
    let workloads = &reach.world().workloads;
    let on_host_network = workloads.iter().filter(|one| one.host_network && one.controller.is_none());
    let on_host_network = on_host_network.map(|own| (own.namespace.as_str(), &own.template_labels, own));
    let mut lints = Lints {
        reach,
        on_host_network: NamespacedLabels::new(on_host_network),
        hints: Hints::default(),
        namespaces_with_workloads: workloads.iter().map(|workload| workload.namespace.as_str()).collect(),
        findings: Findings::default(),
    };
    let service_ports = ports::ServicePorts::new(reach.world());
    for (index, policy) in reach.world().policies.iter().enumerate() {
        if is_generated(&policy.policy) {
            continue;
        }
        let linted = Linted { index, policy };
        selectors::check(linted, &mut lints);
        rules::check(linted, &mut lints);
        ports::check(linted, &service_ports, &mut lints);
        addresses::check(linted, &mut lints);
        redundancy::check_rules(linted, &mut lints);
    }
    addresses::check_cluster_ips(&mut lints);
    redundancy::check_policies(&mut lints);
    coverage::check(&mut lints);
    lints.findings
}

/// What the checks look at and where they report.
struct Lints<'l, 'w> {
    reach: &'l Reachability<'w>,
    /// Workloads on the node's network.
    on_host_network: NamespacedLabels<'w, &'w Workload>,
    hints: Hints,
    namespaces_with_workloads: BTreeSet<&'w str>,
    findings: Findings,
}

/// The policy that is looked at.
#[derive(Clone, Copy)]
struct Linted<'w> {
    index: usize,
    policy: &'w InputPolicy,
}

impl Lints<'_, '_> {
    /// Reports something about a policy unless it is silenced.
    fn report(&mut self, linted: Linted<'_>, code: Code, place: Place, message: impl std::fmt::Display) {
        self.report_with_help(linted, code, place, message, None);
    }

    fn report_with_help(
        &mut self,
        linted: Linted<'_>,
        code: Code,
        place: Place,
        message: impl std::fmt::Display,
        help: Option<String>,
    ) {
        if is_silenced(linted.policy, code) {
            return;
        }
        let message = format!("{}: {message}", linted.policy.policy.object_name());
        let finding = Finding::new(code, place, message);
        self.findings.push(match help {
            Some(help) => finding.with_help(help),
            None => finding,
        });
    }
}

fn is_silenced(policy: &InputPolicy, code: Code) -> bool {
    let Some(codes) = policy.policy.annotations.get(IGNORE_ANNOTATION) else { return false };
    codes.split(',').map(str::trim).any(|name| name == "*" || name == code.name())
}

impl<'w> Linted<'w> {
    /// Every rule with its direction, index and place.
    fn rules(self) -> impl Iterator<Item = (Direction, usize, &'w Rule, Place)> {
        [Direction::Ingress, Direction::Egress].into_iter().flat_map(move |direction| {
            let rules = self.policy.policy.spec.rules(direction).unwrap_or_default();
            rules.iter().enumerate().map(move |(number, rule)| {
                let place = self.policy.rule_place(direction, number).unwrap_or(self.policy.place);
                (direction, number, rule, place)
            })
        })
    }

    fn peer_place(self, direction: Direction, rule: usize, peer: usize) -> Place {
        let parts = self.policy.rule_parts(direction, rule);
        parts.and_then(|parts| parts.peers.get(peer).copied()).unwrap_or(self.policy.place)
    }

    fn port_place(self, direction: Direction, rule: usize, port: usize) -> Place {
        let parts = self.policy.rule_parts(direction, rule);
        parts.and_then(|parts| parts.ports.get(port).copied()).unwrap_or(self.policy.place)
    }

    fn selector_place(self) -> Place {
        self.policy.details.pod_selector_place.unwrap_or(self.policy.place)
    }
}

/// `ingress rule 2`.
fn rule_words(direction: Direction, rule: usize) -> String {
    let word = match direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    };
    format!("{word} rule {}", rule + 1)
}
