//! Policies for the network of kinds that nobody here judges.

use super::{JUDGED_VERSIONS, text_map};
use crate::model::labels::OUR_PREFIX;
use crate::model::world::OtherPolicy;
use crate::understand::object::Object;

/// A policy of another kind that a network plugin enforces beside NetworkPolicies: AdminNetworkPolicies, those of Cilium, Calico,
/// Antrea and GKE; or a NetworkPolicy of a version that does not exist.
///
/// Previews enforce nothing, and Multus' policies are for networks beside the cluster's.
pub(in crate::understand) fn of_another_kind(object: &Object<'_>) -> Option<OtherPolicy> {
    let is_enforced = object.kind.ends_with("NetworkPolicy")
        && !object.kind.starts_with("Staged")
        && !matches!(object.group(), "" | "k8s.cni.cncf.io")
        && !JUDGED_VERSIONS.contains(&object.api_version);
    let is_ours = || text_map(object.node.path(&["metadata", "labels"])).keys().any(|key| key.starts_with(OUR_PREFIX));
    (is_enforced && !is_ours()).then(|| OtherPolicy { title: object.title(), place: object.name_place() })
}
