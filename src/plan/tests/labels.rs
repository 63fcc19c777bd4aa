//! Labels of pods and Namespaces.

use crate::config::{ClientIntentsOutput, DefaultDeny, LabelWorkloads, Mode};
use crate::model::selector::{LabelSelector, Operator, Requirement};
use crate::plan::testing::{Bundle, called_by, classic, described_findings, labels, v2};

fn shop() -> Bundle {
    Bundle::default()
        .deployment("shop/web")
        .deployment("shop/db")
        .deployment("shop/idle")
        .intents("shop/web", &["shop/db"])
}

#[test]
fn stale_labels_of_both_profiles_go() {
    let bundle = shop().workload("shop/old[Deployment]", |workload| {
        workload.template_labels.extend(&labels(&[
            ("intents.otterize.com/server", "old-shop-000000"),
            ("intents.otterize.com/client", "true"),
            ("intents.otterize.com/access-gone-shop-000000", "true"),
            ("intents.otterize.com/svc-access-gone-shop-000000", "true"),
            ("intents.otterize.com/k8s-svc-gone-shop-000000", "true"),
            ("intents.otterize.com/somebody-elses", "stays"),
            ("example.org/access-gone", "stays"),
        ]));
    });
    let (plan, _) = bundle.plan(&v2(|_| {}));
    let of_old =
        crate::plan::Plan { map_changes: plan.map_changes.into_iter().skip(3).collect(), ..Default::default() };
    assert_eq!(
        bundle.described(&of_old),
        "\
Deployment shop/old spec.template.metadata.labels
\x20 - ~access-gone-shop-000000
\x20 - ~client
\x20 - ~k8s-svc-gone-shop-000000
\x20 - ~server
\x20 - ~svc-access-gone-shop-000000
\x20 + ~owner-kind=Deployment
\x20 + ~service=old-shop-9db67e
"
    );
}

#[test]
fn profiles_replace_each_others_labels() {
    let bundle = shop().namespace("shop", &[("team", "a")]);
    let first = bundle.clone().after(&bundle.plan(&classic(|_| {})).0);
    assert_eq!(first.planned(&classic(|_| {})).lines().filter(|line| line.starts_with("  +")).count(), 0);
    assert_eq!(
        first.planned(&v2(|_| {})),
        "\
Deployment shop/web spec.template.metadata.labels
\x20 - ~server
\x20 + ~client=web-shop-e8ed9a
\x20 + ~owner-kind=Deployment
\x20 + ~service=web-shop-e8ed9a
Deployment shop/db spec.template.metadata.labels
\x20 - ~server
\x20 + ~owner-kind=Deployment
\x20 + ~service=db-shop-1c8fcb
Deployment shop/idle spec.template.metadata.labels
\x20 - ~server
\x20 + ~owner-kind=Deployment
\x20 + ~service=idle-shop-85573d
Namespace shop metadata.labels
\x20 - ~namespace-name
policy shop/db-access {~network-policy=db-shop-1c8fcb}
\x20 pods {~service=db-shop-1c8fcb}
\x20 ingress {~access-db-shop-1c8fcb=true} in {name=shop}
"
    );
    let second = first.clone().after(&first.plan(&v2(|_| {})).0);
    assert_eq!(
        second.planned(&classic(|_| {})),
        "\
Deployment shop/web spec.template.metadata.labels
\x20 - ~owner-kind
\x20 - ~service
\x20 + ~client=true
\x20 + ~server=web-shop-e8ed9a
Deployment shop/db spec.template.metadata.labels
\x20 - ~owner-kind
\x20 - ~service
\x20 + ~server=db-shop-1c8fcb
Deployment shop/idle spec.template.metadata.labels
\x20 - ~owner-kind
\x20 - ~service
\x20 + ~server=idle-shop-85573d
Namespace shop metadata.labels
\x20 + ~namespace-name=shop
policy shop/access-to-db-from-shop {~network-policy=true}
\x20 pods {~server=db-shop-1c8fcb}
\x20 ingress {~access-db-shop-1c8fcb=true} in {~namespace-name=shop}
"
    );
}

#[test]
fn involved_labels_only_who_policies_speak_of() {
    let bundle = shop()
        .deployment("shop/api")
        .deployment("shop/vault")
        .deployment("shop/cloudy")
        .service("shop/front", &[("app", "api")], &["80"])
        .intents("shop/cloudy", &["cloud"])
        .intents("shop/db", &["svc:shop/front"])
        .protected("shop/vault");
    let config = v2(|config| config.label_workloads = LabelWorkloads::Involved);
    let (plan, _) = bundle.plan(&config);
    let text = bundle.described(&plan);
    let labelled: Vec<&str> = text.lines().filter(|line| line.ends_with("metadata.labels")).collect();
    let expected = ["web", "db", "api", "vault", "cloudy"]
        .map(|name| format!("Deployment shop/{name} spec.template.metadata.labels"));
    assert_eq!(labelled, expected);
}

