//! The smallest declared call that would allow what is denied.

use super::reach::decisions::{Segment, Verdict};
use super::reach::{End, JudgedWorkload, Reachability};
use crate::model::identity::Identity;
use crate::model::intent::TargetKind;
use crate::model::place::Place;

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
    /// The call is declared there already, but the policies do not follow.
    AlreadyDeclared(Place),
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
            let server_workload = reach.workload(server)?;
            let client = identity(reach, reach.workload(client)?);
            let server = identity(reach, server_workload);
            if let Some(place) = declared_at(reach, &client, &server, server_workload) {
                return Some(Remedy::AlreadyDeclared(place));
            }
            declare(reach, client, RemedyTarget::Workload(server), needs_egress)
        }
        (End::Workload(client), End::External(range)) => {
            let client = identity(reach, reach.workload(client)?);
            let (first, last) = (range.first(), range.last());
            let range = if first == last { first.to_string() } else { range.to_string() };
            declare(reach, client, RemedyTarget::Internet { range, port }, needs_egress)
        }
        (End::External(_), _) => Remedy::Otherwise(
            "give it a Service of type LoadBalancer or NodePort, an Ingress or a route; no intent opens a workload to the outside",
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

/// Where the call is declared, to the workload itself or to a Service in front of it.
fn declared_at(
    reach: &Reachability<'_>,
    client: &Identity,
    server: &Identity,
    workload: &JudgedWorkload,
) -> Option<Place> {
    let is_same = |one: &Identity, other: &Identity| {
        one.name == other.name && one.namespace == other.namespace && (one.kind.is_none() || one.kind == other.kind)
    };
    let world = reach.world();
    let members = || workload.members.iter().filter_map(|&member| world.workloads.get(member));
    let own = world.client_intents.iter().filter(|intents| is_same(&intents.client, client));
    own.flat_map(|intents| &intents.targets)
        .find(|target| match &target.kind {
            TargetKind::Workload(target) => is_same(target, server),
            TargetKind::Service(target) => world.service(&target.namespace, &target.name).is_some_and(|service| {
                members()
                    .any(|member| member.namespace == service.namespace && service.selects(&member.template_labels))
            }),
            TargetKind::Internet(_) | TargetKind::OutOfCluster => false,
        })
        .map(|target| target.place)
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
