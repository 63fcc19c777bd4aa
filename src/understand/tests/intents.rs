//! Every validation rule of every version (`spec/otterize.md` 1.8): the finding's place, text and help.

use super::{config, deployment, understand, understand_with};

/// ClientIntents `shop/web` of that version with that spec (flow style), in a namespace that has what it names.
pub(super) fn manifests(version: &str, spec: &str) -> String {
    let workloads: String = ["web", "api", "x", "s"].iter().map(|name| deployment("shop", name)).collect();
    format!("{workloads}{}{}", deployment("data", "db"), intents("web", version, spec))
}

pub(super) fn intents(name: &str, version: &str, spec: &str) -> String {
    format!(
        "apiVersion: k8s.otterize.com/{version}\nkind: ClientIntents\nmetadata: {{name: {name}, namespace: shop}}\nspec: {spec}\n---\n"
    )
}

/// A case: version, spec, and the only finding.
pub(super) type Case = (&'static str, &'static str, &'static str);

pub(super) fn check(cases: &[Case]) {
    for (version, spec, expected) in cases {
        let (_, lines) = understand(&manifests(version, spec));
        let expected = if expected.is_empty() { String::new() } else { format!("{expected}\n") };
        assert_eq!(lines, expected, "{version} {spec}");
    }
}

#[test]
fn good_specs_of_every_version_have_no_findings() {
    check(&[
        (
            "v1alpha1",
            "{service: {name: web}, calls: [{name: db, namespace: data, type: HTTP, resources: [{path: /, method: GET}]}]}",
            "",
        ),
        (
            "v1alpha1",
            "{service: {name: web}, calls: [{name: api, type: Kafka, topics: [{name: t, operation: consume}]}]}",
            "",
        ),
        (
            "v1alpha2",
            "{service: {name: web}, calls: [{name: db.data, type: database, databaseResources: [{databaseName: d, table: t, operations: [ALL]}]}]}",
            "",
        ),
        (
            "v1alpha2",
            "{service: {name: web}, calls: [{name: 'svc:api', type: http, resources: [{path: /, methods: [GET]}]}]}",
            "",
        ),
        (
            "v1alpha3",
            "{service: {name: web, kind: Deployment}, calls: [{name: api, kind: Deployment, type: http, HTTPResources: []}]}",
            "",
        ),
        (
            "v1alpha3",
            "{service: {name: web}, calls: [{type: internet, internet: {domains: [example.com, '*.example.org'], ips: [192.0.2.1], ports: [443]}}]}",
            "",
        ),
        (
            "v1alpha3",
            "{service: {name: web}, calls: [{name: 'arn:aws:s3:::a.b.c', type: aws, awsActions: ['s3:Get']}]}",
            "",
        ),
        (
            "v1beta1",
            "{service: {name: web}, calls: [{name: /subscriptions/a.b.c, type: azure, azureActions: [a], azureDataActions: [b]}]}",
            "",
        ),
        (
            "v2alpha1",
            "{workload: {name: web, kind: Deployment}, targets: [{kubernetes: {name: api, kind: Deployment, http: [{path: /, methods: [GET]}]}}]}",
            "",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{kafka: {name: db.data, topics: [{name: t, operations: [IdempotentWrite]}]}}, {service: {name: api}}]}",
            "",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{sql: {name: a.b.c, privileges: [{databaseName: d, operations: [SELECT]}]}}, {aws: {arn: a}}, {gcp: {resource: r}}, {azure: {scope: s, roles: [r]}}]}",
            "",
        ),
        ("v2beta1", "{workload: {name: web}}", ""),
        ("v2beta1", "{workload: {name: web, kind: null}, targets: null}", ""),
    ]);
}