#[test]
fn kinds_of_clients_are_kept_apart() {
    let bundle = Bundle::default()
        .deployment("a/worker")
        .workload("a/worker[StatefulSet]", |_| {})
        .deployment("a/db")
        .intents("a/worker[StatefulSet]", &["a/db"]);
    assert_eq!(
        bundle.planned(&v2(|_| {})),
        "\
Deployment a/worker spec.template.metadata.labels
\x20 + ~owner-kind=Deployment
\x20 + ~service=worker-a-ff21fe
StatefulSet a/worker spec.template.metadata.labels
\x20 + ~access-db-a-93a39c=true
\x20 + ~client=worker-a-ff21fe
\x20 + ~owner-kind=StatefulSet
\x20 + ~service=worker-a-ff21fe
Deployment a/db spec.template.metadata.labels
\x20 + ~owner-kind=Deployment
\x20 + ~service=db-a-93a39c
policy a/db-access {~network-policy=db-a-93a39c}
\x20 pods {~service=db-a-93a39c}
\x20 ingress {~access-db-a-93a39c=true} in {name=a}
"
    );
}

#[test]
fn called_by_adds_to_intents_and_repeats_nothing() {
    let bundle = Bundle::default()
        .deployment("a/client")
        .workload("b/server[Deployment]", |workload| {
            workload.called_by = vec![
                called_by("a/client[Deployment]", workload.resource),
                called_by("c/other[Job]", workload.resource),
            ];
        })
        .intents("a/client[Deployment]", &["b/server[Deployment]"]);
    assert_eq!(
        bundle.planned(&v2(|_| {})),
        "\
Deployment a/client spec.template.metadata.labels
\x20 + ~access-server-b-deplo-f2f19c=true
\x20 + ~client=client-a-4d7244
\x20 + ~owner-kind=Deployment
\x20 + ~service=client-a-4d7244
Deployment b/server spec.template.metadata.labels
\x20 + ~owner-kind=Deployment
\x20 + ~service=server-b-7b2533
policy b/server-deployment-access {~network-policy=server-b-deplo-f2f19c}
\x20 pods {~owner-kind=Deployment ~service=server-b-7b2533}
\x20 ingress {~access-server-b-deplo-f2f19c=true} in {name=a}
\x20 ingress {~access-server-b-deplo-f2f19c=true} in {name=c}
"
    );
}

