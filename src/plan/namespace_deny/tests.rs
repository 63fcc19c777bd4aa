use crate::config::{Config, DefaultDeny, KnownWorkload, Mode, Profile};
use crate::model::policy::Rule;
use crate::plan::testing::{Bundle, call};
use std::collections::BTreeSet;

fn deny(namespaces: &[&str], ingress: bool, egress: bool) -> Config {
    let named: BTreeSet<String> = namespaces.iter().map(|name| (*name).to_owned()).collect();
    let namespaces = Some(named).filter(|named| !named.contains("*"));
    Config {
        profile: Profile::V2,
        default_deny: Some(DefaultDeny { namespaces, ingress, egress }),
        ..Config::default()
    }
}

fn names(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn world() -> Bundle {
    let mut world = Bundle::default();
    for namespace in ["shop", "kube-system", "test"] {
        world.add_deployment(namespace, "web", &[]);
    }
    world
}

const INGRESS: &str = "default-deny-ingress pods{} in[]";
const EGRESS: &str = "default-deny-egress pods{} out[]";
const DNS: &str = "default-deny-egress-allow-dns pods{} out[any : UDP/53,TCP/53]";

#[test]
fn which_namespaces_and_directions() {
    let in_namespace = |namespace: &str, lines: &[&str]| -> Vec<String> {
        lines.iter().map(|line| format!("{namespace}/{line}")).collect()
    };
    let shadow = |enforced: &[&str], config: Config| Config {
        mode: Mode::Shadow,
        enforced_namespaces: names(enforced),
        ..config
    };
    let watched = |watched: &[&str], config: Config| Config { watched_namespaces: names(watched), ..config };
    for (config, expected) in [
        (deny(&["shop"], true, false), in_namespace("shop", &[INGRESS])),
        (deny(&["shop"], false, true), in_namespace("shop", &[EGRESS, DNS])),
        (deny(&["empty"], true, false), in_namespace("empty", &[INGRESS])),
        (deny(&["kube-system"], true, false), in_namespace("kube-system", &[INGRESS])),
        (deny(&["*"], true, false), [in_namespace("shop", &[INGRESS]), in_namespace("test", &[INGRESS])].concat()),
        (shadow(&[], deny(&["*"], true, true)), vec![]),
        (shadow(&["test"], deny(&["*"], true, true)), in_namespace("test", &[EGRESS, DNS, INGRESS])),
        (watched(&["shop"], deny(&["*"], true, false)), in_namespace("shop", &[INGRESS])),
        (
            watched(&["shop"], deny(&["test"], true, false)),
            vec!["warning namespace-not-allowed: namespace test of defaultDeny is left out: it is not among watchedNamespaces".into()],
        ),
    ] {
        assert_eq!(world().lines(&config), expected, "{config:?}");
    }
    let no_dns = Config { enable_egress_autoallow_dns_traffic: false, ..deny(&["shop"], false, true) };
    assert_eq!(world().lines(&no_dns), in_namespace("shop", &[EGRESS]));
    let suffixed = Config { policy_name_suffix: "-a".into(), ..deny(&["shop"], true, false) };
    assert_eq!(world().lines(&suffixed), ["shop/default-deny-ingress-a pods{} in[]"]);
}

#[test]
fn declared_calls_that_egress_denial_cuts_off() {
    let mut world = world();
    world.add_deployment("shop", "cart", &[]);
    world.calls("shop", "web", &[call("shop", "cart")]);
    let cut_off = "warning traffic-blocked: the calls of web in namespace shop will fail: default-deny-egress denies its \
                   egress, and no egress policies are generated";
    assert_eq!(world.lines_with(&deny(&["*"], false, true), "traffic-blocked"), [cut_off]);
    let with_egress = Config { enable_egress_network_policy_creation: true, ..deny(&["*"], false, true) };
    let nothing: [&str; 0] = [];
    assert_eq!(world.lines_with(&with_egress, "traffic-blocked"), nothing);
    assert_eq!(world.lines_with(&deny(&["test"], false, true), "traffic-blocked"), nothing);
}

#[test]
fn controllers_that_egress_denial_cuts_off() {
    let known = KnownWorkload {
        name: "web".into(),
        namespace: "shop".into(),
        kind: "Deployment".into(),
        pod_labels: Default::default(),
    };
    let config = Config { ingress_controller_configs: vec![known], ..deny(&["shop"], false, true) };
    assert_eq!(
        world().lines_with(&config, "traffic-blocked"),
        ["warning traffic-blocked: Deployment shop/web of ingressControllerConfigs may call only what it declares: \
          NetworkPolicy shop/default-deny-egress restricts its egress"]
    );
}

#[test]
fn dns_servers_that_ingress_denial_cuts_off() {
    let mut world = world();
    world.add_deployment("kube-system", "coredns", &[]);
    let cut_off = "warning traffic-blocked: DNS of the cluster will fail: default-deny-ingress denies calls to Deployment \
                   kube-system/coredns";
    let config = deny(&["kube-system"], true, false);
    assert_eq!(world.lines_with(&config, "traffic-blocked"), [cut_off]);
    let nothing: [&str; 0] = [];
    assert_eq!(world.lines_with(&deny(&["*"], true, false), "traffic-blocked"), nothing);
    world.calls("shop", "web", &[call("kube-system", "coredns")]);
    assert_eq!(world.lines_with(&config, "traffic-blocked"), nothing, "the policy for the call opens port 53");
}

#[test]
fn an_equal_policy_of_the_user_is_as_good() {
    let mut equal = world();
    equal.hand_written("shop", "default-deny-ingress", "web", Rule::default());
    let spec = &mut equal.world.policies[0].policy.spec;
    spec.pod_selector = Default::default();
    spec.ingress = Some(vec![]);
    let (plan, findings) = crate::plan::plan(&equal.world, &deny(&["shop"], true, false), 1);
    assert!(plan.new_objects.is_empty() && plan.updates.is_empty() && plan.removals.is_empty(), "{plan:?}");
    assert!(!findings.has_errors(), "{findings:?}");
    let mut other = world();
    other.hand_written("shop", "default-deny-ingress", "web", Rule::default());
    let (_, findings) = crate::plan::plan(&other.world, &deny(&["shop"], true, false), 1);
    assert!(findings.has_errors(), "{findings:?}");
}
