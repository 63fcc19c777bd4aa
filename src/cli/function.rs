//! The KRM function: one ResourceList on stdin, one on stdout (`DESIGN.md` 1.1, `spec/krm.md` 3).

use super::streams::{print, read_input, report};
use super::{FAULTY, Settings};
use enforce_intents::diag::Severity;
use enforce_intents::report::human;

/// Runs the function and gives the exit code.
///
/// Faults and warnings go to stderr one line each, besides the results: kustomize shows only stderr, kpt cuts both short.
pub(super) fn run(settings: Settings) -> u8 {
    let input = match read_input() {
        Ok(input) => input,
        Err(code) => return code,
    };
    let (settings, unreadable) = settings.load();
    let mut outcome = enforce_intents::process(input, settings);
    outcome.findings.0.extend(unreadable.0);
    report(&human::lines(&outcome.package, &outcome.findings, Severity::Warning));
    let written = outcome.output.as_deref().map_or(FAULTY, print);
    if outcome.failed() { FAULTY } else { written }
}
