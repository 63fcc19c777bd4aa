//! Compiles ClientIntents into labelled workloads and NetworkPolicies at build time, and proves the result.
//!
//! # Bird's-eye view
//!
//! Data moves one way, and each stage is a folder and a function:
//!
//! ```text
//! bytes --read--> Package --understand--> World --plan--> Plan --write--> text --verify--> Outcome
//! ```
//!
//! * [`read`]: YAML to nodes with byte spans; the ResourceList envelope; streams and files. Knows nothing of Kubernetes beyond
//!   `apiVersion`, `kind` and `metadata`.
//! * [`understand`]: nodes to [`model`] types. Names are resolved to those that will be deployed; every fault has a place.
//! * [`plan`]: decides labels and policies. Pure and total: it knows no text, and the same world always gives the same plan.
//! * [`write`]: carries the plan out as edits of the input text and as new items. It never prints the user's YAML anew.
//! * [`verify`]: reads the output again and compares it with the plan; judges who can reach whom.
//! * [`suggest`](mod@suggest): the other way round, intents from addresses in manifests, policies and observed flows.
//! * [`report`]: shows findings to people and tools; decides nothing.
//!
//! # Invariants
//!
//! * `model` imports nothing of ours; `plan` knows `model`, `config` and `diag` only; `write` never `understand`.
//! * Only `read::files` and `cli` do I/O; the functions of this file take bytes and return bytes.
//! * Faults of the input are [`diag::Finding`]s, collected, never panics and never the first one only.
//! * Threads share work in `threads` and in the fast lane only, and never decide what comes out.
//! * One file names the YAML parser, one the terminal renderer. No `HashMap` anywhere: order reaches the output.
//!
//! `tests/architecture.rs` keeps these.

#![cfg_attr(test, allow(clippy::string_slice, reason = "a failing test may panic"))]

pub mod config;
pub mod diag;
pub mod model;
pub mod plan;
pub mod read;
pub mod report;
pub mod source;
pub mod suggest;
mod threads;
pub mod understand;
pub mod verify;
pub mod write;

use config::Config;
use diag::{Code, Finding, Findings, Severity};
use model::place::ResourceId;
use model::world::World;
use plan::Plan;
use read::lane::Lane;
use read::package::{Package, Resource, Role};
use read::prune::needed_to_compile;
use source::{SourceId, SourceText};
use std::collections::BTreeMap;
use std::path::PathBuf;
use write::edit::EditSet;
use write::files::ManifestFile;

/// What a run gives: the text to print, if any, and what there is to say.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The text for standard output. `None` when nothing may be printed.
    pub output: Option<String>,
    /// Everything found, with the severities that the configuration's `rules` give.
    pub findings: Findings,
    /// What was read, for turning places into files and lines.
    pub package: Package,
}

/// A package that was interpreted and planned, but not written.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// The configuration in force.
    pub config: Config,
    /// What the input says.
    pub world: World,
    /// What the output must change.
    pub plan: Plan,
    /// What reading the configuration, understanding and planning found, after `rules`.
    pub findings: Findings,
}

impl Outcome {
    /// Whether the run failed: exit code 1.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.findings.has_errors()
    }
}

/// The configuration that comes from outside the input. It wins over a functionConfig in the input, field by field.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// A functionConfig file (`--config`).
    pub config: Option<SourceText>,
    /// Single fields (`--set`), which win over every file.
    pub set: Vec<(String, String)>,
    /// Who reads YAML.
    pub lane: Lane,
}

/// What a run of the KRM function gives: the edits of its input instead of a second text.
#[derive(Clone, Debug, Default)]
pub struct Edited {
    /// What to change in the input. `None` when nothing may be printed.
    pub edits: Option<EditSet>,
    /// Everything found, as in [`Outcome::findings`].
    pub findings: Findings,
    /// What was read; the input is among its sources.
    pub package: Package,
}

impl Edited {
    /// The output, in slices of the input and of the edits. `None` when nothing may be printed.
    #[must_use]
    pub fn slices(&self) -> Option<impl Iterator<Item = &str>> {
        let source = self.package.sources.get(self.package.resource_list?.source.0 as usize)?;
        Some(self.edits.as_ref()?.slices(&source.text))
    }
}

/// The KRM function: one ResourceList in, one out (`DESIGN.md` 1.1, `spec/krm.md` 3).
///
/// A failing run returns the input unchanged with `results` where the envelope could be read, else no output.
#[must_use]
pub fn process(input: Vec<u8>, settings: Settings) -> Outcome {
    let edited = edit(input, settings);
    let output = edited.slices().map(Iterator::collect);
    Outcome { output, findings: edited.findings, package: edited.package }
}

