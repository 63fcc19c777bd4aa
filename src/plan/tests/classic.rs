//! Access policies of profile `classic`.

use crate::config::{Mode, PolicyLabelValue};
use crate::plan::testing::{Bundle, classic};

#[test]
fn one_policy_per_server_and_client_namespace() {
    let bundle = Bundle::default()
        .namespace("one", &[])
        .intents("one/a", &["srv/db", "srv/my_db"])
        .intents("one/b", &["srv/db"])
        .intents("two/c", &["srv/db"]);
    let (plan, findings) = bundle.plan(&classic(|config| config.policy_label_value = PolicyLabelValue::Identity));
    assert_eq!(
        bundle.described(&plan),
        "\
Namespace one metadata.labels
\x20 + ~namespace-name=one
policy srv/access-to-db-from-one {~network-policy=db-srv-4aeb22}
\x20 pods {~server=db-srv-4aeb22}
\x20 ingress {~access-db-srv-4aeb22=true} in {~namespace-name=one}
policy srv/access-to-db-from-two {~network-policy=db-srv-4aeb22}
\x20 pods {~server=db-srv-4aeb22}
\x20 ingress {~access-db-srv-4aeb22=true} in {name=two}
policy srv/access-to-my.db-from-one {~network-policy=my_db-srv-f7966e}
\x20 pods {~server=my_db-srv-f7966e}
\x20 ingress {~access-my_db-srv-f7966e=true} in {~namespace-name=one}
"
    );
    assert_eq!(crate::plan::testing::described_findings(&findings), "\
info namespace-not-found: the manifest of Namespace two is not in the input, so policies select it by kubernetes.io/metadata.name
");
}

#[test]
fn services_are_opened_on_their_target_ports_only() {
    let bundle = Bundle::default()
        .namespace("a", &[])
        .service("a/db", &[("app", "db")], &["80:http", "53:5353/UDP", "54:5353/TCP", "81:http"])
        .intents("a/web", &["svc:a/db", "a/db"]);
    assert_eq!(
        bundle.policies(&classic(|_| {})),
        "\
policy a/access-to-db-from-a {~network-policy=true}
\x20 pods {~server=db-a-93a39c}
\x20 ingress {~access-db-a-93a39c=true} in {~namespace-name=a}
policy a/svc-access-to-db-from-a {~svc-network-policy=true}
\x20 pods {app=db}
\x20 ingress {~svc-access-db-a-93a39c=true} in {~namespace-name=a} on TCP/http UDP/5353 TCP/5353
"
    );
}

#[test]
fn the_api_server_gets_no_policy() {
    let bundle =
        Bundle::default().namespace("a", &[]).intents("a/web", &["svc:default/kubernetes", "default/kubernetes"]);
    assert_eq!(bundle.policies(&classic(|_| {})), "");
}

#[test]
fn a_kind_that_labels_cannot_tell_apart_is_an_error() {
    let bundle = Bundle::default().namespace("a", &[]).deployment("a/db").intents("a/web", &["a/db[Deployment]"]);
    assert_eq!(bundle.findings(&classic(|_| {})), "");
    let bundle = bundle.workload("a/db[StatefulSet]", |_| {});
    assert_eq!(bundle.findings(&classic(|_| {})), "\
error identity-collision: a classic policy for Deployment a/db would also open StatefulSet a/db, because classic labels have no kind
");
}

#[test]
fn shadow_mode_and_watched_namespaces() {
    let bundle = Bundle::default()
        .namespace("a", &[])
        .intents("a/web", &["b/one", "c/two", "d/three[Deployment]", "e/four"])
        .protected("c/two")
        .protected("d/three[Deployment]");
    let shadow = classic(|config| {
        config.mode = Mode::Shadow;
        config.enforced_namespaces = ["b".to_owned()].into();
    });
    assert_eq!(
        bundle.policies(&shadow),
        "\
policy b/access-to-one-from-a {~network-policy=true}
\x20 pods {~server=one-b-2545b7}
\x20 ingress {~access-one-b-2545b7=true} in {~namespace-name=a}
policy c/access-to-two-from-a {~network-policy=true}
\x20 pods {~server=two-c-a8a6fa}
\x20 ingress {~access-two-c-a8a6fa=true} in {~namespace-name=a}
policy c/default-deny-two {~network-policy=two-c-a8a6fa ~network-policy-service-default-deny=true}
\x20 pods {~server=two-c-a8a6fa}
\x20 ingress none
policy d/access-to-three-from-a {~network-policy=true}
\x20 pods {~server=three-d-fb3216}
\x20 ingress {~access-three-d-fb3216=true} in {~namespace-name=a}
policy d/default-deny-three {~network-policy=three-d-fb3216 ~network-policy-service-default-deny=true}
\x20 pods {~server=three-d-fb3216}
\x20 ingress none
"
    );
    let watched = classic(|config| config.watched_namespaces = ["b".to_owned()].into());
    assert_eq!(
        bundle.findings(&watched),
        "\
warning namespace-not-allowed: no policy for c/two, whose namespace is not among watchedNamespaces
warning namespace-not-allowed: no policy for Deployment d/three, whose namespace is not among watchedNamespaces
warning namespace-not-allowed: no policy for e/four, whose namespace is not among watchedNamespaces
"
    );
}

#[test]
fn isolating_a_dns_server_is_a_warning() {
    let bundle = Bundle::default().namespace("a", &[]).intents("a/web", &["kube-system/coredns"]);
    assert_eq!(
        bundle.findings(&classic(|_| {})),
        "\
warning traffic-blocked: the policy for kube-system/coredns cuts off DNS of every pod without this intent
"
    );
}
