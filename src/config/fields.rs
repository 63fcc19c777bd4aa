//! The table of fields (`DESIGN.md` 1.2): name, shape, default, meaning, and how a value gets into the [`Config`].

use super::formats::{Format, parse_port};
use super::shape::{Checked, Key, Shape};
use super::{
    ApiServer, Automate, ClientIntentsOutput, Config, DefaultDeny, DnsPeer, DomainPolicies, KnownWorkload,
    LabelWorkloads, Mode, PodAddresses, PolicyLabelValue, Profile, Selectors, Staged, UnresolvedDomains,
    VirtualWorkload, WorkloadKind,
};
use crate::diag::{Code, Severity};
use crate::model::address::{address, network};
use crate::model::labels::Labels;
use crate::model::policy::Protocol;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// One field of the functionConfig's `spec`.
#[derive(Debug)]
pub(super) struct Field {
    /// Its name.
    pub(super) name: &'static str,
    /// What a value looks like.
    pub(super) shape: Shape,
    /// The default as YAML's flow style; empty for none.
    pub(super) default: &'static str,
    /// What it means, one sentence.
    pub(super) description: &'static str,
    /// Puts a value of that shape into the configuration.
    pub(super) set: fn(&mut Config, &Checked),
}

const KNOWN_WORKLOADS: Shape = Shape::List(&Shape::Object(&[
    required("name", Shape::Text(Format::ObjectName), "Name of the workload."),
    required("namespace", Shape::Text(Format::Namespace), "Its namespace."),
    required("kind", Shape::Text(Format::Kind), "Its kind."),
    optional("podLabels", LABELS, "Labels of its pods, for one that is not in the input."),
]));
const LABELS: Shape = Shape::Map(Format::LabelKey, &Shape::Text(Format::LabelValue));
const NAMESPACES: Shape = Shape::List(&Shape::Text(Format::Namespace));
const PORT: Shape = Shape::Integer { min: 1, max: 65535 };
const ADDRESSES: Shape = Shape::List(&Shape::Text(Format::Address));
const AUTOMATE: Shape = Shape::Choice(&["ifBlockedByOtterize", "off", "always"]);
const LABEL_SELECTOR: Shape = Shape::Object(&[required("matchLabels", LABELS, "Labels that must be there.")]);

const fn required(name: &'static str, shape: Shape, description: &'static str) -> Key {
    Key { name, shape, is_required: true, description }
}

const fn optional(name: &'static str, shape: Shape, description: &'static str) -> Key {
    Key { name, shape, is_required: false, description }
}