#[test]
fn a_label_that_the_own_selector_uses_is_not_touched() {
    let uses = |key: &str, value: &str| {
        let own = labels(&[(key, value)]);
        shop().workload("shop/self[Deployment]", |workload| {
            workload.template_labels.extend(&own);
            workload.selector = Some(LabelSelector::from_labels(own));
        })
    };
    let changed = uses("intents.otterize.com/server", "old").plan(&classic(|_| {}));
    assert_eq!(
        described_findings(&changed.1).lines().next().unwrap(),
        "error selector-uses-our-label: Deployment shop/self: spec.selector uses the label intents.otterize.com/server, which would have to change"
    );
    assert!(
        changed
            .0
            .map_changes
            .iter()
            .all(|change| !change.set.contains_key("intents.otterize.com/server") || change.resource.0 != 4)
    );
    // Already what it must be: nothing has to change.
    let right = uses("intents.otterize.com/server", "self-shop-85f68d");
    assert!(!right.findings(&classic(|_| {})).contains("selector-uses-our-label"));
    // An expression uses the label too.
    let expression = shop().workload("shop/self[Deployment]", |workload| {
        workload.selector = Some(LabelSelector {
            match_labels: labels(&[("app", "self")]),
            match_expressions: vec![Requirement {
                key: "intents.otterize.com/service".into(),
                operator: Operator::DoesNotExist,
                values: Vec::new(),
            }],
        });
    });
    assert_eq!(expression.findings(&v2(|_| {})), "\
error selector-uses-our-label: Deployment shop/self: spec.selector uses the label intents.otterize.com/service, which would have to change
");
}

#[test]
fn templates_of_jobs_are_immutable_and_paths_follow_the_kind() {
    let bundle = Bundle::default()
        .workload("a/once[Job]", |_| {})
        .workload("a/nightly[CronJob]", |_| {})
        .workload("a/bare[Pod]", |_| {});
    let (plan, findings) = bundle.plan(&v2(|_| {}));
    assert_eq!(
        bundle.described(&plan),
        "\
Job a/once spec.template.metadata.labels
\x20 + ~owner-kind=Job
\x20 + ~service=once-a-de77dd
CronJob a/nightly spec.jobTemplate.spec.template.metadata.labels
\x20 + ~owner-kind=CronJob
\x20 + ~service=nightly-a-d11a5e
Pod a/bare metadata.labels
\x20 + ~owner-kind=Pod
\x20 + ~service=bare-a-71b71f
"
    );
    assert_eq!(
        described_findings(&findings),
        "\
warning immutable-template: Job a/once: its pod labels change, and a Job that exists cannot take them
"
    );
}

#[test]
fn labels_do_not_depend_on_mode_or_creation() {
    let expected = shop().plan(&v2(|_| {})).0.map_changes;
    for config in [
        v2(|config| config.mode = Mode::Shadow),
        v2(|config| config.enable_network_policy_creation = false),
        v2(|config| config.watched_namespaces = ["elsewhere".to_owned()].into()),
        v2(|config| config.default_deny = Some(DefaultDeny { namespaces: None, ingress: true, egress: false })),
    ] {
        assert_eq!(shop().plan(&config).0.map_changes, expected);
    }
}

#[test]
fn targets_outside_the_cluster_give_no_label_and_the_api_server_does() {
    let bundle = Bundle::default()
        .deployment("a/cloudy")
        .deployment("a/operator")
        .intents("a/cloudy", &["cloud", "internet:1.1.1.1"])
        .intents("a/operator", &["svc:default/kubernetes"]);
    assert_eq!(
        bundle.planned(&v2(|_| {})),
        "\
Deployment a/cloudy spec.template.metadata.labels
\x20 + ~owner-kind=Deployment
\x20 + ~service=cloudy-a-53dcf0
Deployment a/operator spec.template.metadata.labels
\x20 + ~client=operator-a-0766bb
\x20 + ~owner-kind=Deployment
\x20 + ~service=operator-a-0766bb
\x20 + ~svc-access-kubernetes-default-servi-45a10b=true
"
    );
}

#[test]
fn label_keys_are_at_most_63_characters() {
    let long = "n".repeat(253);
    let bundle = Bundle::default()
        .deployment("a/client")
        .intents("a/client", &[&format!("svc:{long}/{long}"), &format!("{long}/{long}[StatefulSet]")]);
    let (plan, _) = bundle.plan(&v2(|config| config.mode = Mode::Shadow));
    let longest = plan.map_changes[0].set.keys().map(|key| key.split_once('/').unwrap().1.len()).max();
    assert_eq!(longest, Some(63));
}

#[test]
fn illegal_and_shared_label_keys_are_errors() {
    let bundle = Bundle::default().intents("a/client", &["a/no such name"]);
    assert_eq!(bundle.findings(&v2(|config| config.mode = Mode::Shadow)), "\
error invalid-identity: target a/no such name gives the label key intents.otterize.com/access-no such name-a-854edd, which is not legal
");
    // `a-b` in `c` and `a` in `b-c` have the same identity text; clients of one namespace call both.
    let bundle = Bundle::default().intents("x/one", &["c/a-b"]).intents("x/two", &["b-c/a"]);
    assert_eq!(bundle.findings(&v2(|_| {})), "\
error identity-collision: targets b-c/a and c/a-b share the label key intents.otterize.com/access-a-b-c-7b193b, which would open both to the clients of either
");
    // From different namespaces no policy admits the other's clients.
    let bundle = Bundle::default().intents("x/one", &["c/a-b"]).intents("y/two", &["b-c/a"]);
    assert_eq!(bundle.findings(&v2(|_| {})), "");
}

#[test]
fn marks_intents_and_credentials_where_asked() {
    let bundle = Bundle::default().deployment("a/web").intents("a/web", &[]).protected("a/web");
    let config = classic(|config| {
        config.client_intents = ClientIntentsOutput::LocalConfig;
        config.credentials_operator_label = true;
    });
    assert_eq!(
        bundle.planned(&config),
        "\
Deployment a/web spec.template.metadata.labels
\x20 + credentials-operator.otterize.com/service-name=web
\x20 + ~server=web-a-4a4224
resource 1 metadata.annotations
\x20 + config.kubernetes.io/local-config=true
resource 2 metadata.annotations
\x20 + config.kubernetes.io/local-config=true
policy a/default-deny-web {~network-policy=web-a-4a4224 ~network-policy-service-default-deny=true}
\x20 pods {~server=web-a-4a4224}
\x20 ingress none
"
    );
    let long = "w".repeat(64);
    let findings = Bundle::default().deployment(&format!("a/{long}")).findings(&config);
    assert_eq!(
        findings,
        format!(
            "error invalid-identity: Deployment a/{long}: {long} is not a legal value of the label \
             credentials-operator.otterize.com/service-name\n"
        )
    );
}
