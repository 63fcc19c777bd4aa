//! A program whose output is rendered: the pipe that a plugin without a shell cannot write (`spec/krm.md` 6.1).

use std::process::{Command, Stdio};

/// Runs a program to its end and gives its standard output. Its standard error is ours; its standard input is empty.
///
/// # Errors
/// One line, if it cannot be started or fails: what it printed until then is not the whole stream.
pub(super) fn output_of(program: &str, arguments: &[String]) -> Result<Vec<u8>, String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot run {program}: {error}"))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("{program} failed ({}), so nothing is rendered", output.status))
    }
}
