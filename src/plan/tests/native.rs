//! `selectors: native`, `staged: calico` and `argocdSyncWave`: the ways of rolling out.

use crate::config::{Config, KnownWorkload, Selectors, Staged};
use crate::model::selector::{LabelSelector, Operator, Requirement};
use crate::model::service::ServiceType;
use crate::plan::testing::{Bundle, classic, described_findings, described_policies, labels, v2};

fn native(config: &mut Config) {
    config.selectors = Selectors::Native;
}

const OUTSIDE: &str = "info native-labels-outside: policies select pods by labels that anybody may give: pods that the input does \
                       not have are meant too if they have the same\n";

/// The policies; fails on any finding but the one that native selectors always have.
fn policies(bundle: &Bundle, config: &Config) -> String {
    let (plan, findings) = bundle.plan(config);
    assert_eq!(described_findings(&findings), OUTSIDE);
    assert!(plan.map_changes.iter().all(|change| change.set.is_empty()), "{plan:#?}");
    described_policies(&plan)
}

fn shop() -> Bundle {
    Bundle::default()
        .namespace("a", &[("intents.otterize.com/namespace-name", "a")])
        .deployment("a/db")
        .deployment("a/web")
        .workload("b/cron[CronJob]", |cron| {
            cron.selector = None;
            cron.template_labels =
                labels(&[("job", "cron"), ("intents.otterize.com/client", "true"), ("controller-uid", "1")]);
        })
        .deployment("a/admin")
        .intents("a/web", &["a/db"])
        .intents("a/admin[Deployment]", &["a/db"])
        .intents("b/cron", &["a/db"])
        .protected("a/db")
}

#[test]
fn every_client_is_a_peer_and_no_label_is_written() {
    assert_eq!(
        policies(&shop(), &classic(native)),
        "\
policy a/access-to-db-from-a {~network-policy=true}
\x20 pods {app=db}
\x20 ingress {app=admin} in {name=a} | {app=web} in {name=a}
policy a/access-to-db-from-b {~network-policy=true}
\x20 pods {app=db}
\x20 ingress {job=cron} in {name=b}
policy a/default-deny-db {~network-policy=db-a-93a39c ~network-policy-service-default-deny=true}
\x20 pods {app=db}
\x20 ingress none
"
    );
    let (plan, _) = shop().plan(&classic(native));
    let stale = "\
CronJob b/cron spec.jobTemplate.spec.template.metadata.labels
\x20 - ~client
Namespace a metadata.labels
\x20 - ~namespace-name
";
    assert!(shop().described(&plan).starts_with(stale), "{}", shop().described(&plan));
    let mut reversed = shop();
    reversed.world.workloads.reverse();
    reversed.world.client_intents.reverse();
    assert_eq!(reversed.plan(&classic(native)).0.generated, plan.generated);
}

