//! All declared calls in one table: ClientIntents and `called-by` annotations merged (`spec/otterize.md` 3.4, decision D11).

use super::access_key::access_key;
use crate::config::{Config, Selectors};
use crate::model::identity::Identity;
use crate::model::intent::{ClientIntents, Target, TargetKind, TargetRef};
use crate::model::place::{Place, ResourceId};
use crate::model::workload::Workload;
use crate::model::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Every client with its calls, sorted by (namespace, name, kind) of the client.
#[derive(Debug, Default)]
pub(crate) struct Calls<'a> {
    /// Calls by client. A client whose targets are all out of the cluster is here too.
    pub(crate) by_client: BTreeMap<&'a Identity, Vec<Call<'a>>>,
}

/// One declared call.
#[derive(Clone, Debug)]
pub(crate) struct Call<'a> {
    /// What is called.
    pub(crate) target: TargetRef<'a>,
    /// Key of the label that lets a pod call the target. `None` outside the cluster, and for `selectors: native`.
    pub(crate) access_key: Option<String>,
    /// Where the call is declared.
    pub(crate) place: Place,
    /// The object that declares it: ClientIntents, or a workload with a `called-by` annotation.
    pub(crate) declared_in: ResourceId,
    /// Addresses that the declaring object's status knows for the target's domains, domain by domain.
    pub(crate) resolved: Vec<(&'a str, &'a [IpAddr])>,
}

/// Collects the calls: those of ClientIntents in order of (namespace, client, resource name), then those of annotations.
///
/// A call that an annotation repeats is dropped.
pub(crate) fn collect<'a>(world: &'a World, config: &Config) -> Calls<'a> {
    let mut calls = Calls::default();
    let mut intents: Vec<&ClientIntents> = world.client_intents.iter().collect();
    intents.sort_by(|a, b| (&a.client, &a.name, a.resource).cmp(&(&b.client, &b.name, b.resource)));
    for intents in intents {
        let entry = calls.by_client.entry(&intents.client).or_default();
        entry.reserve_exact(intents.targets.len());
        entry.extend(intents.targets.iter().map(|target| declared(intents, target)));
    }
    // Sorted by the server that bears the annotation, so that the order of the input has no meaning.
    let mut servers: Vec<&Workload> = world.workloads.iter().filter(|server| !server.called_by.is_empty()).collect();
    servers.sort_by_key(|server| (&server.identity, &server.namespace, &server.name, &server.kind));
    for server in servers {
        for called_by in &server.called_by {
            let target = TargetRef::Workload(&server.identity);
            let call = Call::new(target, called_by.place, server.resource);
            calls.by_client.entry(&called_by.client).or_default().push(call);
        }
    }
    for calls in calls.by_client.values_mut() {
        let mut seen = BTreeSet::new();
        let is_alone = calls.len() < 2;
        calls.retain(|call| match call.target {
            _ if is_alone => true,
            TargetRef::Workload(target) => seen.insert((false, target)),
            TargetRef::Service(target) => seen.insert((true, target)),
            TargetRef::Internet(_) | TargetRef::OutOfCluster => true,
        });
        if config.selectors == Selectors::Labels {
            calls.iter_mut().for_each(|call| call.access_key = access_key(call.target, config.profile));
        }
    }
    calls
}

impl<'a> Call<'a> {
    fn new(target: TargetRef<'a>, place: Place, declared_in: ResourceId) -> Self {
        Self { target, access_key: None, place, declared_in, resolved: Vec::new() }
    }
}

fn declared<'a>(intents: &'a ClientIntents, target: &'a Target) -> Call<'a> {
    let mut call = Call::new(target.kind.by_reference(), target.place, intents.resource);
    if let TargetKind::Internet(internet) = &target.kind {
        let domains = internet.domains.iter().map(|(domain, _)| domain);
        let known = domains.filter_map(|domain| Some((domain.as_str(), intents.resolved_ips.get(domain)?.as_slice())));
        call.resolved = known.collect();
    }
    call
}
