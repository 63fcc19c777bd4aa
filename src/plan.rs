//! World and configuration in, plan out: which labels, which policies. Pure and total; knows no text.

mod access_classic;
mod access_key;
mod access_v2;
mod automation;
mod blocked;
mod calls;
mod context;
mod distinct;
mod dns;
pub mod domains;
mod egress;
pub(crate) mod exposed_services;
mod external;
mod internet;
mod isolation;
mod keys;
mod known_workloads;
mod labelled_workload;
mod labels;
mod metrics;
mod namespace_deny;
mod naming;
mod native;
mod outside_access;
mod ownership;
mod pod_ports;
mod protected;
mod reconcile;
mod sameness;
mod scrapes;
mod selectors;
mod servers;
mod sync_wave;
mod valid;
mod wanted;
mod webhooks;

use crate::config::{Config, DnsPeer, Profile, Selectors, Staged};
use crate::diag::{Code, Finding, Findings};
use crate::model::place::{ObjectName, ResourceId};
use crate::model::policy::{NetworkPolicy, POLICY_KIND, STAGED_KIND};
use crate::model::selector::{LabelSelector, Labels};
use crate::model::world::World;
use crate::threads::{MANY_OBJECTS, at_once};
use context::{Names, PlanContext};
use isolation::Isolation;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use wanted::Wanted;

/// Everything that the output must change about the input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Changes to label and annotation maps of existing objects, at most one per resource and map.
    pub map_changes: Vec<MapChange>,
    /// Objects that the input does not have, sorted by (namespace, name, kind).
    pub new_objects: Vec<PlannedObject>,
    /// Generated objects of an earlier run that need other content; they keep their place, comments and annotations.
    pub updates: Vec<(ResourceId, Arc<GeneratedObject>)>,
    /// Generated objects of an earlier run that nothing asks for any more.
    pub removals: Vec<ResourceId>,
    /// Every generated object of this run, new, updated or already as it should be, sorted by (namespace, name, kind).
    pub generated: Vec<Arc<GeneratedObject>>,
}

/// A change to one string map of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapChange {
    /// The object.
    pub resource: ResourceId,
    /// Keys from the root to the map: `spec`, `template`, `metadata`, `labels`. Missing maps are created, but `spec` and the template itself never.
    pub path: Cow<'static, [Cow<'static, str>]>,
    /// Entries that must be there with these values.
    pub set: Labels,
    /// Keys that must not be there.
    pub remove: BTreeSet<String>,
}

impl MapChange {
    /// Whether it changes nothing.
    fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty()
    }
}

/// A new object and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedObject {
    /// The object.
    pub object: Arc<GeneratedObject>,
    /// The resource whose `package-path` the new object gets under kpt.
    pub package_of: Option<ResourceId>,
}

/// An object of a kind that we emit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeneratedObject {
    /// `networking.k8s.io/v1` NetworkPolicy.
    NetworkPolicy(NetworkPolicy),
    /// `projectcalico.org/v3` StagedKubernetesNetworkPolicy: the preview of a NetworkPolicy.
    StagedPolicy(NetworkPolicy),
    /// A domain policy of a CNI.
    DomainPolicy(DomainPolicy),
}

impl GeneratedObject {
    /// Namespace, name and kind.
    #[must_use]
    pub fn id(&self) -> ObjectName {
        let (namespace, name, kind) = self.key();
        ObjectName { namespace: namespace.into(), name: name.into(), kind: kind.into() }
    }

    /// The same, borrowed.
    fn key(&self) -> (&str, &str, &str) {
        match self {
            Self::NetworkPolicy(policy) => (&policy.namespace, &policy.name, POLICY_KIND),
            Self::StagedPolicy(policy) => (&policy.namespace, &policy.name, STAGED_KIND),
            Self::DomainPolicy(policy) => (&policy.namespace, &policy.name, policy.flavor.kind()),
        }
    }

    fn annotations(&self) -> &Labels {
        match self {
            Self::NetworkPolicy(policy) | Self::StagedPolicy(policy) => &policy.annotations,
            Self::DomainPolicy(policy) => &policy.annotations,
        }
    }

    fn annotations_mut(&mut self) -> &mut Labels {
        match self {
            Self::NetworkPolicy(policy) | Self::StagedPolicy(policy) => &mut policy.annotations,
            Self::DomainPolicy(policy) => &mut policy.annotations,
        }
    }
}

impl DomainPolicyFlavor {
    /// `kind` of the policies.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Cilium => "CiliumNetworkPolicy",
            Self::Gke => "FQDNNetworkPolicy",
        }
    }
}

