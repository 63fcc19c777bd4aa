//! Traffic that enters the cluster: noted, because intents do not declare it.

use super::collector::Collector;
use super::names::Names;
use crate::diag::Code;

/// Notes the workloads behind Ingresses and routes.
pub(super) fn entry_points(names: &Names<'_>, collector: &mut Collector<'_>) {
    for exposure in &names.world.exposures {
        for backend in &exposure.backends {
            let Some(service) = names.service(&backend.namespace, &backend.service) else { continue };
            for server in names.behind(service).into_iter().filter_map(|index| names.workload(index)) {
                let message = format!(
                    "{} is called from outside through {} {}/{}, which intents do not declare",
                    server.identity, exposure.object_kind, exposure.namespace, exposure.name
                );
                collector.note(Code::EntryPoint, message, Some(backend.place));
            }
        }
    }
}
