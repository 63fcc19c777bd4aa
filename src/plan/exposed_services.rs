//! Which Services are reachable from outside the cluster, and through what (`spec/otterize.md` 4.9).

use super::context::PlanContext;
use crate::diag::{Code, Finding, Findings};
use crate::model::service::{Service, ServiceType};
use crate::model::traffic::{Backend, Exposure, ExposureKind};
use std::collections::{BTreeMap, BTreeSet};

/// The API group of the routes that ReferenceGrants speak of.
const GATEWAY_GROUP: &str = "gateway.networking.k8s.io";

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
    let grants = Grants::of(context);
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

/// What ReferenceGrants of the input allow.
struct Grants<'a> {
    /// Namespace of the Services, kind and namespace of the routes -> names of Services, `None` for all of them.
    by_parties: BTreeMap<(&'a str, &'a str, &'a str), BTreeSet<Option<&'a str>>>,
}

impl<'a> Grants<'a> {
    fn of(context: &PlanContext<'a>) -> Self {
        let mut by_parties: BTreeMap<_, BTreeSet<Option<&str>>> = BTreeMap::new();
        for grant in &context.world.reference_grants {
            for (_, kind, namespace) in grant.from.iter().filter(|(group, ..)| group == GATEWAY_GROUP) {
                by_parties
                    .entry((grant.namespace.as_str(), kind.as_str(), namespace.as_str()))
                    .or_default()
                    .extend(grant.to_services.iter().map(Option::as_deref));
            }
        }
        Self { by_parties }
    }

    /// Whether a reference needs no grant or has one: only routes of the Gateway API need them, and only across namespaces.
    fn allow(&self, exposure: &Exposure, backend: &Backend) -> bool {
        if exposure.kind != ExposureKind::GatewayRoute || exposure.namespace == backend.namespace {
            return true;
        }
        let parties = (backend.namespace.as_str(), exposure.object_kind.as_str(), exposure.namespace.as_str());
        self.by_parties
            .get(&parties)
            .is_some_and(|names| names.contains(&None) || names.contains(&Some(backend.service.as_str())))
    }
}

fn missing(exposure: &Exposure, backend: &Backend) -> Finding {
    let message = format!(
        "{} {}/{} sends traffic to Service {}/{}, which is not in the input",
        exposure.object_kind, exposure.namespace, exposure.name, backend.namespace, backend.service
    );
    Finding::new(Code::ServiceNotFound, backend.place, message)
        .with_help("if it is deployed from elsewhere, nothing needs to be done; else check the name")
}

fn not_granted(exposure: &Exposure, backend: &Backend) -> Finding {
    let message = format!(
        "{} {}/{} sends traffic to Service {}/{}, but no ReferenceGrant in the input allows it",
        exposure.object_kind, exposure.namespace, exposure.name, backend.namespace, backend.service
    );
    Finding::new(Code::ReferenceNotGranted, backend.place, message)
        .with_help("add a ReferenceGrant to the Service's namespace, or compile the one that exists in the same run")
}
