//! Bundles of manifests, read as the commands read them.

use enforce_intents::config::{self, Config};
use enforce_intents::diag::Findings;
use enforce_intents::model::world::World;
use enforce_intents::read::package::Package;
use enforce_intents::{read, understand};
use std::path::Path;

/// A bundle as it stands, nothing generated.
pub(crate) struct Bundle {
    pub(crate) package: Package,
    pub(crate) config: Config,
    pub(crate) world: World,
    pub(crate) findings: Findings,
}

impl Bundle {
    /// Reads a file, or all manifests of a folder.
    pub(crate) fn read(path: &Path, settings: &[(String, String)]) -> Self {
        let (sources, mut findings) = read::files::read(&[path.to_owned()], &mut std::io::empty());
        let (package, more) = read::stream::read(sources);
        findings.0.extend(more.0);
        let (config, more) = config::raw::read(&package, &[], settings);
        findings.0.extend(more.0);
        let (world, more) = understand::understand(&package, &config);
        findings.0.extend(more.0);
        Self { package, config, world, findings }
    }
}