/// Like [`process`], but the output is not put together: nothing of the input is copied.
#[must_use]
pub fn edit(input: Vec<u8>, settings: Settings) -> Edited {
    let (mut package, mut findings) =
        match read::resource_list::read_with(input, Some(needed_to_compile), settings.lane) {
            Ok(read) => read,
            Err(findings) => return Edited { findings, ..Edited::default() },
        };
    let compiled = compile(&mut package, settings);
    add_verdicts(&compiled, &mut findings);
    // From here on the changes say it all, and the rest of what is known about a large input is large.
    let Compiled { config, world, mut plan, .. } = compiled;
    drop(world);
    drop(std::mem::take(&mut plan.generated));
    if !findings.has_errors() {
        let results = report::krm::results(&package, &findings);
        match write::resource_list_edits(&package, &plan, &config, &results) {
            Ok(edits) => {
                findings.0.extend(verify::output::verify_edits(&package, &plan, &config, &edits).0);
                if !findings.has_errors() {
                    return Edited { edits: Some(edits), findings, package };
                }
            }
            Err(faults) => findings.0.extend(faults.0),
        }
    }
    let results = report::krm::results(&package, &findings);
    let unchanged = write::resource_list_edits(&package, &Plan::default(), &config, &results);
    Edited { edits: unchanged.ok(), findings, package }
}

/// `render`: manifests in, the complete manifest stream out (`DESIGN.md` 1.4 rule 12). A failing run has no output.
///
/// `sources` are in output order; an `EnforceIntents` in one of them is the functionConfig.
#[must_use]
pub fn render(sources: Vec<SourceText>, settings: Settings) -> Outcome {
    let (mut package, mut findings) = read::stream::read_with(sources, None, settings.lane);
    let compiled = compile(&mut package, settings);
    add_verdicts(&compiled, &mut findings);
    let mut output = None;
    if !findings.has_errors() {
        match write::manifest_stream(&package, &compiled.plan, &compiled.config) {
            Ok(written) => {
                findings.0.extend(verify::output::verify(&package, &compiled.plan, &compiled.config, &written).0);
                if has_no_content(&written.text) {
                    nothing_to_render(&mut findings);
                }
                output = Some(written.text).filter(|_| !findings.has_errors());
            }
            Err(faults) => findings.0.extend(faults.0),
        }
    }
    Outcome { output, findings, package }
}

/// `render -o`: like [`render`], as files. `source_files` has the relative paths of the sources that are files.
///
/// A failing run has no files. See [`write::files::manifest_files`] for what goes where.
#[must_use]
pub fn render_files(
    sources: Vec<SourceText>,
    source_files: &BTreeMap<SourceId, PathBuf>,
    settings: Settings,
) -> (Vec<ManifestFile>, Outcome) {
    let (mut package, mut findings) = read::stream::read_with(sources, None, settings.lane);
    let compiled = compile(&mut package, settings);
    add_verdicts(&compiled, &mut findings);
    let mut files = Vec::new();
    if !findings.has_errors() {
        match write::files::manifest_files(&package, &compiled.plan, &compiled.config, source_files) {
            Ok(written) => {
                findings.0.extend(verify::output::verify_files(&package, &compiled.plan, &written).0);
                if written.iter().all(|file| has_no_content(&file.text)) {
                    nothing_to_render(&mut findings);
                }
                files = written;
            }
            Err(faults) => findings.0.extend(faults.0),
        }
    }
    if findings.has_errors() {
        files.clear();
    }
    (files, Outcome { output: None, findings, package })
}

/// Adds what compiling found, and which declared calls the policies of others refuse: a denied call is an error, as in `check`.
fn add_verdicts(compiled: &Compiled, findings: &mut Findings) {
    let found = with_invalid_policies_as_warnings(compiled.findings.clone(), &compiled.config);
    if findings.has_errors() || found.has_errors() {
        findings.0.extend(found.0);
        return;
    }
    let refused = verify::check::refused_calls(&compiled.world, &compiled.plan, &compiled.config);
    findings.0.extend(verify::check::merged(found, compiled.config.apply_rules(refused)).0);
}

