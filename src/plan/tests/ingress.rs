//! Ingress of profile `v2` and default deny of ProtectedServices.

use crate::config::Mode;
use crate::model::service::ServiceType;
use crate::plan::testing::{Bundle, labels, v2};

#[test]
fn kinds_give_policies_of_their_own() {
    let bundle = Bundle::default()
        .deployment("a/db")
        .intents("a/web", &["a/db"])
        .intents("b/web", &["a/db[Deployment]"])
        .intents("b/cron[CronJob]", &["a/db[Deployment]", "a/my_db"])
        .intents("c/web", &["a/db[Deployment]"]);
    assert_eq!(
        bundle.policies(&v2(|_| {})),
        "\
policy a/db-access {~network-policy=db-a-93a39c}
\x20 pods {~service=db-a-93a39c}
\x20 ingress {~access-db-a-93a39c=true} in {name=a}
policy a/db-deployment-access {~network-policy=db-a-deplo-849722}
\x20 pods {~owner-kind=Deployment ~service=db-a-93a39c}
\x20 ingress {~access-db-a-deplo-849722=true} in {name=b}
\x20 ingress {~access-db-a-deplo-849722=true} in {name=c}
policy a/my.db-access {~network-policy=my_db-a-6d16ef}
\x20 pods {~service=my_db-a-6d16ef}
\x20 ingress {~access-my_db-a-6d16ef=true} in {name=b}
"
    );
}

#[test]
fn services_by_their_selector_and_target_ports() {
    let bundle = Bundle::default()
        .service("a/db", &[("app", "db"), ("tier", "x")], &["80:http", "53:5353/UDP", "54:5353/TCP"])
        .intents("a/web", &["svc:a/db", "svc:default/kubernetes"]);
    assert_eq!(
        bundle.policies(&v2(|_| {})),
        "\
policy a/db-service-access {~network-policy=db-a-servi-b664b6}
\x20 pods {app=db tier=x}
\x20 ingress {~svc-access-db-a-servi-b664b6=true} in {name=a} on TCP/http UDP/5353 TCP/5353
"
    );
}

