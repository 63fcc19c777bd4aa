//! `diff`: connections added, removed and changed between two bundles.

use super::bundles::{Judged, Namespace, Options};
use super::streams::{complain, print_with, report};
use super::{FAULTY, GOOD, WRONG_ARGUMENTS};
use enforce_intents::diag::{Code, Finding, Severity};
use enforce_intents::report::diff::{self, REFERENCES};
use enforce_intents::verify::difference::{Change, ChangeKind, difference};
use std::path::PathBuf;

/// Arguments of `diff`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// File or directory of the old manifests
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// File or directory of the new manifests
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Exit with 1 if there are such changes
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Option<FailOn>,
    /// Prove that the new manifests allow nothing that the old ones did not: print what they do, and exit with 1 if anything
    #[arg(long)]
    narrows: bool,
    #[command(flatten)]
    namespace: Namespace,
    #[command(flatten)]
    options: Options,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, Default)]
enum Format {
    /// The same as txt
    #[default]
    Human,
    /// A line for each change
    Txt,
    Json,
    Csv,
    Markdown,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum FailOn {
    /// Something works that did not
    Added,
    /// Something does not work that did
    Removed,
    /// Anything is different
    Any,
}

/// Prints the changes and gives the exit code.
pub(super) fn run(arguments: Arguments) -> u8 {
    try_run(arguments).unwrap_or_else(|code| code)
}

fn try_run(arguments: Arguments) -> Result<u8, u8> {
    if arguments.old == arguments.new && arguments.old.as_os_str() == "-" {
        complain("OLD and NEW cannot both be standard input");
        return Err(WRONG_ARGUMENTS);
    }
    let reader = arguments.options.load()?.in_namespace(arguments.namespace);
    let [old, new] = [arguments.old, arguments.new].map(|path| {
        let judged = reader.read(std::slice::from_ref(&path));
        if judged.bundle.replaces_policies {
            report(&format!(
                "note: {} has policies of another run, which are rendered again; --as-is compares them as they stand\n",
                path.display()
            ));
        }
        judged
    });
    // What could not be read would look as if it had been taken away, or added.
    if [&old, &new].into_iter().any(is_partly_unread) {
        complain("nothing is compared, because not all of OLD and NEW could be read: mend what is named above");
        return Err(FAULTY);
    }
    let mut changes = difference(&old.reachability()?, &new.reachability()?);
    let forbidden = changes.iter().filter(|change| is_forbidden(change, &arguments.fail_on, arguments.narrows)).count();
    let count = changes.len();
    if arguments.narrows {
        changes.retain(Change::widens);
    }
    let written = print_with(|output| match arguments.format {
        Format::Human | Format::Txt => diff::text(&changes, REFERENCES, output),
        Format::Json => diff::json(&changes, output),
        Format::Csv => diff::csv(&changes, REFERENCES, output),
        Format::Markdown => diff::markdown(&changes, REFERENCES, output),
    });
    if forbidden > 0 {
        complain(&format!("{forbidden} of {count} changes must not be"));
    }
    let verdict = if forbidden > 0 { FAULTY } else { GOOD };
    Ok(written.max(verdict).max(old.code).max(new.code))
}

/// Whether something of the manifests is missing because it could not be read.
fn is_partly_unread(judged: &Judged) -> bool {
    let is_unread = |finding: &Finding| finding.code == Code::InvalidInput && finding.severity == Severity::Error;
    judged.bundle.findings.0.iter().any(is_unread)
}

/// Whether `--fail-on` or `--narrows` is about this change. A changed pair can both gain and lose.
fn is_forbidden(change: &Change, fail_on: &Option<FailOn>, narrows: bool) -> bool {
    let loses = !change.old.is_subset_of(&change.new);
    let is_named = match fail_on {
        None => false,
        Some(FailOn::Added) => change.kind == ChangeKind::Added || change.widens(),
        Some(FailOn::Removed) => change.kind == ChangeKind::Removed || loses,
        Some(FailOn::Any) => true,
    };
    is_named || (narrows && change.widens())
}
