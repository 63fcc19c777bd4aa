//! What every command does first: configuration, understanding, planning; and the verdicts that a run is refused for.

use crate::config::{self, Config};
use crate::diag::{Code, Finding, Findings, Severity};
use crate::model::place::ResourceId;
use crate::model::world::World;
use crate::plan::{self, Plan};
use crate::read::lane::Lane;
use crate::read::package::{Package, Resource, Role};
use crate::read::stream;
use crate::source::SourceText;
use crate::{understand, verify};

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
    let (plan, found) = plan::plan(&world, &config, package.lane.threads());
    findings.0.extend(found.0);
    let findings = config.apply_rules(findings);
    Compiled { config, world, plan, findings }
}

/// The configuration: that of the input, the file and the single settings, each stronger than the one before.
pub(crate) fn configure(package: &mut Package, settings: Settings) -> (Config, Findings) {
    let mut findings = Findings::default();
    let mut function_configs = function_configs(package, &mut findings);
    if let Some(source) = settings.config {
        function_configs.extend(config_of_file(package, source, &mut findings));
    }
    let (config, found) = config::raw::read(package, &function_configs, &settings.set);
    findings.0.extend(found.0);
    (config, findings)
}

/// The one functionConfig of a file that was named. A file without one is not taken for the defaults: somebody meant something by it.
fn config_of_file(package: &mut Package, source: SourceText, findings: &mut Findings) -> Vec<ResourceId> {
    let (first, origin) = (package.resources.len(), source.origin.clone());
    stream::add_function_config(package, source, findings);
    let found: Vec<ResourceId> = package.iter().skip(first).map(|(id, _)| id).collect();
    if found.is_empty() && !findings.has_errors() {
        findings.push(
            Finding::new(Code::InvalidConfig, None, format!("{origin} has no functionConfig")).with_help(format!(
                "write kind {} of {}, or a v1 ConfigMap",
                config::raw::KIND,
                config::raw::API_VERSION
            )),
        );
    }
    report_second(package, &found, "functionConfig", findings);
    found
}

/// The functionConfigs of the input: the ResourceList's, or an `EnforceIntents` among files, of which there may be one.
fn function_configs(package: &Package, findings: &mut Findings) -> Vec<ResourceId> {
    let is_config = |resource: &Resource| {
        resource.role == Role::FunctionConfig
            || (package.resource_list.is_none() && &*resource.kind == config::raw::KIND)
    };
    let found: Vec<ResourceId> = package.iter().filter(|(_, resource)| is_config(resource)).map(|(id, _)| id).collect();
    report_second(package, &found, config::raw::KIND, findings);
    found
}

fn report_second(package: &Package, found: &[ResourceId], what: &str, findings: &mut Findings) {
    let [first, second, ..] = found else { return };
    let place = |id: ResourceId| package.node(id).map(|node| Package::place(id, node));
    let message = format!("a second {what}: there can be one only");
    let mut finding = Finding::new(Code::InvalidConfig, place(*second), message).with_help("keep one of them");
    finding.related.extend(place(*first).map(|place| (place, "the first one".to_owned())));
    findings.push(finding);
}

/// Adds what compiling found, and which declared calls the policies of others refuse: a denied call is an error, as in `check`.
pub(crate) fn add_verdicts(compiled: &Compiled, findings: &mut Findings) {
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
