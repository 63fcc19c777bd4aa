//! Generated policies of earlier runs, and hand-written ones.

use crate::config::{Automate, Config, DefaultDeny, Mode};
use crate::model::place::ResourceId;
use crate::model::policy::{NetworkPolicy, PolicySpec, Rule};
use crate::model::service::ServiceType;
use crate::plan::testing::{
    Bundle, classic, described_findings, described_policies, described_policy, labels, network_policy, service_port, v2,
};
use crate::plan::{Plan, PlannedObject};

fn everything(config: &mut Config) {
    config.enable_egress_network_policy_creation = true;
    config.default_deny = Some(DefaultDeny { namespaces: None, ingress: true, egress: true });
    config.argocd_sync_wave = Some(3);
}

fn shop() -> Bundle {
    Bundle::default()
        .namespace("shop", &[])
        .deployment("shop/web")
        .deployment("shop/db")
        .deployment("shop/my_api")
        .service("shop/db", &[("app", "db")], &["80:http", "81"])
        .intents("shop/web", &["shop/db", "svc:shop/db", "shop/my_api[Deployment]", "internet:1.1.1.1@443"])
        .protected("shop/db")
}

fn is_empty(plan: &Plan) -> bool {
    plan.map_changes.is_empty() && plan.new_objects.is_empty() && plan.updates.is_empty() && plan.removals.is_empty()
}

#[test]
fn a_second_run_changes_nothing() {
    for config in [classic(|_| {}), v2(|_| {}), v2(everything), v2(|config| config.policy_name_suffix = "-x".into())] {
        let (first, _) = shop().plan(&config);
        assert!(!first.new_objects.is_empty());
        let (second, findings) = shop().after(&first).plan(&config);
        assert!(is_empty(&second), "{second:#?}");
        assert_eq!(second.generated, first.generated);
        assert!(!findings.has_errors());
    }
}

#[test]
fn changing_the_profile_or_dropping_an_intent_replaces_what_was_written() {
    let written = shop().after(&shop().plan(&classic(|_| {})).0);
    let (plan, findings) = written.plan(&v2(|_| {}));
    assert_eq!(described_findings(&findings), "");
    let fresh = shop().plan(&v2(|_| {})).0;
    assert_eq!(plan.generated, fresh.generated);
    // The default deny has the same name in both profiles; the others are removed.
    assert_eq!((plan.updates.len(), plan.removals.len(), plan.new_objects.len()), (1, 3, 3));
    assert_eq!(described_policies(&written.clone().after(&plan).plan(&v2(|_| {})).0), described_policies(&fresh));

    let mut fewer = shop().after(&fresh);
    fewer.world.client_intents[0].targets.truncate(1);
    let (plan, _) = fewer.plan(&v2(|_| {}));
    assert_eq!(plan.removals.len(), 2);
    assert!(plan.updates.is_empty() && plan.new_objects.is_empty());
}

#[test]
fn order_and_foreign_labels_are_left_and_edits_are_undone() {
    let mut written = shop().after(&shop().plan(&v2(|_| {})).0);
    for input in &mut written.world.policies {
        input.policy.labels.insert("example.org/team", "a");
        input.policy.annotations.insert("example.org/note", "b");
        if let Some(rules) = &mut input.policy.spec.ingress {
            rules.iter_mut().for_each(|rule| rule.ports.reverse());
        }
    }
    assert!(is_empty(&written.plan(&v2(|_| {})).0));
    written.world.policies[1].policy.spec.ingress = Some(vec![Rule::default()]);
    let resource = written.world.policies[1].resource;
    let (plan, _) = written.plan(&v2(|_| {}));
    assert_eq!(plan.updates.iter().map(|(updated, _)| *updated).collect::<Vec<_>>(), [resource]);
}

fn hand_written(namespace: &str, name: &str, pairs: &[(&str, &str)]) -> NetworkPolicy {
    NetworkPolicy {
        namespace: namespace.into(),
        name: name.into(),
        labels: labels(pairs),
        annotations: labels(&[]),
        spec: PolicySpec { ingress: Some(Vec::new()), ..PolicySpec::default() },
    }
}

