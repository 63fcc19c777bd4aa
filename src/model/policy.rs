//! NetworkPolicies as this project reasons about them (`networking.k8s.io/v1`), read or generated.

use super::place::{ObjectName, Place, ResourceId};
use super::selector::{LabelSelector, Labels};
use ipnet::IpNet;

/// A NetworkPolicy's `metadata` (what we care about) and `spec`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkPolicy {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Labels of the policy object.
    pub labels: Labels,
    /// Annotations of the policy object.
    pub annotations: Labels,
    /// The specification.
    pub spec: PolicySpec,
}

/// `spec` of a NetworkPolicy. A direction is `None` when the policy does not apply to it; `Some(vec![])` denies it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicySpec {
    /// Pods of the policy's namespace that it applies to; empty selects all of them.
    pub pod_selector: LabelSelector,
    /// Ingress rules, if the policy applies to ingress.
    pub ingress: Option<Vec<Rule>>,
    /// Egress rules, if the policy applies to egress.
    pub egress: Option<Vec<Rule>>,
}

/// One ingress or egress rule: any of the peers on any of the ports.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// `from` or `to`; empty means every peer, inside and outside the cluster.
    pub peers: Vec<Peer>,
    /// Ports; empty means every port of every protocol.
    pub ports: Vec<PolicyPort>,
}

/// A peer of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// Pods: both selectors must match (AND).
    Pods {
        /// `None` means every pod of the selected namespaces.
        pod_selector: Option<LabelSelector>,
        /// `None` means the policy's own namespace.
        namespace_selector: Option<LabelSelector>,
    },
    /// A network outside the cluster.
    IpBlock {
        /// The network, canonical.
        cidr: IpNet,
        /// Parts of it that are left out.
        except: Vec<IpNet>,
    },
}

/// A port of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyPort {
    /// Protocol.
    pub protocol: Protocol,
    /// `None` means every port of the protocol.
    pub port: Option<PortValue>,
    /// Last port of a range that starts at a numeric `port`.
    pub end_port: Option<u16>,
    /// Whether `protocol` is written out in the manifest (internet targets leave it to the default TCP).
    pub protocol_is_implicit: bool,
}

/// A port by number or by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortValue {
    /// A number, 1 to 65535.
    Number(u16),
    /// The name of a container port.
    Name(String),
}

/// The protocols of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP, the default.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

/// A NetworkPolicy found in the input, with the places of its parts.
#[derive(Clone, Debug)]
pub struct InputPolicy {
    /// The object it was read from.
    pub resource: ResourceId,
    /// What it says.
    pub policy: NetworkPolicy,
    /// Where `metadata.name` is said.
    pub place: Place,
    /// Where each ingress rule stands, index by index.
    pub ingress_places: Vec<Place>,
    /// Where each egress rule stands, index by index.
    pub egress_places: Vec<Place>,
    /// What the manifest says beyond the specification, for explanations and lints.
    pub details: PolicyDetails,
}

/// `kind` of [`NetworkPolicy`].
pub const POLICY_KIND: &str = "NetworkPolicy";
/// `kind` of [`StagedPolicy`].
pub const STAGED_KIND: &str = "StagedKubernetesNetworkPolicy";
/// `apiVersion` of [`StagedPolicy`].
pub const STAGED_API_VERSION: &str = "projectcalico.org/v3";
/// The `spec.stagedAction` that asks what the policy would do, and the one that is meant if there is none.
pub const STAGED_ACTION_SET: &str = "Set";

/// Calico's preview of a NetworkPolicy, found in the input: evaluated and logged, never enforced.
#[derive(Clone, Debug)]
pub struct StagedPolicy {
    /// The policy that it previews. Parts that the API server would refuse are left out.
    pub preview: InputPolicy,
    /// `spec.stagedAction`.
    pub action: String,
}

/// How a NetworkPolicy's manifest says what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyDetails {
    /// Where `spec.podSelector` stands, if it is there.
    pub pod_selector_place: Option<Place>,
    /// Whether `spec.policyTypes` is given and not empty.
    pub has_policy_types: bool,
    /// Places inside each ingress rule, index by index.
    pub ingress: Vec<RuleParts>,
    /// Places inside each egress rule, index by index.
    pub egress: Vec<RuleParts>,
    /// Whether `egress` is a list without entries.
    pub has_empty_egress: bool,
    /// Rules of a direction that `policyTypes` leaves out: they have no effect.
    pub ignored_rules: Vec<(Direction, Place)>,
    /// Selectors whose `matchLabels` is there without a value, and so require nothing.
    pub null_match_labels: Vec<Place>,
}

/// Where the parts of a rule stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleParts {
    /// Each peer, index by index.
    pub peers: Vec<Place>,
    /// Each port, index by index.
    pub ports: Vec<Place>,
}

/// The two directions of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Traffic to the selected pods.
    Ingress,
    /// Traffic from the selected pods.
    Egress,
}

impl NetworkPolicy {
    /// Namespace, name and kind.
    #[must_use]
    pub fn object_name(&self) -> ObjectName {
        ObjectName { namespace: self.namespace.clone(), name: self.name.clone(), kind: POLICY_KIND.into() }
    }
}

impl StagedPolicy {
    /// Namespace, name and kind.
    #[must_use]
    pub fn object_name(&self) -> ObjectName {
        ObjectName { kind: STAGED_KIND.into(), ..self.preview.policy.object_name() }
    }
}

impl PolicySpec {
    /// The rules of one direction, `None` when the policy does not apply to it.
    #[must_use]
    pub fn rules(&self, direction: Direction) -> Option<&[Rule]> {
        match direction {
            Direction::Ingress => self.ingress.as_deref(),
            Direction::Egress => self.egress.as_deref(),
        }
    }
}

impl InputPolicy {
    /// Where a rule stands; `None` if there is no such rule or the policy is not from the input.
    #[must_use]
    pub fn rule_place(&self, direction: Direction, rule: usize) -> Option<Place> {
        let places = match direction {
            Direction::Ingress => &self.ingress_places,
            Direction::Egress => &self.egress_places,
        };
        places.get(rule).copied()
    }

    /// Where the parts of a rule stand; `None` if there is no such rule or the policy is not from the input.
    #[must_use]
    pub fn rule_parts(&self, direction: Direction, rule: usize) -> Option<&RuleParts> {
        let parts = match direction {
            Direction::Ingress => &self.details.ingress,
            Direction::Egress => &self.details.egress,
        };
        parts.get(rule)
    }
}

impl Direction {
    /// The API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingress => "Ingress",
            Self::Egress => "Egress",
        }
    }
}

impl PolicyPort {
    /// A port with its protocol written out.
    #[must_use]
    pub fn new(protocol: Protocol, port: PortValue) -> Self {
        Self { protocol, port: Some(port), end_port: None, protocol_is_implicit: false }
    }
}

impl Protocol {
    /// The API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }

    /// Reads the API's spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "TCP" => Some(Self::Tcp),
            "UDP" => Some(Self::Udp),
            "SCTP" => Some(Self::Sctp),
            _ => None,
        }
    }
}

impl std::fmt::Display for PortValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}
