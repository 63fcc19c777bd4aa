//! Workloads that the configuration names, under the names that they will be deployed with (`DESIGN.md` 1.4 rule 4).

use crate::config::{Config, KnownWorkload};
use crate::model::workload::Workload;
use crate::model::world::World;
use std::collections::BTreeSet;

/// Replaces names from before kustomize's transformers in `ingressControllerConfigs` and `prometheusServerConfigs` by deployed
/// ones. A name that is a deployed one, or was that of several workloads, stays as it is.
pub fn use_deployed_names(config: &mut Config, world: &World) {
    for known in config.ingress_controller_configs.iter_mut().chain(&mut config.prometheus_server_configs) {
        if world.workloads.iter().any(|workload| is_deployed_as(workload, known)) {
            continue;
        }
        let candidates: BTreeSet<(&str, &str)> = world
            .workloads
            .iter()
            .filter(|workload| workload.kind == known.kind && was(workload, known))
            .map(|workload| (workload.identity.namespace.as_str(), workload.identity.name.as_str()))
            .collect();
        if let (Some((namespace, name)), 1) = (candidates.first(), candidates.len()) {
            known.namespace = (*namespace).to_owned();
            known.name = (*name).to_owned();
        }
    }
}

fn is_deployed_as(workload: &Workload, known: &KnownWorkload) -> bool {
    workload.namespace == known.namespace
        && (workload.identity.name == known.name || workload.name == known.name)
        && workload.kind == known.kind
}

/// Whether the workload had the name in that namespace, or has the namespace and had the name.
fn was(workload: &Workload, known: &KnownWorkload) -> bool {
    workload.previous.iter().any(|old| {
        let is_name = old.name == known.name || old.name.replace('.', "_") == known.name;
        is_name && (old.namespace == known.namespace || workload.namespace == known.namespace)
    })
}
