//! Standard streams. A reader that goes away is no fault of ours.

use super::{FAULTY, GOOD};
use enforce_intents::diag::{Code, Findings, Severity};
use enforce_intents::read::files;
use enforce_intents::read::package::Package;
use enforce_intents::report::human;
use enforce_intents::source::SourceOrigin;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, IoSlice, IsTerminal as _, Write};
#[cfg(not(windows))]
use std::os::fd::AsFd as _;
#[cfg(windows)]
use std::os::windows::io::AsHandle as _;
use std::path::{Path, PathBuf};

/// Everything on standard input.
///
/// # Errors
/// The exit code, after the reason was written to stderr.
pub(super) fn read_input(threads: usize) -> Result<Cow<'static, [u8]>, u8> {
    // As a file: its size is asked for, and it is read at once.
    match input_file().and_then(|file| files::read_file(file, threads)) {
        Ok(input) => Ok(input),
        Err(error) => {
            complain(&format!("cannot read standard input: {error}"));
            Err(FAULTY)
        }
    }
}

/// Standard input, for commands that read it if they are given no path. A person who is asked for nothing would wait for ever.
pub(super) fn input_of(paths: &[PathBuf]) -> io::StdinLock<'static> {
    let is_read = paths.is_empty() || paths.iter().any(|path| path.as_os_str() == "-");
    if is_read && io::stdin().is_terminal() {
        report(
            "note: reading manifests from the terminal, up to ctrl-d; `--help` says how to name files and directories\n",
        );
    }
    io::stdin().lock()
}

/// Writes to standard output and gives the exit code: a broken pipe is success, any other failure is not.
pub(super) fn print(text: &str) -> u8 {
    print_slices(std::iter::once(text))
}

/// Like [`print`], many slices at once: neither a copy nor a system call for each.
pub(super) fn print_slices<'s>(slices: impl Iterator<Item = &'s str>) -> u8 {
    code_of(try_print(slices))
}

/// Like [`print`], for what is put together while it is written.
pub(super) fn print_with(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> u8 {
    code_of(output_file().and_then(|file| {
        let mut output = BufWriter::with_capacity(1 << 16, file);
        write(&mut output)?;
        output.flush()
    }))
}

fn code_of(written: io::Result<()>) -> u8 {
    match written {
        Ok(()) => GOOD,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => GOOD,
        Err(error) => {
            complain(&format!("cannot write standard output: {error}"));
            FAULTY
        }
    }
}

#[cfg(not(windows))]
fn input_file() -> io::Result<File> {
    io::stdin().as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(windows)]
fn input_file() -> io::Result<File> {
    io::stdin().as_handle().try_clone_to_owned().map(File::from)
}

#[cfg(not(windows))]
fn output_file() -> io::Result<File> {
    io::stdout().as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(windows)]
fn output_file() -> io::Result<File> {
    io::stdout().as_handle().try_clone_to_owned().map(File::from)
}

fn try_print<'s>(slices: impl Iterator<Item = &'s str>) -> io::Result<()> {
    // As many as one system call takes.
    const AT_ONCE: usize = 1024;
    let mut output = output_file()?;
    // A write of nothing writes nothing, which looks like a stream that is full.
    let mut slices = slices.filter(|slice| !slice.is_empty()).peekable();
    let mut waiting = Vec::with_capacity(AT_ONCE);
    while slices.peek().is_some() {
        waiting.extend(slices.by_ref().take(AT_ONCE).map(|slice| IoSlice::new(slice.as_bytes())));
        let mut left = waiting.as_mut_slice();
        while !left.is_empty() {
            match output.write_vectored(left) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => IoSlice::advance_slices(&mut left, written),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        waiting.clear();
    }
    output.flush()
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
    if let Some(chart) = chart(package, findings) {
        let chart = chart.display();
        report(&format!(
            "note: {chart} is a Helm chart, whose templates are not manifests: pass on what `helm template NAME {chart}` prints\n"
        ));
    }
}

/// The chart that a file which is not YAML belongs to.
fn chart<'p>(package: &'p Package, findings: &Findings) -> Option<&'p Path> {
    let faulty = findings.0.iter().filter(|finding| finding.code == Code::InvalidInput);
    let files = faulty.filter_map(|finding| match &package.sources.get(finding.in_source?.0.0 as usize)?.origin {
        SourceOrigin::File(path) => Some(path.as_path()),
        _ => None,
    });
    files.flat_map(|file| file.ancestors().skip(1).take(3)).find(|folder| folder.join("Chart.yaml").is_file())
}
