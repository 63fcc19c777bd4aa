//! The label that opens a target to a pod: its key, and the check that one key never opens two targets.

use super::calls::Call;
use super::context::PlanContext;
use super::keys;
use crate::config::Profile;
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::intent::TargetKind;
use crate::model::selector::is_label_key;
use std::collections::{BTreeMap, BTreeSet};

/// The key of the access label for a target; `None` for a target outside the cluster.
///
/// Classic keys never have a kind; `v2` keys have it exactly where the intent gives one.
pub(crate) fn access_key(target: &TargetKind, profile: Profile) -> Option<String> {
    let (prefix, identity) = match target {
        TargetKind::Workload(identity) => (keys::ACCESS_PREFIX, identity),
        TargetKind::Service(identity) => (keys::SERVICE_ACCESS_PREFIX, identity),
        TargetKind::Internet(_) | TargetKind::OutOfCluster => return None,
    };
    let identity = match profile {
        Profile::Classic => identity.formatted(),
        Profile::V2 => identity.formatted_with_kind(),
    };
    Some(format!("{prefix}{identity}"))
}

/// Reports targets whose key is not a legal label key, and different targets that share one.
///
/// Identities join name and namespace with `-`, so `a-b` in `c` and `a` in `b-c` have the same. That does harm only where
/// clients of one namespace call both, because a policy admits a key from one namespace.
pub(crate) fn check(context: &PlanContext<'_>, findings: &mut Findings) {
    let mut by_key: BTreeMap<String, BTreeMap<Identity, (&Call, BTreeSet<&str>)>> = BTreeMap::new();
    for (client, calls) in &context.calls.by_client {
        for call in calls {
            let (Some(key), Some(target)) = (access_key(&call.target, context.config.profile), call.target.identity())
            else {
                continue;
            };
            let target = match context.config.profile {
                Profile::Classic => target.without_kind(),
                Profile::V2 => target.clone(),
            };
            let (_, namespaces) = by_key.entry(key).or_default().entry(target).or_insert((call, BTreeSet::new()));
            namespaces.insert(&client.namespace);
        }
    }
    for (key, targets) in &by_key {
        let mut seen: BTreeMap<&str, (&Identity, &Call)> = BTreeMap::new();
        for (target, (call, namespaces)) in targets {
            if !is_label_key(key) {
                findings.push(illegal(key, target, call));
            }
            let shared = namespaces.iter().find_map(|namespace| seen.get(namespace));
            if let Some((other, other_call)) = shared {
                findings.push(collision(key, (target, call), (other, other_call)));
            }
            seen.extend(namespaces.iter().map(|namespace| (*namespace, (target, *call))));
        }
    }
}

fn illegal(key: &str, target: &Identity, call: &Call) -> Finding {
    let message = format!("target {target} gives the label key {key}, which is not legal");
    Finding::new(Code::InvalidIdentity, call.place, message)
        .with_help("label keys take letters, digits, `-`, `_` and `.`; check the target's name")
}

fn collision(key: &str, (target, call): (&Identity, &Call), (other, other_call): (&Identity, &Call)) -> Finding {
    let message = format!(
        "targets {other} and {target} share the label key {key}, which would open both to the clients of either"
    );
    Finding::new(Code::IdentityCollision, call.place, message)
        .with_related(other_call.place, "the other target")
        .with_help("give one of the workloads another name with the annotation intents.otterize.com/workload-name")
}
