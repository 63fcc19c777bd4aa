//! `list`: who can reach whom, all pairs.

use super::bundles::{Options, is_ingress_controller, no_namespace, no_workload};
use super::streams::{complain, print_with};
use super::{FAULTY, WRONG_ARGUMENTS};
use enforce_intents::model::policy::Direction;
use enforce_intents::report::list::{self, List};
use enforce_intents::report::list_explain;
use enforce_intents::verify::exposure::exposures;
use enforce_intents::verify::listing::{self, ListFilter};
use std::path::PathBuf;

/// Arguments of `list`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Files and directories; `-` or nothing at all is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Only connections of this workload: [NAMESPACE/]NAME[KIND]. May be repeated
    #[arg(long = "workload", value_name = "WORKLOAD")]
    workloads: Vec<String>,
    /// Only connections of workloads in this namespace. May be repeated
    #[arg(long = "namespace", value_name = "NAMESPACE")]
    namespaces: Vec<String>,
    /// Only connections to (ingress) or from (egress) the workloads that are asked for, or any workload
    #[arg(long, value_enum)]
    direction: Option<DirectionArgument>,
    /// Also which workloads are open to the entire cluster, to the outside, and to pods that are not there
    #[arg(long)]
    exposure: bool,
    /// Say for every pair why it can or cannot connect, as text; not with --exposure, whose peers are no pairs of the input
    #[arg(long, conflicts_with = "exposure")]
    explain: bool,
    #[command(flatten)]
    options: Options,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, Default)]
enum Format {
    /// The same as txt
    #[default]
    Human,
    /// Lines of the form `SOURCE => DESTINATION : CONNECTIONS`
    Txt,
    Json,
    Csv,
    Markdown,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum DirectionArgument {
    Ingress,
    Egress,
}

/// Prints the connections and gives the exit code.
pub(super) fn run(arguments: Arguments) -> u8 {
    try_run(arguments).unwrap_or_else(|code| code)
}

fn try_run(arguments: Arguments) -> Result<u8, u8> {
    if arguments.explain && !matches!(arguments.format, Format::Human | Format::Txt) {
        complain(
            "--explain gives text: leave --format out, or write `--format txt`; `explain --format json` explains one pair",
        );
        return Err(WRONG_ARGUMENTS);
    }
    let judged = arguments.options.load()?.read(&arguments.paths);
    let reach = judged.reachability()?;
    let refuse = |message: String| {
        complain(&message);
        FAULTY
    };
    for text in arguments.workloads.iter().filter(|text| !is_ingress_controller(text)) {
        if reach.find(text).is_empty() {
            return Err(refuse(no_workload(&reach, text)));
        }
    }
    if let Some(message) = arguments.namespaces.iter().find_map(|namespace| no_namespace(&reach, namespace)) {
        return Err(refuse(message));
    }
    let direction = arguments.direction.map(|direction| match direction {
        DirectionArgument::Ingress => Direction::Ingress,
        DirectionArgument::Egress => Direction::Egress,
    });
    let filter = ListFilter { workloads: arguments.workloads, namespaces: arguments.namespaces, direction };
    if arguments.explain {
        let written = print_with(|output| list_explain::text(&reach, &filter, output));
        return Ok(written.max(judged.code));
    }
    let exposed = arguments.exposure.then(|| exposures(&reach, &filter));
    let connections = listing::list(&reach, &filter);
    let list = List { reach: &reach, connections: &connections, exposures: exposed.as_deref() };
    let written = print_with(|output| match arguments.format {
        Format::Human | Format::Txt => list::text(list, output),
        Format::Json => list::json(list, output),
        Format::Csv => list::csv(list, output),
        Format::Markdown => list::markdown(list, output),
    });
    Ok(written.max(judged.code))
}
