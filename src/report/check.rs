//! `check`: the verdict for every declared call and everything found, in a form for people, pull requests and each kind of tool.

mod human;
mod json;
mod junit;
mod markdown;
mod sarif;
#[cfg(test)]
mod tests;

pub use human::{human, notes};
pub use json::json;
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif;

use super::explain::{policy_words, rule_words};
use crate::diag::{Findings, Severity};
use crate::model::policy::Direction;
use crate::read::package::Package;
use crate::verify::check::IntentVerdict;
use crate::verify::reach::Reachability;
use crate::verify::reach::decisions::{Decision, Segment, Verdict};

/// What there is to print.
#[derive(Clone, Copy)]
pub struct Check<'a> {
    /// What was read, for files and lines.
    pub package: &'a Package,
    /// The judged world, for the names of rules; `None` if the input could not be compiled, and then there are no verdicts.
    pub reach: Option<&'a Reachability<'a>>,
    /// The verdicts.
    pub intents: &'a [IntentVerdict],
    /// Everything found.
    pub findings: &'a Findings,
    /// What fails the run.
    pub gate: Gate,
}

/// What fails a run, after `rules` and `--strict`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The least severity of a finding that does.
    pub least: Severity,
    /// Whether a denied call does.
    pub denied: bool,
    /// Whether a call does whose verdict is unknown.
    pub unknown: bool,
}

impl Check<'_> {
    fn count(&self, verdict: Verdict) -> usize {
        self.intents.iter().filter(|intent| intent.verdict == verdict).count()
    }

    fn found(&self, severity: Severity) -> usize {
        self.findings.0.iter().filter(|finding| finding.severity == severity).count()
    }

    /// `14/16 declared calls allowed, 1 denied, 1 unknown`.
    fn verdicts_in_words(&self) -> String {
        let all = self.intents.len();
        if all == 0 {
            return "no declared calls".to_owned();
        }
        let calls = if all == 1 { "call" } else { "calls" };
        let mut words = format!("{}/{all} declared {calls} allowed", self.count(Verdict::Allowed));
        for (verdict, word) in [(Verdict::Denied, "denied"), (Verdict::Unknown, "unknown")] {
            match self.count(verdict) {
                0 => {}
                count => words.push_str(&format!(", {count} {word}")),
            }
        }
        words
    }

    /// `1 error, 2 warnings, 3 notes`.
    fn findings_in_words(&self) -> String {
        [
            counted(self.found(Severity::Error), "error"),
            counted(self.found(Severity::Warning), "warning"),
            counted(self.found(Severity::Info), "note"),
        ]
        .join(", ")
    }

    /// What decides a call on the client's and on the server's end; `None` where no policies were asked.
    fn decided_by(&self, intent: &IntentVerdict) -> Option<(String, String)> {
        let segment = deciding_segment(intent)?;
        Some((
            self.end_words(Direction::Egress, &segment.egress)?,
            self.end_words(Direction::Ingress, &segment.ingress)?,
        ))
    }

    /// What decides on one end, in a few words.
    fn end_words(&self, direction: Direction, decision: &Decision) -> Option<String> {
        let (reach, word) = (self.reach?, direction.as_str().to_lowercase());
        let more = |count: usize| if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        Some(match decision {
            Decision::NotIsolated => format!("no policy isolates {word}"),
            Decision::Outside => "outside the cluster".to_owned(),
            Decision::HostNetwork => "on the node's network".to_owned(),
            Decision::Allowed(rules) => {
                format!("{}{}", rule_words(reach, self.package, *rules.first()?), more(rules.len()))
            }
            Decision::Denied { refusals, doubts } if doubts.is_empty() => {
                let policy = policy_words(reach, self.package, refusals.first()?.policy);
                format!("{word} refused by {policy}{}", more(refusals.len()))
            }
            Decision::Denied { doubts, .. } => {
                format!("perhaps {}", rule_words(reach, self.package, doubts.first()?.rule))
            }
        })
    }
}

/// The part of a call that has its verdict.
fn deciding_segment(intent: &IntentVerdict) -> Option<&Segment> {
    let mut segments = intent.decided.iter().flat_map(|pair| &pair.segments);
    segments.find(|segment| segment.verdict() == intent.verdict)
}

/// `1 error`, `2 errors`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