/// A policy of another hand that the API server would refuse does not keep intents from being compiled: it is passed on with a
/// warning (`DESIGN.md` 1.3 promise 4), while the commands that judge call it an error. What `rules` say goes before.
fn with_invalid_policies_as_warnings(mut findings: Findings, config: &Config) -> Findings {
    for finding in &mut findings.0 {
        let is_invalid_policy = matches!(
            finding.code,
            Code::InvalidPolicy
                | Code::InvalidPolicySelector
                | Code::InvalidPolicyPeer
                | Code::InvalidPolicyBlock
                | Code::InvalidPolicyPort
        );
        if is_invalid_policy && !config.rules.contains_key(&finding.code) {
            finding.severity = Severity::Warning;
        }
    }
    findings
}

/// Whether a stream has nothing but comments, blank lines and marks of documents.
fn has_no_content(stream: &str) -> bool {
    stream.trim_start_matches('\u{feff}').lines().all(|line| {
        let content = line.strip_prefix("---").or_else(|| line.strip_prefix("...")).unwrap_or(line).trim();
        content.is_empty() || content.starts_with('#')
    })
}

/// Argo CD prunes an application whose plugin succeeds with an empty stream.
fn nothing_to_render(findings: &mut Findings) {
    // That intents are missing among nothing is no news.
    findings.0.retain(|finding| finding.code != Code::NoClientIntents);
    findings.push(
        Finding::new(Code::EmptyInput, None, "nothing would be left to apply")
            .with_help("name files or directories with manifests, or pipe a stream in"),
    );
}

/// Configuration, understanding and planning of what was read. The package gains the configuration file, if there is one.
#[must_use]
pub fn compile(package: &mut Package, settings: Settings) -> Compiled {
    let (mut config, mut findings) = configure(package, settings);
    if findings.has_errors() {
        return Compiled { config, findings, ..Compiled::default() };
    }
    let (world, found) = understand::understand(package, &config);
    findings.0.extend(found.0);
    understand::use_deployed_names(&mut config, &world);
    // A world with faults is planned all the same, so that one run reports the faults of both stages.
    let (plan, found) = plan::plan(&world, &config);
    findings.0.extend(found.0);
    let findings = config.apply_rules(findings);
    Compiled { config, world, plan, findings }
}

/// What `check`, `list`, `explain` and `diff` are about (`DESIGN.md` 1.4 rule 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The bundle as `render` would print it.
    Rendered,
    /// The manifests as they stand.
    AsIs,
    /// The manifests as they stand, which should be the output of a run: what a run would change about them is a finding.
    Output,
}

/// A bundle whose reachability can be judged.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    /// The configuration in force.
    pub config: Config,
    /// The world to judge. `None` if there is none, because the input cannot be compiled.
    pub world: Option<World>,
    /// Everything found.
    pub findings: Findings,
    /// What was read, for turning places into files and lines.
    pub package: Package,
    /// Whether the input has generated policies that are not what is judged, because a run updates or removes them.
    pub replaces_policies: bool,
}

/// Reads a bundle for judging. Faulty policies are findings and left out; the rest can be judged.
#[must_use]
pub fn bundle(sources: Vec<SourceText>, settings: Settings, subject: Subject) -> Bundle {
    let (mut package, mut findings) = read::stream::read_with(sources, None, settings.lane);
    let mut replaces_policies = false;
    let (config, world, found) = match subject {
        Subject::Rendered => {
            let Compiled { config, world, plan, findings } = compile(&mut package, settings);
            replaces_policies = !plan.updates.is_empty() || !plan.removals.is_empty();
            let world = verify::rendered::rendered(&world, &plan);
            (config, Some(world), findings)
        }
        Subject::Output => {
            let Compiled { config, world, plan, findings } = compile(&mut package, settings);
            let findings = config.apply_rules(verify::rendered_check::check(&world, &plan, findings));
            let mut judged = world.clone();
            verify::rendered::add_previews(&world, &plan, &mut judged);
            judged.policies.retain(|policy| policy.resource != verify::rendered::NOT_IN_INPUT);
            (config, Some(judged.with_virtual_workloads()), findings)
        }
        Subject::AsIs => {
            let (mut config, mut findings) = configure(&mut package, settings);
            let is_configured = !findings.has_errors();
            let (world, found) =
                if is_configured { understand::understand(&package, &config) } else { Default::default() };
            findings.0.extend(found.0);
            // Manifests that are judged as they stand need no intents.
            findings.0.retain(|finding| finding.code != Code::NoClientIntents);
            understand::use_deployed_names(&mut config, &world);
            findings.0.extend(verify::rendered::previews_left_out(&world));
            let findings = config.apply_rules(findings);
            (config, is_configured.then(|| world.with_virtual_workloads()), findings)
        }
    };
    findings.0.extend(found.0);
    let is_compiled = !findings.0.iter().any(Finding::prevents_compiling);
    let world = world.filter(|_| subject == Subject::AsIs || is_compiled);
    Bundle { config, world, findings, package, replaces_policies }
}

