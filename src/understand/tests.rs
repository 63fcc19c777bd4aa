//! Tests of the stage through its one function: manifests in, world and findings out.

mod conversion;
mod intents;
mod names;
mod odd_values;
mod services;
mod targets;
mod virtual_workloads;
mod workloads;
mod world;

use crate::config::{self, Config};
use crate::diag::Finding;
use crate::model::world::World;
use crate::read::package::Package;
use crate::read::stream;
use crate::source::{SourceOrigin, SourceText};
use std::fmt::Write as _;

/// The configuration with these settings.
fn config(settings: &[(&str, &str)]) -> Config {
    let settings: Vec<(String, String)> =
        settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let (config, findings) = config::raw::read(&Package::default(), &[], &settings);
    assert_eq!(findings.0, []);
    config
}

/// What the manifests say, and the findings one a line: severity, code, field, message, help.
fn understand_with(manifests: &str, config: &Config) -> (World, String) {
    let source = SourceText { origin: SourceOrigin::Stdin, text: manifests.to_owned().into() };
    let (package, findings) = stream::read(vec![source]);
    assert_eq!(findings.0, [], "{manifests}");
    let (world, findings) = super::understand(&package, config);
    let mut lines = String::new();
    for finding in &findings.0 {
        let _ = writeln!(lines, "{}", line(&package, finding));
    }
    (world, lines)
}

/// [`understand_with`] the default configuration.
fn understand(manifests: &str) -> (World, String) {
    understand_with(manifests, &Config::default())
}

fn line(package: &Package, finding: &Finding) -> String {
    let field = finding.place.and_then(|place| {
        let route = package.node(place.resource)?.route_to_range(place.start as usize, place.end as usize);
        Some(format!(" {route}"))
    });
    let help = finding.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    format!(
        "{} {}{}: {}{help}",
        finding.severity.as_str(),
        finding.code.name(),
        field.unwrap_or_default(),
        finding.message
    )
}

/// A Deployment with one container.
fn deployment(namespace: &str, name: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
         spec:\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: {{containers: [{{name: c, image: i}}]}}\n---\n"
    )
}
