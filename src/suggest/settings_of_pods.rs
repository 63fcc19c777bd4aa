//! Addresses in what the containers of every workload get to see: their environment, command lines and mounted files.

use super::collector::Collector;
use super::containers::{self, Container};
use super::files::Files;
use super::names::Names;
use super::objects::SettingObjects;
use crate::config::Config;
use crate::model::workload::Workload;
use crate::read::package::Package;
use crate::read::tree::Node;

/// Adds the calls of every workload.
pub(super) fn collect(package: &Package, config: &Config, names: &Names<'_>, collector: &mut Collector<'_>) {
    let objects = SettingObjects::new(package, config);
    let mut files = Files::default();
    for (client, workload) in names.world.workloads.iter().enumerate() {
        let Some(pod_spec) = pod_spec(package, workload) else { continue };
        for list in ["initContainers", "containers"] {
            for node in pod_spec.get(list).into_iter().flat_map(Node::items) {
                let container = Container { client, workload, node, is_init: list == "initContainers" };
                let variables = containers::environment(container, &objects, names, collector);
                containers::commands(container, &variables, names, collector);
                files.collect(container, pod_spec, &objects, &variables, names, collector);
            }
        }
    }
}

fn pod_spec<'p>(package: &'p Package, workload: &Workload) -> Option<Node<'p>> {
    let keys: Vec<&str> = workload.template_path.iter().map(AsRef::as_ref).collect();
    package.node(workload.resource)?.path(&keys)?.get("spec")
}
