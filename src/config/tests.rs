//! Tests of the functionConfig: every field, every way to say it, and what is wrong with it.

mod faults;

use super::{
    ApiServer, Automate, ClientIntentsOutput, Config, DefaultDeny, DnsPeer, DomainPolicies, KnownWorkload,
    LabelWorkloads, Mode, PodAddresses, PolicyLabelValue, Profile, Selectors, Staged, UnresolvedDomains, WorkloadKind,
    raw,
};
use crate::diag::{Code, Finding, Findings, Severity};
use crate::model::place::ResourceId;
use crate::model::policy::Protocol;
use crate::read::stream;
use crate::source::{SourceOrigin, SourceText};
use std::fmt::Write as _;

/// The configuration from a functionConfig and settings, and the findings one a line.
fn read(function_config: &str, settings: &[(&str, &str)]) -> (Config, String) {
    let source = SourceText { origin: SourceOrigin::Stdin, text: function_config.to_owned().into() };
    let (package, _) = stream::read(vec![source]);
    let settings: Vec<(String, String)> =
        settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let ids: Vec<ResourceId> = package.iter().map(|(id, _)| id).collect();
    let (config, findings) = raw::read(&package, &ids, &settings);
    let mut lines = String::new();
    for finding in &findings.0 {
        let route = finding.place.and_then(|place| {
            Some(package.node(place.resource)?.route_to_range(place.start as usize, place.end as usize))
        });
        let help = finding.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        let route = route.unwrap_or_default();
        let _ = writeln!(
            lines,
            "{} {} [{route}] {}{help}",
            finding.severity.as_str(),
            finding.code.name(),
            finding.message
        );
    }
    (config, lines)
}

fn enforce_intents(spec: &str) -> String {
    format!("apiVersion: fn.kpt.dev/v1alpha1\nkind: EnforceIntents\nmetadata: {{name: x}}\nspec: {spec}\n")
}

fn config_map(data: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: function-input}}\ndata: {data}\n")
}

/// The configuration that differs from the default in one way.
fn with(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    change(&mut config);
    config
}

fn texts(names: &[&str]) -> std::collections::BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn nothing_said_means_the_defaults() {
    for function_config in [
        "",
        "apiVersion: fn.kpt.dev/v1alpha1\nkind: EnforceIntents\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: function-input}\n",
        &enforce_intents("{}"),
        &enforce_intents("null"),
        &enforce_intents("{watchedNamespaces: null, ingressControllerConfigs: , namespace: '', policyPath: ''}"),
        &config_map("{}"),
        &config_map("null"),
        &config_map("{watchedNamespaces: '', namespace: ''}"),
    ] {
        assert_eq!(read(function_config, &[]), (Config::default(), String::new()), "{function_config}");
    }
}