/// Every field, in the order of the documentation.
pub(super) const FIELDS: &[Field] = &[
    Field {
        name: "profile",
        shape: Shape::Choice(&["classic", "v2"]),
        default: "classic",
        description: "Label and policy scheme: the tutorial's or the operator's last.",
        set: |config, value| {
            config.profile = if value.text() == "v2" { Profile::V2 } else { Profile::Classic };
        },
    },
    Field {
        name: "policyLabelValue",
        shape: Shape::Choice(&["true", "identity"]),
        default: "\"true\"",
        description: "Value of the label of access policies; profile classic only.",
        set: |config, value| {
            config.policy_label_value =
                if value.text() == "identity" { PolicyLabelValue::Identity } else { PolicyLabelValue::True };
        },
    },
    Field {
        name: "mode",
        shape: Shape::Choice(&["defaultActive", "defaultShadow"]),
        default: "defaultActive",
        description: "Whether policies are generated everywhere, or only for protected servers and enforced namespaces.",
        set: |config, value| {
            config.mode = if value.text() == "defaultShadow" { Mode::Shadow } else { Mode::Active };
        },
    },
    Field {
        name: "enableNetworkPolicyCreation",
        shape: Shape::Boolean,
        default: "true",
        description: "False writes labels only, the first step of a roll-out.",
        set: |config, value| config.enable_network_policy_creation = value.boolean(),
    },
    Field {
        name: "enableEgressNetworkPolicyCreation",
        shape: Shape::Boolean,
        default: "false",
        description: "Also restrict what clients may send; needs profile v2.",
        set: |config, value| config.enable_egress_network_policy_creation = value.boolean(),
    },
    Field {
        name: "enableEgressAutoallowDNSTraffic",
        shape: Shape::Boolean,
        default: "true",
        description: "Allow DNS to every client that has another egress rule.",
        set: |config, value| config.enable_egress_autoallow_dns_traffic = value.boolean(),
    },
    Field {
        name: "separateNetpolsForIngressAndEgress",
        shape: Shape::Boolean,
        default: "false",
        description: "One policy per direction instead of one for both.",
        set: |config, value| config.separate_netpols_for_ingress_and_egress = value.boolean(),
    },
    Field {
        name: "enableGroupIPsByCIDR",
        shape: Shape::Boolean,
        default: "false",
        description: "Replace many internet addresses by their /24 networks.",
        set: |config, value| config.enable_group_ips_by_cidr = value.boolean(),
    },
    Field {
        name: "groupIPsByCIDRPeersLimit",
        shape: Shape::Integer { min: 0, max: 1_000_000 },
        default: "50",
        description: "How many addresses a target may have before they are grouped.",
        set: |config, value| config.group_ips_by_cidr_peers_limit = usize::try_from(value.integer()).unwrap_or(0),
    },
    Field {
        name: "automateThirdPartyNetworkPolicies",
        shape: AUTOMATE,
        default: "ifBlockedByOtterize",
        description: "When to open external traffic and metrics.",
        set: |config, value| config.automate_third_party_network_policies = automate(value),
    },
    Field {
        name: "automateAllowWebhookTraffic",
        shape: AUTOMATE,
        default: "ifBlockedByOtterize",
        description: "When to open webhook traffic.",
        set: |config, value| config.automate_allow_webhook_traffic = automate(value),
    },
    Field {
        name: "webhookTrafficLimitToControlPlane",
        shape: Shape::Boolean,
        default: "false",
        description: "Open webhook traffic to the API server's addresses only.",
        set: |config, value| config.webhook_traffic_limit_to_control_plane = value.boolean(),
    },
    Field {
        name: "controlPlaneIPv4CIDRPrefixLength",
        shape: Shape::Integer { min: 0, max: 32 },
        default: "32",
        description: "Prefix length of the network around an address of the API server.",
        set: |config, value| {
            config.control_plane_ipv4_cidr_prefix_length = u8::try_from(value.integer()).unwrap_or(32);
        },
    },
    Field {
        name: "ingressControllerConfigs",
        shape: KNOWN_WORKLOADS,
        default: "[]",
        description: "The ingress controllers that external traffic comes through.",
        set: |config, value| config.ingress_controller_configs = known_workloads(value),
    },
    Field {
        name: "ingressControllerAWSALBExempt",
        shape: Shape::Boolean,
        default: "false",
        description: "Leave Services open to everyone whose Ingress is served by AWS load balancers with target type ip.",
        set: |config, value| config.ingress_controller_aws_alb_exempt = value.boolean(),
    },
    Field {
        name: "prometheusServerConfigs",
        shape: KNOWN_WORKLOADS,
        default: "[]",
        description: "The Prometheus servers that scrape metrics.",
        set: |config, value| config.prometheus_server_configs = known_workloads(value),
    },
    Field {
        name: "watchedNamespaces",
        shape: NAMESPACES,
        default: "[]",
        description: "Namespaces that policies are generated for; empty means all.",
        set: |config, value| config.watched_namespaces = text_set(value),
    },
    Field {
        name: "enforcedNamespaces",
        shape: NAMESPACES,
        default: "[]",
        description: "Namespaces that are enforced in shadow mode.",
        set: |config, value| config.enforced_namespaces = text_set(value),
    },
    Field {
        name: "workloadNameOverrideAnnotationName",
        shape: Shape::Text(Format::LabelKey),
        default: "intents.otterize.com/workload-name",
        description: "Annotation of pod templates that names the workload.",
        set: |config, value| config.workload_name_override_annotation_name = value.text().to_owned(),
    },
    Field {
        name: "useImageNameForJobs",
        shape: Shape::Boolean,
        default: "false",
        description: "Name Jobs after their images.",
        set: |config, value| config.use_image_name_for_jobs = value.boolean(),
    },
    Field {
        name: "enableStrictModeIntents",
        shape: Shape::Boolean,
        default: "false",
        description: "Refuse wildcard domains, internet targets without ports, and targets that are no Service.",
        set: |config, value| config.enable_strict_mode_intents = value.boolean(),
    },
    Field {
        name: "namespace",
        shape: Shape::Text(Format::Namespace),
        default: "",
        description: "Namespace of manifests that have none.",
        set: |config, value| config.namespace = Some(value.text().to_owned()),
    },
    Field {
        name: "allowEmpty",
        shape: Shape::Boolean,
        default: "false",
        description: "Accept generated policies in the input without anything that asks for them, and remove them.",
        set: |config, value| config.allow_empty = value.boolean(),
    },
    Field {
        name: "egressServiceSelectorRules",
        shape: Shape::Boolean,
        default: "true",
        description: "Egress rules with a Service's own selector, for CNIs that evaluate it literally.",
        set: |config, value| config.egress_service_selector_rules = value.boolean(),
    },
    Field {
        name: "apiServer",
        shape: Shape::Object(&[
            required("addresses", ADDRESSES, "Endpoint addresses."),
            optional("ports", Shape::List(&PORT), "TCP ports."),
        ]),
        default: "",
        description: "Where the Kubernetes API server is.",
        set: |config, value| config.api_server = Some(api_server(value)),
    },
    Field {
        name: "dnsPorts",
        shape: Shape::List(&Shape::Either(
            &Shape::Text(Format::PortAndProtocol),
            &Shape::Object(&[
                optional("protocol", Shape::Choice(&["UDP", "TCP"]), "Protocol; both when absent."),
                required("port", PORT, "Port number."),
            ]),
        )),
        default: "[UDP/53, TCP/53]",
        description: "Ports of DNS servers in the DNS rule; without a protocol both UDP and TCP are meant.",
        set: |config, value| config.dns_ports = dns_ports(value),
    },
    Field {
        name: "dnsPeers",
        shape: Shape::List(&Shape::Object(&[
            optional("namespace", Shape::Text(Format::Namespace), "Name of their namespace."),
            optional("namespaceLabels", LABELS, "Labels of their namespace."),
            optional("podLabels", LABELS, "Labels of their pods."),
            optional("cidr", Shape::Text(Format::Network), "Network instead of pods."),
            optional("namespaceSelector", LABEL_SELECTOR, "The same as namespaceLabels, as a policy says it."),
            optional("podSelector", LABEL_SELECTOR, "The same as podLabels, as a policy says it."),
            optional(
                "ipBlock",
                Shape::Object(&[required("cidr", Shape::Text(Format::Network), "The network.")]),
                "The same as cidr, as a policy says it.",
            ),
        ])),
        default: "[]",
        description: "Who answers DNS; empty means any.",
        set: |config, value| config.dns_peers = value.items().iter().map(dns_peer).collect(),
    },
    Field {
        name: "unresolvedDomains",
        shape: Shape::Choice(&["error", "warn"]),
        default: "error",
        description: "What a domain without known addresses is.",
        set: |config, value| {
            config.unresolved_domains =
                if value.text() == "warn" { UnresolvedDomains::Warn } else { UnresolvedDomains::Error };
        },
    },
    Field {
        name: "resolvedDomains",
        shape: Shape::Map(Format::Domain, &Shape::Either(&Shape::Text(Format::Address), &ADDRESSES)),
        default: "{}",
        description: "Addresses of domains.",
        set: |config, value| {
            config.resolved_domains =
                value.entries().iter().map(|(domain, addresses)| (domain.clone(), parsed(addresses))).collect();
        },
    },
    Field {
        name: "labelWorkloads",
        shape: Shape::Choice(&["all", "involved"]),
        default: "all",
        description: "Which workloads get their identity label: every one, or clients and servers of an intent.",
        set: |config, value| {
            config.label_workloads =
                if value.text() == "involved" { LabelWorkloads::Involved } else { LabelWorkloads::All };
        },
    },
    Field {
        name: "defaultDeny",
        shape: Shape::Object(&[
            optional(
                "namespaces",
                Shape::List(&Shape::Text(Format::NamespaceOrAll)),
                "Namespaces; `*`, the default, means all.",
            ),
            optional("directions", Shape::List(&Shape::Choice(&["Ingress", "Egress"])), "Directions; both by default."),
        ]),
        default: "",
        description: "A policy per namespace that denies what no other policy allows.",
        set: |config, value| config.default_deny = Some(default_deny(value)),
    },
    Field {
        name: "clientIntents",
        shape: Shape::Choice(&["keep", "localConfig"]),
        default: "keep",
        description: "Whether ClientIntents are marked as local configuration, for clusters without their CRDs.",
        set: |config, value| {
            config.client_intents = if value.text() == "localConfig" {
                ClientIntentsOutput::LocalConfig
            } else {
                ClientIntentsOutput::Keep
            };
        },
    },
    Field {
        name: "policyPath",
        shape: Shape::Text(Format::PolicyPath),
        default: "",
        description: "File for new policies under kpt, with {namespace} and {name}.",
        set: |config, value| config.policy_path = Some(value.text().to_owned()),
    },
    Field {
        name: "policyNameSuffix",
        shape: Shape::Text(Format::NameSuffix),
        default: "",
        description: "Appended to the name of every generated policy.",
        set: |config, value| config.policy_name_suffix = value.text().to_owned(),
    },
    Field {
        name: "argocdSyncWave",
        shape: Shape::Integer { min: -1_000_000, max: 1_000_000 },
        default: "",
        description: "Sync wave of generated policies.",
        set: |config, value| config.argocd_sync_wave = Some(value.integer()),
    },
    Field {
        name: "workloadKinds",
        shape: Shape::List(&Shape::Object(&[
            required("apiVersion", Shape::Text(Format::ApiVersion), "apiVersion of the kind."),
            required("kind", Shape::Text(Format::Kind), "The kind."),
            optional(
                "podTemplate",
                Shape::Text(Format::FieldPath),
                "Where its pod template is; spec.template by default.",
            ),
        ])),
        default: "[]",
        description: "More kinds with pods.",
        set: |config, value| config.workload_kinds = value.items().iter().map(workload_kind).collect(),
    },
    Field {
        name: "virtualWorkloads",
        shape: Shape::List(&Shape::Object(&[
            required("name", Shape::Text(Format::ObjectName), "Name of the custom resource, or of what is made of it."),
            required("namespace", Shape::Text(Format::Namespace), "Its namespace."),
            required("kind", Shape::Text(Format::Kind), "Its kind."),
            required("podLabels", LABELS, "Labels of its pods."),
            optional(
                "ports",
                Shape::List(&Shape::Object(&[
                    optional("name", Shape::Text(Format::PortName), "Name of the port."),
                    optional("protocol", Shape::Choice(&["TCP", "UDP", "SCTP"]), "Protocol; TCP when absent."),
                    required("port", PORT, "Port number."),
                ])),
                "Ports of its pods.",
            ),
        ])),
        default: "[]",
        description: "Pods that operators create from custom resources, for the commands that judge; Prometheus and Alertmanager are known.",
        set: |config, value| config.virtual_workloads = value.items().iter().map(virtual_workload).collect(),
    },
    Field {
        name: "podAddresses",
        shape: Shape::Choice(&["ignore", "match"]),
        default: "ignore",
        description: "Whether an ipBlock can match pods whose address the manifest tells.",
        set: |config, value| {
            config.pod_addresses = if value.text() == "match" { PodAddresses::Match } else { PodAddresses::Ignore };
        },
    },
    Field {
        name: "rules",
        shape: Shape::Map(Format::RuleCode, &Shape::Choice(&["off", "info", "warning", "error"])),
        default: "{}",
        description: "Severity by finding code.",
        set: |config, value| config.rules = rules(value),
    },
    Field {
        name: "domainPolicies",
        shape: Shape::Choice(&["none", "cilium", "gke"]),
        default: "none",
        description: "Which CNI's policies to write for internet targets with domains.",
        set: |config, value| {
            config.domain_policies = match value.text() {
                "cilium" => DomainPolicies::Cilium,
                "gke" => DomainPolicies::Gke,
                _ => DomainPolicies::None,
            };
        },
    },
    Field {
        name: "credentialsOperatorLabel",
        shape: Shape::Boolean,
        default: "false",
        description: "Also write the credentials operator's label with the workload's name on pod templates.",
        set: |config, value| config.credentials_operator_label = value.boolean(),
    },
    Field {
        name: "selectors",
        shape: Shape::Choice(&["labels", "native"]),
        default: "labels",
        description: "How policies select pods: by labels that are written on them, or by those that they have already, so that no pod rolls.",
        set: |config, value| {
            config.selectors = if value.text() == "native" { Selectors::Native } else { Selectors::Labels };
        },
    },
    Field {
        name: "staged",
        shape: Shape::Choice(&["none", "calico"]),
        default: "none",
        description: "Write Calico's staged policies, which are evaluated and logged but not enforced, instead of NetworkPolicies.",
        set: |config, value| config.staged = if value.text() == "calico" { Staged::Calico } else { Staged::None },
    },
];

