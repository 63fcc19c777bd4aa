//! Egress of profile `v2`.

use crate::config::{ApiServer, Config, DnsPeer, Mode, UnresolvedDomains};
use crate::model::policy::Protocol;
use crate::plan::testing::{Bundle, called_by, described_findings, described_policies, labels, v2};
use std::collections::BTreeMap;

fn egress(change: impl FnOnce(&mut Config)) -> Config {
    v2(|config| {
        config.enable_egress_network_policy_creation = true;
        change(config);
    })
}

/// The egress lines of the plan.
fn rules(bundle: &Bundle, config: &Config) -> String {
    let text = bundle.policies(config);
    text.lines().filter(|line| line.starts_with("  egress")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn every_rule_kind_in_order() {
    let bundle = Bundle::default()
        .deployment("b/db")
        .service("b/db", &[("app", "db")], &["8080:80", "81:named", "82"])
        .changed_intents(
            "a/web[Deployment]",
            &["svc:b/db", "internet:1.1.1.1@443", "b/db[Deployment]", "b/cache"],
            |_| {},
        );
    assert_eq!(
        rules(&bundle, &egress(|_| {})),
        "\
\x20 egress {~owner-kind=Deployment ~service=db-b-4911b1} in {name=b}
\x20 egress {app=db} in {name=b}
\x20 egress {~service=cache-b-1ae58e} in {name=b}
\x20 egress 1.1.1.1/32 on /443
\x20 egress {app=db} in {name=b} on TCP/80 TCP/8080 TCP/named TCP/81 TCP/82
\x20 egress anyone on UDP/53 TCP/53
"
    );
    assert_eq!(rules(&bundle, &egress(|config| config.egress_service_selector_rules = false)).lines().count(), 5);
}

#[test]
fn a_service_that_selects_others_gives_no_rule() {
    let bundle = Bundle::default()
        .deployment("b/db")
        .workload("b/other[Deployment]", |workload| {
            workload.template_labels = labels(&[("app", "db")]);
        })
        .service("b/db", &[("app", "db")], &["80"])
        .intents("a/web", &["b/db"])
        .intents("a/app", &["b/db", "b/other"]);
    let (plan, findings) = bundle.plan(&egress(|_| {}));
    // Once per Service.
    assert_eq!(
        described_findings(&findings),
        "\
warning traffic-blocked: no egress rule for the selector of Service b/db, because besides b/db it selects Deployment b/other
"
    );
    assert!(!described_policies(&plan).contains("egress {app=db}"));
    assert_eq!(bundle.findings(&egress(|config| config.egress_service_selector_rules = false)), "");
}

#[test]
fn separate_policies() {
    let bundle = Bundle::default().intents("a/web", &["a/db"]).intents("a/db", &["a/disk"]);
    assert_eq!(
        bundle.policies(&egress(|config| config.separate_netpols_for_ingress_and_egress = true)),
        "\
policy a/db-egress {~network-policy=db-a-93a39c}
\x20 pods {~service=db-a-93a39c}
\x20 egress {~service=disk-a-d9579c} in {name=a}
\x20 egress anyone on UDP/53 TCP/53
policy a/db-ingress {~network-policy=db-a-93a39c}
\x20 pods {~service=db-a-93a39c}
\x20 ingress {~access-db-a-93a39c=true} in {name=a}
policy a/disk-ingress {~network-policy=disk-a-d9579c}
\x20 pods {~service=disk-a-d9579c}
\x20 ingress {~access-disk-a-d9579c=true} in {name=a}
policy a/web-egress {~network-policy=web-a-4a4224}
\x20 pods {~service=web-a-4a4224}
\x20 egress {~service=db-a-93a39c} in {name=a}
\x20 egress anyone on UDP/53 TCP/53
"
    );
}

#[test]
fn addresses_are_canonical_distinct_and_sorted_by_text() {
    let bundle = Bundle::default().intents(
        "a/web",
        &["internet:3.3.3.7/24,2001:db8::1,10.0.0.1,10.0.0.1/32,2001:db8::ff/64@53,53", "internet:0.0.0.0/0"],
    );
    assert_eq!(
        rules(&bundle, &egress(|_| {})),
        "\
\x20 egress 10.0.0.1/32 | 2001:db8::/64 | 2001:db8::1/128 | 3.3.3.0/24 on /53
\x20 egress 0.0.0.0/0
\x20 egress anyone on UDP/53 TCP/53
"
    );
}

#[test]
fn grouping_starts_above_the_limit() {
    let bundle = Bundle::default().intents(
        "a/web",
        &["internet:10.1.2.4,10.1.2.5,10.1.3.6,10.1.4.7/32,10.1.2.0/28,2001:db8::1", "internet:10.1.2.4,10.1.2.5"],
    );
    let config = |limit| {
        egress(|config| {
            config.enable_group_ips_by_cidr = true;
            config.group_ips_by_cidr_peers_limit = limit;
        })
    };
    assert_eq!(rules(&bundle, &config(6)), rules(&bundle, &egress(|_| {})));
    assert_eq!(
        rules(&bundle, &config(5)),
        "\
\x20 egress 10.1.2.0/24 | 10.1.2.0/28 | 10.1.3.0/24 | 10.1.4.7/32 | 2001:db8::1/128
\x20 egress 10.1.2.4/32 | 10.1.2.5/32
\x20 egress anyone on UDP/53 TCP/53
"
    );
}

#[test]
fn domains_have_the_addresses_of_status_and_configuration() {
    let bundle = Bundle::default().changed_intents("a/web", &["domain:one.example", "domain:two.example"], |intents| {
        intents.resolved_ips = BTreeMap::from([
            ("one.example".into(), vec!["10.0.0.1".parse().unwrap()]),
            ("ONE.example".into(), vec!["10.0.0.9".parse().unwrap()]),
        ]);
    });
    let resolved = |config: &mut Config| {
        config.resolved_domains = BTreeMap::from([
            ("one.example".into(), vec!["10.0.0.2".parse().unwrap()]),
            ("two.example".into(), vec!["2001:db8::2".parse().unwrap()]),
        ]);
    };
    assert_eq!(
        rules(&bundle, &egress(resolved)),
        "\
\x20 egress 10.0.0.1/32 | 10.0.0.2/32
\x20 egress 2001:db8::2/128
\x20 egress anyone on UDP/53 TCP/53
"
    );
    assert_eq!(
        bundle.findings(&egress(|_| {})),
        "error unresolved-domain: no address is known for two.example, which a/web calls\n"
    );
    let warn = egress(|config| config.unresolved_domains = UnresolvedDomains::Warn);
    let (plan, findings) = bundle.plan(&warn);
    assert_eq!(
        described_findings(&findings),
        "warning unresolved-domain: no address is known for two.example, which a/web calls\n"
    );
    assert_eq!(
        described_policies(&plan),
        "\
policy a/web-access {~network-policy=web-a-4a4224}
\x20 pods {~service=web-a-4a4224}
\x20 egress 10.0.0.1/32
\x20 egress anyone on UDP/53 TCP/53
"
    );
}

#[test]
fn dns_never_stands_alone() {
    let bundle = Bundle::default().intents("a/web", &["cloud"]);
    let (plan, findings) = bundle.plan(&egress(|_| {}));
    assert!(plan.generated.is_empty());
    assert_eq!(
        described_findings(&findings),
        "\
warning no-egress-rules: no target of a/web gives an egress rule, so its egress is not restricted
"
    );
    // A Service with a fault is told of as such, and nothing is restricted or not before it is mended.
    let faulty = Bundle::default().service("a/db", &[], &["80"]).intents("a/web", &["svc:a/db"]);
    assert_eq!(
        faulty.findings(&egress(|_| {})),
        "error service-without-selector: Service a/db, which a/web calls, has no selector\n"
    );
    // Without targets there is nothing to say.
    assert_eq!(Bundle::default().intents("a/web", &[]).planned(&egress(|_| {})), "");
}

#[test]
fn dns_ports_and_peers() {
    let bundle = Bundle::default().intents("a/web", &["internet:1.1.1.1"]);
    let config = egress(|config| {
        config.dns_ports = vec![(Protocol::Udp, 53), (Protocol::Udp, 5353), (Protocol::Udp, 53)];
        config.dns_peers = vec![
            DnsPeer {
                namespace_labels: labels(&[("kubernetes.io/metadata.name", "openshift-dns")]),
                pod_labels: labels(&[]),
                cidr: None,
            },
            DnsPeer { namespace_labels: labels(&[]), pod_labels: labels(&[("app", "dns")]), cidr: None },
            DnsPeer {
                namespace_labels: labels(&[]),
                pod_labels: labels(&[]),
                cidr: Some("169.254.20.10/32".parse().unwrap()),
            },
        ];
    });
    assert_eq!(
        rules(&bundle, &config),
        "\
\x20 egress 1.1.1.1/32
\x20 egress all in {name=openshift-dns} | {app=dns} in {} | 169.254.20.10/32 on UDP/53 UDP/5353
"
    );
    // Without ports a rule would open all of them, so there is none.
    assert_eq!(rules(&bundle, &egress(|config| config.dns_ports = Vec::new())), "  egress 1.1.1.1/32\n");
    assert_eq!(
        rules(&bundle, &egress(|config| config.enable_egress_autoallow_dns_traffic = false)),
        "  egress 1.1.1.1/32\n"
    );
}

#[test]
fn the_api_server_by_its_addresses() {
    let bundle = Bundle::default()
        .changed_service("default/kubernetes", |service| {
            service.cluster_ips = vec!["10.96.0.1".parse().unwrap(), "fd00::1".parse().unwrap()];
        })
        .intents("a/web", &["svc:default/kubernetes"]);
    assert_eq!(
        bundle.findings(&egress(|_| {})),
        "\
error api-server-unknown: egress of a/web to the API server needs endpoint addresses, which are not in the input
"
    );
    let with_endpoints = bundle.clone().endpoints("default/kubernetes", &["192.168.0.1", "fd00::2"], &[6443]);
    assert_eq!(
        rules(&with_endpoints, &egress(|_| {})),
        "\
\x20 egress 10.96.0.1/32 | fd00::1/128 | 192.168.0.1/32 | fd00::2/128 on TCP/6443
\x20 egress anyone on UDP/53 TCP/53
"
    );
    let configured = egress(|config| {
        config.api_server = Some(ApiServer { addresses: vec!["172.16.0.1".parse().unwrap()], ports: vec![443, 6443] });
    });
    assert_eq!(
        rules(&with_endpoints, &configured),
        "\
\x20 egress 10.96.0.1/32 | fd00::1/128 | 172.16.0.1/32 on TCP/443 TCP/6443
\x20 egress anyone on UDP/53 TCP/53
"
    );
    let without_ports = egress(|config| {
        config.api_server = Some(ApiServer { addresses: vec!["172.16.0.1".parse().unwrap()], ports: Vec::new() });
    });
    assert_eq!(
        rules(&with_endpoints, &without_ports),
        "\
\x20 egress 10.96.0.1/32 | fd00::1/128 | 172.16.0.1/32 on TCP/6443
\x20 egress anyone on UDP/53 TCP/53
"
    );
    assert_eq!(
        bundle.findings(&without_ports),
        "\
error api-server-unknown: egress of a/web to the API server needs endpoint ports, which are not in the input
"
    );
    // Without a kind it is a workload that no pod is, and the call is cut off.
    let kindless = Bundle::default().intents("a/web", &["default/kubernetes"]);
    assert_eq!(
        kindless.findings(&egress(|_| {})),
        "\
warning traffic-blocked: the egress policy of a/web cuts off calls to the API server, which has no pods
"
    );
}

#[test]
fn never_in_shadow_mode_nor_for_unwatched_clients() {
    let bundle = Bundle::default().intents("a/web", &["internet:1.1.1.1"]);
    let shadow = egress(|config| {
        config.mode = Mode::Shadow;
        config.enforced_namespaces = ["a".to_owned()].into();
    });
    assert_eq!(bundle.policies(&shadow), "");
    let watched = egress(|config| config.watched_namespaces = ["b".to_owned()].into());
    assert_eq!(bundle.plan(&watched).0.generated, vec![]);
    assert_eq!(
        bundle.findings(&watched),
        "\
warning namespace-not-allowed: no egress policy for a/web, whose namespace is not among watchedNamespaces
"
    );
}

#[test]
fn called_by_opens_the_clients_egress() {
    let bundle = Bundle::default().workload("b/db[Deployment]", |workload| {
        workload.called_by = vec![called_by("a/web[Deployment]", workload.resource)];
    });
    assert_eq!(
        bundle.policies(&egress(|_| {})),
        "\
policy a/web-deployment-access {~network-policy=web-a-deplo-4e53cb}
\x20 pods {~owner-kind=Deployment ~service=web-a-4a4224}
\x20 egress {~owner-kind=Deployment ~service=db-b-4911b1} in {name=b}
\x20 egress anyone on UDP/53 TCP/53
policy b/db-deployment-access {~network-policy=db-b-deplo-1fdae6}
\x20 pods {~owner-kind=Deployment ~service=db-b-4911b1}
\x20 ingress {~access-db-b-deplo-1fdae6=true} in {name=a}
"
    );
}

#[test]
fn calls_that_a_policy_cannot_express_are_named() {
    let bundle = Bundle::default().intents("a/web", &["a/db", "cloud"]);
    assert_eq!(
        bundle.findings(&egress(|_| {})),
        "\
warning traffic-blocked: the egress policy of a/web cuts off this call to something outside the cluster
"
    );
    assert_eq!(bundle.findings(&v2(|_| {})), "");
}

#[test]
fn a_server_on_the_host_network_is_out_of_reach() {
    let bundle = |client_on_host| {
        Bundle::default()
            .workload("a/web[Deployment]", |workload| workload.host_network = client_on_host)
            .workload("b/agent[DaemonSet]", |workload| workload.host_network = true)
            .service("b/agent", &[("app", "agent")], &["80"])
    };
    let restricted = bundle(false).intents("a/web", &["b/agent", "svc:b/agent"]);
    assert_eq!(restricted.findings(&egress(|_| {})), "\
warning traffic-blocked: the egress policy of a/web cuts off this call: DaemonSet b/agent uses the host network, so no selector of pods lets out to it
warning traffic-blocked: the egress policy of a/web cuts off this call: DaemonSet b/agent uses the host network, so no selector of pods lets out to it
");
    assert_eq!(restricted.findings(&v2(|_| {})), "");
    // Policies do not apply to a client on the host network, and nodes are among all addresses.
    assert_eq!(bundle(true).intents("a/web", &["b/agent"]).findings(&egress(|_| {})), "");
    assert_eq!(bundle(false).intents("a/web", &["b/agent", "internet:0.0.0.0/0"]).findings(&egress(|_| {})), "");
}
