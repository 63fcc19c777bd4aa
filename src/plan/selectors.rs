//! Selectors of generated policies: pods by identity, Services by their own selector, namespaces by label (`spec/otterize.md` 4.3).
//!
//! `selectors: native` selects pods by the labels that they have anyway ([`super::native`]), else by those that they get.

use super::context::PlanContext;
use super::keys;
use super::labelled_workload::LabelledWorkload;
use super::native;
use super::servers::ClientCall;
use crate::config::{Profile, Selectors};
use crate::diag::Findings;
use crate::model::identity::Identity;
use crate::model::place::Place;
use crate::model::policy::Peer;
use crate::model::selector::{LabelSelector, Labels};
use std::collections::BTreeSet;

/// The pods that an identity means; `None` for a Service that is missing or has no pods, and for pods that no selector can
/// select, which is reported. `place` says who asks for it.
///
/// Classic pods have no label for their kind.
pub(crate) fn pods_of(
    context: &PlanContext<'_>,
    identity: &Identity,
    place: Option<Place>,
    findings: &mut Findings,
) -> Option<LabelSelector> {
    if identity.is_service() {
        let service = context.service(&identity.namespace, &identity.name)?;
        return service.pod_selector().cloned().map(LabelSelector::from_labels);
    }
    match context.config.selectors {
        Selectors::Labels => Some(by_our_labels(identity, context.config.profile)),
        Selectors::Native => native::selector(context, identity, place, findings),
    }
}

/// The pods of a workload as peers. Empty if no selector can select them, which is reported.
pub(crate) fn workload_peers(
    context: &PlanContext<'_>,
    identity: &Identity,
    place: Option<Place>,
    findings: &mut Findings,
) -> Vec<Peer> {
    let selectors = match context.config.selectors {
        Selectors::Labels => vec![by_our_labels(identity, context.config.profile)],
        Selectors::Native => native::selectors(context, identity, place, findings),
    };
    selectors.into_iter().map(|pods| peer(context, pods, &identity.namespace)).collect()
}

/// Everybody of one namespace who calls a target, as sorted peers: who bears the target's access label, or each client by its
/// own labels. Empty if no selector can select them, which is reported: never write a rule without peers.
pub(crate) fn client_peers(
    context: &PlanContext<'_>,
    namespace: &str,
    calls: &[ClientCall<'_>],
    findings: &mut Findings,
) -> Vec<Peer> {
    let Some((_, first)) = calls.first() else { return Vec::new() };
    match context.config.selectors {
        Selectors::Labels => {
            let by_label = |key| LabelSelector::from_labels(Labels::from([(key, "true")]));
            let key = first.access_key.as_ref();
            key.map(|key| peer(context, by_label(key), namespace)).into_iter().collect()
        }
        Selectors::Native => {
            let peers = calls.iter().map(|(client, call)| workload_peers(context, client, Some(call.place), findings));
            peers.flatten().collect::<BTreeSet<_>>().into_iter().collect()
        }
    }
}

/// A selector for exactly this workload's pods; `None` if there is none, which is reported.
pub(crate) fn workload_pods<'a>(
    context: &PlanContext<'a>,
    labelled: LabelledWorkload<'a>,
    findings: &mut Findings,
) -> Option<LabelSelector> {
    match context.config.selectors {
        Selectors::Labels => Some(context.workload_selector(labelled)),
        Selectors::Native => native::of_workload(context, labelled, findings),
    }
}

/// The pods of a workload by the labels that they get.
pub(crate) fn by_our_labels(identity: &Identity, profile: Profile) -> LabelSelector {
    let id = identity.formatted();
    let labels = match (profile, &identity.kind) {
        (Profile::Classic, _) => Labels::from([(keys::SERVER, id)]),
        (Profile::V2, None) => Labels::from([(keys::SERVICE, id)]),
        (Profile::V2, Some(kind)) => Labels::from([(keys::SERVICE, &id), (keys::OWNER_KIND, kind)]),
    };
    LabelSelector::from_labels(labels)
}

/// The namespace of that name: by the label that Kubernetes gives it or, in classic with the manifest at hand, by ours.
pub(crate) fn namespace(context: &PlanContext<'_>, name: &str) -> LabelSelector {
    let config = context.config;
    let gets_ours = config.profile == Profile::Classic && config.selectors == Selectors::Labels;
    let ours = gets_ours && context.namespace(name).is_some();
    let key = if ours { keys::NAMESPACE_NAME } else { keys::STANDARD_NAMESPACE_NAME };
    LabelSelector::from_labels(Labels::from([(key, name)]))
}

/// Pods of one namespace as a peer; both selectors must match.
pub(crate) fn peer(context: &PlanContext<'_>, pods: LabelSelector, namespace_name: &str) -> Peer {
    Peer::Pods { pod_selector: Some(pods), namespace_selector: Some(namespace(context, namespace_name)) }
}
