//! Which Services are reachable from outside the cluster, and through what (`spec/otterize.md` 4.9).

use super::context::PlanContext;
use crate::diag::{Code, Finding, Findings};
use crate::model::reference_grants::ReferenceGrants;
use crate::model::service::{Service, ServiceType};
use crate::model::traffic::{Backend, Exposure};
use std::collections::{BTreeMap, BTreeSet};

/// A Service with what exposes it.
pub(crate) struct ExposedService<'a> {
    /// The Service.
    pub(crate) service: &'a Service,
    /// Ingresses and routes that send traffic to it, each once, sorted by (kind, namespace, name).
    pub(crate) exposures: Vec<&'a Exposure>,
}

/// The exposed Services, sorted by (namespace, name). Services without pods of their own (ExternalName) are left out.
///
/// References that lead nowhere are warnings.
pub(crate) fn find<'a>(context: &PlanContext<'a>, findings: &mut Findings) -> Vec<ExposedService<'a>> {
    let grants = ReferenceGrants::of(&context.world.reference_grants);
    let mut exposures: BTreeMap<(&str, &str), Vec<&'a Exposure>> = BTreeMap::new();
    for exposure in &context.world.exposures {
        let mut seen = BTreeSet::new();
        for backend in &exposure.backends {
            let id = (backend.namespace.as_str(), backend.service.as_str());
            if !seen.insert(id) {
                continue;
            }
            if context.service(id.0, id.1).is_none() {
                findings.push(missing(exposure, backend));
            } else if !grants.allow(exposure, backend) {
                findings.push(not_granted(exposure, backend));
            } else {
                exposures.entry(id).or_default().push(exposure);
            }
        }
    }
    let mut services: BTreeMap<(&str, &str), &'a Service> = BTreeMap::new();
    for service in &context.world.services {
        let id = (service.namespace.as_str(), service.name.as_str());
        let is_open = matches!(service.service_type, ServiceType::LoadBalancer | ServiceType::NodePort);
        let is_referred_to = exposures.contains_key(&id);
        if service.service_type != ServiceType::ExternalName && (is_open || is_referred_to) {
            services.entry(id).or_insert(service);
        }
    }
    services
        .into_iter()
        .map(|(id, service)| {
            let mut exposures = exposures.remove(&id).unwrap_or_default();
            exposures.sort_by_key(|exposure| (&exposure.object_kind, &exposure.namespace, &exposure.name));
            ExposedService { service, exposures }
        })
        .collect()
}

fn missing(exposure: &Exposure, backend: &Backend) -> Finding {
    let message = format!(
        "{} {}/{} sends traffic to Service {}/{}, which is not in the input",
        exposure.object_kind, exposure.namespace, exposure.name, backend.namespace, backend.service
    );
    Finding::new(Code::ServiceNotFound, backend.place, message)
        .with_help("if it is deployed from elsewhere, nothing needs to be done; else check the name")
}

/// The warning for a reference that [`ReferenceGrants::allow`] refuses.
pub(crate) fn not_granted(exposure: &Exposure, backend: &Backend) -> Finding {
    let message = format!(
        "{} {}/{} sends traffic to Service {}/{}, but no ReferenceGrant in the input allows it",
        exposure.object_kind, exposure.namespace, exposure.name, backend.namespace, backend.service
    );
    Finding::new(Code::ReferenceNotGranted, backend.place, message)
        .with_help("add a ReferenceGrant to the Service's namespace, or compile the one that exists in the same run")
}
