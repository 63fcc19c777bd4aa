//! Least privilege and promise-keeping on random small clusters (`DESIGN.md` 1.3): no emitted policy admits what neither an intent
//! nor a named switch asks for, and every declared call inside the cluster is admitted at both ends or named in a finding.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failing test may panic"
)]

mod least_privilege {
    pub(crate) mod asked;
    pub(crate) mod cluster;
    pub(crate) mod evaluator;
}

use enforce_intents::config::Selectors;
use enforce_intents::diag::Findings;
use enforce_intents::model::intent::TargetKind;
use enforce_intents::model::policy::Protocol;
use enforce_intents::model::world::World;
use enforce_intents::plan;
use least_privilege::asked::{self, Asked, Declared};
use least_privilege::cluster::{API_SERVER, BLOCKS, Cluster, cluster};
use least_privilege::evaluator::{After, End, Pod, Port};
use proptest::prelude::*;
use std::net::IpAddr;

const PORTS: &[Port] = &[
    (Protocol::Tcp, 80),
    (Protocol::Tcp, 443),
    (Protocol::Tcp, 8080),
    (Protocol::Tcp, 9090),
    (Protocol::Tcp, 6443),
    (Protocol::Tcp, 53),
    (Protocol::Udp, 53),
    (Protocol::Udp, 5353),
    (Protocol::Udp, 443),
    (Protocol::Sctp, 53),
    (Protocol::Tcp, 1),
];

/// Addresses inside, beside and far from everything that intents name.
fn outside() -> Vec<IpAddr> {
    let named = BLOCKS.iter().map(|block| block.split('/').next().unwrap());
    named
        .chain([API_SERVER, "1.1.1.200", "2.2.2.200", "8.8.8.8", "10.200.0.1", "2001:db8::2"])
        .map(|text| text.parse().unwrap())
        .collect()
}

fn ends(after: &After) -> Vec<End<'_>> {
    after.pods.iter().map(End::Pod).chain(outside().into_iter().map(End::Outside)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_global_rejects: u32::MAX, ..ProptestConfig::default() })]

    #[test]
    fn no_policy_admits_what_nothing_asks_for(Cluster { world, config } in cluster()) {
        let (plan, findings) = plan::plan(&world, &config, 1);
        prop_assume!(!findings.has_errors());
        let after = After::of(&world, &plan);
        let asked = Asked::of(&world, &config, &after.pods);
        for policy in &after.policies {
            for pod in after.pods.iter().filter(|pod| after.selects(policy, pod)) {
                for other in ends(&after) {
                    for &port in PORTS {
                        if let Some(rules) = &policy.spec.ingress
                            && after.admits(policy, rules, other, End::Pod(pod), port)
                        {
                            prop_assert!(asked.ingress(other, pod, port), "{policy:#?} admits {other:?} on {port:?}");
                        }
                        if let Some(rules) = &policy.spec.egress
                            && after.admits(policy, rules, other, other, port)
                        {
                            prop_assert!(asked.egress(pod, other, port), "{policy:#?} lets out to {other:?} on {port:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn every_declared_call_is_admitted_at_both_ends_or_named(Cluster { world, config } in cluster()) {
        let (plan, findings) = plan::plan(&world, &config, 1);
        prop_assume!(!findings.has_errors());
        let after = After::of(&world, &plan);
        let calls = asked::declared(&world);
        for call in &calls {
            for client in after.pods.iter().filter(|pod| asked::means(&call.client, &pod.workload)) {
                for (server, ports) in servers(&world, &after, call) {
                    for &port in &ports {
                        let admitted = after.may_leave(client, End::Pod(server), port)
                            && after.may_enter(End::Pod(client), server, port);
                        let named = is_named(&findings, &calls, call) || is_newly_isolated(&findings, &world, server);
                        prop_assert!(admitted || named, "{call:?} on {port:?}, with {:#?}", after.policies);
                    }
                }
            }
        }
    }

    #[test]
    fn planning_the_planned_changes_nothing(Cluster { mut world, config } in cluster()) {
        let (first, findings) = plan::plan(&world, &config, 1);
        prop_assume!(!findings.has_errors());
        let after = After::of(&world, &first);
        for (workload, pod) in world.workloads.iter_mut().zip(&after.pods) {
            workload.template_labels = pod.labels.clone();
        }
        let (second, _) = plan::plan(&world, &config, 1);
        prop_assert_eq!(&second.generated, &first.generated);
        let is_template = |resource| world.workloads.iter().any(|workload| workload.resource == resource);
        prop_assert!(second.map_changes.iter().all(|change| !is_template(change.resource)));
        prop_assert!(config.selectors == Selectors::Labels || first.map_changes.iter().all(|change| change.set.is_empty()));
    }
}

/// The pods that a call goes to, each with ports to try.
fn servers<'a>(world: &World, after: &'a After, call: &Declared) -> Vec<(&'a Pod, Vec<Port>)> {
    match &call.target {
        TargetKind::Workload(target) => {
            let meant = after.pods.iter().filter(|pod| asked::means(target, &pod.workload));
            meant.map(|pod| (pod, PORTS.to_vec())).collect()
        }
        TargetKind::Service(target) => {
            let Some(service) = asked::service(world, target) else { return Vec::new() };
            let behind = after.pods.iter().filter(|pod| asked::is_behind(service, pod));
            behind.map(|pod| (pod, asked::pod_ports(service, pod))).collect()
        }
        TargetKind::Internet(_) | TargetKind::OutOfCluster => Vec::new(),
    }
}

/// Whether a finding says that this call, or every call of its client, is cut off.
fn is_named(findings: &Findings, calls: &[Declared], call: &Declared) -> bool {
    let of_client: Vec<&Declared> = calls.iter().filter(|other| other.client == call.client).collect();
    findings.0.iter().filter(|finding| finding.code.name() == "traffic-blocked").any(|finding| {
        let of_all = finding.message.starts_with("the calls of");
        of_client.iter().any(|other| finding.place == Some(other.place) && (of_all || other.target == call.target))
    })
}

/// Whether a finding says that a policy for a Service in front of the pod isolates it, and it alone.
fn is_newly_isolated(findings: &Findings, world: &World, pod: &Pod) -> bool {
    let mut services = world.services.iter().filter(|service| asked::is_behind(service, pod));
    services.any(|service| {
        let at_service = findings.0.iter().filter(|finding| finding.place == Some(service.place));
        at_service.into_iter().any(|finding| finding.message.contains("becomes isolated too"))
    })
}
