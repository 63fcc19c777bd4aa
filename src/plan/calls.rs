//! All declared calls in one table: ClientIntents and `called-by` annotations merged (`spec/otterize.md` 3.4, decision D11).

use crate::model::identity::Identity;
use crate::model::intent::{ClientIntents, Target, TargetKind};
use crate::model::place::{Place, ResourceId};
use crate::model::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// Every client with its calls, sorted by (namespace, name, kind) of the client.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// Calls by client. A client whose targets are all out of the cluster is here too.
    pub(crate) by_client: BTreeMap<Identity, Vec<Call>>,
}

/// One declared call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// What is called.
    pub(crate) target: TargetKind,
    /// Where the call is declared.
    pub(crate) place: Place,
    /// The object that declares it: ClientIntents, or a workload with a `called-by` annotation.
    pub(crate) declared_in: ResourceId,
    /// Addresses that the declaring object's status knows for the target's domains, domain by domain.
    pub(crate) resolved: Vec<(String, Vec<std::net::IpAddr>)>,
}

/// Collects the calls: those of ClientIntents in order of (namespace, client, resource name), then those of annotations.
///
/// A call that an annotation repeats is dropped.
pub(crate) fn collect(world: &World) -> Calls {
    let mut calls = Calls::default();
    let mut intents: Vec<&ClientIntents> = world.client_intents.iter().collect();
    intents.sort_by(|a, b| (&a.client, &a.name, a.resource).cmp(&(&b.client, &b.name, b.resource)));
    for intents in intents {
        let entry = calls.by_client.entry(intents.client.clone()).or_default();
        entry.extend(intents.targets.iter().map(|target| declared(intents, target)));
    }
    for (client, call) in called_by(world) {
        calls.by_client.entry(client).or_default().push(call);
    }
    for calls in calls.by_client.values_mut() {
        let mut seen = BTreeSet::new();
        calls.retain(|call| match &call.target {
            TargetKind::Workload(target) => seen.insert((false, target.clone())),
            TargetKind::Service(target) => seen.insert((true, target.clone())),
            TargetKind::Internet(_) | TargetKind::OutOfCluster => true,
        });
    }
    calls
}

fn declared(intents: &ClientIntents, target: &Target) -> Call {
    let domains = match &target.kind {
        TargetKind::Internet(internet) => internet.domains.as_slice(),
        _ => &[],
    };
    let resolved = domains
        .iter()
        .filter_map(|(domain, _)| Some((domain.clone(), intents.resolved_ips.get(domain)?.clone())))
        .collect();
    Call { target: target.kind.clone(), place: target.place, declared_in: intents.resource, resolved }
}

/// The calls of annotations, sorted by the server that bears the annotation, so that the order of the input has no meaning.
fn called_by(world: &World) -> Vec<(Identity, Call)> {
    let mut servers: Vec<_> = world.workloads.iter().filter(|workload| !workload.called_by.is_empty()).collect();
    servers.sort_by_key(|workload| (&workload.identity, workload.object_name()));
    let calls_of = |server: &crate::model::workload::Workload| {
        let target = TargetKind::Workload(server.identity.clone());
        let resource = server.resource;
        server.called_by.clone().into_iter().map(move |called_by| {
            let call =
                Call { target: target.clone(), place: called_by.place, declared_in: resource, resolved: Vec::new() };
            (called_by.client, call)
        })
    };
    servers.into_iter().flat_map(calls_of).collect()
}
