//! Which policies in the input an earlier run of this project wrote (`DESIGN.md` 1.4 rule 1).

use super::{keys, naming};
use crate::config::Config;
use crate::model::identity::Identity;
use crate::model::policy::{NetworkPolicy, Peer, Rule};
use crate::model::selector::Labels;

/// Whether a policy is ours: it has the label of its family, and its name is of our scheme with the current suffix.
///
/// Both profiles' schemes count, so that changing the profile replaces the policies.
pub(crate) fn is_ours(policy: &NetworkPolicy, config: &Config) -> bool {
    let Some(name) = naming::without_suffix(&policy.name, config) else { return false };
    let has = |key: &str| policy.labels.contains_key(key);
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    if has(keys::POLICY_EXTERNAL) {
        is_for_its_service(name, policy, "external-access-to-")
    } else if has(keys::POLICY_DEFAULT_DENY) {
        name.strip_prefix("default-deny-").is_some_and(|rest| is_for_its_identity(rest, policy))
    } else if has(keys::POLICY_METRICS) {
        ["pod", "service"].iter().any(|level| {
            name.strip_prefix(&format!("metrics-collection-access-to-{level}-"))
                .is_some_and(|rest| is_for_its_workload(rest, policy))
        })
    } else if has(keys::POLICY_WEBHOOKS) {
        starts(&["webhook-"])
    } else if has(keys::POLICY_NAMESPACE_DEFAULT_DENY) {
        naming::is_namespace_deny(name)
    } else if has(keys::SERVICE_POLICY) {
        starts(&["svc-access-to-"]) && ends_with_client_namespace(name, policy)
    } else if has(keys::POLICY) {
        ["-access", "-ingress", "-egress"].iter().any(|end| name.ends_with(end))
            || (starts(&["access-to-"]) && ends_with_client_namespace(name, policy))
            || naming::is_cut(name, config)
    } else {
        false
    }
}

/// Whether an object of another kind is ours.
pub(crate) fn is_ours_by_label(labels: &Labels, name: &str, config: &Config) -> bool {
    labels.contains_key(keys::DOMAIN_POLICY)
        && naming::without_suffix(name, config)
            .is_some_and(|name| name.ends_with("-domain-access") || naming::looks_cut(name))
}

/// Whether a policy's name ends with the Service that its annotation says; else it has another run's suffix.
fn is_for_its_service(name: &str, policy: &NetworkPolicy, prefix: &str) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| {
        let service = policy.annotations.get(keys::CREATED_FOR_SERVICE);
        service.is_none_or(|service| rest == service) || naming::looks_cut(name)
    })
}

/// The same for a default deny: its name ends with the name, or name and kind, of the identity that its label says.
fn is_for_its_identity(rest: &str, policy: &NetworkPolicy) -> bool {
    let Some(identity) = policy.labels.get(keys::POLICY) else { return true };
    let selected = &policy.spec.pod_selector.match_labels;
    let is_by_identity = selected.contains_key(keys::SERVICE) || selected.contains_key(keys::SERVER);
    let without_kind = rest.rsplit_once('-').filter(|(_, kind)| match selected.get(keys::OWNER_KIND) {
        Some(selected) => selected.to_lowercase() == *kind,
        // Pods behind a Service, or selected by labels of their own, have any kind.
        None => !is_by_identity,
    });
    let names = without_kind.map(|(name, _)| name).into_iter().chain([rest]);
    names.into_iter().any(|name| is_name_of(name, identity, policy)) || naming::looks_cut(rest)
}

/// The same for a metrics policy, whose annotation says the identity of the workload.
fn is_for_its_workload(rest: &str, policy: &NetworkPolicy) -> bool {
    policy
        .annotations
        .get(keys::CREATED_FOR_SERVICE)
        .is_none_or(|identity| is_name_of(rest, identity, policy) || naming::looks_cut(rest))
}

/// Whether a workload of that name may have that identity. Names of policies are in lower case, with `.` for each `_`, so for
/// some names that cannot be told.
fn is_name_of(name: &str, identity: &str, policy: &NetworkPolicy) -> bool {
    let is_of =
        |name: String| Identity { namespace: policy.namespace.clone(), name, kind: None }.formatted() == identity;
    let lost_its_letters = name.matches('.').count() > 1 || identity.bytes().any(|byte| byte.is_ascii_uppercase());
    is_of(name.to_owned()) || is_of(name.replace('.', "_")) || lost_its_letters
}

/// Whether a classic policy's name ends with the namespace that it admits; else it has another run's suffix.
fn ends_with_client_namespace(name: &str, policy: &NetworkPolicy) -> bool {
    let peers = policy.spec.ingress.iter().flatten().flat_map(|rule: &Rule| &rule.peers);
    let mut namespaces = peers.filter_map(|peer| match peer {
        Peer::Pods { namespace_selector: Some(selector), .. } => selector.match_labels.values().next(),
        _ => None,
    });
    namespaces.next().is_none_or(|namespace| {
        let from = format!("-from-{namespace}");
        name.ends_with(&from) || naming::looks_cut(name)
    })
}
