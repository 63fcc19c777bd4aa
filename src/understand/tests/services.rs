//! Services and their addresses, with what the API server fills in.

use super::understand;
use crate::model::world::World;
use std::fmt::Write as _;

fn service(spec: &str) -> (World, String) {
    let (world, lines) = understand(&format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: s, namespace: shop, labels: {{l: '1'}}, annotations: {{a: '2'}}}}\nspec: {spec}\n"
    ));
    let lines = lines.lines().filter(|line| !line.contains("no-client-intents")).collect::<Vec<_>>().join("\n");
    (world, lines)
}

/// Type, selector, ports and addresses in one line.
fn summary(world: &World) -> String {
    let Some(service) = world.services.first() else { return "none".into() };
    let mut summary = format!("{:?}", service.service_type);
    match &service.selector {
        Some(selector) => {
            let _ = write!(summary, " {selector:?}");
        }
        None => summary.push_str(" no selector"),
    }
    for port in &service.ports {
        let name = port.name.as_deref().unwrap_or("-");
        let _ = write!(summary, " {name}:{}->{}/{}", port.port, port.target_port, port.protocol.as_str());
    }
    let _ = write!(summary, " {:?}", service.cluster_ips);
    summary
}

#[test]
fn defaults_and_all_forms() {
    for (spec, expected) in [
        ("{}", "ClusterIp no selector []"),
        ("null", "ClusterIp no selector []"),
        ("{selector: {}, type: ''}", "ClusterIp no selector []"),
        (
            "{selector: {app: web, version: 2}, ports: [{port: 80}]}",
            r#"ClusterIp {"app": "web", "version": "2"} -:80->80/TCP []"#,
        ),
        (
            "{type: NodePort, selector: {a: b}, ports: [{name: http, port: 80, targetPort: web, protocol: UDP}, {port: 443, targetPort: 8443}]}",
            r#"NodePort {"a": "b"} http:80->web/UDP -:443->8443/TCP []"#,
        ),
        (
            "{type: LoadBalancer, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, '2001:db8::1']}",
            "LoadBalancer no selector [10.0.0.1, 2001:db8::1]",
        ),
        ("{type: ExternalName, externalName: a.example}", "ExternalName no selector []"),
        (
            "{clusterIP: None, selector: {a: b}, ports: [{port: 80, targetPort: '8080'}]}",
            r#"ClusterIp {"a": "b"} -:80->8080/TCP []"#,
        ),
        ("{ports: [{port: 0x50, targetPort: 0}]}", "ClusterIp no selector -:80->80/TCP []"),
    ] {
        let (world, lines) = service(spec);
        assert_eq!((summary(&world).as_str(), lines.as_str()), (expected, ""), "{spec}");
    }
}

#[test]
fn wrong_values_leave_the_rest() {
    for (spec, expected, finding) in [
        (
            "{type: Nodeport}",
            "ClusterIp no selector []",
            "error invalid-field spec.type: Service shop/s: `type` must be ClusterIP, NodePort, LoadBalancer or ExternalName, not `Nodeport`",
        ),
        (
            "{ports: [{port: 80800}, {port: 1}]}",
            "ClusterIp no selector -:1->1/TCP []",
            "error invalid-field spec.ports[0].port: Service shop/s: `port` must be a port number from 1 to 65535, not `80800`",
        ),
        (
            "{ports: [{targetPort: 1}]}",
            "ClusterIp no selector []",
            "error invalid-field spec.ports[0]: Service shop/s: a Service port needs `port`",
        ),
        (
            "{ports: [{port: 1, protocol: tcp}]}",
            "ClusterIp no selector []",
            "error invalid-field spec.ports[0].protocol: Service shop/s: `protocol` must be TCP, UDP or SCTP, not `tcp`",
        ),
        (
            "{ports: [{port: 1, targetPort: a_b}]}",
            "ClusterIp no selector []",
            "error invalid-field spec.ports[0].targetPort: Service shop/s: `targetPort` must be a port number or the name of a port, not `a_b`",
        ),
        (
            "{selector: [a]}",
            "ClusterIp no selector []",
            "error invalid-field spec.selector: Service shop/s: `selector` must be a mapping, not a list",
        ),
        (
            "{selector: {a: {b: c}}}",
            "ClusterIp no selector []",
            "error invalid-field spec.selector.a: Service shop/s: `selector.a` must be a single value, not a mapping",
        ),
        (
            "{clusterIP: x}",
            "ClusterIp no selector []",
            "error invalid-field spec.clusterIP: Service shop/s: `clusterIP` must be an IP address, not `x`",
        ),
        (
            "{ports: {port: 1}}",
            "ClusterIp no selector []",
            "error invalid-field spec.ports: Service shop/s: `ports` must be a list, not a mapping",
        ),
    ] {
        let (world, lines) = service(spec);
        assert_eq!((summary(&world).as_str(), lines.as_str()), (expected, finding), "{spec}");
    }
}

#[test]
fn endpoints_and_slices() {
    let (world, lines) = understand(
        "\
apiVersion: v1
kind: Endpoints
metadata: {name: kubernetes, namespace: default}
subsets:
- addresses: [{ip: 192.0.2.1}]
  notReadyAddresses: [{ip: 192.0.2.2}]
  ports: [{name: https, port: 6443}, {port: 53, protocol: UDP}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kubernetes-x, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
addressType: IPv6
endpoints: [{addresses: ['2001:db8::1']}]
ports: [{port: 6443, protocol: TCP}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: names, namespace: default, labels: {kubernetes.io/service-name: other}}
addressType: FQDN
endpoints: [{addresses: [a.example]}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: orphan, namespace: default}
addressType: IPv4
endpoints: [{addresses: [192.0.2.3]}]
",
    );
    let summary: Vec<String> = world
        .endpoints
        .iter()
        .map(|endpoints| {
            format!("{}/{} {:?} {:?}", endpoints.namespace, endpoints.service, endpoints.addresses, endpoints.ports)
        })
        .collect();
    assert_eq!(
        summary,
        [
            "default/kubernetes [192.0.2.1, 192.0.2.2] [(6443, Tcp), (53, Udp)]",
            "default/kubernetes [2001:db8::1] [(6443, Tcp)]"
        ]
    );
    assert_eq!(lines.lines().count(), 1, "{lines}");
}

#[test]
fn one_of_several_services_with_one_name_counts() {
    let service = |app: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: s, namespace: shop}}\nspec: {{selector: {{app: {app}}}, ports: [{{port: 80}}]}}\n"
        )
    };
    let named_once = |manifests: [String; 2]| {
        let (world, lines) = understand(&manifests.join("---\n"));
        assert_eq!(world.services.len(), 1);
        (
            summary(&world),
            lines.lines().filter(|line| !line.contains("no-client-intents")).collect::<Vec<_>>().join("\n"),
        )
    };
    let (kept, lines) = named_once([service("web"), service("web")]);
    assert_eq!((kept.as_str(), lines.as_str()), (r#"ClusterIp {"app": "web"} -:80->80/TCP []"#, ""));
    for order in [[service("web"), service("api")], [service("api"), service("web")]] {
        let (kept, lines) = named_once(order);
        assert_eq!(kept, r#"ClusterIp {"app": "api"} -:80->80/TCP []"#);
        assert_eq!(
            lines,
            "warning duplicate-service metadata.name: Service shop/s is there twice, and only one can be deployed (remove one of the two, or give it another name)"
        );
    }
}
