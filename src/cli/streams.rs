//! Standard streams. A reader that goes away is no fault of ours.

use super::{FAULTY, GOOD};
use enforce_intents::diag::{Findings, Severity};
use enforce_intents::read::files;
use enforce_intents::read::package::Package;
use enforce_intents::report::human;
use std::io::{self, ErrorKind, Write as _};

/// Everything on standard input.
///
/// # Errors
/// The exit code, after the reason was written to stderr.
pub(super) fn read_input() -> Result<Vec<u8>, u8> {
    match files::read_bounded(&mut io::stdin().lock()) {
        Ok(input) => Ok(input),
        Err(error) => {
            complain(&format!("cannot read standard input: {error}"));
            Err(FAULTY)
        }
    }
}

/// Writes to standard output and gives the exit code: a broken pipe is success, any other failure is not.
pub(super) fn print(text: &str) -> u8 {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Ok(()) => GOOD,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => GOOD,
        Err(error) => {
            complain(&format!("cannot write standard output: {error}"));
            FAULTY
        }
    }
}

/// Writes one line to standard error for a fault that has no finding.
pub(super) fn complain(message: &str) {
    report(&format!("error: {message}\n"));
}

/// Writes to standard error. Nobody is left to tell when that fails.
pub(super) fn report(lines: &str) {
    let _ = io::stderr().lock().write_all(lines.as_bytes());
}

/// Writes findings of at least that severity to standard error, with excerpts of the manifests.
pub(super) fn excerpts(package: &Package, findings: &Findings, least: Severity) {
    let _ = human::write_excerpts(package, findings, least, io::stderr().lock());
}