#[test]
fn a_client_is_required() {
    check(&[
        (
            "v2beta1",
            "{targets: []}",
            "error invalid-intents spec: ClientIntents shop/web: invalid intent format, field workload is required",
        ),
        (
            "v2beta1",
            "{workload: {kind: Deployment}}",
            "error invalid-intents spec.workload: ClientIntents shop/web: invalid intent format, field workload.name is required",
        ),
        (
            "v2alpha1",
            "{workload: {name: ''}}",
            "error invalid-intents spec.workload.name: ClientIntents shop/web: invalid intent format, field workload.name is required",
        ),
        (
            "v1alpha2",
            "{calls: []}",
            "error invalid-intents spec: ClientIntents shop/web: invalid intent format, field service is required",
        ),
        (
            "v1alpha3",
            "{service: {}}",
            "error invalid-intents spec.service: ClientIntents shop/web: invalid intent format, field service.name is required",
        ),
        (
            "v2beta1",
            "{workload: {name: web.shop}}",
            "error invalid-intents spec.workload.name: ClientIntents shop/web: Workload name should not contain '.' character, unlike `web.shop` (the client is in the namespace of the ClientIntents object; write its name only)",
        ),
        (
            "v2beta1",
            "{workload: {name: web, kind: deployment}}",
            "error invalid-intents spec.workload.kind: ClientIntents shop/web: Kubernetes Kinds must start with an uppercase letter, not `deployment` (did you mean `Deployment`?)",
        ),
        (
            "v1beta1",
            "{service: {name: web, kind: deployment}}",
            "error invalid-intents spec.service.kind: ClientIntents shop/web: Kubernetes Kinds must start with an uppercase letter, not `deployment` (did you mean `Deployment`?)",
        ),
        (
            "v2beta1",
            "{workload: [web]}",
            "error invalid-field spec.workload: ClientIntents shop/web: `workload` must be a mapping, not a list",
        ),
        (
            "v2beta1",
            "{workload: {name: {a: b}}}",
            "error invalid-field spec.workload.name: ClientIntents shop/web: `name` must be a single value, not a mapping",
        ),
    ]);
}

#[test]
fn unknown_fields_that_could_hide_a_call_are_errors() {
    check(&[
        (
            "v2beta1",
            "{workload: {name: web}, target: []}",
            "error invalid-intents spec.target: ClientIntents shop/web: unknown field `target` (did you mean `targets`?)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, calls: []}",
            "error invalid-intents spec.calls: ClientIntents shop/web: unknown field `calls` (it is a field of the versions up to v1beta1: write that apiVersion, or workload and targets)",
        ),
        (
            "v1beta1",
            "{service: {name: web}, targets: []}",
            "error invalid-intents spec.targets: ClientIntents shop/web: unknown field `targets` (it is a field of v2alpha1 and v2beta1: write that apiVersion, or service and calls)",
        ),
        (
            "v1alpha2",
            "{service: {name: web, kind: Deployment}}",
            "error invalid-intents spec.service.kind: ClientIntents shop/web: unknown field `kind` (known fields: name)",
        ),
        (
            "v1alpha2",
            "{service: {name: web}, calls: [{name: db, namespace: data}]}",
            "error invalid-intents spec.calls[0].namespace: ClientIntents shop/web: unknown field `namespace` (known fields: name, type, topics, resources, kafkaTopics, HTTPResources, databaseResources)\nwarning server-not-found spec.calls[0].name: server db in namespace shop is not in the input (there is one in namespace data: write `db.data`)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{kubernetes: {name: api, knd: Deployment}}]}",
            "error invalid-intents spec.targets[0].kubernetes.knd: ClientIntents shop/web: unknown field `knd` (did you mean `kind`?)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{internet: {ips: [192.0.2.1], port: [1]}}]}",
            "error invalid-intents spec.targets[0].internet.port: ClientIntents shop/web: unknown field `port` (did you mean `ports`?)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{kafka: {name: api, topics: [{nam: t}]}}]}",
            "warning intent-field-no-effect spec.targets[0].kafka.topics[0].nam: ClientIntents shop/web: unknown field `nam` has no effect (did you mean `name`?)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{aws: {arn: a, action: [b]}}]}",
            "warning intent-field-no-effect spec.targets[0].aws.action: ClientIntents shop/web: unknown field `action` has no effect (did you mean `actions`?)",
        ),
    ]);
}