fn automate(value: &Checked) -> Automate {
    match value.text() {
        "off" => Automate::Off,
        "always" => Automate::Always,
        _ => Automate::IfBlockedByOtterize,
    }
}

fn text_set(value: &Checked) -> BTreeSet<String> {
    value.items().iter().map(|item| item.text().to_owned()).collect()
}

fn label_map(value: Option<&Checked>) -> Labels {
    let entries = value.map(Checked::entries).unwrap_or_default();
    entries.iter().map(|(key, value)| (key, value.text())).collect()
}

fn known_workloads(value: &Checked) -> Vec<KnownWorkload> {
    value
        .items()
        .iter()
        .map(|item| KnownWorkload {
            name: item.text_of("name"),
            namespace: item.text_of("namespace"),
            kind: item.text_of("kind"),
            pod_labels: label_map(item.get("podLabels")),
        })
        .collect()
}

/// One address or a list of them.
fn parsed(value: &Checked) -> Vec<IpAddr> {
    match value {
        Checked::Text(text) => address(text).into_iter().collect(),
        _ => value.items().iter().filter_map(|item| address(item.text())).collect(),
    }
}

fn api_server(value: &Checked) -> ApiServer {
    let ports = value.get("ports").map(Checked::items).unwrap_or_default();
    ApiServer {
        addresses: value.get("addresses").map(parsed).unwrap_or_default(),
        ports: ports.iter().filter_map(|port| u16::try_from(port.integer()).ok()).collect(),
    }
}

