//! `check`: does every declared call work, what else breaks, what is open that nobody declared, and what looks wrong in policies.

mod blocked;
mod directory;
mod intents;
mod once;
mod undeclared;
mod words;

pub use once::merged;

use super::faults::faults;
use super::generated::is_generated;
use super::lint;
use super::reach::Reachability;
use super::reach::decisions::{Segment, Verdict};
use super::rendered::rendered;
use crate::config::Config;
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
    /// The ports that matter to the call, with the reasons on both ends.
    pub segments: Vec<Segment>,
}

/// Judges a world, which should be the rendered one ([`super::rendered`]) unless the manifests are judged as they stand.
#[must_use]
pub fn check(reach: &Reachability<'_>, config: &Config) -> CheckReport {
    let mut report = CheckReport { findings: faults(reach), ..CheckReport::default() };
    report.intents = intents::judge(reach, config, intents::Depth::Reasons, &mut report.findings);
    blocked::find(reach, config, &mut report.findings);
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
    let world = rendered(world, plan);
    let mut findings = Findings::default();
    intents::judge(&Reachability::new(&world, config), config, intents::Depth::RefusedByOthers, &mut findings);
    let is_verdict = |code| matches!(code, Code::IntentDenied | Code::IntentPartlyDenied | Code::IntentUnknown);
    findings.0.retain(|finding| is_verdict(finding.code));
    findings
}