#[test]
fn a_namespace_in_a_field_of_its_own_is_v1alpha1_only() {
    for version in ["v1alpha2", "v1alpha3", "v1beta1"] {
        let (_, lines) =
            understand(&manifests(version, "{service: {name: web}, calls: [{name: api, namespace: data}]}"));
        assert!(lines.contains("unknown field `namespace`"), "{version}: {lines}");
    }
}

#[test]
fn namespaces_of_targets_are_dns_labels() {
    check(&[(
        "v2beta1",
        "{workload: {name: web}, targets: [{kubernetes: {name: api.Data}}]}",
        "error invalid-intents spec.targets[0].kubernetes.name: ClientIntents shop/web: `Data` cannot be the name of a namespace",
    )]);
}

#[test]
fn strict_mode() {
    let strict = config(&[("enableStrictModeIntents", "true")]);
    let wildcard = |version: &str, word: &str| {
        format!(
            "error invalid-intents spec.targets[0].internet.domains[0]: ClientIntents shop/web: invalid target format. {word} internet must not contain wildcard domains while in strict mode, unlike `*.a.example`\n",
        )
        .replace("VERSION", version)
    };
    let cases: [(&str, &str, String); 6] = [
        ("v2beta1", "{internet: {domains: ['*.a.example'], ports: [1]}}", wildcard("v2beta1", "Type")),
        ("v2alpha1", "{internet: {domains: ['*.a.example'], ports: [1]}}", wildcard("v2alpha1", "type")),
        (
            "v2beta1",
            "{internet: {domains: [a.example]}}",
            "error invalid-intents spec.targets[0].internet: ClientIntents shop/web: invalid target format. Type internet must contain ports while in strict mode\n".into(),
        ),
        (
            "v2beta1",
            "{kubernetes: {name: s}}",
            "error invalid-intents spec.targets[0].kubernetes: ClientIntents shop/web: invalid target format. Target must be a Kubernetes service while in strict mode (write `service: {name: ...}`, or switch enableStrictModeIntents off)\n".into(),
        ),
        ("v2beta1", "{kubernetes: {name: s, kind: Service}}", String::new()),
        ("v2beta1", "{kafka: {name: s}}", String::new()),
    ];
    for (version, target, expected) in cases {
        let manifests = manifests(version, &format!("{{workload: {{name: web}}, targets: [{target}]}}"));
        assert_eq!(understand_with(&manifests, &strict).1, expected, "{version} {target}");
    }
    let v1 = manifests("v1alpha3", "{service: {name: web}, calls: [{name: s}]}");
    assert_eq!(understand_with(&v1, &strict).1, "");
}

#[test]
fn all_faults_come_in_one_run() {
    let spec = "{workload: {name: web, kind: x}, targets: [{kubernetes: {name: a.b.c}}, {}, {internet: {ips: [x], domains: ['a b']}}]}";
    let (world, lines) = understand(&manifests("v2beta1", spec));
    assert_eq!(lines.lines().count(), 5, "{lines}");
    assert!(world.client_intents.is_empty());
}

