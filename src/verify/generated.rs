//! Which NetworkPolicies of a world this project writes, and which are another hand's.

use crate::model::labels::OUR_PREFIX;
use crate::model::policy::NetworkPolicy;

/// The part of the label of a namespace's default deny that no other policy's label has.
const NAMESPACE_DENY: &str = "namespace-default-deny";

/// Whether the policy is one that this project writes.
pub(super) fn is_generated(policy: &NetworkPolicy) -> bool {
    policy.labels.keys().any(|key| key.starts_with(OUR_PREFIX))
}

/// Whether the policy is the namespace's default deny that the configuration's `defaultDeny` asks for.
pub(super) fn is_namespace_deny(policy: &NetworkPolicy) -> bool {
    policy.labels.keys().any(|key| key.starts_with(OUR_PREFIX) && key.contains(NAMESPACE_DENY))
}
