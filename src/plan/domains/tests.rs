use super::spec;
use crate::config::{Config, DnsPeer, DomainPolicies, Mode, Profile};
use crate::model::intent::{InternetTarget, TargetKind};
use crate::model::place::{Place, ResourceId};
use crate::model::value::Value;
use crate::plan::testing::{Bundle, call, described_findings, labels};
use crate::plan::{GeneratedObject, plan};

fn config(domain_policies: DomainPolicies) -> Config {
    Config { profile: Profile::V2, enable_egress_network_policy_creation: true, domain_policies, ..Config::default() }
}

fn internet(domains: &[&str], ports: &[u16]) -> TargetKind {
    let place = Place { resource: ResourceId(0), start: 0, end: 0 };
    TargetKind::Internet(
        InternetTarget {
            domains: domains.iter().map(|domain| ((*domain).to_owned(), place)).collect(),
            addresses: Vec::new(),
            networks: Vec::new(),
            ports: ports.to_vec(),
        }
        .into(),
    )
}

fn calling(targets: &[TargetKind]) -> Bundle {
    let mut world = Bundle::default();
    world.add_deployment("shop", "web", &[]);
    world.add_deployment("shop", "cart", &[]);
    world.calls("shop", "web", targets);
    world
}

/// The specs of the domain policies in a compact form, and the errors.
fn planned(world: &Bundle, config: &Config) -> Vec<String> {
    let (plan, findings) = plan(&world.world, config, 1);
    let specs = plan.generated.iter().filter_map(|object| match &**object {
        GeneratedObject::DomainPolicy(policy) => Some(compact(&spec(policy))),
        GeneratedObject::NetworkPolicy(_) | GeneratedObject::StagedPolicy(_) => None,
    });
    specs
        .chain(
            described_findings(&findings)
                .lines()
                .filter(|line| line.starts_with("error"))
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
        .collect()
}

fn compact(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(flag) => flag.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::String(text) => format!("'{}'", text.replace("intents.otterize.com/", "~")),
        Value::List(items) => format!("[{}]", items.iter().map(compact).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let entry = |(key, value): &(String, Value)| {
                format!("{}: {}", key.replace("intents.otterize.com/", "~"), compact(value))
            };
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

const PODS: &str = "{matchLabels: {~service: 'web-shop-e8ed9a'}}";
const DNS: &str = "toPorts: [{ports: [{port: '53', protocol: 'UDP'}, {port: '53', protocol: 'TCP'}], rules: {dns: [{matchPattern: '*'}]}}]}";
const KUBE_DNS: &str =
    "{toEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: 'kube-system', k8s:k8s-app: 'kube-dns'}}]";

#[test]
fn cilium() {
    let world = calling(&[
        internet(&["b.example", "*.a.example"], &[443, 80]),
        internet(&["a.example", "b.example"], &[80, 443]),
        internet(&["*"], &[]),
        call("shop", "cart"),
    ]);
    let ports = "toPorts: [{ports: [{port: '80', protocol: 'TCP'}, {port: '443', protocol: 'TCP'}]}]";
    let expected = format!(
        "{{endpointSelector: {PODS}, egress: [{KUBE_DNS}, {DNS}, {{toFQDNs: [{{matchPattern: '*'}}]}}, \
         {{toFQDNs: [{{matchPattern: '*.a.example'}}, {{matchName: 'a.example'}}, {{matchName: 'b.example'}}], {ports}}}]}}"
    );
    assert_eq!(planned(&world, &config(DomainPolicies::Cilium)), [expected]);
}

#[test]
fn cilium_dns_peers() {
    let peer = |namespace: &[(&str, &str)], pods: &[(&str, &str)], cidr: Option<&str>| DnsPeer {
        namespace_labels: labels(namespace),
        pod_labels: labels(pods),
        cidr: cidr.map(|text| text.parse().unwrap()),
    };
    let every = "matchExpressions: [{key: 'k8s:io.kubernetes.pod.namespace', operator: 'Exists'}]";
    for (peers, expected) in [
        (
            vec![peer(&[("kubernetes.io/metadata.name", "dns")], &[("app", "dns")], None)],
            vec!["{toEndpoints: [{matchLabels: {k8s:app: 'dns', k8s:io.kubernetes.pod.namespace: 'dns'}}]".to_owned()],
        ),
        (
            vec![peer(&[("team", "net")], &[], None)],
            vec!["{toEndpoints: [{matchLabels: {k8s:io.cilium.k8s.namespace.labels.team: 'net'}}]".to_owned()],
        ),
        (
            vec![peer(&[], &[("app", "dns")], None), peer(&[], &[], Some("169.254.20.10/32"))],
            vec![
                format!("{{toEndpoints: [{{matchLabels: {{k8s:app: 'dns'}}, {every}}}]"),
                "{toCIDR: ['169.254.20.10/32']".to_owned(),
            ],
        ),
    ] {
        let config = Config { dns_peers: peers, ..config(DomainPolicies::Cilium) };
        let rules: Vec<String> = expected.iter().map(|destination| format!("{destination}, {DNS}")).collect();
        let expected = format!(
            "{{endpointSelector: {PODS}, egress: [{}, {{toFQDNs: [{{matchName: 'a.example'}}]}}]}}",
            rules.join(", ")
        );
        assert_eq!(planned(&calling(&[internet(&["a.example"], &[])]), &config), [expected]);
    }
}

#[test]
fn gke() {
    let world = calling(&[internet(&["a.example", "*.b.example"], &[443]), internet(&["c.example"], &[])]);
    let expected = format!(
        "{{podSelector: {PODS}, egress: [{{matches: [{{name: 'c.example'}}]}}, \
         {{matches: [{{pattern: '*.b.example'}}, {{name: 'a.example'}}], ports: [{{protocol: 'TCP', port: 443}}]}}]}}"
    );
    assert_eq!(planned(&world, &config(DomainPolicies::Gke)), [expected]);
}

#[test]
fn only_where_egress_is_on() {
    let world = calling(&[internet(&["a.example"], &[])]);
    let on = config(DomainPolicies::Gke);
    assert_eq!(planned(&world, &on).len(), 1);
    for off in [
        Config { enable_egress_network_policy_creation: false, ..on.clone() },
        Config { mode: Mode::Shadow, ..on.clone() },
        Config { watched_namespaces: ["other".to_owned()].into(), ..on.clone() },
    ] {
        assert_eq!(planned(&world, &off), Vec::<String>::new());
    }
    assert_eq!(planned(&calling(&[call("shop", "cart")]), &on), Vec::<String>::new());
}

#[test]
fn domains_that_no_schema_takes() {
    let world = calling(&[internet(&["bücher.example"], &[])]);
    let found = planned(&world, &config(DomainPolicies::Cilium));
    assert!(
        found.contains(
            &"error invalid-intents: domain `bücher.example` cannot be written in a domain policy".to_owned()
        ),
        "{found:?}"
    );
}