/// Fields whose value is a single text: the same in an `EnforceIntents`, in a ConfigMap and by `--set`.
#[test]
fn scalar_fields() {
    let cases: Vec<(&str, &str, Config)> = vec![
        ("profile", "v2", with(|config| config.profile = Profile::V2)),
        ("profile", "classic", Config::default()),
        ("policyLabelValue", "identity", with(|config| config.policy_label_value = PolicyLabelValue::Identity)),
        ("policyLabelValue", "true", Config::default()),
        ("mode", "defaultShadow", with(|config| config.mode = Mode::Shadow)),
        ("enableNetworkPolicyCreation", "false", with(|config| config.enable_network_policy_creation = false)),
        ("enableEgressAutoallowDNSTraffic", "off", with(|config| config.enable_egress_autoallow_dns_traffic = false)),
        (
            "separateNetpolsForIngressAndEgress",
            "yes",
            with(|config| config.separate_netpols_for_ingress_and_egress = true),
        ),
        ("enableGroupIPsByCIDR", "True", with(|config| config.enable_group_ips_by_cidr = true)),
        ("groupIPsByCIDRPeersLimit", "0", with(|config| config.group_ips_by_cidr_peers_limit = 0)),
        (
            "automateThirdPartyNetworkPolicies",
            "off",
            with(|config| config.automate_third_party_network_policies = Automate::Off),
        ),
        (
            "automateThirdPartyNetworkPolicies",
            "false",
            with(|config| config.automate_third_party_network_policies = Automate::Off),
        ),
        ("automateThirdPartyNetworkPolicies", "if-blocked-by-otterize", Config::default()),
        (
            "automateAllowWebhookTraffic",
            "always",
            with(|config| config.automate_allow_webhook_traffic = Automate::Always),
        ),
        (
            "webhookTrafficLimitToControlPlane",
            "true",
            with(|config| config.webhook_traffic_limit_to_control_plane = true),
        ),
        ("controlPlaneIPv4CIDRPrefixLength", "28", with(|config| config.control_plane_ipv4_cidr_prefix_length = 28)),
        ("ingressControllerAWSALBExempt", "true", with(|config| config.ingress_controller_aws_alb_exempt = true)),
        (
            "workloadNameOverrideAnnotationName",
            "example.com/name",
            with(|config| config.workload_name_override_annotation_name = "example.com/name".into()),
        ),
        ("useImageNameForJobs", "true", with(|config| config.use_image_name_for_jobs = true)),
        ("enableStrictModeIntents", "on", with(|config| config.enable_strict_mode_intents = true)),
        ("namespace", "shop", with(|config| config.namespace = Some("shop".into()))),
        ("allowEmpty", "true", with(|config| config.allow_empty = true)),
        ("egressServiceSelectorRules", "no", with(|config| config.egress_service_selector_rules = false)),
        ("unresolvedDomains", "warn", with(|config| config.unresolved_domains = UnresolvedDomains::Warn)),
        ("labelWorkloads", "involved", with(|config| config.label_workloads = LabelWorkloads::Involved)),
        ("clientIntents", "localConfig", with(|config| config.client_intents = ClientIntentsOutput::LocalConfig)),
        (
            "policyPath",
            "netpol/{namespace}/{name}.yaml",
            with(|config| config.policy_path = Some("netpol/{namespace}/{name}.yaml".into())),
        ),
        ("policyNameSuffix", "-team.a", with(|config| config.policy_name_suffix = "-team.a".into())),
        ("argocdSyncWave", "-5", with(|config| config.argocd_sync_wave = Some(-5))),
        ("podAddresses", "match", with(|config| config.pod_addresses = PodAddresses::Match)),
        ("domainPolicies", "cilium", with(|config| config.domain_policies = DomainPolicies::Cilium)),
        ("domainPolicies", "gke", with(|config| config.domain_policies = DomainPolicies::Gke)),
        ("credentialsOperatorLabel", "true", with(|config| config.credentials_operator_label = true)),
        ("selectors", "native", with(|config| config.selectors = Selectors::Native)),
        ("selectors", "labels", Config::default()),
        ("staged", "calico", with(|config| config.staged = Staged::Calico)),
        ("staged", "none", Config::default()),
        // Names of the chart.
        (
            "experimentalUseDockerImageAsServiceNameForJobs",
            "true",
            with(|config| config.use_image_name_for_jobs = true),
        ),
        ("enableEnforcement", "false", with(|config| config.mode = Mode::Shadow)),
        ("enableEnforcement", "true", Config::default()),
        (
            "allowExternalTraffic",
            "always",
            with(|config| config.automate_third_party_network_policies = Automate::Always),
        ),
        (
            "autoCreateNetworkPoliciesForExternalTraffic",
            "false",
            with(|config| config.automate_third_party_network_policies = Automate::Off),
        ),
        ("autoAllowWebhookTraffic", "off", with(|config| config.automate_allow_webhook_traffic = Automate::Off)),
    ];
    for (field, value, expected) in cases {
        let expected = (expected, String::new());
        assert_eq!(read(&enforce_intents(&format!("{{{field}: {value:?}}}")), &[]), expected, "{field}: {value}");
        assert_eq!(read(&config_map(&format!("{{{field}: {value:?}}}")), &[]), expected, "{field}: {value}");
        assert_eq!(read("", &[(field, value)]), expected, "{field}={value}");
        if !value.contains('{') {
            assert_eq!(read(&enforce_intents(&format!("\n  {field}: {value}")), &[]), expected, "{field}: {value}");
        }
    }
}

