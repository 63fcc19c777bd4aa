//! `render`: manifests in, the complete manifest stream out (`DESIGN.md` 1.1, 1.4 rules 11, 12 and 16), or files of it.

use super::environment::{self, FromEnvironment};
use super::streams::{complain, excerpts, print, report};
use super::{FAULTY, GOOD, Settings, WRONG_ARGUMENTS, output_directory};
use enforce_intents::config::schema::field_names;
use enforce_intents::diag::Severity;
use enforce_intents::read::files;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Arguments of `render`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Files and directories; `-` or nothing at all is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Namespace of manifests that have none
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Write files below this directory instead of one stream to stdout; other files in it stay as they are
    #[arg(short, long = "output", value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

/// Renders and gives the exit code. A failing run prints nothing on stdout.
pub(super) fn run(arguments: Arguments) -> u8 {
    try_run(arguments).unwrap_or_else(|code| code)
}

fn try_run(arguments: Arguments) -> Result<u8, u8> {
    let mut settings = arguments.settings.load()?;
    let from_environment = settings_from_environment().map_err(|message| {
        complain(&message);
        FAULTY
    })?;
    announce(&from_environment);
    let from_environment = from_environment.into_iter().map(|one| (one.key, one.value));
    settings.set = from_environment.chain(settings.set).collect();
    settings.set.extend(arguments.namespace.map(|namespace| ("namespace".to_owned(), namespace)));

    if let Some(directory) = &arguments.output {
        return render_files(&arguments.paths, directory, settings);
    }
    let (sources, unreadable) = files::read(&arguments.paths, &mut io::stdin().lock());
    let mut outcome = enforce_intents::render(sources, settings);
    outcome.findings.0.extend(unreadable.0);
    excerpts(&outcome.package, &outcome.findings, Severity::Warning);
    Ok(match outcome.output {
        Some(output) if !outcome.findings.has_errors() => print(&output),
        _ => FAULTY,
    })
}

/// `-o DIR`. Nothing goes to stdout.
fn render_files(paths: &[PathBuf], directory: &Path, settings: enforce_intents::Settings) -> Result<u8, u8> {
    if let Some(path) = output_directory::input_inside(directory, paths) {
        let (directory, path) = (directory.display(), path.display());
        complain(&format!(
            "the output directory {directory} holds the input {path}, which would be lost: choose another one"
        ));
        return Err(WRONG_ARGUMENTS);
    }
    let (sources, unreadable) = files::read_outside(Some(directory), paths, &mut io::stdin().lock());
    let source_files = output_directory::relative_paths(&sources, paths);
    let (written, mut outcome) = enforce_intents::render_files(sources, &source_files, settings);
    outcome.findings.0.extend(unreadable.0);
    excerpts(&outcome.package, &outcome.findings, Severity::Warning);
    if outcome.findings.has_errors() {
        return Err(FAULTY);
    }
    match output_directory::write(directory, &written) {
        Ok(summary) => {
            report(&format!("{summary}\n"));
            Ok(GOOD)
        }
        Err(message) => {
            complain(&message);
            Err(FAULTY)
        }
    }
}

fn settings_from_environment() -> Result<Vec<FromEnvironment>, String> {
    let variables: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    environment::settings(&variables, &field_names().collect::<Vec<_>>())
}

/// What nobody wrote on the command line must not work unseen.
fn announce(settings: &[FromEnvironment]) {
    for setting in settings {
        report(&format!("note: {}={} from {}\n", setting.key, setting.value, setting.variable));
    }
}
