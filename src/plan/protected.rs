//! Default deny of ProtectedServices, in both modes (`spec/otterize.md` 4.7, decision D10).

use super::GeneratedObject;
use super::context::PlanContext;
use super::wanted::Wanted;
use super::{keys, naming, selectors, servers};
use crate::config::Profile;
use crate::diag::{Code, Finding, Findings};
use crate::model::intent::ProtectedService;
use crate::model::policy::{NetworkPolicy, PolicySpec};
use crate::model::selector::Labels;

/// One policy per ProtectedService, without rules. Neither watched nor enforced namespaces matter.
pub(crate) fn rules(context: &PlanContext<'_>, findings: &mut Findings) -> Vec<Wanted> {
    let protected = context.world.protected_services.iter();
    protected.filter_map(|protected| default_deny(context, protected, findings)).collect()
}

fn default_deny(context: &PlanContext<'_>, protected: &ProtectedService, findings: &mut Findings) -> Option<Wanted> {
    let identity = &protected.protected;
    findings.0.extend(service_fault(context, protected));
    let pod_selector = selectors::pods_of(context, identity, Some(protected.place), findings)?;
    let name = match context.config.profile {
        Profile::Classic => identity.name.clone(),
        Profile::V2 => identity.name_with_kind(),
    };
    let policy = NetworkPolicy {
        namespace: identity.namespace.clone(),
        name: naming::object_name(format!("default-deny-{name}"), context.config),
        labels: Labels::from([(keys::POLICY_DEFAULT_DENY, "true"), (keys::POLICY, &identity.formatted())]),
        annotations: Labels::new(),
        spec: PolicySpec { pod_selector, ingress: Some(Vec::new()), egress: None },
    };
    Some(Wanted {
        object: GeneratedObject::NetworkPolicy(policy),
        reason: Some(protected.place),
        package_of: context.package_of(identity, &[protected.resource]),
    })
}

/// Why a protected Service cannot be protected, if so.
fn service_fault(context: &PlanContext<'_>, protected: &ProtectedService) -> Option<Finding> {
    let identity = &protected.protected;
    if !identity.is_service() {
        return None;
    }
    let Some(service) = context.service(&identity.namespace, &identity.name) else {
        let message = format!("protected {identity} is not in the input, so there is no default deny for it");
        let finding = Finding::new(Code::ServiceNotFound, protected.place, message);
        return Some(finding.with_help("add the Service's manifest to the input"));
    };
    let (code, fault, _) = servers::selection_fault(service)?;
    let message = format!("protected {identity} {fault}");
    Some(Finding::new(code, protected.place, message).with_related(service.place, "the Service"))
}
