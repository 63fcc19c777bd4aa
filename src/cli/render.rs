//! `render`: manifests in, the complete manifest stream out (`DESIGN.md` 1.1, 1.4 rules 11, 12 and 16), or files of it.

use super::bundles::{Namespace, Previous, add_unreadable};
use super::environment::{self, FromEnvironment};
use super::producer;
use super::streams::{complain, excerpts, input_of, print, report};
use super::{FAULTY, GOOD, Settings, WRONG_ARGUMENTS, output_directory};
use enforce_intents::Subject;
use enforce_intents::config::schema::field_names;
use enforce_intents::diag::{Findings, Severity};
use enforce_intents::read::files;
use enforce_intents::source::SourceText;
use enforce_intents::write::files::ManifestFile;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Arguments of `render`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Files and directories; `-` or nothing at all is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    namespace: Namespace,
    /// Write files below this directory instead of one stream to stdout; other files in it stay as they are
    #[arg(short, long = "output", value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    previous: Previous,
    #[command(flatten)]
    settings: Settings,
    /// Render what a program prints, and fail if it fails: a pipe without a shell. Comes last; `$(ARGOCD_APP_NAME)` and the
    /// other variables that Argo CD gives a plugin are replaced in its arguments
    #[arg(long, value_name = "PROGRAM [ARGUMENT]...", num_args = 1.., allow_hyphen_values = true, conflicts_with = "paths")]
    run: Vec<String>,
}

/// Renders and gives the exit code. A failing run prints nothing on stdout.
pub(super) fn run(arguments: Arguments) -> u8 {
    try_run(arguments).unwrap_or_else(|code| code)
}

fn try_run(arguments: Arguments) -> Result<u8, u8> {
    let mut settings = arguments.settings.load()?;
    let variables = variables();
    let from_environment =
        environment::settings(&variables, &field_names().collect::<Vec<_>>()).map_err(|message| faulty(&message))?;
    announce(&from_environment);
    let from_environment = from_environment.into_iter().map(|one| (one.key, one.value));
    settings.set = from_environment.chain(settings.set).collect();
    settings.set.extend(arguments.namespace.setting());

    keep_input(arguments.output.as_deref(), &arguments.paths)?;
    let (sources, unreadable) = match arguments.run.split_first() {
        None => files::read_outside(arguments.output.as_deref(), &arguments.paths, &mut input_of(&arguments.paths)),
        Some((program, its_arguments)) => printed_by(program, its_arguments, &variables)?,
    };
    let compared = arguments.previous.is_given().then(|| (sources.clone(), settings.clone()));
    let source_files = output_directory::relative_paths(&sources, &arguments.paths);
    let (written, mut outcome) = match &arguments.output {
        None => (Vec::new(), enforce_intents::render(sources, settings)),
        Some(_) => enforce_intents::render_files(sources, &source_files, settings),
    };
    if let Some((sources, settings)) = compared {
        let bundle = enforce_intents::bundle(sources, settings.clone(), Subject::Rendered);
        outcome.findings.0.extend(arguments.previous.roll_out(&settings, &bundle).0);
    }
    add_unreadable(&mut outcome.findings, unreadable);
    excerpts(&outcome.package, &outcome.findings, Severity::Warning);
    Ok(match (outcome.output, &arguments.output) {
        (_, Some(directory)) if !outcome.findings.has_errors() => write_files(directory, &written),
        (Some(output), None) if !outcome.findings.has_errors() => print(&output),
        _ => FAULTY,
    })
}

/// The output directory must not hold the input.
fn keep_input(directory: Option<&Path>, paths: &[PathBuf]) -> Result<(), u8> {
    let Some((directory, path)) = directory
        .and_then(|directory| Some((directory.display(), output_directory::input_inside(directory, paths)?.display())))
    else {
        return Ok(());
    };
    complain(&format!(
        "the output directory {directory} holds the input {path}, which would be lost: choose another one"
    ));
    Err(WRONG_ARGUMENTS)
}

/// `-o DIR`. Nothing goes to stdout.
fn write_files(directory: &Path, files: &[ManifestFile]) -> u8 {
    match output_directory::write(directory, files) {
        Ok(summary) => {
            report(&format!("{summary}\n"));
            GOOD
        }
        Err(message) => faulty(&message),
    }
}

/// What the program prints, as standard input would be read.
fn printed_by(
    program: &str,
    arguments: &[String],
    variables: &BTreeMap<String, String>,
) -> Result<(Vec<SourceText>, Findings), u8> {
    let arguments: Result<Vec<String>, String> =
        arguments.iter().map(|argument| environment::substitute(argument, variables)).collect();
    let arguments = arguments.map_err(|message| faulty(&message))?;
    let printed = producer::output_of(program, &arguments).map_err(|message| faulty(&message))?;
    Ok(files::read(&[], &mut printed.as_slice()))
}

fn faulty(message: &str) -> u8 {
    complain(message);
    FAULTY
}

fn variables() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// What nobody wrote on the command line must not work unseen.
fn announce(settings: &[FromEnvironment]) {
    for setting in settings {
        report(&format!("note: {}={} from {}\n", setting.key, setting.value, setting.variable));
    }
}
