//! The versions say the same in different words (`spec/otterize.md` 1.7, D12): equal models.

use super::understand;
use crate::model::intent::TargetKind;
use crate::model::world::World;
use proptest::prelude::{Just, Strategy, prop_oneof, proptest};

fn intents(version: &str, spec: &str) -> String {
    format!(
        "apiVersion: k8s.otterize.com/{version}\nkind: ClientIntents\nmetadata: {{name: web, namespace: shop}}\nspec: {spec}\n"
    )
}

/// Client and targets without places.
fn model(world: &World) -> String {
    let intents = &world.client_intents[0];
    let targets: Vec<String> = intents
        .targets
        .iter()
        .map(|target| match &target.kind {
            TargetKind::Internet(internet) => {
                let domains: Vec<&String> = internet.domains.iter().map(|(domain, _)| domain).collect();
                format!("internet {domains:?} {:?} {:?} {:?}", internet.addresses, internet.networks, internet.ports)
            }
            other => format!("{other:?}"),
        })
        .collect();
    format!("{:?} {targets:?}", intents.client)
}

fn spec_of(version: &str, spec: &str) -> String {
    let (world, lines) = understand(&intents(version, spec));
    assert!(!lines.contains("error"), "{version} {spec}: {lines}");
    model(&world)
}

#[test]
fn each_call_and_its_target() {
    let v1_versions = ["v1alpha3", "v1beta1"];
    let v2_versions = ["v2alpha1", "v2beta1"];
    for (call, target) in [
        ("{name: s}", "{kubernetes: {name: s}}"),
        ("{name: s, type: http}", "{kubernetes: {name: s}}"),
        ("{name: s.ns, kind: Deployment}", "{kubernetes: {name: s.ns, kind: Deployment}}"),
        ("{name: s, kind: OttrLegacy}", "{kubernetes: {name: s}}"),
        ("{name: 'svc:s'}", "{kubernetes: {name: s.shop, kind: Service}}"),
        ("{name: 'svc:s.ns'}", "{service: {name: s.ns}}"),
        ("{name: s, kind: Service}", "{service: {name: s}}"),
        ("{name: 'svc:kubernetes.default'}", "{kubernetes: {name: kubernetes.default, kind: Service}}"),
        (
            "{name: s.ns, type: kafka, kafkaTopics: [{name: t, operations: [all]}]}",
            "{kafka: {name: s.ns, topics: [{name: t, operations: [all]}]}}",
        ),
        ("{name: s, type: kafka}", "{kafka: {name: s}}"),
        ("{name: pg, type: database}", "{sql: {name: pg}}"),
        ("{name: 'arn:aws:s3:::a.b.c', type: aws}", "{aws: {arn: 'arn:aws:s3:::a.b.c'}}"),
        ("{name: r, type: gcp}", "{gcp: {resource: r}}"),
        ("{name: s, type: azure, azureRoles: [r]}", "{azure: {scope: s, roles: [r]}}"),
        (
            "{type: internet, internet: {domains: [a.example], ips: [10.0.0.1, 10.0.0.7/8, '2001:DB8::1', '2001:db8::7/32'], ports: [443]}}",
            "{internet: {domains: [a.example], ips: [10.0.0.1, 10.0.0.0/8, '2001:db8::1', '2001:db8::/32'], ports: [443]}}",
        ),
    ] {
        for v1 in v1_versions {
            for v2 in v2_versions {
                let call = format!("{{service: {{name: web}}, calls: [{call}]}}");
                let target = format!("{{workload: {{name: web}}, targets: [{target}]}}");
                assert_eq!(spec_of(v1, &call), spec_of(v2, &target), "{v1} {call}");
            }
        }
    }
}

#[test]
fn the_oldest_versions() {
    for (version, call, target) in [
        ("v1alpha1", "{name: s, namespace: ns, type: HTTP}", "{kubernetes: {name: s.ns}}"),
        ("v1alpha1", "{name: s, type: Kafka}", "{kafka: {name: s}}"),
        ("v1alpha2", "{name: s.ns, type: http, resources: [{path: /, methods: [GET]}]}", "{kubernetes: {name: s.ns}}"),
        ("v1alpha2", "{name: 'svc:s.ns'}", "{service: {name: s.ns}}"),
        ("v1alpha2", "{name: s, type: database}", "{sql: {name: s}}"),
    ] {
        let call = format!("{{service: {{name: web}}, calls: [{call}]}}");
        let target = format!("{{workload: {{name: web}}, targets: [{target}]}}");
        assert_eq!(spec_of(version, &call), spec_of("v2beta1", &target), "{version} {call}");
    }
}

/// One call in both spellings.
fn call() -> impl Strategy<Value = (String, String)> {
    let name = "[a-z]([-a-z0-9]{0,8}[a-z0-9])?(\\.[a-z]{1,8})?";
    let kind = prop_oneof![Just(""), Just("Deployment"), Just("StatefulSet"), Just("Service")];
    prop_oneof![
        (name, kind, prop_oneof![Just(""), Just("http")]).prop_map(|(name, kind, call_type)| {
            let call = format!("{{name: '{name}', kind: '{kind}', type: '{call_type}'}}");
            (call, format!("{{kubernetes: {{name: '{name}', kind: '{kind}'}}}}"))
        }),
        name.prop_map(|name| (format!("{{name: 'svc:{name}'}}"), format!("{{service: {{name: '{name}'}}}}"))),
        name.prop_map(|name| (format!("{{name: '{name}', type: kafka}}"), format!("{{kafka: {{name: '{name}'}}}}"))),
        (proptest::num::u32::ANY, 0u8..=32, 1u16..).prop_map(|(address, prefix, port)| {
            let body = format!("internet: {{ips: [{}/{prefix}], ports: [{port}]}}", std::net::Ipv4Addr::from(address));
            (format!("{{type: internet, {body}}}"), format!("{{{body}}}"))
        }),
    ]
}

proptest! {
    #[test]
    fn v1_and_v2_spellings_give_equal_models(calls in proptest::collection::vec(call(), 0..6)) {
        let v1: Vec<&str> = calls.iter().map(|(call, _)| call.as_str()).collect();
        let v2: Vec<&str> = calls.iter().map(|(_, target)| target.as_str()).collect();
        let v1 = format!("{{service: {{name: web, kind: Deployment}}, calls: [{}]}}", v1.join(", "));
        let v2 = format!("{{workload: {{name: web, kind: Deployment}}, targets: [{}]}}", v2.join(", "));
        proptest::prop_assert_eq!(spec_of("v1beta1", &v1), spec_of("v2beta1", &v2));
    }
}
