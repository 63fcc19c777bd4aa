//! The functionConfig, validated (`DESIGN.md` 1.2). Names and values are the operator chart's where it has the switch.

mod aliases;
mod fields;
mod formats;
pub mod raw;
pub mod reference;
pub mod schema;
mod shape;
#[cfg(test)]
mod tests;
mod value;

use crate::diag::{Code, Findings, Severity};
use crate::model::labels::Labels;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Every setting. [`Config::default`] is what an absent functionConfig means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `profile`: label and policy scheme.
    pub profile: Profile,
    /// `policyLabelValue`, classic only.
    pub policy_label_value: PolicyLabelValue,
    /// `mode`.
    pub mode: Mode,
    /// `enableNetworkPolicyCreation`: false writes labels only.
    pub enable_network_policy_creation: bool,
    /// `enableEgressNetworkPolicyCreation`.
    pub enable_egress_network_policy_creation: bool,
    /// `enableEgressAutoallowDNSTraffic` (decision D3).
    pub enable_egress_autoallow_dns_traffic: bool,
    /// `separateNetpolsForIngressAndEgress`.
    pub separate_netpols_for_ingress_and_egress: bool,
    /// `enableGroupIPsByCIDR`.
    pub enable_group_ips_by_cidr: bool,
    /// `groupIPsByCIDRPeersLimit`.
    pub group_ips_by_cidr_peers_limit: usize,
    /// `automateThirdPartyNetworkPolicies`: external traffic and metrics.
    pub automate_third_party_network_policies: Automate,
    /// `automateAllowWebhookTraffic`.
    pub automate_allow_webhook_traffic: Automate,
    /// `webhookTrafficLimitToControlPlane`.
    pub webhook_traffic_limit_to_control_plane: bool,
    /// `controlPlaneIPv4CIDRPrefixLength`, 0 to 32.
    pub control_plane_ipv4_cidr_prefix_length: u8,
    /// `ingressControllerConfigs`.
    pub ingress_controller_configs: Vec<KnownWorkload>,
    /// `ingressControllerAWSALBExempt`.
    pub ingress_controller_aws_alb_exempt: bool,
    /// `prometheusServerConfigs`.
    pub prometheus_server_configs: Vec<KnownWorkload>,
    /// `watchedNamespaces`; empty means all.
    pub watched_namespaces: BTreeSet<String>,
    /// `enforcedNamespaces`.
    pub enforced_namespaces: BTreeSet<String>,
    /// `workloadNameOverrideAnnotationName`.
    pub workload_name_override_annotation_name: String,
    /// `useImageNameForJobs`.
    pub use_image_name_for_jobs: bool,
    /// `enableStrictModeIntents`.
    pub enable_strict_mode_intents: bool,
    /// `namespace`: of manifests that have none.
    pub namespace: Option<String>,
    /// `allowEmpty`.
    pub allow_empty: bool,
    /// `egressServiceSelectorRules`: the CNI rule of `spec/otterize.md` 4.3.
    pub egress_service_selector_rules: bool,
    /// `apiServer` (decision D17).
    pub api_server: Option<ApiServer>,
    /// `dnsPorts`: protocol and number.
    pub dns_ports: Vec<(crate::model::policy::Protocol, u16)>,
    /// `dnsPeers`: who answers DNS; empty means any.
    pub dns_peers: Vec<DnsPeer>,
    /// `unresolvedDomains` (decision D2).
    pub unresolved_domains: UnresolvedDomains,
    /// `resolvedDomains`: domain -> addresses (decision D2).
    pub resolved_domains: BTreeMap<String, Vec<IpAddr>>,
    /// `labelWorkloads`.
    pub label_workloads: LabelWorkloads,
    /// `defaultDeny`.
    pub default_deny: Option<DefaultDeny>,
    /// `clientIntents`.
    pub client_intents: ClientIntentsOutput,
    /// `policyPath`: file for new policies under kpt, with `{namespace}` and `{name}`.
    pub policy_path: Option<String>,
    /// `policyNameSuffix`.
    pub policy_name_suffix: String,
    /// `argocdSyncWave`.
    pub argocd_sync_wave: Option<i64>,
    /// `workloadKinds`.
    pub workload_kinds: Vec<WorkloadKind>,
    /// `virtualWorkloads`: pods that operators create, which no manifest has.
    pub virtual_workloads: Vec<VirtualWorkload>,
    /// `podAddresses`: whether an ipBlock can match pods.
    pub pod_addresses: PodAddresses,
    /// `rules`: finding code -> severity, `None` for off.
    pub rules: BTreeMap<Code, Option<Severity>>,
    /// `domainPolicies`: what to write for internet targets with domains.
    pub domain_policies: DomainPolicies,
    /// `credentialsOperatorLabel`.
    pub credentials_operator_label: bool,
    /// `selectors`: by which labels policies select pods.
    pub selectors: Selectors,
    /// `staged`: whether policies are written as previews.
    pub staged: Staged,
}