#[test]
fn egress_and_requirements() {
    let mut bundle = Bundle::default().deployment("a/db").deployment("a/web").intents("a/web", &["a/db[Deployment]"]);
    let tier = |operator, values: &[&str]| Requirement {
        key: "tier".into(),
        operator,
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    let web = &mut bundle.world.workloads[1];
    web.template_labels.insert("tier", "x");
    web.selector = Some(LabelSelector {
        match_labels: labels(&[("app", "web")]),
        match_expressions: vec![tier(Operator::In, &["x", "y"]), tier(Operator::Exists, &[])],
    });
    let egress = |config: &mut Config| {
        native(config);
        config.enable_egress_network_policy_creation = true;
    };
    assert_eq!(
        policies(&bundle, &v2(egress)),
        "\
policy a/db-deployment-access {~network-policy=db-a-deplo-849722}
\x20 pods {app=db}
\x20 ingress {app=web,tier in (x,y),tier} in {name=a}
policy a/web-access {~network-policy=web-a-18c4b9}
\x20 pods {app=web,tier in (x,y),tier}
\x20 egress {app=db} in {name=a}
\x20 egress anyone on UDP/53 TCP/53
"
        .replace("web-a-18c4b9", &crate::plan::testing::identity("a/web").formatted())
    );
}

#[test]
fn what_cannot_be_selected() {
    let errors = |bundle: &Bundle| {
        let (plan, findings) = bundle.plan(&v2(native));
        let errors: String = described_findings(&findings).lines().filter(|line| line.starts_with("error")).collect();
        assert!(
            plan.generated.iter().all(|object| !crate::plan::testing::one_line(object).contains("[any")),
            "{plan:#?}"
        );
        errors
    };
    let two = || Bundle::default().deployment("a/db").deployment("a/web");
    let calling = |bundle: Bundle| bundle.intents("a/web", &["a/db"]);
    assert_eq!(
        errors(
            &calling(two()).workload("a/other[Deployment]", |other| other.template_labels = labels(&[("app", "web")]))
        ),
        "error native-labels-not-unique: the selector app=web of Deployment a/web also selects the pods of Deployment a/other"
    );
    // In another namespace the same labels do no harm.
    assert_eq!(
        errors(&calling(two()).workload("b/x[Deployment]", |other| other.template_labels = labels(&[("app", "web")]))),
        ""
    );
    assert_eq!(
        errors(&calling(two()).workload("a/db[Pod]", |pod| {
            pod.selector = None;
            pod.template_labels = labels(&[("app", "pod")]);
        })),
        "error native-labels-not-unique: a/db means Deployment a/db and Pod a/db, and none of their 2 selectors selects the pods of all"
    );
    assert_eq!(
        errors(&calling(Bundle::default().deployment("a/web"))),
        "error native-labels-unknown: the labels of the pods of a/db are not known, because it is not in the input"
    );
    assert_eq!(
        errors(&calling(Bundle::default().deployment("a/db"))),
        "error native-labels-unknown: the labels of the pods of a/web are not known, because it is not in the input"
    );
    let broken = |change: fn(&mut crate::model::workload::Workload)| {
        calling(Bundle::default().deployment("a/db").workload("a/web[Deployment]", change))
    };
    assert_eq!(
        errors(&broken(|web| web.selector = Some(LabelSelector::from_labels(labels(&[("app", "x")]))))),
        "error native-labels-unknown: no selector can be written for the pods of Deployment a/web: its spec.selector does not match the labels of its pod template"
    );
    assert_eq!(
        errors(&broken(|web| {
            web.selector = Some(LabelSelector::default());
            web.template_labels = labels(&[("intents.otterize.com/client", "true")]);
        })),
        "error native-labels-unknown: no selector can be written for the pods of Deployment a/web: its pods have no labels"
    );
    // Nothing is said of workloads that no policy is about.
    assert_eq!(errors(&calling(two()).intents("a/gone", &["internet:1.1.1.1"])), "");
}

#[test]
fn pods_of_one_owner_share_its_selector() {
    let of_web = |pod: &mut crate::model::workload::Workload| {
        pod.identity = crate::plan::testing::identity("a/web[Deployment]");
        pod.selector = None;
        pod.template_labels = labels(&[("app", "web"), ("pod-template-hash", "1")]);
    };
    let bundle = Bundle::default()
        .workload("a/web-1[Pod]", of_web)
        .deployment("a/web")
        .workload("a/web-2[Pod]", of_web)
        .deployment("a/db")
        .intents("a/web[Deployment]", &["a/db"]);
    let found = policies(&bundle, &v2(native));
    assert!(found.contains("ingress {app=web} in {name=a}"), "{found}");
}

#[test]
fn configured_workloads_are_selected_by_what_is_known_of_them() {
    let known = |name: &str| KnownWorkload {
        name: name.into(),
        namespace: "edge".into(),
        kind: "Deployment".into(),
        pod_labels: Default::default(),
    };
    let mut bundle = Bundle::default().deployment("edge/nginx").intents("a/caller", &["a/web"]);
    bundle.add_deployment("a", "web", &[("http", 8080)]);
    bundle.add_deployment("a", "caller", &[]);
    bundle.add_service("a", "web", &[(80, "http")]).service_type = ServiceType::ClusterIp;
    bundle.exposure(crate::model::traffic::ExposureKind::Ingress, "Ingress", "a/edge", "a/web");
    let config = |name: &str| {
        v2(|config| {
            native(config);
            config.ingress_controller_configs = vec![known(name)];
        })
    };
    assert_eq!(
        bundle.lines_with(&config("nginx"), "external"),
        ["a/external-access-to-web pods{app=web} in[{app=nginx}@{metadata.name=edge} : TCP/8080]"]
    );
    // Our labels are nobody's guess here: without any peer there is no policy.
    assert_eq!(
        bundle.lines_with(&config("gone"), "external"),
        ["warning traffic-blocked: external traffic to Service a/web will fail: Deployment edge/gone of \
          ingressControllerConfigs is not in the input and has no podLabels"]
    );
    bundle.add_deployment("edge", "other", &[]).template_labels = labels(&[("app", "nginx")]);
    assert_eq!(
        bundle.lines_with(&config("nginx"), "error"),
        [
            "error native-labels-not-unique: the selector app=nginx of Deployment edge/nginx also selects the pods of Deployment edge/other"
        ]
    );
}

#[test]
fn staged_policies_replace_enforced_ones_and_back() {
    let staged = classic(|config| config.staged = Staged::Calico);
    let bundle =
        || Bundle::default().namespace("a", &[]).deployment("a/db").deployment("a/web").intents("a/web", &["a/db"]);
    let (first, findings) = bundle().plan(&staged);
    let info = "info policies-staged: the generated policies are staged: Calico reports what they would do, and nothing is enforced\n";
    assert_eq!(described_findings(&findings), info);
    assert_eq!(first.new_objects[0].object.id().to_string(), "StagedKubernetesNetworkPolicy a/access-to-db-from-a");
    let mut written = bundle().after(&first);
    let (again, _) = written.plan(&staged);
    assert!(again.new_objects.is_empty() && again.updates.is_empty() && again.removals.is_empty(), "{again:#?}");
    // Another action is not ours.
    written.world.staged_policies[0].action = "Delete".into();
    assert_eq!(written.plan(&staged).0.updates.len(), 1);
    let (enforced, _) = written.plan(&classic(|_| {}));
    assert_eq!((enforced.new_objects.len(), enforced.removals.len()), (1, 1));
    let (back, findings) = written.after(&enforced).plan(&staged);
    assert_eq!((back.new_objects.len(), back.removals.len()), (1, 1));
    assert_eq!(
        described_findings(&findings),
        format!(
            "{info}warning policy-pruned: NetworkPolicy a/access-to-db-from-a is removed, because `staged: calico` writes previews that enforce nothing\n"
        )
    );
}

#[test]
fn waves_come_after_those_of_workloads() {
    let wave = |wave: i64| v2(|config| config.argocd_sync_wave = Some(wave));
    let bundle = |web: Option<i64>| {
        Bundle::default()
            .deployment("a/db")
            .workload("a/web[Deployment]", |workload| workload.sync_wave = web)
            .workload("a/other[Deployment]", |workload| workload.sync_wave = Some(9))
            .intents("a/web", &["a/db"])
    };
    assert_eq!(bundle(None).findings(&wave(1)), "", "the one in wave 9 needs no labels for a policy");
    assert_eq!(bundle(Some(-2)).findings(&wave(1)), "");
    assert_eq!(
        bundle(Some(5)).findings(&wave(5)),
        "warning sync-wave-order: policies are applied in sync wave 5, which is not after Deployment a/web in wave 5: pods that have not rolled yet are cut off\n"
    );
    assert!(bundle(None).findings(&wave(0)).contains("Deployment a/db in wave 0 and 1 more"));
    let no_labels = v2(|config| {
        native(config);
        config.argocd_sync_wave = Some(0);
    });
    assert_eq!(bundle(None).findings(&no_labels), OUTSIDE);
}

#[test]
fn the_wave_goes_with_its_setting() {
    let bundle = || Bundle::default().deployment("a/db").deployment("a/web").intents("a/web", &["a/db"]);
    let wave = v2(|config| config.argocd_sync_wave = Some(5));
    let mut written = bundle().after(&bundle().plan(&wave).0);
    let (plan, _) = written.plan(&v2(|_| {}));
    assert_eq!((plan.map_changes.len(), plan.updates.len()), (1, 0));
    let again = written.clone().after(&plan);
    assert!(again.world.policies[0].policy.annotations.is_empty());
    assert!(again.plan(&v2(|_| {})).0.map_changes.is_empty());
    // What everything has in the same wave was put there by something that annotates everything.
    written.world.workloads[0].sync_wave = Some(5);
    assert!(written.plan(&v2(|_| {})).0.map_changes.is_empty());
}
