//! Every validation rule of a target (`spec/otterize.md` 1.8): the finding's place, text and help.

use super::intents::{check, manifests};
use super::understand;

#[test]
fn a_target_has_exactly_one_field() {
    check(&[
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{kubernetes: {name: s}, service: {name: s}}]}",
            "error invalid-intents spec.targets[0]: ClientIntents shop/web: each target must have exactly one field set, and this one has kubernetes and service (write one list entry for each call)",
        ),
        (
            "v2alpha1",
            "{workload: {name: web}, targets: [{}]}",
            "error invalid-intents spec.targets[0]: ClientIntents shop/web: each target must have exactly one field set, and this one has none (one of kubernetes, service, kafka, sql, aws, gcp, azure, internet)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{kuberentes: {name: s}}]}",
            "error invalid-intents spec.targets[0]: ClientIntents shop/web: each target must have exactly one field set, and `kuberentes` is not one (did you mean `kubernetes`?)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{kubernetes: null}]}",
            "error invalid-intents spec.targets[0]: ClientIntents shop/web: each target must have exactly one field set, and this one has none (one of kubernetes, service, kafka, sql, aws, gcp, azure, internet)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [api]}",
            "error invalid-field spec.targets[0]: ClientIntents shop/web: `targets[]` must be a mapping, not a single value",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: {kubernetes: {name: s}}}",
            "error invalid-field spec.targets: ClientIntents shop/web: `targets` must be a list, not a mapping",
        ),
    ]);
}

#[test]
fn names_of_targets() {
    check(&[
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{kubernetes: {}}]}",
            "error invalid-intents spec.targets[0].kubernetes: ClientIntents shop/web: invalid intent format, field name is required",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{service: {name: ''}}]}",
            "error invalid-intents spec.targets[0].service.name: ClientIntents shop/web: invalid intent format, field name is required",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{kafka: {}}]}",
            "error invalid-intents spec.targets[0].kafka: ClientIntents shop/web: invalid intent format, field name is required",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{sql: {}}]}",
            "error invalid-intents spec.targets[0].sql: ClientIntents shop/web: invalid intent format, field name is required",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{kubernetes: {name: s.ns.svc}}]}",
            "error invalid-intents spec.targets[0].kubernetes.name: ClientIntents shop/web: Target server name should not contain more than one '.' character, unlike `s.ns.svc` (write `name` or `name.namespace`)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{kubernetes: {name: s.ns.svc, kind: deployment}}]}",
            "error invalid-intents spec.targets[0].kubernetes.kind: ClientIntents shop/web: Kubernetes Kinds must start with an uppercase letter, not `deployment` (did you mean `Deployment`?)\nerror invalid-intents spec.targets[0].kubernetes.name: ClientIntents shop/web: Target server name should not contain more than one '.' character, unlike `s.ns.svc` (write `name` or `name.namespace`)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{service: {name: s.ns.svc}}]}",
            "error invalid-intents spec.targets[0].service.name: ClientIntents shop/web: Target server name should not contain more than one '.' character, unlike `s.ns.svc` (write `name` or `name.namespace`)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{kafka: {name: s.ns.svc}}]}",
            "error invalid-intents spec.targets[0].kafka.name: ClientIntents shop/web: Target server name should not contain more than one '.' character, unlike `s.ns.svc` (write `name` or `name.namespace`)",
        ),
        (
            "v1alpha2",
            "{service: {name: web}, calls: [{name: 'svc:s.ns.svc'}]}",
            "error invalid-intents spec.calls[0].name: ClientIntents shop/web: Target server name should not contain more than one '.' character, unlike `s.ns.svc` (write `name` or `name.namespace`)",
        ),
        (
            "v1alpha1",
            "{service: {name: web}, calls: [{name: s.ns, namespace: ns}]}",
            "error invalid-intents spec.calls[0].name: ClientIntents shop/web: Target server name should not contain more than one '.' character, unlike `s.ns.ns` (write `name` or `name.namespace`)",
        ),
        (
            "v1alpha3",
            "{service: {name: web}, calls: [{type: http}]}",
            "error invalid-intents spec.calls[0]: ClientIntents shop/web: invalid intent format, field name is required",
        ),
        (
            "v1alpha3",
            "{service: {name: web}, calls: [{type: aws}]}",
            "error invalid-intents spec.calls[0]: ClientIntents shop/web: invalid intent format, field name is required",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{kubernetes: {name: .data}}]}",
            "error invalid-intents spec.targets[0].kubernetes.name: ClientIntents shop/web: invalid intent format, `.data` lacks a name or a namespace (write `name` or `name.namespace`)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{kubernetes: {name: my db}}]}",
            "error invalid-intents spec.targets[0].kubernetes.name: ClientIntents shop/web: `my db` cannot be the name of a workload or Service: it gives no legal label",
        ),
        (
            "v1alpha3",
            "{service: {name: web}, calls: [{name: 'svc:s', type: kafka}]}",
            "error invalid-intents spec.calls[0].name: ClientIntents shop/web: `svc:s` with `svc:` cannot be a kafka call (write `type: http` for a Service)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{kubernetes: {name: s, kind: statefulSet}}]}",
            "error invalid-intents spec.targets[0].kubernetes.kind: ClientIntents shop/web: Kubernetes Kinds must start with an uppercase letter, not `statefulSet` (did you mean `StatefulSet`?)",
        ),
        (
            "v1beta1",
            "{service: {name: web}, calls: [{name: s, kind: service}]}",
            "error invalid-intents spec.calls[0].kind: ClientIntents shop/web: Kubernetes Kinds must start with an uppercase letter, not `service` (did you mean `Service`?)",
        ),
    ]);
}

