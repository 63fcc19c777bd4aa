//! The command line: arguments, standard streams, the environment and exit codes, around a library that does no I/O.

mod bundles;
mod check;
mod completions;
mod diff;
mod environment;
mod explain;
mod function;
mod graph;
mod install;
mod list;
mod man;
mod output_directory;
mod producer;
mod render;
mod schema;
mod streams;
mod suggest;

use clap::{Args, Parser, Subcommand};
use enforce_intents::diag::Severity;
use enforce_intents::read::files;
use enforce_intents::read::package::Package;
use std::path::PathBuf;
use std::process::ExitCode;

/// Everything is as it should be.
const GOOD: u8 = 0;
/// A finding of severity error, or input that cannot be compiled.
const FAULTY: u8 = 1;
/// Wrong arguments; clap's own code.
const WRONG_ARGUMENTS: u8 = 2;

/// Compiles ClientIntents into labelled workloads and NetworkPolicies at build time.
///
/// Without a command it is a KRM function for kustomize and kpt: one ResourceList on stdin, one on stdout.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
}

/// The configuration, which every command takes.
#[derive(Args, Debug, Default)]
struct Settings {
    /// The functionConfig; what it sets wins over a functionConfig in the input
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One field of the functionConfig; wins over every file. Lists are comma-separated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
    /// Who reads YAML: the fast lane where it can, or the parser alone, to compare the two
    #[arg(long, value_name = "LANE", default_value = "fast", hide = true)]
    lane: Lane,
    /// Threads that read a large text: one, or two as if nothing is said. The output is the same
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..))]
    jobs: u8,
}

/// [`enforce_intents::read::lane::Lane`] as an argument.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Lane {
    #[default]
    Fast,
    Parser,
}

impl Settings {
    /// Reads the configuration file, if there is one.
    ///
    /// # Errors
    /// The exit code, after the reason was written to stderr: without its configuration a run must give nothing.
    fn load(self) -> Result<enforce_intents::Settings, u8> {
        let lane = match self.lane {
            Lane::Fast if self.jobs == 1 => enforce_intents::read::lane::Lane::FastAlone,
            Lane::Fast => enforce_intents::read::lane::Lane::Fast,
            Lane::Parser if self.jobs == 1 => enforce_intents::read::lane::Lane::ParserAlone,
            Lane::Parser => enforce_intents::read::lane::Lane::Parser,
        };
        let mut settings = enforce_intents::Settings { config: None, set: self.set, lane };
        let Some(path) = self.config else { return Ok(settings) };
        if path.is_dir() || path.as_os_str() == "-" {
            streams::complain(&format!("--config {} is not a file", path.display()));
            return Err(FAULTY);
        }
        let (sources, findings) = files::read(&[path], &mut std::io::empty());
        streams::excerpts(&Package::default(), &findings, Severity::Warning);
        settings.config = sources.into_iter().next();
        if findings.has_errors() { Err(FAULTY) } else { Ok(settings) }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the manifests with labels and NetworkPolicies, for Helm, Argo CD plugins and plain CI
    Render(render::Arguments),
    /// Judge every declared call, what else breaks, what is open that nobody declared, and what looks wrong in policies
    Check(check::Arguments),
    /// List who can reach whom, all pairs, after rendering
    List(list::Arguments),
    /// Explain whether one workload can reach another, and which policies, rules, files and lines decide it
    Explain(explain::Arguments),
    /// Compare who can reach whom in two bundles
    Diff(diff::Arguments),
    /// Write ClientIntents from what manifests, NetworkPolicies or observed flows already say; a starting point to review
    Suggest(suggest::Arguments),
    /// Draw who calls whom: mermaid, dot, svg, or a page to click through
    Graph(graph::Arguments),
    /// Print the JSON Schema of the functionConfig, or its reference
    Schema(schema::Arguments),
    /// Copy this program into a directory: for images without a shell, such as Argo CD's init containers
    Install(install::Arguments),
    /// Print a script with which a shell completes commands and flags
    Completions(completions::Arguments),
    /// Write manual pages, one for each command, into a directory
    Man(man::Arguments),
}

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    // As a function in a pipeline: building the command line's description would take most of the time of a small run.
    if std::env::args_os().len() <= 1 {
        return ExitCode::from(function::run(Settings::default()));
    }
    let code = match Arguments::try_parse() {
        Ok(Arguments { command: None, settings }) => function::run(settings),
        Ok(Arguments { command: Some(Command::Render(arguments)), .. }) => render::run(arguments),
        Ok(Arguments { command: Some(Command::Check(arguments)), .. }) => check::run(arguments),
        Ok(Arguments { command: Some(Command::List(arguments)), .. }) => list::run(arguments),
        Ok(Arguments { command: Some(Command::Explain(arguments)), .. }) => explain::run(arguments),
        Ok(Arguments { command: Some(Command::Diff(arguments)), .. }) => diff::run(arguments),
        Ok(Arguments { command: Some(Command::Suggest(arguments)), .. }) => suggest::run(arguments),
        Ok(Arguments { command: Some(Command::Graph(arguments)), .. }) => graph::run(arguments),
        Ok(Arguments { command: Some(Command::Schema(arguments)), .. }) => schema::run(arguments),
        Ok(Arguments { command: Some(Command::Install(arguments)), .. }) => install::run(arguments),
        Ok(Arguments { command: Some(Command::Completions(arguments)), .. }) => completions::run(arguments),
        Ok(Arguments { command: Some(Command::Man(arguments)), .. }) => man::run(arguments),
        Err(message) => {
            // Help goes to stdout, usage errors to stderr; a reader that has gone away changes neither's exit code.
            let _ = message.print();
            u8::try_from(message.exit_code()).unwrap_or(WRONG_ARGUMENTS)
        }
    };
    ExitCode::from(code)
}

fn setting(argument: &str) -> Result<(String, String), String> {
    match argument.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE, for example profile=v2".to_owned()),
    }
}
