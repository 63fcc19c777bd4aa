//! Bundles of manifests that are judged: what `check`, `list`, `explain` and `diff` have in common.

use super::streams::{excerpts, input_of};
use super::{FAULTY, GOOD, Settings};
use enforce_intents::diag::suggest::nearest;
use enforce_intents::diag::{Code, Findings, Severity};
use enforce_intents::model::world::World;
use enforce_intents::read::files;
use enforce_intents::verify::faults::faults;
use enforce_intents::verify::reach::Reachability;
use enforce_intents::{Bundle, Subject};
use std::io;
use std::path::PathBuf;

/// Which manifests are judged, and how they are configured.
#[derive(clap::Args, Debug)]
pub(super) struct Options {
    /// Judge the NetworkPolicies as they stand; generate nothing
    #[arg(long)]
    as_is: bool,
    #[command(flatten)]
    settings: Settings,
}

/// The namespace that the manifests' users know and the manifests do not name. `list` and `graph` have a filter of this name.
#[derive(clap::Args, Debug)]
pub(super) struct Namespace {
    /// Namespace of manifests that have none
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,
}

impl Namespace {
    /// As a field of the functionConfig; it wins over all others.
    pub(super) fn setting(self) -> Option<(String, String)> {
        self.namespace.map(|namespace| ("namespace".to_owned(), namespace))
    }
}

/// What is deployed, for `check` and `render`.
#[derive(clap::Args, Debug)]
pub(super) struct Previous {
    /// What is deployed now: rendered manifests, or a package with an EnforceIntents. Warns of pods that would be cut off until
    /// they have rolled
    #[arg(long, value_name = "PATH")]
    previous: Option<PathBuf>,
}

impl Previous {
    pub(super) fn is_given(&self) -> bool {
        self.previous.is_some()
    }

    /// What is cut off while pods roll from there to the bundle.
    pub(super) fn roll_out(&self, settings: &enforce_intents::Settings, bundle: &Bundle) -> Findings {
        let Some(path) = &self.previous else { return Findings::default() };
        let (sources, unreadable) = files::read(std::slice::from_ref(path), &mut io::empty());
        let mut findings = enforce_intents::roll_out(sources, settings, bundle);
        findings.0.extend(unreadable.0.into_iter().filter(|finding| finding.severity == Severity::Error));
        findings
    }
}

/// A bundle that was read. Its findings have been shown.
pub(super) struct Judged {
    pub(super) bundle: Bundle,
    /// [`FAULTY`] if something was wrong with part of the input.
    pub(super) code: u8,
}

/// How to read bundles, one after the other.
pub(super) struct Reader {
    settings: enforce_intents::Settings,
    /// What is judged about the manifests.
    pub(super) subject: Subject,
}

impl Options {
    /// Reads the configuration.
    ///
    /// # Errors
    /// The exit code, after the reason was written to stderr.
    pub(super) fn load(self) -> Result<Reader, u8> {
        let subject = if self.as_is { Subject::AsIs } else { Subject::Rendered };
        Ok(Reader { settings: self.settings.load()?, subject })
    }
}

impl Reader {
    /// The same with the namespace of manifests that have none.
    pub(super) fn in_namespace(mut self, namespace: Namespace) -> Self {
        self.settings.set.extend(namespace.setting());
        self
    }

    /// Reads files and directories, or standard input, and shows what is wrong with them.
    pub(super) fn read(&self, paths: &[PathBuf]) -> Judged {
        let mut bundle = self.read_silently(paths);
        if let Some(world) = &bundle.world {
            let faults = faults(&Reachability::new(world, &bundle.config));
            bundle.findings.0.extend(bundle.config.apply_rules(faults).0);
        }
        excerpts(&bundle.package, &bundle.findings, Severity::Warning);
        let code = if bundle.findings.has_errors() { FAULTY } else { GOOD };
        Judged { bundle, code }
    }

    /// What is cut off while pods roll from what is deployed to a bundle that was read.
    pub(super) fn roll_out(&self, previous: &Previous, bundle: &Bundle) -> Findings {
        previous.roll_out(&self.settings, bundle)
    }

    /// Reads files and directories, or standard input. Nothing is shown yet.
    pub(super) fn read_silently(&self, paths: &[PathBuf]) -> Bundle {
        let (sources, unreadable) = files::read(paths, &mut input_of(paths));
        let mut bundle = enforce_intents::bundle(sources, self.settings.clone(), self.subject);
        add_unreadable(&mut bundle.findings, unreadable);
        if self.subject == Subject::Rendered {
            mention_as_is(&mut bundle.findings);
        }
        bundle
    }
}

/// What these commands, unlike `render`, can do with what was written for intents that are not in the input.
fn mention_as_is(findings: &mut Findings) {
    let is_hidden = |code: Code| matches!(code, Code::IntentsHidden | Code::CallLabelsRemoved);
    for finding in findings.0.iter_mut().filter(|finding| is_hidden(finding.code)) {
        if let Some(help) = &mut finding.help {
            help.push_str("; or judge the policies as they stand, with --as-is");
        }
    }
}

/// Adds what could not be read. What is said to be missing then may be in it, so nothing is said of that.
pub(super) fn add_unreadable(findings: &mut Findings, unreadable: Findings) {
    if unreadable.has_errors() {
        findings.0.retain(|finding| !matches!(finding.code, Code::EmptyInput | Code::NoClientIntents));
    }
    findings.0.extend(unreadable.0);
}

impl Judged {
    /// The world, ready to be asked.
    ///
    /// # Errors
    /// The exit code, if the input could not be compiled: then nothing must be concluded from it.
    pub(super) fn reachability(&self) -> Result<Reachability<'_>, u8> {
        let world: &World = self.bundle.world.as_ref().ok_or(FAULTY)?;
        Ok(Reachability::new(world, &self.bundle.config))
    }
}

/// Whether an argument means whatever serves Ingresses and Routes.
pub(super) fn is_ingress_controller(text: &str) -> bool {
    text.trim_start_matches('{').trim_end_matches('}') == "ingress-controller"
}

/// Why an argument names nothing, with the nearest name that there is.
pub(super) fn no_workload(reach: &Reachability<'_>, text: &str) -> String {
    let names = reach.workloads().iter().map(|workload| workload.name.as_str());
    let name = text.rsplit('/').next().unwrap_or(text).split('[').next().unwrap_or(text);
    let near = nearest(name, names).filter(|near| *near != name);
    let help = match near {
        Some(near) => format!("; did you mean `{near}`?"),
        // The name is there, in another namespace or of another kind.
        None => {
            let same = reach.workloads().iter().find(|workload| workload.name == name);
            same.map(|same| format!("; did you mean `{same}`?")).unwrap_or_default()
        }
    };
    format!("no workload is named `{text}`{help}")
}

/// Why a namespace that is asked for names nothing, if it does not.
pub(super) fn no_namespace(reach: &Reachability<'_>, text: &str) -> Option<String> {
    let names = || reach.workloads().iter().map(|workload| workload.namespace.as_str());
    if names().any(|name| name == text) {
        return None;
    }
    let help = match nearest(text, names()) {
        Some(near) => format!("; did you mean `{near}`?"),
        // Other commands take the same flag for manifests that have no namespace.
        None if names().any(|name| name == "default") => {
            format!("; manifests without a namespace are in `default`, and with `--set namespace={text}` in `{text}`")
        }
        None => String::new(),
    };
    Some(format!("no workload is in namespace `{text}`{help}"))
}