#[test]
fn values_that_the_api_server_refuses() {
    check(&[
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{kubernetes: {name: s, http: [{methods: [GET]}]}}]}",
            "error invalid-intents spec.targets[0].kubernetes.http[0]: ClientIntents shop/web: invalid intent format, path is required",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{kubernetes: {name: s, http: [{path: /}]}}]}",
            "error invalid-intents spec.targets[0].kubernetes.http[0]: ClientIntents shop/web: invalid intent format, methods is required",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{service: {name: s, http: [{path: /, methods: [get]}]}}]}",
            "error invalid-intents spec.targets[0].service.http[0].methods[0]: ClientIntents shop/web: `get` is not a supported value of `methods` (did you mean `GET`?)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{kafka: {name: s, topics: [{name: t, operations: [read]}]}}]}",
            "error invalid-intents spec.targets[0].kafka.topics[0].operations[0]: ClientIntents shop/web: `read` is not a supported value of `operations` (allowed: all, consume, produce, create, alter, delete, describe, ClusterAction, DescribeConfigs, AlterConfigs, IdempotentWrite)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{sql: {name: s, privileges: [{databaseName: d, operations: [SELEKT]}]}}]}",
            "error invalid-intents spec.targets[0].sql.privileges[0].operations[0]: ClientIntents shop/web: `SELEKT` is not a supported value of `operations` (did you mean `SELECT`?)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{sql: {name: s, privileges: [{table: d}]}}]}",
            "error invalid-intents spec.targets[0].sql.privileges[0]: ClientIntents shop/web: invalid intent format, field databaseName is required",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{aws: {actions: [a]}}]}",
            "error invalid-intents spec.targets[0].aws: ClientIntents shop/web: invalid intent format, field ARN is required",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{gcp: {permissions: [a]}}]}",
            "error invalid-intents spec.targets[0].gcp: ClientIntents shop/web: invalid intent format, field resource is required",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{azure: {roles: [a]}}]}",
            "error invalid-intents spec.targets[0].azure: ClientIntents shop/web: invalid intent format, field scope is required",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{azure: {scope: a}}]}",
            "error invalid-intents spec.targets[0].azure: ClientIntents shop/web: invalid intent format, at least one of [actions, dataActions, roles, keyVaultPolicy] must be set",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{azure: {scope: a, roles: [r], dataActions: [d]}}]}",
            "error invalid-intents spec.targets[0].azure.roles: ClientIntents shop/web: invalid intent format, if actions or dataActions are set, roles must be empty",
        ),
        (
            "v1alpha2",
            "{service: {name: web}, calls: [{name: s, type: aws}]}",
            "error invalid-intents spec.calls[0].type: ClientIntents shop/web: `aws` is not a supported value of `type` (allowed: http, kafka, database)",
        ),
        (
            "v1alpha3",
            "{service: {name: web}, calls: [{name: s, type: htpt}]}",
            "error invalid-intents spec.calls[0].type: ClientIntents shop/web: `htpt` is not a supported value of `type` (did you mean `http`?)",
        ),
        (
            "v1alpha3",
            "{service: {name: web}, calls: [{name: s, type: kafka, kafkaTopics: [{name: t, operations: [consum]}]}]}",
            "error invalid-intents spec.calls[0].kafkaTopics[0].operations[0]: ClientIntents shop/web: `consum` is not a supported value of `operations` (did you mean `consume`?)",
        ),
        (
            "v1alpha1",
            "{service: {name: web}, calls: [{name: s, type: http, resources: [{path: /, method: HEAD}]}]}",
            "error invalid-intents spec.calls[0].resources[0].method: ClientIntents shop/web: `HEAD` is not a supported value of `method` (allowed: GET, POST, PUT, DELETE, OPTIONS, TRACE, PATCH, CONNECT)",
        ),
    ]);
}