/// Egress to domains, in the form that the CNI understands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainPolicy {
    /// Which CNI's kind.
    pub flavor: DomainPolicyFlavor,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Labels of the policy object.
    pub labels: Labels,
    /// Annotations of the policy object.
    pub annotations: Labels,
    /// The client's pods.
    pub pod_selector: LabelSelector,
    /// One rule per internet target.
    pub rules: Vec<DomainRule>,
    /// DNS rule that the CNI needs to see the answers: protocol and port (Cilium only).
    pub dns_ports: Vec<(crate::model::policy::Protocol, u16)>,
    /// Who answers; without any, the cluster's kube-dns (Cilium only).
    pub dns_peers: Vec<DnsPeer>,
}

/// Which CNI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DomainPolicyFlavor {
    /// `cilium.io/v2` CiliumNetworkPolicy.
    Cilium,
    /// `networking.gke.io/v1alpha1` FQDNNetworkPolicy.
    Gke,
}

/// Domains of one internet target with its ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainRule {
    /// Exact names and `*` patterns, as declared.
    pub domains: Vec<String>,
    /// TCP ports; empty means all.
    pub ports: Vec<u16>,
}

/// Decides which labels and policies the world needs. Faults are findings; with an error among them the plan must not be written.
///
/// The threads share the work on a large world; the result is the same with any number of them.
///
/// The rule families follow one another because later ones look at what earlier ones decided: labels first, then what isolates
/// pods (access policies and default denies), then what must be opened for pods that are isolated.
#[must_use]
pub fn plan(world: &World, config: &Config, threads: usize) -> (Plan, Findings) {
    let mut findings = Findings::default();
    let is_small = world.workloads.len() < MANY_OBJECTS;
    let (names, calls) =
        at_once(if is_small { 1 } else { threads }, || Names::new(world), || calls::collect(world, config));
    let before = PlanContext::new(world, config, &calls, names, threads);
    if config.selectors == Selectors::Labels {
        access_key::check(&before, &mut findings);
    }
    let mut labelling = labels::plan(&before, &mut findings);
    let mut context = before.with_changes(&labelling.of_templates);
    context.own_selections = native::selections(&context);
    let wanted = if config.enable_network_policy_creation { rules(&context, &mut findings) } else { Vec::new() };
    if !wanted.is_empty() && config.argocd_sync_wave.is_some() {
        findings.0.extend(sync_wave::order(&context, &labels::involved(&context)));
    }
    let wanted = staged(sync_wave::annotated(wanted, config), config, &mut findings);
    let wanted = naming::check(wanted, threads, &mut findings);
    let mut plan = reconcile::reconcile(&context, wanted, &mut findings);
    drop(context);
    labelling.of_templates.append(&mut labelling.of_others);
    labelling.of_templates.append(&mut plan.map_changes);
    plan.map_changes = labelling.of_templates;
    (plan, findings)
}

/// `staged: calico`: every policy becomes its preview. It is judged as if it were enforced, which the finding says.
fn staged(wanted: Vec<Wanted>, config: &Config, findings: &mut Findings) -> Vec<Wanted> {
    if config.staged == Staged::None || wanted.is_empty() {
        return wanted;
    }
    let message = "the generated policies are staged: Calico reports what they would do, and nothing is enforced";
    findings.push(
        Finding::new(Code::PoliciesStaged, None, message)
            .with_help("verdicts are as if they were enforced; `staged: none` writes NetworkPolicies"),
    );
    let preview = |wanted: Wanted| match wanted.object {
        GeneratedObject::NetworkPolicy(policy) => Wanted { object: GeneratedObject::StagedPolicy(policy), ..wanted },
        GeneratedObject::StagedPolicy(_) | GeneratedObject::DomainPolicy(_) => wanted,
    };
    wanted.into_iter().map(preview).collect()
}

/// Every object that any rule family wants.
fn rules(context: &PlanContext<'_>, findings: &mut Findings) -> Vec<Wanted> {
    let mut isolating = match context.config.profile {
        Profile::Classic => access_classic::rules(context, findings),
        Profile::V2 => access_v2::rules(context, findings),
    };
    isolating.extend(protected::rules(context, findings));
    isolating.extend(namespace_deny::rules(context, findings));
    known_workloads::check_egress(context, &isolating, findings);
    let isolation = Isolation::of(context, &isolating);
    blocked::report(context, &isolation, findings);
    let mut opening = external::rules(context, &isolation, findings);
    opening.extend(metrics::rules(context, &isolation, findings));
    opening.extend(webhooks::rules(context, &isolation, findings));
    opening.extend(domains::rules(context, findings));
    drop(isolation);
    isolating.extend(opening);
    native::without_repetition(findings);
    findings.0.extend(native::outside_the_input(context).filter(|_| !isolating.is_empty()));
    isolating
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