fn dns_ports(value: &Checked) -> Vec<(Protocol, u16)> {
    let mut ports = Vec::new();
    for item in value.items() {
        let written = match item {
            Checked::Text(text) => parse_port(text),
            _ => item
                .get("port")
                .and_then(|port| u16::try_from(port.integer()).ok())
                .map(|port| (Protocol::parse(&item.text_of("protocol")), port)),
        };
        let Some((protocol, port)) = written else { continue };
        let protocols = protocol.map_or(vec![Protocol::Udp, Protocol::Tcp], |protocol| vec![protocol]);
        for protocol in protocols {
            if !ports.contains(&(protocol, port)) {
                ports.push((protocol, port));
            }
        }
    }
    ports
}

fn dns_peer(value: &Checked) -> DnsPeer {
    let selector = |field: &str| label_map(value.get(field).and_then(|selector| selector.get("matchLabels")));
    let mut namespace_labels = label_map(value.get("namespaceLabels"));
    namespace_labels.extend(&selector("namespaceSelector"));
    if let Some(namespace) = value.get("namespace") {
        namespace_labels.insert("kubernetes.io/metadata.name", namespace.text());
    }
    let mut pod_labels = label_map(value.get("podLabels"));
    pod_labels.extend(&selector("podSelector"));
    let cidr = value.get("cidr").or_else(|| value.get("ipBlock").and_then(|block| block.get("cidr")));
    DnsPeer { namespace_labels, pod_labels, cidr: cidr.and_then(|cidr| block(cidr.text())) }
}