#[test]
fn fields_of_another_type_of_call() {
    check(&[
        (
            "v1alpha3",
            "{service: {name: web}, calls: [{name: s, type: http, kafkaTopics: [{name: t, operations: [all]}]}]}",
            "error invalid-intents spec.calls[0].kafkaTopics: ClientIntents shop/web: invalid intent format. type http cannot contain kafka topics",
        ),
        (
            "v1alpha2",
            "{service: {name: web}, calls: [{name: s, type: http, topics: [{name: t, operations: [all]}]}]}",
            "error invalid-intents spec.calls[0].topics: ClientIntents shop/web: invalid intent format. type http cannot contain kafka topics",
        ),
        (
            "v1alpha3",
            "{service: {name: web}, calls: [{name: s, HTTPResources: [{path: /, methods: [GET]}]}]}",
            "warning intent-field-no-effect spec.calls[0].HTTPResources: ClientIntents shop/web: `HTTPResources` has no effect in a call without type (it belongs to calls of type http)",
        ),
        (
            "v1beta1",
            "{service: {name: web}, calls: [{name: s, type: kafka, awsActions: [a]}]}",
            "warning intent-field-no-effect spec.calls[0].awsActions: ClientIntents shop/web: `awsActions` has no effect in a call of type kafka (it belongs to calls of type aws)",
        ),
        (
            "v1beta1",
            "{service: {name: web}, calls: [{name: s, type: kafka, kind: Deployment}]}",
            "warning intent-field-no-effect spec.calls[0].kind: ClientIntents shop/web: `kind` has no effect in a call of type kafka",
        ),
        ("v1beta1", "{service: {name: web}, calls: [{name: s, type: kafka, awsActions: []}]}", ""),
    ]);
}

#[test]
fn internet_targets() {
    check(&[
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{internet: {ports: [443]}}]}",
            "error invalid-intents spec.targets[0].internet: ClientIntents shop/web: invalid target format. type internet must contain ips or domanin names (add `ips` or `domains`)",
        ),
        (
            "v1alpha3",
            "{service: {name: web}, calls: [{type: internet}]}",
            "error invalid-intents spec.calls[0]: ClientIntents shop/web: invalid intent format. type internet must contain internet object",
        ),
        (
            "v1alpha3",
            "{service: {name: web}, calls: [{type: internet, internet: {ports: [1]}}]}",
            "error invalid-intents spec.calls[0].internet: ClientIntents shop/web: invalid intent format. type internet must contain ips or domanin names (add `ips` or `domains`)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{internet: {domains: [not a domain]}}]}",
            "error invalid-intents spec.targets[0].internet.domains[0]: ClientIntents shop/web: `not a domain` should be valid DNS name",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{internet: {domains: ['']}}]}",
            "error invalid-intents spec.targets[0].internet.domains[0]: ClientIntents shop/web: `` should be valid DNS name",
        ),
        (
            "v1beta1",
            "{service: {name: web}, calls: [{type: internet, internet: {domains: [-a.example]}}]}",
            "error invalid-intents spec.calls[0].internet.domains[0]: ClientIntents shop/web: `-a.example` should be valid DNS name",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{internet: {ips: ['']}}]}",
            "error invalid-intents spec.targets[0].internet.ips[0]: ClientIntents shop/web: invalid target format. type internet must contain ips, and this one is empty",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{internet: {ips: [10.0.0.300]}}]}",
            "error invalid-intents spec.targets[0].internet.ips[0]: ClientIntents shop/web: `10.0.0.300` should be value IP address or CIDR",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{internet: {ips: [api.example.com]}}]}",
            "error invalid-intents spec.targets[0].internet.ips[0]: ClientIntents shop/web: `api.example.com` should be value IP address or CIDR (write names under `domains`)",
        ),
        (
            "v2beta1",
            "{workload: {name: web}, targets: [{internet: {ips: [10.0.0.1], ports: [80800]}}]}",
            "error invalid-field spec.targets[0].internet.ports[0]: ClientIntents shop/web: `ports[]` must be a port number from 1 to 65535, not `80800`",
        ),
    ]);
}

#[test]
fn domains_as_the_look_up_rules_have_them() {
    for (domain, is_good) in [
        ("example.com", true),
        ("EXAMPLE.com", true),
        ("example.com.", true),
        ("a", true),
        ("xn--bcher-kva.example", true),
        ("bücher.example", true),
        ("*.example.com", true),
        ("a--b.example", true),
        ("ab--c.example", false),
        ("a_b.example", false),
        ("a..example", false),
        (".example", false),
        ("a-.example", false),
        ("exa mple.com", false),
        ("http://example.com", false),
        ("example.com:443", false),
    ] {
        let spec = format!("{{workload: {{name: web}}, targets: [{{internet: {{domains: ['{domain}']}}}}]}}");
        let (world, lines) = understand(&manifests("v2beta1", &spec));
        assert_eq!(lines.is_empty(), is_good, "{domain}: {lines}");
        assert_eq!(world.client_intents.len(), 1);
    }
}
