//! `check`: does every declared call work, what else breaks, what is open that nobody declared, and what looks wrong in policies.

mod blocked;
pub(super) mod directory;
mod dns;
mod intents;
mod once;
mod replicas;
mod undeclared;
mod words;

pub(super) use self::intents::undeclared_ports;
pub use once::merged;

use super::connections::ConnectionSet;
use super::faults::faults;
use super::generated::{is_generated, is_namespace_deny};
use super::lint;
use super::reach::decisions::{Segment, Verdict};
use super::reach::{End, Reachability};
use super::rendered::rendered;
use crate::config::{Config, Staged};
use crate::diag::{Code, Findings};
use crate::model::place::Place;
use crate::model::world::World;
use crate::plan::Plan;

/// What `check` has to say. The severities are the codes' defaults until the configuration's `rules` are applied.
#[derive(Clone, Debug, Default)]
pub struct CheckReport {
    /// A verdict for every declared call, in the order of the declarations.
    pub intents: Vec<IntentVerdict>,
    /// Everything found: denied calls, blocked traffic, undeclared openings, lints, faults.
    pub findings: Findings,
    /// Traffic of other kinds and whether it arrives, one entry for every reference to a workload's ports.
    pub traffic: Vec<TrafficVerdict>,
}

/// The verdict for traffic that no intent declares: from outside, through Ingresses, for metrics and webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficVerdict {
    /// The code under which it is reported when it is blocked; tells the kind of the traffic.
    pub code: Code,
    /// What sends it: `LoadBalancer Service ns/name`.
    pub what: String,
    /// Where the input asks for it.
    pub place: Place,
    /// Who connects, as far as the engine can be asked about it; `None` for pods that need not be in the input.
    pub source: Option<End>,
    /// Index of the workload that it goes to.
    pub workload: usize,
    /// The ports that it needs.
    pub connections: ConnectionSet,
    /// Those of them that are blocked.
    pub blocked: ConnectionSet,
    /// Whether it works; unknown if that depends on a sender of which nothing is known.
    pub verdict: Verdict,
}

/// The verdict for one declared call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntentVerdict {
    /// Who calls: `namespace/name` with the kind if the intents give one.
    pub client: String,
    /// What is called, in the same words, or the addresses.
    pub target: String,
    /// Where the call is declared.
    pub place: Place,
    /// Whether it works.
    pub verdict: Verdict,
    /// Why it is unknown, or what else there is to know, in words.
    pub notes: Vec<String>,
    /// What decided, for every pair of client and server that the names stand for.
    pub decided: Vec<DecidedPair>,
}

/// One pair that a declared call stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedPair {
    /// Who calls, in `list`'s words.
    pub source: String,
    /// What is called, in `list`'s words.
    pub destination: String,
    /// Who calls and what is called, for programs.
    pub ends: (End, End),
    /// The ports that matter to the call, with the reasons on both ends.
    pub segments: Vec<Segment>,
}

/// Judges a world, which should be the rendered one ([`super::rendered`]) unless the manifests are judged as they stand.
#[must_use]
pub fn check(reach: &Reachability<'_>, config: &Config) -> CheckReport {
    let mut report = CheckReport { findings: faults(reach), ..CheckReport::default() };
    report.intents = intents::judge(reach, config, intents::Depth::Reasons, &mut report.findings);
    report.traffic = blocked::find(reach, config, &mut report.findings);
    replicas::find(reach, &mut report.findings);
    undeclared::find(reach, &mut report.findings);
    report.findings.0.extend(lint::lint(reach).0);
    report
}

/// The declared calls that do not work, or may not, although the plan is carried out: what a run that compiles must say about them
/// (`DESIGN.md` 1.4 rule 10).
///
/// Generated access policies open what is declared, and where the configuration keeps them from doing so (modes, watched
/// namespaces) planning has warned, as the operator does. So a call counts only if a policy of another hand, or a namespace's
/// default deny, is among those that refuse it; without such policies nothing is looked at.
#[must_use]
pub fn refused_calls(world: &World, plan: &Plan, config: &Config) -> Findings {
    let is_anothers = world.policies.iter().any(|policy| !is_generated(&policy.policy));
    if config.default_deny.is_none() && !is_anothers {
        return Findings::default();
    }
    let mut world = rendered(world, plan);
    if config.staged != Staged::None {
        // What a preview would refuse is refused by nobody yet; what it would allow is said to work as soon as it is enforced.
        world.policies.retain(|policy| !is_namespace_deny(&policy.policy));
    }
    let mut findings = Findings::default();
    intents::judge(&Reachability::new(&world, config), config, intents::Depth::RefusedByOthers, &mut findings);
    let is_verdict = |code| matches!(code, Code::IntentDenied | Code::IntentPartlyDenied | Code::IntentUnknown);
    findings.0.retain(|finding| is_verdict(finding.code));
    findings
}
