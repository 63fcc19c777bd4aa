//! The smallest declared call that would allow what is denied.

use super::reach::decisions::{Segment, Verdict};
use super::reach::{End, JudgedWorkload, Reachability};
use crate::model::identity::Identity;

/// What somebody can do about a denied connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Declare the call.
    Declare {
        /// The client, as its ClientIntents name it.
        client: Identity,
        /// What to call.
        target: RemedyTarget,
        /// Index in `World::client_intents` of the client's own object, if it has one.
        existing: Option<usize>,
        /// Whether the client's egress is what denies it, which only the profile v2 with egress policies opens.
        needs_egress: bool,
    },
    /// Nothing that is declared opens it; the text says what does.
    Otherwise(&'static str),
}

/// The target of the call to declare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemedyTarget {
    /// A workload.
    Workload(Identity),
    /// Addresses outside the cluster, in the form of an internet target: a single address or the range in words.
    Internet {
        /// The range.
        range: String,
        /// The port, if the question names one.
        port: Option<u16>,
    },
}

/// What to do so that the segment's connections are allowed; `None` if they are.
#[must_use]
pub fn remedy(
    reach: &Reachability<'_>,
    source: End,
    destination: End,
    segment: &Segment,
    port: Option<u16>,
) -> Option<Remedy> {
    if segment.verdict() == Verdict::Allowed {
        return None;
    }
    let needs_egress = segment.egress.verdict() != Verdict::Allowed;
    let remedy = match (source, destination) {
        (End::Workload(client), End::Workload(server)) => {
            let client = identity(reach, reach.workload(client)?);
            let server = identity(reach, reach.workload(server)?);
            declare(reach, client, RemedyTarget::Workload(server), needs_egress)
        }
        (End::Workload(client), End::External(range)) => {
            let client = identity(reach, reach.workload(client)?);
            let (first, last) = (range.first(), range.last());
            let range = if first == last { first.to_string() } else { range.to_string() };
            declare(reach, client, RemedyTarget::Internet { range, port }, needs_egress)
        }
        (End::External(_), _) => Remedy::Otherwise(
            "no intent opens a workload to the outside: give it a Service of type LoadBalancer or NodePort, an Ingress or a route",
        ),
        (End::IngressController, _) | (End::Workload(_), End::IngressController) => Remedy::Otherwise(
            "name the controller in `ingressControllerConfigs`, or let `automateThirdPartyNetworkPolicies` open the Service",
        ),
    };
    Some(remedy)
}

fn declare(reach: &Reachability<'_>, client: Identity, target: RemedyTarget, needs_egress: bool) -> Remedy {
    let existing = reach.world().client_intents.iter().position(|intents| {
        intents.client.name == client.name
            && intents.client.namespace == client.namespace
            && (intents.client.kind.is_none() || intents.client.kind == client.kind)
    });
    Remedy::Declare { client, target, existing, needs_egress }
}

/// Who the workload is in intents. Pods that a controller owns are known by it.
fn identity(reach: &Reachability<'_>, workload: &JudgedWorkload) -> Identity {
    let own = workload.members.first().and_then(|&member| reach.world().workloads.get(member));
    match own {
        Some(own) if own.name == workload.name && own.kind == workload.kind => own.identity.clone(),
        _ => Identity {
            namespace: workload.namespace.clone(),
            name: workload.name.clone(),
            kind: Some(workload.kind.clone()),
        },
    }
}
