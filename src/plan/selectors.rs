//! Selectors of generated policies: pods by identity, Services by their own selector, namespaces by label (`spec/otterize.md` 4.3).

use super::context::PlanContext;
use super::keys;
use super::servers;
use crate::config::Profile;
use crate::model::identity::Identity;
use crate::model::policy::Peer;
use crate::model::selector::{LabelSelector, Labels};

/// The pods that an identity means; `None` for a Service that is missing or has no pods.
///
/// Classic pods have no label for their kind.
pub(crate) fn pods_of(context: &PlanContext<'_>, identity: &Identity) -> Option<LabelSelector> {
    if servers::is_service(identity) {
        let service = context.service(&identity.namespace, &identity.name)?;
        return service.pod_selector().cloned().map(LabelSelector::from_labels);
    }
    Some(workload_pods(identity, context.config.profile))
}

/// The pods of a workload by the labels that they get.
pub(crate) fn workload_pods(identity: &Identity, profile: Profile) -> LabelSelector {
    let id = identity.formatted();
    let labels = match (profile, &identity.kind) {
        (Profile::Classic, _) => Labels::from([(keys::SERVER.into(), id)]),
        (Profile::V2, None) => Labels::from([(keys::SERVICE.into(), id)]),
        (Profile::V2, Some(kind)) => {
            Labels::from([(keys::SERVICE.into(), id), (keys::OWNER_KIND.into(), kind.clone())])
        }
    };
    LabelSelector::from_labels(labels)
}

/// The namespace of that name: by the label that Kubernetes gives it or, in classic with the manifest at hand, by ours.
pub(crate) fn namespace(context: &PlanContext<'_>, name: &str) -> LabelSelector {
    let ours = context.config.profile == Profile::Classic && context.namespace(name).is_some();
    let key = if ours { keys::NAMESPACE_NAME } else { keys::STANDARD_NAMESPACE_NAME };
    LabelSelector::from_labels(Labels::from([(key.into(), name.into())]))
}

/// Pods of one namespace as a peer; both selectors must match.
pub(crate) fn peer(context: &PlanContext<'_>, pods: LabelSelector, namespace_name: &str) -> Peer {
    Peer::Pods { pod_selector: Some(pods), namespace_selector: Some(namespace(context, namespace_name)) }
}

/// The pods of one namespace that bear an access label, as a peer.
pub(crate) fn peer_with_access(context: &PlanContext<'_>, access_key: String, namespace_name: &str) -> Peer {
    let pods = LabelSelector::from_labels(Labels::from([(access_key, "true".to_owned())]));
    peer(context, pods, namespace_name)
}