/// A network, or an address alone.
fn block(text: &str) -> Option<ipnet::IpNet> {
    address(text).map(Into::into).or_else(|| network(text))
}

fn default_deny(value: &Checked) -> DefaultDeny {
    let namespaces = value.get("namespaces").map(text_set).unwrap_or_default();
    let directions = value.get("directions").map(text_set).unwrap_or_default();
    let has = |direction: &str| directions.is_empty() || directions.contains(direction);
    DefaultDeny {
        namespaces: (!namespaces.is_empty() && !namespaces.contains("*")).then_some(namespaces),
        ingress: has("Ingress"),
        egress: has("Egress"),
    }
}

fn workload_kind(value: &Checked) -> WorkloadKind {
    let path = value.get("podTemplate").map_or("spec.template", Checked::text);
    WorkloadKind {
        api_version: value.text_of("apiVersion"),
        kind: value.text_of("kind"),
        pod_template: path.split('.').map(str::to_owned).collect(),
    }
}

fn virtual_workload(value: &Checked) -> VirtualWorkload {
    let ports = value.get("ports").map(Checked::items).unwrap_or_default();
    let port = |port: &Checked| {
        let number = u16::try_from(port.get("port")?.integer()).ok()?;
        let name = port.get("name").map(|name| name.text().to_owned());
        Some((name, Protocol::parse(&port.text_of("protocol")).unwrap_or_default(), number))
    };
    VirtualWorkload {
        name: value.text_of("name"),
        namespace: value.text_of("namespace"),
        kind: value.text_of("kind"),
        pod_labels: label_map(value.get("podLabels")),
        ports: ports.iter().filter_map(port).collect(),
    }
}

fn rules(value: &Checked) -> BTreeMap<Code, Option<Severity>> {
    let severity = |text: &str| match text {
        "info" => Some(Severity::Info),
        "warning" => Some(Severity::Warning),
        "error" => Some(Severity::Error),
        _ => None,
    };
    value.entries().iter().filter_map(|(code, value)| Some((Code::parse(code)?, severity(value.text())))).collect()
}
