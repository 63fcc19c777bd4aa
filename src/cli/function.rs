//! The KRM function: one ResourceList on stdin, one on stdout (`DESIGN.md` 1.1, `spec/krm.md` 3).

use super::streams::{complain, print_slices, read_input, report};
use super::{FAULTY, Settings, WRONG_ARGUMENTS};
use enforce_intents::diag::Severity;
use enforce_intents::report::human;
use std::io::{self, IsTerminal as _};

/// Runs the function and gives the exit code.
///
/// Faults and warnings go to stderr one line each, besides the results: kustomize shows only stderr, kpt cuts both short.
pub(super) fn run(settings: Settings) -> u8 {
    try_run(settings).unwrap_or_else(|code| code)
}

fn try_run(settings: Settings) -> Result<u8, u8> {
    if io::stdin().is_terminal() {
        complain(
            "a KRM function reads a ResourceList from standard input; `enforce-intents --help` lists the commands",
        );
        return Err(WRONG_ARGUMENTS);
    }
    let settings = settings.load()?;
    let edited = enforce_intents::edit(read_input(settings.lane.threads())?, settings);
    report(&human::lines(&edited.package, &edited.findings, Severity::Warning));
    let written = edited.slices().map_or(FAULTY, print_slices);
    let code = if edited.findings.has_errors() { FAULTY } else { written };
    // The process ends here; giving back every node of a large input takes time.
    std::mem::forget(edited);
    Ok(code)
}
