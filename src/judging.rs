//! Bundles that are judged, not written: what `check`, `list`, `explain`, `diff`, `graph` and `suggest` begin with.

use crate::compile::{Compiled, Settings, compile, configure};
use crate::config::{self, Config};
use crate::diag::{Code, Finding, Findings};
use crate::model::world::World;
use crate::read::package::Package;
use crate::read::stream;
use crate::source::SourceText;
use crate::suggest::{self as suggesting, Options, Suggestion};
use crate::{understand, verify};

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
    let (mut package, mut findings) = stream::read_with(sources, None, settings.lane);
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
    pub suggestions: Option<Vec<Suggestion>>,
    /// Everything found, notes on what is not suggested among it.
    pub findings: Findings,
    /// What was read, for turning places into files and lines.
    pub package: Package,
}

/// `suggest`: intents for calls that the manifests as they stand already tell of.
#[must_use]
pub fn suggest(sources: Vec<SourceText>, settings: Settings, options: &Options) -> Suggested {
    let Bundle { config, world, findings, package, .. } = bundle(sources, settings, Subject::AsIs);
    let (suggestions, notes) = match &world {
        Some(world) => {
            let (suggestions, notes) = suggesting::suggest(&package, world, &config, options);
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
    let (package, _) = stream::read(previous.clone());
    let has_config = package.iter().any(|(_, resource)| &*resource.kind == config::raw::KIND);
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