/// What the input says about calls that no intent declares yet.
#[derive(Clone, Debug, Default)]
pub struct Suggested {
    /// The suggestions; `None` if the configuration is faulty.
    pub suggestions: Option<Vec<suggest::Suggestion>>,
    /// Everything found, notes on what is not suggested among it.
    pub findings: Findings,
    /// What was read, for turning places into files and lines.
    pub package: Package,
}

/// `suggest`: intents for calls that the manifests as they stand already tell of.
#[must_use]
pub fn suggest(sources: Vec<SourceText>, settings: Settings, options: &suggest::Options) -> Suggested {
    let Bundle { config, world, findings, package, .. } = bundle(sources, settings, Subject::AsIs);
    let (suggestions, notes) = match &world {
        Some(world) => {
            let (suggestions, notes) = suggest::suggest(&package, world, &config, options);
            (Some(suggestions), config.apply_rules(notes))
        }
        None => (None, Findings::default()),
    };
    let mut suggested = Suggested { suggestions, findings, package };
    suggested.findings.0.extend(notes.0);
    suggested
}

/// What is cut off while pods roll from what is deployed to a bundle that was read with `settings`.
///
/// `previous` is what is deployed: rendered manifests, or a package with an `EnforceIntents`, which is rendered by it.
#[must_use]
pub fn roll_out(previous: Vec<SourceText>, settings: &Settings, next: &Bundle) -> Findings {
    let Some(after) = next.world.as_ref().filter(|_| next.config.staged == config::Staged::None) else {
        return Findings::default();
    };
    let (package, _) = read::stream::read(previous.clone());
    let has_config = package.iter().any(|(_, resource)| resource.kind == config::raw::KIND);
    let before = if has_config {
        let namespace = next.config.namespace.iter().map(|namespace| ("namespace".to_owned(), namespace.clone()));
        bundle(previous, Settings { config: None, set: namespace.collect(), lane: settings.lane }, Subject::Rendered)
    } else {
        bundle(previous, settings.clone(), Subject::AsIs)
    };
    let fault = before.findings.0.iter().find(|finding| finding.prevents_compiling());
    match (before.world, fault) {
        (Some(before), None) => next.config.apply_rules(verify::roll_out::roll_out(&before, after)),
        (_, fault) => {
            let reason = fault.map(|fault| fault.message.as_str()).unwrap_or_default();
            let message = format!("what is deployed cannot be compared with: {reason}");
            let finding = Finding::new(Code::InvalidInput, None, message);
            Findings(vec![finding.with_help("--previous takes rendered manifests, or a package that compiles")])
        }
    }
}

/// The configuration: that of the input, the file and the single settings, each stronger than the one before.
fn configure(package: &mut Package, settings: Settings) -> (Config, Findings) {
    let mut findings = Findings::default();
    let mut function_configs = function_configs(package, &mut findings);
    if let Some(source) = settings.config {
        let first = package.resources.len();
        read::stream::add_function_config(package, source, &mut findings);
        function_configs.extend(package.iter().skip(first).map(|(id, _)| id));
    }
    let (config, found) = config::raw::read(package, &function_configs, &settings.set);
    findings.0.extend(found.0);
    (config, findings)
}

/// The functionConfigs of the input: the ResourceList's, or an `EnforceIntents` among files, of which there may be one.
fn function_configs(package: &Package, findings: &mut Findings) -> Vec<ResourceId> {
    let is_config = |resource: &Resource| {
        resource.role == Role::FunctionConfig || (package.resource_list.is_none() && resource.kind == config::raw::KIND)
    };
    let found: Vec<ResourceId> = package.iter().filter(|(_, resource)| is_config(resource)).map(|(id, _)| id).collect();
    if let [first, second, ..] = found.as_slice() {
        let place = |id: ResourceId| package.node(id).map(|node| Package::place(id, node));
        let mut finding =
            Finding::new(Code::InvalidConfig, place(*second), "a second EnforceIntents: there can be one only")
                .with_help("keep one of them, or name one with --config");
        finding.related.extend(place(*first).map(|place| (place, "the first one".to_owned())));
        findings.push(finding);
    }
    found
}