#[test]
fn a_hand_written_policy_of_the_same_name_is_an_error() {
    let bundle = shop().policy(hand_written("shop", "db-access", &[("app", "db")]));
    let (plan, findings) = bundle.plan(&v2(|_| {}));
    assert_eq!(described_findings(&findings), "\
error policy-exists: NetworkPolicy shop/db-access is to be generated, but the input has one of that name that was not generated
");
    assert_eq!(findings.0[0].place.unwrap().resource, bundle.world.policies[0].resource);
    assert_eq!(findings.0[0].related[0].0.resource, bundle.world.client_intents[0].resource);
    assert!(plan.updates.is_empty() && plan.removals.is_empty());
}

#[test]
fn a_default_deny_that_says_the_same_counts() {
    let config = v2(|config| {
        config.default_deny = Some(DefaultDeny { namespaces: None, ingress: true, egress: false });
    });
    let bundle = Bundle::default().deployment("a/web");
    let same = bundle.clone().policy(hand_written("a", "default-deny-ingress", &[]));
    let (plan, findings) = same.plan(&config);
    assert_eq!(described_findings(&findings), "");
    assert!(plan.new_objects.is_empty() && plan.updates.is_empty() && plan.removals.is_empty());
    let mut other = hand_written("a", "default-deny-ingress", &[]);
    other.spec.egress = Some(Vec::new());
    assert_eq!(bundle.policy(other).findings(&config), "\
error policy-exists: NetworkPolicy a/default-deny-ingress is to be generated, but the input has one of that name that was not generated
");
}

/// Which policies in the input count as written by an earlier run.
#[test]
fn ownership() {
    let key = |name: &str| format!("intents.otterize.com/{name}");
    for (name, label, suffix, ours) in [
        ("db-access", "network-policy", "", true),
        ("db-ingress", "network-policy", "", true),
        ("db-egress", "network-policy", "", true),
        ("access-to-db-from-a", "network-policy", "", true),
        ("svc-access-to-db-from-a", "svc-network-policy", "", true),
        ("svc-access-to-db-from-a", "network-policy", "", false),
        ("default-deny-db", "network-policy-service-default-deny", "", true),
        ("external-access-to-db", "network-policy-external-traffic", "", true),
        ("metrics-collection-access-to-pod-db", "network-policy-metrics-collectors", "", true),
        ("webhook-x-access-to-db", "network-policy-webhooks", "", true),
        ("default-deny-ingress", "network-policy-namespace-default-deny", "", true),
        ("default-deny-else", "network-policy-namespace-default-deny", "", false),
        ("db-access", "network-policy-external-traffic", "", false),
        ("my-own", "network-policy", "", false),
        ("db-access", "something-else", "", false),
        ("db-access", "network-policy", "-x", false),
        ("db-access-x", "network-policy", "-x", true),
        ("db-access-x", "network-policy", "", false),
        ("access-to-db-from-a-x", "network-policy", "-x", true),
    ] {
        let config = v2(|config| config.policy_name_suffix = suffix.into());
        let policy = hand_written("a", name, &[(&key(label), "true")]);
        assert_eq!(crate::plan::ownership::is_ours(&policy, &config), ours, "{name} {label} {suffix}");
    }
}

#[test]
fn classic_policies_of_another_suffix_are_not_ours() {
    let config = classic(|config| config.policy_name_suffix = "-team".into());
    let written = shop().after(&shop().plan(&config).0);
    for input in &written.world.policies {
        let with_none = crate::plan::ownership::is_ours(&input.policy, &classic(|_| {}));
        assert!(!with_none, "{}", described_policy(&input.policy));
        assert!(crate::plan::ownership::is_ours(&input.policy, &config));
    }
}

#[test]
fn hidden_intents_are_an_error_unless_allowed() {
    let mut written = shop().after(&shop().plan(&v2(|_| {})).0);
    written.world.client_intents.clear();
    written.world.protected_services.clear();
    let (plan, findings) = written.plan(&v2(|_| {}));
    assert_eq!(described_findings(&findings), "\
error intents-hidden: generated NetworkPolicy shop/db-access and 3 more would be removed, because the input has no ClientIntents, ProtectedService or called-by
");
    assert!(plan.removals.is_empty());
    let (plan, findings) = written.plan(&v2(|config| config.allow_empty = true));
    assert_eq!(described_findings(&findings), "");
    assert_eq!(plan.removals.len(), 4);
    // Without policies it may be that the labels alone were written so far, so that is a warning.
    let mut labels_only = written.clone();
    labels_only.world.policies.clear();
    assert_eq!(
        labels_only.findings(&v2(|_| {})),
        "warning call-labels-removed: Deployment shop/web loses the labels by which policies let pods call others, because the input has no ClientIntents, ProtectedService or called-by\n"
    );
    assert_eq!(labels_only.findings(&v2(|config| config.allow_empty = true)), "");
    // ClientIntents with faults are there all the same; their faults are reported where they are read.
    let mut faulty = written.clone();
    faulty.world.client_intents_objects = vec![ResourceId(99)];
    assert_eq!(faulty.findings(&v2(|_| {})), "");
    // What the configuration alone asks for does not need intents.
    let deny = v2(|config| {
        config.default_deny = Some(DefaultDeny { namespaces: None, ingress: true, egress: false });
    });
    let bundle = Bundle::default().deployment("a/web");
    let written = bundle.clone().after(&bundle.plan(&deny).0);
    assert!(is_empty(&written.plan(&deny).0));
    assert_eq!(written.findings(&deny), "");
}

#[test]
fn policies_of_packages_that_ask_for_nothing_are_left() {
    let mut written = shop().after(&shop().plan(&v2(|_| {})).0);
    written.world.client_intents[0].targets.clear();
    let unwanted: Vec<ResourceId> = written
        .world
        .policies
        .iter()
        .filter(|input| input.policy.name.contains("-access"))
        .map(|input| input.resource)
        .collect();
    let intents = written.world.client_intents[0].resource;
    written.world.package_paths.insert(intents, "shop".into());
    written.world.package_paths.insert(unwanted[0], "shop".into());
    written.world.package_paths.insert(unwanted[1], "elsewhere".into());
    let (plan, findings) = written.plan(&v2(|_| {}));
    assert_eq!(plan.removals, [unwanted[0], unwanted[2]]);
    assert_eq!(described_findings(&findings), "\
warning policy-left: generated NetworkPolicy shop/db-service-access is left, because nothing in its package elsewhere asks for policies
");
}

#[test]
fn switching_creation_off_prunes() {
    let written = shop().after(&shop().plan(&v2(|_| {})).0);
    let config = v2(|config| config.enable_network_policy_creation = false);
    let (plan, findings) = written.plan(&config);
    assert!(plan.generated.is_empty() && plan.map_changes.is_empty());
    assert_eq!(plan.removals.len(), 4);
    assert_eq!(described_findings(&findings), "\
warning policy-pruned: NetworkPolicy shop/db-access is removed, because enableNetworkPolicyCreation is false
warning policy-pruned: NetworkPolicy shop/db-service-access is removed, because enableNetworkPolicyCreation is false
warning policy-pruned: NetworkPolicy shop/default-deny-db is removed, because enableNetworkPolicyCreation is false
warning policy-pruned: NetworkPolicy shop/my.api-deployment-access is removed, because enableNetworkPolicyCreation is false
");
}

#[test]
fn copies_of_a_generated_policy_are_removed() {
    let written = shop().after(&shop().plan(&v2(|_| {})).0);
    let copy = written.world.policies[0].policy.clone();
    let (plan, _) = written.clone().policy(copy).plan(&v2(|_| {}));
    assert_eq!(plan.removals.len(), 1);
    assert!(plan.updates.is_empty() && plan.new_objects.is_empty());
}

#[test]
fn new_policies_belong_to_the_package_of_the_server_else_of_the_first_intents() {
    let mut bundle = Bundle::default()
        .deployment("a/db")
        .workload("a/db[CronJob]", |_| {})
        .intents("z/late", &["a/db", "a/nowhere"])
        .intents("b/early", &["a/nowhere"]);
    let packages = |bundle: &Bundle| {
        let (plan, _) = bundle.clone().plan(&v2(|config| config.mode = Mode::Active));
        let of = |new: &PlannedObject| (network_policy(&new.object).name.clone(), new.package_of.map(|id| id.0));
        plan.new_objects.iter().map(of).collect::<Vec<_>>()
    };
    let expected = |db, nowhere| [("db-access".to_owned(), db), ("nowhere-access".to_owned(), nowhere)];
    assert_eq!(packages(&bundle), expected(None, None));
    bundle.world.package_paths.insert(ResourceId(0), "/shop".into());
    assert_eq!(packages(&bundle), expected(Some(1), Some(3)));
}

#[test]
fn the_order_of_the_input_has_no_meaning() {
    let config = v2(everything);
    let expected = shop().plan(&config).0.generated;
    let mut reversed = shop();
    reversed.world.workloads.reverse();
    reversed.world.services.reverse();
    reversed.world.client_intents.reverse();
    reversed.world.protected_services.reverse();
    assert_eq!(reversed.plan(&config).0.generated, expected);
}

#[test]
fn what_a_run_with_another_suffix_wrote_is_not_touched() {
    let bundle = || {
        shop()
            .changed_service("shop/lb", |service| {
                service.service_type = ServiceType::LoadBalancer;
                service.selector = Some(labels(&[("app", "db")]));
                service.ports = vec![service_port("80", service.place)];
            })
            .protected("shop/my_api[Deployment]")
            .protected("shop/db[Service]")
    };
    let with_suffix = |suffix: &str| {
        let suffix = suffix.to_owned();
        move |config: &mut Config| {
            everything(config);
            config.automate_third_party_network_policies = Automate::Always;
            config.policy_name_suffix = suffix;
        }
    };
    for (first, second) in [("-x", ""), ("", "-x"), ("-x", "-y")] {
        let written = bundle().plan(&v2(with_suffix(first))).0;
        assert!(written.generated.iter().any(|object| object.id().name == format!("external-access-to-lb{first}")));
        let (plan, _) = bundle().after(&written).plan(&v2(with_suffix(second)));
        assert_eq!((plan.removals.len(), plan.updates.len()), (0, 0), "`{first}` then `{second}`: {plan:#?}");
    }
    let classic_written = bundle().plan(&classic(|config| config.policy_name_suffix = "-x".into())).0;
    let (plan, _) = bundle().after(&classic_written).plan(&classic(|_| {}));
    assert_eq!(plan.removals, []);
}