/// Label and policy scheme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// The tutorial's.
    #[default]
    Classic,
    /// The operator's last.
    V2,
}

/// Value of classic policy labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PolicyLabelValue {
    /// `"true"`, as the tutorial prints it.
    #[default]
    True,
    /// The server's identity.
    Identity,
}

/// Enforcement mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// `defaultActive`
    #[default]
    Active,
    /// `defaultShadow`
    Shadow,
}

/// When to open traffic that is not an intent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Automate {
    /// Never.
    Off,
    /// Only where a generated policy would cut it off.
    #[default]
    IfBlockedByOtterize,
    /// Always; counts as `ifBlockedByOtterize` in shadow mode.
    Always,
}

/// A workload that the configuration names: an ingress controller or Prometheus server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnownWorkload {
    /// Name.
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// Kind.
    pub kind: String,
    /// Labels of its pods, for one that is not in the bundle.
    pub pod_labels: Labels,
}

/// The API server's addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiServer {
    /// Endpoint addresses.
    pub addresses: Vec<IpAddr>,
    /// TCP ports.
    pub ports: Vec<u16>,
}

/// Who answers DNS queries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsPeer {
    /// Labels of the namespace; empty means the client's own namespace is not meant, every namespace is.
    pub namespace_labels: Labels,
    /// Labels of the pods; empty means every pod of the namespaces.
    pub pod_labels: Labels,
    /// Address block instead of pods.
    pub cidr: Option<ipnet::IpNet>,
}

/// What a domain without known addresses is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnresolvedDomains {
    /// An error.
    #[default]
    Error,
    /// A warning, and the target is left out.
    Warn,
}

/// Which workloads get an identity label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LabelWorkloads {
    /// Every workload.
    #[default]
    All,
    /// Clients and servers of an intent.
    Involved,
}

/// Default deny per namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultDeny {
    /// Namespaces; `None` means every namespace of the bundle's workloads without kube-system (`*`).
    pub namespaces: Option<BTreeSet<String>>,
    /// Deny ingress.
    pub ingress: bool,
    /// Deny egress.
    pub egress: bool,
}

/// What happens to ClientIntents and ProtectedServices in the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientIntentsOutput {
    /// They stay as they are.
    #[default]
    Keep,
    /// They are marked `config.kubernetes.io/local-config: "true"`.
    LocalConfig,
}

/// Pods that an operator creates from a custom resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualWorkload {
    /// Name of the custom resource, or of the workload that the operator makes of it.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its kind.
    pub kind: String,
    /// Labels of the pods.
    pub pod_labels: Labels,
    /// Ports of the pods: name, protocol, number.
    pub ports: Vec<(Option<String>, crate::model::policy::Protocol, u16)>,
}

/// One more kind with pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadKind {
    /// `apiVersion` of the kind.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// Keys from the root to the pod template.
    pub pod_template: Vec<String>,
}

