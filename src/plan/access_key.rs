//! The label that opens a target to a pod: its key, and the check that one key never opens two targets.

use super::calls::Call;
use super::context::PlanContext;
use super::keys;
use crate::config::Profile;
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::intent::TargetRef;
use crate::model::selector::is_label_key;
use indexmap::IndexMap;
use indexmap::map::Entry;
use std::collections::BTreeMap;

/// The key of the access label for a target; `None` for a target outside the cluster.
///
/// Classic keys never have a kind; `v2` keys have it exactly where the intent gives one.
pub(crate) fn access_key(target: TargetRef<'_>, profile: Profile) -> Option<String> {
    let (prefix, identity) = match target {
        TargetRef::Workload(identity) => (keys::ACCESS_PREFIX, identity),
        TargetRef::Service(identity) => (keys::SERVICE_ACCESS_PREFIX, identity),
        TargetRef::Internet(_) | TargetRef::OutOfCluster => return None,
    };
    Some(match profile {
        Profile::Classic => identity.formatted_after(prefix),
        Profile::V2 => identity.formatted_with_kind_after(prefix),
    })
}

/// Reports targets whose key is not a legal label key, and different targets that share one.
///
/// Identities join name and namespace with `-`, so `a-b` in `c` and `a` in `b-c` have the same. That does harm only where
/// clients of one namespace call both, because a policy admits a key from one namespace.
pub(crate) fn check(context: &PlanContext<'_>, findings: &mut Findings) {
    if are_sound(uses(context)) {
        return;
    }
    let mut uses: Vec<_> = uses(context).collect();
    // Stable, so that the first call of a target stays the first one, and namespaces stay sorted.
    uses.sort_by(|a, b| (a.key, a.target).cmp(&(b.key, b.target)));
    for of_key in uses.chunk_by(|a, b| a.key == b.key) {
        let mut seen: BTreeMap<&str, &Use<'_>> = BTreeMap::new();
        for of_target in of_key.chunk_by(|a, b| a.target == b.target) {
            let Some(first) = of_target.first() else { continue };
            if !is_label_key(first.key) {
                findings.push(illegal(first));
            }
            if let Some(other) = of_target.iter().find_map(|one| seen.get(one.client_namespace)) {
                findings.push(collision(first, other));
            }
            if of_target.len() < of_key.len() {
                seen.extend(of_target.iter().map(|one| (one.client_namespace, first)));
            }
        }
    }
}

/// What the keys of all calls stand for, client by client.
fn uses<'a>(context: &PlanContext<'a>) -> impl Iterator<Item = Use<'a>> {
    let has_kind = context.config.profile == Profile::V2;
    let calls = context.calls.by_client.iter().flat_map(|(client, calls)| calls.iter().map(move |call| (client, call)));
    calls.filter_map(move |(client, call)| {
        let (key, target) = (call.access_key.as_deref()?, call.target.identity()?);
        let kind = target.kind.as_deref().filter(|_| has_kind);
        let target = (target.namespace.as_str(), target.name.as_str(), kind);
        Some(Use { key, target, client_namespace: &client.namespace, call })
    })
}

/// Whether every key is legal and stands for one target, as nearly always.
fn are_sound<'a>(mut uses: impl Iterator<Item = Use<'a>>) -> bool {
    let mut targets = IndexMap::new();
    uses.all(|one| match targets.entry(one.key) {
        Entry::Occupied(known) => *known.get() == one.target,
        Entry::Vacant(new) => {
            new.insert(one.target);
            is_label_key(one.key)
        }
    })
}

/// A call that a key stands for.
struct Use<'a> {
    key: &'a str,
    /// Namespace, name and, where keys have it, kind.
    target: (&'a str, &'a str, Option<&'a str>),
    client_namespace: &'a str,
    call: &'a Call<'a>,
}

impl Use<'_> {
    fn target(&self) -> Identity {
        let (namespace, name, kind) = self.target;
        Identity { namespace: namespace.into(), name: name.into(), kind: kind.map(str::to_owned) }
    }
}

fn illegal(illegal: &Use<'_>) -> Finding {
    let message = format!("target {} gives the label key {}, which is not legal", illegal.target(), illegal.key);
    Finding::new(Code::InvalidIdentity, illegal.call.place, message)
        .with_help("label keys take letters, digits, `-`, `_` and `.`; check the target's name")
}

fn collision(one: &Use<'_>, other: &Use<'_>) -> Finding {
    let message = format!(
        "targets {} and {} share the label key {}, which would open both to the clients of either",
        other.target(),
        one.target(),
        one.key
    );
    Finding::new(Code::IdentityCollision, one.call.place, message)
        .with_related(other.call.place, "the other target")
        .with_help("give one of the workloads another name with the annotation intents.otterize.com/workload-name")
}