#[test]
fn services_that_no_policy_can_be_made_for() {
    let bundle = Bundle::default()
        .service("a/no-selector", &[], &["80"])
        .service("a/no-ports", &[("app", "x")], &[])
        .changed_service("a/alias", |service| {
            service.service_type = ServiceType::ExternalName;
            service.selector = Some(labels(&[("app", "x")]));
        })
        .intents("a/web", &["svc:a/no-selector", "svc:a/no-ports", "svc:a/alias", "svc:a/missing"])
        .protected("a/no-selector[Service]")
        .protected("a/no-ports[Service]")
        .protected("a/missing[Service]");
    let (plan, findings) = bundle.plan(&v2(|_| {}));
    assert_eq!(crate::plan::testing::described_findings(&findings), "\
error service-without-selector: Service a/no-selector, which a/web calls, has no selector
error service-without-ports: Service a/no-ports, which a/web calls, has no ports, so a policy would have to open all of them
error service-without-selector: Service a/alias, which a/web calls, is of type ExternalName and has no pods
warning service-not-found: Service a/missing, which a/web calls, is not in the input, so there is no policy for it
error service-without-selector: protected Service a/no-selector has no selector
warning service-not-found: protected Service a/missing is not in the input, so there is no default deny for it
");
    assert_eq!(
        crate::plan::testing::described_policies(&plan),
        "\
policy a/default-deny-no-ports-service {~network-policy=no-ports-a-c278d5 ~network-policy-service-default-deny=true}
\x20 pods {app=x}
\x20 ingress none
"
    );
}

#[test]
fn a_missing_service_is_named_with_what_was_probably_meant() {
    let bundle = Bundle::default()
        .service("a/frontend", &[("app", "x")], &["80"])
        .service("b/frontent", &[("app", "x")], &["80"])
        .intents("a/web", &["svc:a/forntend", "svc:a/other"]);
    let (_, findings) = bundle.plan(&v2(|_| {}));
    let help: Vec<_> = findings.0.iter().map(|finding| finding.help.as_deref().unwrap()).collect();
    assert_eq!(help, ["did you mean `frontend`?", "add the Service's manifest to the input"]);
}

#[test]
fn dns_servers_stay_open() {
    let bundle = Bundle::default()
        .service("kube-system/kube-dns", &[("k8s-app", "kube-dns")], &["53/UDP", "9153"])
        .intents("a/web", &["kube-system/coredns", "svc:kube-system/kube-dns", "kube-system/dns-checker", "a/mydns"]);
    assert_eq!(
        bundle.policies(&v2(|_| {})),
        "\
policy a/mydns-access {~network-policy=mydns-a-ae9032}
\x20 pods {~service=mydns-a-ae9032}
\x20 ingress {~access-mydns-a-ae9032=true} in {name=a}
policy kube-system/coredns-access {~network-policy=coredns-kube-system-dd756f}
\x20 pods {~service=coredns-kube-system-dd756f}
\x20 ingress {~access-coredns-kube-system-dd756f=true} in {name=a}
\x20 ingress anyone on UDP/53 TCP/53
policy kube-system/dns-checker-access {~network-policy=dns-checker-kube-system-c28718}
\x20 pods {~service=dns-checker-kube-system-c28718}
\x20 ingress {~access-dns-checker-kube-system-c28718=true} in {name=a}
policy kube-system/kube-dns-service-access {~network-policy=kube-dns-kube-system-servi-eadb51}
\x20 pods {k8s-app=kube-dns}
\x20 ingress {~svc-access-kube-dns-kube-system-servi-eadb51=true} in {name=a} on UDP/53 TCP/9153
\x20 ingress anyone on UDP/53 TCP/53
"
    );
}

#[test]
fn protected_services_are_denied_in_both_modes() {
    let bundle = Bundle::default()
        .service("a/db", &[("app", "db")], &["80"])
        .protected("a/web")
        .protected("a/my_api[Deployment]")
        .protected("a/db[Service]");
    let expected = "\
policy a/default-deny-db-service {~network-policy=db-a-93a39c ~network-policy-service-default-deny=true}
\x20 pods {app=db}
\x20 ingress none
policy a/default-deny-my.api-deployment {~network-policy=my_api-a-543e1b ~network-policy-service-default-deny=true}
\x20 pods {~owner-kind=Deployment ~service=my_api-a-543e1b}
\x20 ingress none
policy a/default-deny-web {~network-policy=web-a-4a4224 ~network-policy-service-default-deny=true}
\x20 pods {~service=web-a-4a4224}
\x20 ingress none
";
    assert_eq!(bundle.policies(&v2(|_| {})), expected);
    assert_eq!(bundle.policies(&v2(|config| config.mode = Mode::Shadow)), expected);
}

/// Which ProtectedService lets which target have its policy in shadow mode (decision D4).
#[test]
fn protection_in_shadow_mode() {
    let shadow = v2(|config| config.mode = Mode::Shadow);
    for (protected, target, covers) in [
        ("a/db", "a/db", true),
        ("a/db", "a/db[Deployment]", true),
        ("a/db", "svc:a/db", true),
        ("a/db[Deployment]", "a/db", true),
        ("a/db[Deployment]", "a/db[Deployment]", true),
        ("a/db[Deployment]", "a/db[StatefulSet]", false),
        ("a/db[Deployment]", "svc:a/db", false),
        ("a/db[Service]", "a/db", false),
        ("a/db[Service]", "a/db[Deployment]", false),
        ("a/db[Service]", "svc:a/db", true),
        ("b/db", "a/db", false),
    ] {
        let bundle = Bundle::default()
            .service("a/db", &[("app", "db")], &["80"])
            .service("b/db", &[("app", "db")], &["80"])
            .intents("a/web", &[target])
            .protected(protected);
        let policies = bundle.policies(&shadow);
        assert_eq!(policies.contains("-access "), covers, "{protected} {target}\n{policies}");
    }
}

#[test]
fn a_call_that_a_default_deny_cuts_off_is_a_warning() {
    let bundle = Bundle::default()
        .deployment("a/db")
        .service("a/db", &[("app", "db")], &["80"])
        .intents("a/web", &["svc:a/db"])
        .protected("a/db[Deployment]");
    assert_eq!(
        bundle.findings(&v2(|config| config.mode = Mode::Shadow)),
        "\
warning traffic-blocked: a generated policy isolates Deployment a/db, and none admits this call of a/web
"
    );
    assert_eq!(bundle.findings(&v2(|_| {})), "");
    let unwatched = v2(|config| config.watched_namespaces = ["b".to_owned()].into());
    assert_eq!(
        bundle.findings(&unwatched),
        "\
warning namespace-not-allowed: no policy for Service a/db, whose namespace is not among watchedNamespaces
warning traffic-blocked: a generated policy isolates Deployment a/db, and none admits this call of a/web
"
    );
}

#[test]
fn a_client_on_the_host_network_is_cut_off() {
    let bundle = |server_on_host| {
        Bundle::default()
            .workload("a/agent[DaemonSet]", |workload| workload.host_network = true)
            .workload("a/db[Deployment]", |workload| workload.host_network = server_on_host)
            .intents("a/agent", &["a/db"])
    };
    assert_eq!(bundle(false).findings(&v2(|_| {})), "\
warning traffic-blocked: DaemonSet a/agent uses the host network, so no policy admits its call to Deployment a/db by labels
");
    // Policies do not apply to a server on the host network.
    assert_eq!(bundle(true).findings(&v2(|_| {})), "");
}

#[test]
fn names_are_checked() {
    let bundle = Bundle::default().intents("a/web", &["a/db-deployment", "a/db[Deployment]"]);
    assert_eq!(
        bundle.findings(&v2(|_| {})),
        "\
error policy-name-collision: two different policies would be named NetworkPolicy a/db-deployment-access
"
    );
    let bundle = Bundle::default().intents("a/web", &["a/Server"]);
    assert_eq!(
        bundle.findings(&v2(|_| {})),
        "error invalid-identity: NetworkPolicy a/Server-access would have an illegal name\n"
    );
    // Two ProtectedServices that mean the same pods and name give one object.
    let bundle = Bundle::default().protected("a/db").protected("a/db");
    assert_eq!(
        bundle.policies(&v2(|_| {})),
        "\
policy a/default-deny-db {~network-policy=db-a-93a39c ~network-policy-service-default-deny=true}
\x20 pods {~service=db-a-93a39c}
\x20 ingress none
"
    );
}

#[test]
fn suffix_and_sync_wave() {
    let bundle = Bundle::default().intents("a/web", &["a/db"]);
    let config = v2(|config| {
        config.policy_name_suffix = "-team".into();
        config.argocd_sync_wave = Some(-1);
    });
    assert_eq!(
        bundle.policies(&config),
        "\
policy a/db-access-team {~network-policy=db-a-93a39c} annotations {argocd.argoproj.io/sync-wave=-1}
\x20 pods {~service=db-a-93a39c}
\x20 ingress {~access-db-a-93a39c=true} in {name=a}
"
    );
}
