//! Wanted objects against those in the input: what is new, changed, right already, or not wanted any more (`DESIGN.md` 1.4 rules
//! 1, 7 and 8).

use super::context::PlanContext;
use super::labelled_workload::LabelledWorkload;
use super::wanted::Wanted;
use super::{GeneratedObject, Plan, PlannedObject};
use super::{keys, ownership, sameness, sync_wave};
use crate::config::Staged;
use crate::diag::{Code, Finding, Findings};
use crate::model::place::{ObjectName, Place, ResourceId};
use crate::model::policy::{InputPolicy, NetworkPolicy, POLICY_KIND, STAGED_KIND, StagedPolicy};
use crate::model::selector::Labels;
use crate::model::world::OtherObject;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An object in the input of a kind that we emit.
struct Existing<'a> {
    resource: ResourceId,
    place: Place,
    is_ours: bool,
    content: Content<'a>,
}

enum Content<'a> {
    NetworkPolicy(&'a NetworkPolicy),
    /// One that the API server would refuse, so that it is never right as it is.
    Refused(&'a NetworkPolicy),
    Staged(&'a StagedPolicy),
    Other(&'a OtherObject),
}

/// The plan without labels. `wanted` is sorted by id, each id once.
pub(crate) fn reconcile(context: &PlanContext<'_>, wanted: Vec<Wanted>, findings: &mut Findings) -> Plan {
    let mut existing = existing(context);
    let mut plan = Plan::default();
    let mut copies = Vec::new();
    let found: Vec<_> = wanted.iter().map(|wanted| existing.remove(&wanted.object.key()).unwrap_or_default()).collect();
    let unwanted: Vec<(ObjectName, Existing<'_>)> = existing
        .into_iter()
        .flat_map(|(id, found)| found.into_iter().map(move |found| (id, found)))
        .filter(|(_, found)| found.is_ours)
        .map(|((namespace, name, kind), found)| {
            (ObjectName { namespace: namespace.into(), name: name.into(), kind: kind.into() }, found)
        })
        .collect();
    for (wanted, found) in wanted.into_iter().zip(found) {
        if let Some(other) = found.iter().find(|found| !found.is_ours) {
            if !is_satisfied(other, &wanted.object) {
                findings.push(exists(other, &wanted));
            }
            continue;
        }
        let object = Arc::new(wanted.object);
        let mut found = found.into_iter();
        match found.next() {
            None => {
                plan.new_objects.push(PlannedObject { object: Arc::clone(&object), package_of: wanted.package_of });
            }
            Some(ours) => {
                let (existing, annotations) = (ours.content.annotations(), object.annotations());
                plan.map_changes.extend(sync_wave::removal(context, ours.resource, existing, annotations));
                let has_faults = context.world.not_strings.contains_key(&ours.resource);
                if has_faults || !ours.content.is_as_wanted(&object) {
                    plan.updates.push((ours.resource, Arc::clone(&object)));
                }
            }
        }
        // Of several copies of one generated object, the first is kept.
        copies.extend(found.map(|copy| (object.id(), copy)));
        plan.generated.push(object);
    }
    if nothing_asks(context) && !context.config.allow_empty {
        findings.0.extend(intents_hidden(&unwanted).or_else(|| call_labels_removed(context)));
    } else {
        copies.extend(unwanted);
        plan.removals = prune(context, copies, findings);
    }
    plan.removals.sort();
    plan
}

/// The objects in the input by namespace, name and kind.
fn existing<'a>(context: &PlanContext<'a>) -> BTreeMap<(&'a str, &'a str, &'a str), Vec<Existing<'a>>> {
    let of_policy = |input: &'a InputPolicy, content| {
        let is_ours = ownership::is_ours(&input.policy, context.config);
        (key(&input.policy, POLICY_KIND), Existing { resource: input.resource, place: input.place, is_ours, content })
    };
    let world = context.world;
    let policies = world.policies.iter().map(|input| of_policy(input, Content::NetworkPolicy(&input.policy)));
    let refused = world.refused_policies.iter().map(|input| of_policy(input, Content::Refused(&input.policy)));
    let staged = context.world.staged_policies.iter().map(|staged| {
        let InputPolicy { resource, place, policy, .. } = &staged.preview;
        let is_ours = ownership::is_ours(policy, context.config);
        let content = Content::Staged(staged);
        (key(policy, STAGED_KIND), Existing { resource: *resource, place: *place, is_ours, content })
    });
    let others = context.world.other_generated.iter().map(|other| {
        let is_ours = ownership::is_ours_by_label(&other.labels, &other.id.name, context.config);
        let content = Content::Other(other);
        let ObjectName { namespace, name, kind } = &other.id;
        (
            (namespace.as_str(), name.as_str(), kind.as_str()),
            Existing { resource: other.resource, place: other.place, is_ours, content },
        )
    });
    let mut existing: BTreeMap<_, Vec<Existing<'_>>> = BTreeMap::new();
    for (id, found) in policies.chain(refused).chain(staged).chain(others) {
        existing.entry(id).or_default().push(found);
    }
    existing
}

fn key<'a>(policy: &'a NetworkPolicy, kind: &'a str) -> (&'a str, &'a str, &'a str) {
    (&policy.namespace, &policy.name, kind)
}

impl Content<'_> {
    fn annotations(&self) -> &Labels {
        match self {
            Self::NetworkPolicy(policy) | Self::Refused(policy) => &policy.annotations,
            Self::Staged(staged) => &staged.preview.policy.annotations,
            Self::Other(other) => &other.annotations,
        }
    }

    fn is_as_wanted(&self, wanted: &GeneratedObject) -> bool {
        match (self, wanted) {
            (Self::NetworkPolicy(policy), GeneratedObject::NetworkPolicy(wanted)) => {
                sameness::is_as_wanted(policy, wanted)
            }
            (Self::Staged(staged), GeneratedObject::StagedPolicy(wanted)) => {
                sameness::is_staged_as_wanted(staged, wanted)
            }
            (Self::Other(other), GeneratedObject::DomainPolicy(wanted)) => {
                sameness::is_domain_policy_as_wanted(other, wanted)
            }
            // Refused, or not of one kind, which objects of one id are.
            _ => false,
        }
    }
}

/// A hand-written default deny of a namespace that says what ours would say does ours' work (`DESIGN.md` 1.4 rule 8).
fn is_satisfied(existing: &Existing<'_>, wanted: &GeneratedObject) -> bool {
    match (&existing.content, wanted) {
        (Content::NetworkPolicy(existing), GeneratedObject::NetworkPolicy(wanted)) => {
            wanted.labels.contains_key(keys::POLICY_NAMESPACE_DEFAULT_DENY)
                && sameness::same_spec(&existing.spec, &wanted.spec)
        }
        _ => false,
    }
}

fn exists(existing: &Existing<'_>, wanted: &Wanted) -> Finding {
    let message =
        format!("{} is to be generated, but the input has one of that name that was not generated", wanted.object.id());
    let mut finding = Finding::new(Code::PolicyExists, existing.place, message)
        .with_help("rename or remove that policy, or set `policyNameSuffix`");
    if let Some(reason) = wanted.reason {
        finding = finding.with_related(reason, "asked for here");
    }
    finding
}

/// Whether the input has nothing that could ask for a policy.
fn nothing_asks(context: &PlanContext<'_>) -> bool {
    declaring(context).next().is_none()
}

/// The resources that ask for policies: ClientIntents, ProtectedServices and workloads with a `called-by` annotation.
fn declaring(context: &PlanContext<'_>) -> impl Iterator<Item = ResourceId> {
    let world = context.world;
    let intents = world.client_intents.iter().map(|intents| intents.resource);
    let intents = intents.chain(world.client_intents_objects.iter().copied());
    let protected = world.protected_services.iter().map(|protected| protected.resource);
    let called = world.workloads.iter().filter(|workload| !workload.called_by.is_empty());
    intents.chain(protected).chain(called.map(|workload| workload.resource))
}

/// What to do where something goes because nothing asks for anything.
const INTENTS_MAY_BE_HIDDEN: &str =
    "let the function's selectors include the ClientIntents, or set `allowEmpty: true` if none are meant to be there";

fn and_more(others: usize) -> String {
    if others == 0 { String::new() } else { format!(" and {others} more") }
}

fn intents_hidden(unwanted: &[(ObjectName, Existing<'_>)]) -> Option<Finding> {
    let ((id, first), others) = unwanted.split_first()?;
    let message = format!(
        "generated {id}{} would be removed, because the input has no ClientIntents, ProtectedService or called-by",
        and_more(others.len())
    );
    Some(Finding::new(Code::IntentsHidden, first.place, message).with_help(INTENTS_MAY_BE_HIDDEN))
}

/// The same for labels of calls, where there is no policy: it may be that labels alone were written so far.
fn call_labels_removed(context: &PlanContext<'_>) -> Option<Finding> {
    let loses = |found: &&LabelledWorkload<'_>| {
        found.change.is_some_and(|change| change.remove.iter().any(|key| keys::is_label_of_calls(key)))
    };
    let mut losing = context.workloads.iter().filter(loses).map(|found| found.workload);
    let first = losing.next()?;
    let others = losing.count();
    let message = format!(
        "{}{} {} the labels by which policies let pods call others, because the input has no ClientIntents, ProtectedService or called-by",
        first.object_name(),
        and_more(others),
        if others == 0 { "loses" } else { "lose" },
    );
    Some(Finding::new(Code::CallLabelsRemoved, first.place, message).with_help(INTENTS_MAY_BE_HIDDEN))
}

/// What to remove of the objects that an earlier run wrote and nothing asks for now.
///
/// A package of its own may have asked for them in its own run; only those of packages that ask for something here are removed.
fn prune(
    context: &PlanContext<'_>,
    unwanted: Vec<(ObjectName, Existing<'_>)>,
    findings: &mut Findings,
) -> Vec<ResourceId> {
    let package_of = |resource: &ResourceId| context.world.package_paths.get(resource);
    let packages: BTreeSet<&String> = declaring(context).filter_map(|resource| package_of(&resource)).collect();
    let mut removals = Vec::new();
    for (id, found) in unwanted {
        let package = package_of(&found.resource);
        if let Some(package) = package.filter(|package| !packages.contains(package)) {
            let message = format!("generated {id} is left, because nothing in its package {package} asks for policies");
            findings.push(
                Finding::new(Code::PolicyLeft, found.place, message)
                    .with_help("delete it by hand if no other package writes it"),
            );
            continue;
        }
        let is_enforced = matches!(found.content, Content::NetworkPolicy(_) | Content::Refused(_));
        let reason = if !context.config.enable_network_policy_creation {
            Some("enableNetworkPolicyCreation is false")
        } else if context.config.staged == Staged::Calico && is_enforced {
            Some("`staged: calico` writes previews that enforce nothing")
        } else {
            None
        };
        if let Some(reason) = reason {
            let message = format!("{id} is removed, because {reason}");
            findings.push(Finding::new(Code::PolicyPruned, found.place, message));
        }
        removals.push(found.resource);
    }
    removals
}