#[test]
fn structured_fields() {
    let controller = |labels: &[(&str, &str)]| KnownWorkload {
        name: "nginx".into(),
        namespace: "ingress".into(),
        kind: "Deployment".into(),
        pod_labels: labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
    };
    let labels =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let dns_namespace: crate::model::selector::Labels = labels(&[("kubernetes.io/metadata.name", "dns")]);
    let cases: Vec<(&str, Config)> = vec![
        (
            "{watchedNamespaces: [a, b], enforcedNamespaces: [c]}",
            with(|config| {
                config.watched_namespaces = texts(&["a", "b"]);
                config.enforced_namespaces = texts(&["c"]);
            }),
        ),
        (
            "{ingressControllerConfigs: [{name: nginx, namespace: ingress, kind: Deployment}]}",
            with(|config| config.ingress_controller_configs = vec![controller(&[])]),
        ),
        (
            "{prometheusServerConfigs: [{name: nginx, namespace: ingress, kind: Deployment, podLabels: {app: 'x'}}]}",
            with(|config| config.prometheus_server_configs = vec![controller(&[("app", "x")])]),
        ),
        (
            "{metricsScrapingServiceConfigs: [{name: nginx, namespace: ingress, kind: Deployment}]}",
            with(|config| config.prometheus_server_configs = vec![controller(&[])]),
        ),
        (
            "{apiServer: {addresses: [192.0.2.1, '2001:db8::1'], ports: [6443]}}",
            with(|config| {
                config.api_server = Some(ApiServer {
                    addresses: vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()],
                    ports: vec![6443],
                });
            }),
        ),
        ("{dnsPorts: [5353]}", with(|config| config.dns_ports = vec![(Protocol::Udp, 5353), (Protocol::Tcp, 5353)])),
        (
            "{dnsPorts: [UDP/5353, 53/TCP, {port: 54, protocol: UDP}]}",
            with(|config| config.dns_ports = vec![(Protocol::Udp, 5353), (Protocol::Tcp, 53), (Protocol::Udp, 54)]),
        ),
        (
            "{dnsPeers: [{namespace: dns, podLabels: {k8s-app: kube-dns}}, {cidr: 10.0.0.10}]}",
            with(|config| {
                config.dns_peers = vec![
                    DnsPeer {
                        namespace_labels: dns_namespace.clone(),
                        pod_labels: labels(&[("k8s-app", "kube-dns")]),
                        cidr: None,
                    },
                    DnsPeer {
                        namespace_labels: labels(&[]),
                        pod_labels: labels(&[]),
                        cidr: Some("10.0.0.10/32".parse().unwrap()),
                    },
                ]
            }),
        ),
        (
            "{dnsPeers: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: dns}}, podSelector: {matchLabels: {a: b}}}, {ipBlock: {cidr: 10.0.0.7/8}}]}",
            with(|config| {
                config.dns_peers = vec![
                    DnsPeer { namespace_labels: dns_namespace.clone(), pod_labels: labels(&[("a", "b")]), cidr: None },
                    DnsPeer {
                        namespace_labels: labels(&[]),
                        pod_labels: labels(&[]),
                        cidr: Some("10.0.0.0/8".parse().unwrap()),
                    },
                ]
            }),
        ),
        (
            "{resolvedDomains: {a.example: [192.0.2.1, '::ffff:192.0.2.2'], '*.b.example': 192.0.2.3}}",
            with(|config| {
                config.resolved_domains = [
                    ("a.example".to_owned(), vec!["192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap()]),
                    ("*.b.example".to_owned(), vec!["192.0.2.3".parse().unwrap()]),
                ]
                .into();
            }),
        ),
        (
            "{defaultDeny: {namespaces: [a], directions: [Ingress]}}",
            with(|config| {
                config.default_deny =
                    Some(DefaultDeny { namespaces: Some(texts(&["a"])), ingress: true, egress: false })
            }),
        ),
        (
            "{defaultDeny: {namespaces: ['*'], directions: [Egress]}}",
            with(|config| config.default_deny = Some(DefaultDeny { namespaces: None, ingress: false, egress: true })),
        ),
        (
            "{defaultDeny: {}}",
            with(|config| config.default_deny = Some(DefaultDeny { namespaces: None, ingress: true, egress: true })),
        ),
        (
            "{workloadKinds: [{apiVersion: a.example/v1, kind: Fleet, podTemplate: spec.pods}, {apiVersion: v1, kind: X}]}",
            with(|config| {
                config.workload_kinds = vec![
                    WorkloadKind {
                        api_version: "a.example/v1".into(),
                        kind: "Fleet".into(),
                        pod_template: vec!["spec".into(), "pods".into()],
                    },
                    WorkloadKind {
                        api_version: "v1".into(),
                        kind: "X".into(),
                        pod_template: vec!["spec".into(), "template".into()],
                    },
                ]
            }),
        ),
        (
            "{rules: {no-client-intents: error, same-name-two-kinds: off}}",
            with(|config| {
                config.rules = [(Code::NoClientIntents, Some(Severity::Error)), (Code::SameNameTwoKinds, None)].into();
            }),
        ),
        (
            "{profile: v2, enableEgressNetworkPolicyCreation: true}",
            with(|config| {
                config.profile = Profile::V2;
                config.enable_egress_network_policy_creation = true;
            }),
        ),
    ];
    for (spec, expected) in cases {
        assert_eq!(read(&enforce_intents(spec), &[]), (expected, String::new()), "{spec}");
    }
}

/// Lists separated by commas, keys of maps behind a dot, and YAML's flow style for the rest.
#[test]
fn settings_and_config_maps_say_structures_in_texts() {
    for (key, value, spec) in [
        ("watchedNamespaces", "a, b", "{watchedNamespaces: [a, b]}"),
        ("watchedNamespaces", "[a, b]", "{watchedNamespaces: [a, b]}"),
        ("defaultDeny.namespaces", "a,b", "{defaultDeny: {namespaces: [a, b]}}"),
        (
            "defaultDeny",
            "{namespaces: [a], directions: [Egress]}",
            "{defaultDeny: {namespaces: [a], directions: [Egress]}}",
        ),
        ("apiServer.addresses", "192.0.2.1,2001:db8::1", "{apiServer: {addresses: [192.0.2.1, '2001:db8::1']}}"),
        ("rules.no-client-intents", "off", "{rules: {no-client-intents: off}}"),
        ("resolvedDomains.a.example", "192.0.2.1,192.0.2.2", "{resolvedDomains: {a.example: [192.0.2.1, 192.0.2.2]}}"),
        ("dnsPorts", "UDP/5353,TCP/5353", "{dnsPorts: [UDP/5353, TCP/5353]}"),
        (
            "ingressControllerConfigs",
            "[{name: n, namespace: s, kind: K}]",
            "{ingressControllerConfigs: [{name: n, namespace: s, kind: K}]}",
        ),
    ] {
        let expected = read(&enforce_intents(spec), &[]);
        assert_eq!(expected.1, "", "{spec}");
        assert_eq!(read("", &[(key, value)]), expected, "{key}={value}");
        assert_eq!(read(&config_map(&format!("{{'{key}': '{value}'}}")), &[]), expected, "{key}: {value}");
    }
}

#[test]
fn settings_win_field_by_field() {
    let spec = enforce_intents(
        "{mode: defaultShadow, watchedNamespaces: [a], defaultDeny: {namespaces: [a], directions: [Ingress]}, rules: {no-client-intents: off}}",
    );
    let settings = [
        ("watchedNamespaces", "b"),
        ("watchedNamespaces", "c"),
        ("defaultDeny.namespaces", "b"),
        ("rules.namespace-missing", "error"),
    ];
    let expected = with(|config| {
        config.mode = Mode::Shadow;
        config.watched_namespaces = texts(&["c"]);
        config.default_deny = Some(DefaultDeny { namespaces: Some(texts(&["b"])), ingress: true, egress: false });
        config.rules = [(Code::NoClientIntents, None), (Code::NamespaceMissing, Some(Severity::Error))].into();
    });
    assert_eq!(read(&spec, &settings), (expected, String::new()));
    let alias = enforce_intents("{useImageNameForJobs: false}");
    let expected = with(|config| config.use_image_name_for_jobs = true);
    assert_eq!(read(&alias, &[("experimentalUseDockerImageAsServiceNameForJobs", "true")]), (expected, String::new()));
}

#[test]
fn switches_without_effect_are_said() {
    let (config, lines) =
        read(&enforce_intents("{enableIstioPolicyCreation: true, externallyManagedPolicyWorkloads: [{name: a}]}"), &[]);
    assert_eq!(config, Config::default());
    assert_eq!(
        lines,
        "info config-no-effect [spec.enableIstioPolicyCreation] functionConfig: the operator's switch `enableIstioPolicyCreation` has no effect at build time\n\
         info config-no-effect [spec.externallyManagedPolicyWorkloads] functionConfig: the operator's switch `externallyManagedPolicyWorkloads` has no effect at build time\n"
    );
    let (_, lines) = read(&enforce_intents("{profile: v2, policyLabelValue: identity}"), &[]);
    assert_eq!(
        lines,
        "info config-no-effect [spec.policyLabelValue] functionConfig: `policyLabelValue` has no effect with `profile: v2`\n"
    );
    let (_, lines) = read(
        &enforce_intents("{selectors: native, labelWorkloads: involved, enableNetworkPolicyCreation: false}"),
        &[],
    );
    assert_eq!(
        lines,
        "info config-no-effect [spec.labelWorkloads] functionConfig: `labelWorkloads` has no effect with `selectors: native`, which writes no labels\n\
         info config-no-effect [spec.enableNetworkPolicyCreation] functionConfig: `enableNetworkPolicyCreation` is false, and `selectors: native` writes no labels, so nothing is written at all\n"
    );
}

#[test]
fn aliases_cannot_make_it_grow() {
    let mut bomb = String::from("x0: &x0 [a, a, a, a, a, a, a, a]\n");
    for level in 1..6 {
        let _ = writeln!(bomb, "  x{level}: &x{level} [{}]", vec![format!("*x{}", level - 1); 8].join(", "));
    }
    let function_config = format!("apiVersion: fn.kpt.dev/v1alpha1\nkind: EnforceIntents\nspec:\n  {bomb}");
    assert_eq!(
        read(&function_config, &[]).1,
        "error invalid-config [spec] functionConfig: it is too large or too deeply nested\n"
    );
}

#[test]
fn rules_change_severities() {
    let config = with(|config| {
        config.rules = [
            (Code::NoClientIntents, None),
            (Code::NamespaceMissing, Some(Severity::Error)),
            (Code::InvalidIntents, Some(Severity::Info)),
        ]
        .into();
    });
    let findings = [Code::NoClientIntents, Code::NamespaceMissing, Code::InvalidIntents, Code::ServerNotFound]
        .map(|code| Finding::new(code, None, "x"));
    let changed = config.apply_rules(Findings(findings.to_vec()));
    let changed: Vec<_> = changed.0.iter().map(|finding| (finding.code, finding.severity)).collect();
    assert_eq!(
        changed,
        [
            (Code::NamespaceMissing, Severity::Error),
            (Code::InvalidIntents, Severity::Error),
            (Code::ServerNotFound, Severity::Warning)
        ]
    );
}