#[test]
fn versions_kinds_and_groups() {
    let object = |api_version: &str, kind: &str, rest: &str| {
        format!(
            "{}apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\n{rest}",
            deployment("shop", "web")
        )
    };
    let hidden = "warning no-client-intents: the input has no ClientIntents, so no call is allowed by policy (if there should be some, look for a selector of kpt or kustomize that hides them)\n";
    for (api_version, kind, rest, expected) in [
        ("k8s.otterize.com/v2beta1", "ClientIntents", "", ""),
        ("k8s.otterize.com/v2beta1", "ClientIntents", "spec: null", ""),
        (
            "k8s.otterize.com/v2beta1",
            "ClientIntents",
            "spce: {}",
            "error invalid-intents spce: ClientIntents shop/web: unknown field `spce` (did you mean `spec`?)\n",
        ),
        (
            "k8s.otterize.com/v2beta1",
            "ClientIntents",
            "spec: []",
            "error invalid-field spec: ClientIntents shop/web: `spec` must be a mapping, not a list\n",
        ),
        (
            "k8s.otterize.com/v2beta2",
            "ClientIntents",
            "spec: {}",
            "error unknown-intents-version apiVersion: ClientIntents shop/web: version `v2beta2` of ClientIntents is not known (did you mean `v2beta1`?)\n",
        ),
        ("k8s.otterize.com/v9", "ClientIntents", "", ""),
    ] {
        assert_eq!(understand(&object(api_version, kind, rest)).1, expected, "{api_version} {kind} {rest}");
    }
    for (api_version, kind, rest, expected) in [
        (
            "k8s.otterize.com/v1alpha1",
            "Intents",
            "spec: {}",
            "error unknown-intents-version kind: Intents shop/web: kind Intents was renamed ClientIntents in 2022 (write apiVersion k8s.otterize.com/v2beta1)\n",
        ),
        (
            "k8s.otterize.com/v2beta1",
            "ClientIntent",
            "spec: {}",
            "error unknown-intents-version kind: ClientIntent shop/web: kind `ClientIntent` is not known in group k8s.otterize.com (did you mean `ClientIntents`?)\n",
        ),
        (
            "k8s.otterize.io/v2beta1",
            "ClientIntents",
            "spec: {}",
            "error unknown-intents-version apiVersion: ClientIntents shop/web: `k8s.otterize.io/v2beta1` is not a known apiVersion of this kind (write apiVersion k8s.otterize.com/v2beta1)\n",
        ),
        ("k8s.otterize.com/v1alpha2", "KafkaServerConfig", "spec: {}", ""),
        ("example.com/v1", "Intents", "spec: {}", ""),
    ] {
        let expected = format!("{expected}{hidden}");
        assert_eq!(understand(&object(api_version, kind, rest)).1, expected, "{api_version} {kind} {rest}");
    }
}

#[test]
fn one_client_has_one_object() {
    let duplicate = "error duplicate-intents spec.workload.name: ClientIntents shop/second: Intents for client web already exist in resource first (put all calls of a client into one object)\n";
    for (first, second, expected) in [
        ("{workload: {name: web}}", "{workload: {name: web}}", duplicate),
        ("{workload: {name: web, kind: Deployment}}", "{workload: {name: web, kind: Deployment}}", duplicate),
        ("{workload: {name: web}}", "{workload: {name: web, kind: Deployment}}", ""),
        ("{workload: {name: web}}", "{workload: {name: api}}", ""),
    ] {
        let manifests = [
            deployment("shop", "web"),
            deployment("shop", "api"),
            intents("first", "v2beta1", first),
            intents("second", "v2alpha1", second),
        ];
        assert_eq!(understand(&manifests.concat()).1, expected, "{first} {second}");
    }
    let mixed = [
        deployment("shop", "web"),
        intents("first", "v1alpha2", "{service: {name: web}, calls: []}"),
        intents("second", "v2alpha1", "{workload: {name: web}}"),
    ];
    assert_eq!(understand(&mixed.concat()).1, duplicate);
}

#[test]
fn resolved_addresses_come_from_the_status() {
    let status = "status:\n  resolvedIPs:\n  - {dns: a.example, ips: [192.0.2.1, '2001:db8::1', '::ffff:192.0.2.2']}\n  - {dns: a.example, ips: [192.0.2.9]}\n";
    let spec = "{workload: {name: web}, targets: [{internet: {domains: [a.example]}}]}";
    let manifests = manifests("v2beta1", spec).trim_end_matches("---\n").to_owned() + status;
    let (world, lines) = understand(&manifests);
    assert_eq!(lines, "");
    let resolved = format!("{:?}", world.client_intents[0].resolved_ips);
    assert_eq!(resolved, r#"{"a.example": [192.0.2.1, 2001:db8::1, 192.0.2.2]}"#);
}

#[test]
fn intents_for_the_pipeline_only_still_count() {
    let manifests = format!(
        "{}{}",
        deployment("shop", "web"),
        "apiVersion: k8s.otterize.com/v2beta1\nkind: ClientIntents\nmetadata:\n  name: web\n  namespace: shop\n  annotations: {config.kubernetes.io/local-config: \"true\"}\nspec: {workload: {name: web}}\n"
    );
    let (world, lines) = understand(&manifests);
    assert_eq!((world.client_intents.len(), lines.as_str()), (1, ""));
}
