//! `check`: renders in memory, then judges: does every declared call work, what breaks, what is open, what looks wrong.

use super::bundles::{Namespace, Options, Previous};
use super::streams::{excerpts, print, report as report_notes};
use super::{FAULTY, GOOD};
use enforce_intents::config::Config;
use enforce_intents::diag::{Code, Finding, Findings, Severity};
use enforce_intents::report::check::{self, Check, Gate};
use enforce_intents::verify;
use enforce_intents::verify::reach::Reachability;
use enforce_intents::verify::reach::decisions::Verdict;
use enforce_intents::{Bundle, Subject};
use std::path::PathBuf;

/// Arguments of `check`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Files and directories; `-` or nothing at all is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Warnings fail, too
    #[arg(long)]
    strict: bool,
    /// The input should be the output of a run: fail if the function was skipped, or if a run would change anything
    #[arg(long, conflicts_with = "as_is")]
    rendered: bool,
    #[command(flatten)]
    previous: Previous,
    #[command(flatten)]
    namespace: Namespace,
    #[command(flatten)]
    options: Options,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Format {
    /// Verdicts on stdout, findings with excerpts on stderr
    #[default]
    Human,
    /// A comment for a pull request
    Markdown,
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML: a test case for each declared call; denied is a failure, unknown is skipped, or a failure with --strict
    Junit,
}

/// Prints the report and gives the exit code.
pub(super) fn run(arguments: Arguments) -> u8 {
    try_run(arguments).unwrap_or_else(|code| code)
}

fn try_run(arguments: Arguments) -> Result<u8, u8> {
    let mut reader = arguments.options.load()?.in_namespace(arguments.namespace);
    if arguments.rendered {
        reader.subject = Subject::Output;
    }
    let mut bundle = reader.read_silently(&arguments.paths);
    refuse_nothing(&mut bundle);
    let roll_out = reader.roll_out(&arguments.previous, &bundle);
    bundle.findings.0.extend(roll_out.0);
    let world = bundle.world.take();
    let reach = world.as_ref().map(|world| Reachability::new(world, &bundle.config));
    let report = reach.as_ref().map(|reach| verify::check::check(reach, &bundle.config)).unwrap_or_default();
    let judged = bundle.config.apply_rules(report.findings);
    bundle.findings = verify::check::merged(bundle.findings, judged);
    let gate = gate(&bundle.config, arguments.strict);
    let check = Check {
        package: &bundle.package,
        reach: reach.as_ref(),
        intents: &report.intents,
        findings: &bundle.findings,
        gate,
    };
    let is_faulty = bundle.findings.0.iter().any(|finding| finding.severity >= gate.least)
        || report.intents.iter().any(|intent| gate.unknown && intent.verdict == Verdict::Unknown);
    let text = match arguments.format {
        Format::Human => {
            excerpts(check.package, check.findings, Severity::Warning);
            report_notes(&check::notes(check.package, check.findings));
            // Without verdicts there is nothing to sum up.
            if reach.is_none() {
                return Err(FAULTY);
            }
            check::human(check)
        }
        Format::Markdown => check::markdown(check),
        Format::Json => check::json(check),
        Format::Sarif => check::sarif(check),
        Format::Junit => check::junit(check),
    };
    let verdict = if is_faulty || reach.is_none() { FAULTY } else { GOOD };
    Ok(print(&text).max(verdict))
}

/// A pipe whose first part failed must not look as if all were well.
fn refuse_nothing(bundle: &mut Bundle) {
    if bundle.package.resources.is_empty() && !bundle.findings.has_errors() {
        bundle.findings.0.retain(|finding| finding.code != Code::NoClientIntents);
        let finding = Finding::new(Code::EmptyInput, None, "there is nothing to check");
        bundle
            .findings
            .push(finding.with_help("name files or directories with manifests; in a pipe, look at what prints them"));
    }
}

/// What fails the run: errors, and with `--strict` warnings, each with the severity that the configuration's `rules` give it.
fn gate(config: &Config, is_strict: bool) -> Gate {
    let least = if is_strict { Severity::Warning } else { Severity::Error };
    let fails = |code| {
        let ruled = config.apply_rules(Findings(vec![Finding::new(code, None, String::new())]));
        ruled.0.iter().any(|finding| finding.severity >= least)
    };
    Gate { least, denied: fails(Code::IntentDenied), unknown: fails(Code::IntentUnknown) }
}
