//! Which policies in the input an earlier run of this project wrote (`DESIGN.md` 1.4 rule 1).

use super::{keys, namespace_deny, naming};
use crate::config::Config;
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
        starts(&["external-access-to-"])
    } else if has(keys::POLICY_DEFAULT_DENY) {
        starts(&["default-deny-"])
    } else if has(keys::POLICY_METRICS) {
        starts(&["metrics-collection-access-to-"])
    } else if has(keys::POLICY_WEBHOOKS) {
        starts(&["webhook-"])
    } else if has(keys::POLICY_NAMESPACE_DEFAULT_DENY) {
        namespace_deny::is_name(name)
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
    labels.contains_key(keys::DOMAIN_POLICY) && naming::without_suffix(name, config).is_some()
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
