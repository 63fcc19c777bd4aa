//! The declared calls.

use super::{Builder, Draft, EdgeKind, NodeKind, connections_of};
use crate::model::identity::Identity;
use crate::model::intent::TargetKind;
use crate::model::place::Place;
use crate::model::world::World;
use crate::verify::check::directory::Directory;
use crate::verify::check::{CheckReport, IntentVerdict, undeclared_ports};
use crate::verify::connections::ConnectionSet;
use crate::verify::reach::End;
use crate::verify::reach::decisions::{Segment, Verdict};
use std::collections::BTreeMap;

/// What a declared call says.
struct Call<'w> {
    client: &'w Identity,
    target: Called<'w>,
}

enum Called<'w> {
    Workload(&'w Identity),
    Service(&'w Identity),
    Internet,
    ApiServer,
}

pub(super) fn add<'w>(builder: &mut Builder<'_, 'w>, directory: &Directory<'_, 'w>, report: &CheckReport) {
    let calls = calls(builder.reach.world());
    for intent in &report.intents {
        let Some(call) = calls.get(&intent.place) else { continue };
        if intent.decided.is_empty() {
            add_undecided(builder, directory, call, intent);
        }
        for pair in &intent.decided {
            let (End::Workload(client), destination) = pair.ends else { continue };
            let server = match (destination, &call.target) {
                (End::Workload(server), _) => NodeKind::Workload(server),
                (_, Called::ApiServer) => NodeKind::ApiServer,
                _ => NodeKind::Internet(intent.target.clone()),
            };
            let verdict = verdict(&pair.segments);
            // A domain whose addresses are not known makes the whole call unknown, though every known address is open.
            let verdict = if intent.verdict == Verdict::Unknown { Verdict::Unknown } else { verdict };
            let draft = Draft {
                verdict,
                connections: ports(&pair.segments, verdict),
                declarations: vec![intent.place],
                notes: intent.notes.clone(),
                segments: pair.segments.clone(),
                pairs: 1,
            };
            builder.add(NodeKind::Workload(client), server, EdgeKind::Declared, draft);
        }
    }
}

/// Every declared call by its place.
fn calls(world: &World) -> BTreeMap<Place, Call<'_>> {
    let mut calls = BTreeMap::new();
    for intents in &world.client_intents {
        for target in &intents.targets {
            let called = match &target.kind {
                _ if target.kind.is_api_server() => Called::ApiServer,
                TargetKind::Workload(server) => Called::Workload(server),
                TargetKind::Service(server) => Called::Service(server),
                TargetKind::Internet(_) | TargetKind::OutOfCluster => Called::Internet,
            };
            calls.insert(target.place, Call { client: &intents.client, target: called });
        }
    }
    for workload in &world.workloads {
        for called_by in &workload.called_by {
            let call = Call { client: &called_by.client, target: Called::Workload(&workload.identity) };
            calls.insert(called_by.place, call);
        }
    }
    calls
}

/// A call for which there was nothing to judge: one end is not in the input, or no address is known.
fn add_undecided<'w>(
    builder: &mut Builder<'_, 'w>,
    directory: &Directory<'_, 'w>,
    call: &Call<'w>,
    intent: &IntentVerdict,
) {
    let of_identity = |identity: &'w Identity| nodes(directory.ends(identity), identity, identity.kind.clone());
    let servers = match call.target {
        Called::Workload(server) => of_identity(server),
        Called::Service(server) => {
            let service = directory.service(&server.namespace, &server.name);
            let behind = service.map(|service| directory.ends_of(&directory.behind(service))).unwrap_or_default();
            nodes(behind, server, Some("Service".to_owned()))
        }
        Called::Internet => vec![NodeKind::Internet(intent.target.clone())],
        Called::ApiServer => vec![NodeKind::ApiServer],
    };
    for client in of_identity(call.client) {
        for server in &servers {
            let draft = Draft {
                verdict: intent.verdict,
                connections: None,
                declarations: vec![intent.place],
                notes: intent.notes.clone(),
                segments: Vec::new(),
                pairs: 1,
            };
            builder.add(client.clone(), server.clone(), EdgeKind::Declared, draft);
        }
    }
}

fn nodes(ends: Vec<End>, identity: &Identity, kind: Option<String>) -> Vec<NodeKind> {
    let found: Vec<NodeKind> = ends
        .into_iter()
        .filter_map(|end| match end {
            End::Workload(index) => Some(NodeKind::Workload(index)),
            End::External(_) | End::IngressController => None,
        })
        .collect();
    if !found.is_empty() {
        return found;
    }
    vec![NodeKind::Missing { namespace: identity.namespace.clone(), name: identity.name.clone(), kind }]
}

/// A call works if it works on some port; the notes say where it does not.
fn verdict(segments: &[Segment]) -> Verdict {
    let has = |verdict| segments.iter().any(|segment| segment.verdict() == verdict);
    match (has(Verdict::Allowed), has(Verdict::Unknown)) {
        (true, _) => Verdict::Allowed,
        (false, true) => Verdict::Unknown,
        (false, false) if segments.is_empty() => Verdict::Allowed,
        (false, false) => Verdict::Denied,
    }
}

/// The ports that work, or that are asked for where none does; `None` where the call may use any.
fn ports(segments: &[Segment], verdict: Verdict) -> Option<ConnectionSet> {
    let connections = connections_of(segments, verdict);
    (!connections.is_empty() && connections != undeclared_ports()).then_some(connections)
}
