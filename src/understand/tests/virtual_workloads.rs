//! Pods that operators create from custom resources.

use super::{config, understand, understand_with};
use crate::config::{Config, VirtualWorkload};
use crate::model::policy::Protocol;
use crate::model::workload::Workload;

fn line(workload: &Workload) -> String {
    let labels: Vec<String> = workload.template_labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let ports: Vec<String> = workload
        .ports()
        .map(|port| format!("{}:{}/{}", port.name.as_deref().unwrap_or_default(), port.number, port.protocol.as_str()))
        .collect();
    format!("{} [{}] [{}]", workload.object_name(), labels.join(" "), ports.join(" "))
}

#[test]
fn prometheus_and_alertmanager_have_the_labels_of_their_operator() {
    let manifests = "\
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: k8s, namespace: monitoring}
spec: {portName: http, podMetadata: {labels: {team: ops, prometheus: other}}}
---
apiVersion: monitoring.coreos.com/v1
kind: Alertmanager
metadata: {name: main, namespace: monitoring}
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: rules, namespace: monitoring}
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: odd, namespace: monitoring}
spec: {listenLocal: true, podMetadata: [1]}
";
    let (world, findings) = understand(manifests);
    assert!(world.workloads.is_empty(), "they are never labelled");
    let lines: Vec<String> = world.virtual_workloads.iter().map(line).collect();
    let common = "app.kubernetes.io/managed-by=prometheus-operator app.kubernetes.io/name";
    assert_eq!(
        lines,
        [
            format!(
                "Prometheus monitoring/k8s [app.kubernetes.io/instance=k8s {common}=prometheus operator.prometheus.io/name=k8s operator.prometheus.io/shard=0 prometheus=k8s team=ops] [http:9090/TCP]"
            ),
            format!(
                "Alertmanager monitoring/main [alertmanager=main app.kubernetes.io/instance=main {common}=alertmanager] [web:9093/TCP mesh-tcp:9094/TCP mesh-udp:9094/UDP]"
            ),
            format!(
                "Prometheus monitoring/odd [app.kubernetes.io/instance=odd {common}=prometheus operator.prometheus.io/name=odd operator.prometheus.io/shard=0 prometheus=odd] []"
            ),
        ]
    );
    assert!(!findings.contains("error"), "{findings}");
}

#[test]
fn what_the_configuration_declares_is_there_unless_the_input_has_it() {
    let declared = |name: &str| VirtualWorkload {
        name: name.to_owned(),
        namespace: "shop".to_owned(),
        kind: "Postgresql".to_owned(),
        pod_labels: [("cluster".to_owned(), name.to_owned())].into(),
        ports: vec![(Some("pg".to_owned()), Protocol::Tcp, 5432)],
    };
    let config = Config { virtual_workloads: vec![declared("db"), declared("other")], ..config(&[]) };
    let manifests = "\
apiVersion: example.com/v1
kind: Postgresql
metadata: {name: db, namespace: shop}
spec: {template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}
";
    let (world, _) = understand_with(manifests, &config);
    let lines: Vec<String> = world.virtual_workloads.iter().map(line).collect();
    assert_eq!(lines, ["Postgresql shop/other [cluster=other] [pg:5432/TCP]"]);
    let judged = world.with_virtual_workloads();
    assert_eq!(judged.workloads.len(), 2);
}

/// A client that an operator creates is known, and that its pods lack labels is what is wrong; those that bear them are fine.
#[test]
fn intents_may_name_them() {
    let declared = |name: &str, label: &str| VirtualWorkload {
        name: name.to_owned(),
        namespace: "shop".to_owned(),
        kind: "Postgresql".to_owned(),
        pod_labels: [(label.to_owned(), "true".to_owned())].into(),
        ports: Vec::new(),
    };
    let virtual_workloads =
        vec![declared("plain", "cluster"), declared("labelled", "intents.otterize.com/access-web-shop-0a1b2c")];
    let config = Config { virtual_workloads, ..config(&[]) };
    let web = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {spec: {containers: []}}}
";
    let intents = |client: &str| {
        format!(
            "---\napiVersion: k8s.otterize.com/v2beta1\nkind: ClientIntents\nmetadata: {{name: {client}, namespace: shop}}\nspec: {{workload: {{name: {client}}}, targets: [{{kubernetes: {{name: web}}}}]}}\n"
        )
    };
    for (client, expected) in [
        (
            "plain",
            Some(
                "client Postgresql plain in namespace shop is not labelled here, because an operator creates its pods",
            ),
        ),
        ("labelled", None),
        ("other", Some("client other in namespace shop is not in the input")),
    ] {
        let (_, findings) = understand_with(&format!("{web}{}", intents(client)), &config);
        let found = findings.lines().find(|line| line.contains("client-not-found"));
        match expected {
            Some(expected) => assert!(found.is_some_and(|line| line.contains(expected)), "{client}: {findings}"),
            None => assert_eq!(found, None, "{client}"),
        }
    }
}
