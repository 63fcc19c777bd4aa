//! `suggest`: ClientIntents from what is there already.

use super::bundles::add_unreadable;
use super::streams::{excerpts, input_of, print, report as print_lines};
use super::{FAULTY, GOOD, Settings, WRONG_ARGUMENTS};
use clap::{Arg, ArgAction, ArgMatches, Command};
use enforce_intents::diag::{Findings, Severity};
use enforce_intents::read::files;
use enforce_intents::report::{human, suggest};
use enforce_intents::suggest::Options;
use std::path::PathBuf;

/// Arguments of `suggest`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Files and directories; `-` or nothing at all is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    origins: Origins,
    /// Suggest hosts outside the cluster as internet targets; otherwise they are noted
    #[arg(long)]
    internet: bool,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    settings: Settings,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Format {
    /// A stream of ClientIntents with comments that say where each call was seen
    #[default]
    Yaml,
    Json,
}

/// The values of every `--from`: `manifests`, `policies`, or `hubble` with a file. clap's derive has no option of one or two
/// values.
#[derive(Debug, Default)]
struct Origins(Vec<Vec<String>>);

impl clap::FromArgMatches for Origins {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = matches.get_occurrences::<String>("from");
        Ok(Self(given.map(|given| given.map(|values| values.cloned().collect()).collect()).unwrap_or_default()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for Origins {
    fn augment_args(command: Command) -> Command {
        let help = "What to read: `manifests` (the default), `policies`, or `hubble FILE` with the output of `hubble observe -o json`. May be repeated";
        command.arg(
            Arg::new("from")
                .long("from")
                .num_args(1..=2)
                .value_names(["SOURCE", "FILE"])
                .action(ArgAction::Append)
                .help(help),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// What the arguments ask for.
#[derive(Default)]
struct Wanted {
    options: Options,
    flow_files: Vec<PathBuf>,
    /// What follows `--from policies` is a path.
    paths: Vec<PathBuf>,
}

impl Wanted {
    /// # Errors
    /// What is wrong with `--from`.
    fn new(origins: Origins) -> Result<Self, String> {
        let mut wanted = Self::default();
        wanted.options.manifests = origins.0.is_empty();
        for values in origins.0 {
            let mut values = values.into_iter();
            let source = values.next().unwrap_or_default();
            let (source, file) = match source.split_once('=') {
                Some((source, file)) => (source.to_owned(), Some(file.to_owned())),
                None => (source, None),
            };
            match (source.as_str(), file) {
                ("manifests", None) => wanted.options.manifests = true,
                ("policies", None) => wanted.options.policies = true,
                ("hubble", file) => {
                    let file = file.or_else(|| values.next()).ok_or("--from hubble needs a file")?;
                    wanted.flow_files.push(file.into());
                }
                (other, _) => return Err(format!("--from takes manifests, policies or hubble FILE, not `{other}`")),
            }
            wanted.paths.extend(values.map(PathBuf::from));
        }
        Ok(wanted)
    }
}

/// Prints the suggestions and gives the exit code: that there are none is no fault.
pub(super) fn run(arguments: Arguments) -> u8 {
    let wanted = Wanted::new(arguments.origins);
    match wanted {
        Ok(mut wanted) => {
            wanted.paths.extend(arguments.paths);
            wanted.options.internet = arguments.internet;
            try_run(wanted, arguments.settings, arguments.format).unwrap_or_else(|code| code)
        }
        Err(message) => {
            print_lines(&format!("error: {message}\n"));
            WRONG_ARGUMENTS
        }
    }
}

fn try_run(mut wanted: Wanted, settings: Settings, format: Format) -> Result<u8, u8> {
    let settings = settings.load()?;
    let mut unreadable = Findings::default();
    if !wanted.flow_files.is_empty() {
        let (flows, findings) = files::read(&wanted.flow_files, &mut input_of(&wanted.flow_files));
        wanted.options.flows = flows;
        unreadable.0.extend(findings.0);
    }
    let (sources, findings) = files::read(&wanted.paths, &mut input_of(&wanted.paths));
    unreadable.0.extend(findings.0);
    let mut suggested = enforce_intents::suggest(sources, settings, &wanted.options);
    add_unreadable(&mut suggested.findings, unreadable);
    // Notes are many and short, faults few and worth an excerpt.
    let (notes, faults) = suggested.findings.0.into_iter().partition(|finding| finding.severity == Severity::Info);
    print_lines(&human::lines(&suggested.package, &Findings(notes), Severity::Info));
    let faults = Findings(faults);
    excerpts(&suggested.package, &faults, Severity::Warning);
    let suggestions = suggested.suggestions.ok_or(FAULTY)?;
    let written = print(&match format {
        Format::Yaml => suggest::yaml(&suggested.package, &suggestions),
        Format::Json => suggest::json(&suggested.package, &suggestions),
    });
    Ok(if faults.has_errors() { FAULTY } else { GOOD }.max(written))
}
