//! `check`: renders in memory, then judges: does every declared call work, what breaks, what is open, what looks wrong.

use super::bundles::{Options, Previous};
use super::streams::{excerpts, print};
use super::{FAULTY, GOOD};
use enforce_intents::Subject;
use enforce_intents::diag::Severity;
use enforce_intents::report::check::{self, Check};
use enforce_intents::verify;
use enforce_intents::verify::reach::Reachability;
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
    options: Options,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Format {
    /// Verdicts on stdout, findings with excerpts on stderr
    #[default]
    Human,
    Json,
}

/// Prints the report and gives the exit code.
pub(super) fn run(arguments: Arguments) -> u8 {
    try_run(arguments).unwrap_or_else(|code| code)
}

fn try_run(arguments: Arguments) -> Result<u8, u8> {
    let mut reader = arguments.options.load()?;
    if arguments.rendered {
        reader.subject = Subject::Output;
    }
    let mut bundle = reader.read_silently(&arguments.paths);
    let roll_out = reader.roll_out(&arguments.previous, &bundle);
    bundle.findings.0.extend(roll_out.0);
    let mut intents = None;
    if let Some(world) = &bundle.world {
        let report = verify::check::check(&Reachability::new(world, &bundle.config), &bundle.config);
        bundle.findings.0.extend(bundle.config.apply_rules(report.findings).0);
        intents = Some(report.intents);
    }
    if arguments.format == Format::Human || intents.is_none() {
        excerpts(&bundle.package, &bundle.findings, Severity::Info);
    }
    let report = Check { package: &bundle.package, intents: &intents.ok_or(FAULTY)?, findings: &bundle.findings };
    let written = print(&match arguments.format {
        Format::Human => check::human(report),
        Format::Json => check::json(report),
    });
    let least = if arguments.strict { Severity::Warning } else { Severity::Error };
    let is_faulty = bundle.findings.0.iter().any(|finding| finding.severity >= least);
    Ok(if is_faulty { FAULTY } else { GOOD }.max(written))
}