/// Whether an ipBlock can match pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PodAddresses {
    /// Never.
    #[default]
    Ignore,
    /// Where the manifest tells the pod's address.
    Match,
}

/// What to write for internet targets with domains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DomainPolicies {
    /// Plain NetworkPolicies with known addresses.
    #[default]
    None,
    /// `CiliumNetworkPolicy` with `toFQDNs`.
    Cilium,
    /// GKE's `FQDNNetworkPolicy`.
    Gke,
}

/// By which labels generated policies select pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Selectors {
    /// Labels that this project writes on pod templates.
    #[default]
    Labels,
    /// Labels that the pods have already: those of their workload's own selector. No label is written.
    Native,
}

/// Whether policies are written as previews that enforce nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Staged {
    /// NetworkPolicies, which are enforced.
    #[default]
    None,
    /// Calico's `StagedKubernetesNetworkPolicy`.
    Calico,
}

impl Config {
    /// The findings with the severities that `rules` gives them; what is switched off is left out.
    #[must_use]
    pub fn apply_rules(&self, findings: Findings) -> Findings {
        let kept = findings.0.into_iter().filter_map(|mut finding| {
            match self.rules.get(&finding.code).filter(|_| finding.code.can_be_changed()) {
                Some(Some(severity)) => finding.severity = *severity,
                Some(None) => return None,
                None => {}
            }
            Some(finding)
        });
        Findings(kept.collect())
    }

    /// The known addresses of a domain: those of a ClientIntents object's status, then those of `resolvedDomains` (decision D2).
    pub fn addresses_of<'a>(
        &'a self,
        domain: &str,
        from_status: Option<&'a [IpAddr]>,
    ) -> impl Iterator<Item = IpAddr> + use<'a> {
        let from_config = self.resolved_domains.get(domain).into_iter().flatten();
        from_status.into_iter().flatten().chain(from_config).copied()
    }
}

impl Default for Config {
    fn default() -> Self {
        use crate::model::policy::Protocol;
        Self {
            profile: Profile::default(),
            policy_label_value: PolicyLabelValue::default(),
            mode: Mode::default(),
            enable_network_policy_creation: true,
            enable_egress_network_policy_creation: false,
            enable_egress_autoallow_dns_traffic: true,
            separate_netpols_for_ingress_and_egress: false,
            enable_group_ips_by_cidr: false,
            group_ips_by_cidr_peers_limit: 50,
            automate_third_party_network_policies: Automate::default(),
            automate_allow_webhook_traffic: Automate::default(),
            webhook_traffic_limit_to_control_plane: false,
            control_plane_ipv4_cidr_prefix_length: 32,
            ingress_controller_configs: Vec::new(),
            ingress_controller_aws_alb_exempt: false,
            prometheus_server_configs: Vec::new(),
            watched_namespaces: BTreeSet::new(),
            enforced_namespaces: BTreeSet::new(),
            workload_name_override_annotation_name: "intents.otterize.com/workload-name".into(),
            use_image_name_for_jobs: false,
            enable_strict_mode_intents: false,
            namespace: None,
            allow_empty: false,
            egress_service_selector_rules: true,
            api_server: None,
            dns_ports: vec![(Protocol::Udp, 53), (Protocol::Tcp, 53)],
            dns_peers: Vec::new(),
            unresolved_domains: UnresolvedDomains::default(),
            resolved_domains: BTreeMap::new(),
            label_workloads: LabelWorkloads::default(),
            default_deny: None,
            client_intents: ClientIntentsOutput::default(),
            policy_path: None,
            policy_name_suffix: String::new(),
            argocd_sync_wave: None,
            workload_kinds: Vec::new(),
            virtual_workloads: Vec::new(),
            pod_addresses: PodAddresses::default(),
            rules: BTreeMap::new(),
            domain_policies: DomainPolicies::default(),
            credentials_operator_label: false,
            selectors: Selectors::default(),
            staged: Staged::default(),
        }
    }
}
