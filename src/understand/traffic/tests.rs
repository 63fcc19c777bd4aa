use crate::config::Config;
use crate::model::traffic::{MonitorEndpoint, Webhook};
use crate::model::world::World;
use crate::read;
use crate::source::{SourceOrigin, SourceText};
use crate::understand::understand;

/// Reads manifests; the findings as `severity code: message`.
fn world(text: &str) -> (World, Vec<String>) {
    let source = SourceText { origin: SourceOrigin::Stdin, text: text.to_owned().into() };
    let (package, found) = read::stream::read(vec![source]);
    assert!(found.0.is_empty(), "{found:?}");
    let (world, findings) = understand(&package, &Config::default());
    let show = |finding: &crate::diag::Finding| {
        format!("{} {}: {}", finding.severity.as_str(), finding.code.name(), finding.message)
    };
    // Traffic is read with or without intents, and these tests have none.
    let about_intents = |line: &String| line.contains("no-client-intents");
    (world, findings.0.iter().map(show).filter(|line| !about_intents(line)).collect())
}

/// `Kind namespace/name -> namespace/service[:port] ...`, sorted.
fn exposures(world: &World) -> Vec<String> {
    let mut lines: Vec<String> = world
        .exposures
        .iter()
        .map(|exposure| {
            let backends: Vec<String> = exposure
                .backends
                .iter()
                .map(|backend| {
                    let port = backend.port.as_ref().map_or(String::new(), |port| format!(":{port}"));
                    format!("{}/{}{port}", backend.namespace, backend.service)
                })
                .collect();
            format!("{} {}/{} -> {}", exposure.object_kind, exposure.namespace, exposure.name, backends.join(" "))
        })
        .collect();
    lines.sort();
    lines
}

/// Reads one object given as its group and version, kind, and the rest of its text.
fn object(api_version: &str, kind: &str, name: &str, rest: &str) -> String {
    format!("---\napiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\n{rest}\n")
}

const GATEWAY: &str = "gateway.networking.k8s.io/v1";

#[test]
fn ingresses() {
    for (api_version, spec, expected) in [
        ("networking.k8s.io/v1", "{defaultBackend: {service: {name: web, port: {number: 80}}}}", "shop/web:80"),
        (
            "networking.k8s.io/v1",
            "{rules: [{http: {paths: [{backend: {service: {name: web, port: {name: http}}}}, {backend: {resource: {kind: Bucket, name: b}}}]}}, {host: a.example}]}",
            "shop/web:http",
        ),
        ("networking.k8s.io/v1beta1", "{backend: {serviceName: web, servicePort: http}}", "shop/web:http"),
        (
            "extensions/v1beta1",
            "{rules: [{http: {paths: [{backend: {serviceName: web, servicePort: 80}}]}}]}",
            "shop/web:80",
        ),
        ("networking.k8s.io/v1", "{tls: []}", ""),
    ] {
        let (world, findings) = world(&object(api_version, "Ingress", "in", &format!("spec: {spec}")));
        assert_eq!(exposures(&world), [format!("Ingress shop/in -> {expected}")], "{spec}");
        assert!(findings.is_empty(), "{findings:?}");
    }
    let (world, _) =
        world(&object("example.com/v1", "Ingress", "in", "spec: {defaultBackend: {service: {name: web}}}"));
    assert!(world.exposures.is_empty(), "a kind of another group");
}

#[test]
fn wrong_types_are_findings_and_the_rest_is_read() {
    let rules = "spec: {defaultBackend: {service: {name: web}}, rules: [7, {http: {paths: {}}}, {http: {paths: [{backend: {}}]}}]}";
    let (world, findings) = world(&object("networking.k8s.io/v1", "Ingress", "in", rules));
    assert_eq!(exposures(&world), ["Ingress shop/in -> shop/web"]);
    assert_eq!(
        findings,
        [
            "error invalid-field: Ingress shop/in: `rules[]` must be a mapping, not a single value",
            "error invalid-field: Ingress shop/in: `paths` must be a list, not a mapping",
            "error invalid-field: Ingress shop/in: a backend names neither a Service nor a resource",
        ]
    );
    for (api_version, kind) in [
        (GATEWAY, "HTTPRoute"),
        (GATEWAY, "ReferenceGrant"),
        ("route.openshift.io/v1", "Route"),
        ("networking.istio.io/v1", "VirtualService"),
        ("projectcontour.io/v1", "HTTPProxy"),
        ("traefik.io/v1alpha1", "IngressRoute"),
        ("monitoring.coreos.com/v1", "ServiceMonitor"),
        ("apiregistration.k8s.io/v1", "APIService"),
    ] {
        let (world, findings) = self::world(&object(api_version, kind, "odd", "spec: [1]"));
        assert!(world.exposures.iter().all(|exposure| exposure.backends.is_empty()), "{kind}");
        let message = "`spec` must be a mapping, not a list";
        assert!(findings.iter().any(|line| line.ends_with(message)), "{kind}: {findings:?}");
        let (_, findings) = self::world(&object(api_version, kind, "empty", ""));
        assert!(findings.iter().all(|line| !line.contains("invalid-field")), "{kind}: {findings:?}");
    }
}

#[test]
fn gateway_routes() {
    let to_gateway = "parentRefs: [{name: edge}]";
    for (kind, spec, expected) in [
        ("HTTPRoute", format!("{{{to_gateway}, rules: [{{backendRefs: [{{name: web, port: 80}}, {{name: cart, namespace: other, weight: 0}}]}}]}}"), Some("shop/web:80 other/cart")),
        ("GRPCRoute", format!("{{{to_gateway}, rules: [{{backendRefs: [{{group: '', kind: Service, name: web}}, {{kind: ServiceImport, group: multicluster.x-k8s.io, name: far}}]}}]}}"), Some("shop/web")),
        ("HTTPRoute", format!("{{{to_gateway}, rules: [{{filters: [{{type: RequestMirror, requestMirror: {{backendRef: {{name: mirror, port: 80}}}}}}]}}]}}"), Some("shop/mirror:80")),
        ("TLSRoute", format!("{{{to_gateway}}}"), Some("")),
        ("UDPRoute", "{parentRefs: [{kind: Service, group: '', name: web}, {name: edge}], rules: [{backendRefs: [{name: web}]}]}".into(), Some("shop/web")),
        ("TCPRoute", "{parentRefs: [{kind: Service, group: '', name: web}], rules: [{backendRefs: [{name: web}]}]}".into(), None),
        ("TCPRoute", "{rules: [{backendRefs: [{name: web}]}]}".into(), None),
        ("TCPRoute", "{parentRefs: [{group: networking.istio.io, kind: ServiceEntry, name: out}], rules: [{backendRefs: [{name: web}]}]}".into(), None),
        ("TCPRoute", "{parentRefs: [{group: gateway.networking.x-k8s.io, kind: XListenerSet, name: ls}], rules: [{backendRefs: [{name: web}]}]}".into(), Some("shop/web")),
        ("BackendTLSPolicy", format!("{{{to_gateway}}}"), None),
    ] {
        let (world, _) = world(&object(GATEWAY, kind, "r", &format!("spec: {spec}")));
        let expected: Vec<String> = expected.map(|backends| format!("{kind} shop/r -> {backends}")).into_iter().collect();
        assert_eq!(exposures(&world), expected, "{spec}");
    }
}

#[test]
fn reference_grants() {
    let (world, findings) = world(&object(
        "gateway.networking.k8s.io/v1beta1",
        "ReferenceGrant",
        "g",
        "spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: edge}], to: [{group: '', kind: Service, name: web}, {group: '', kind: Secret}, {kind: Service}]}",
    ));
    assert!(findings.is_empty(), "{findings:?}");
    let grant = &world.reference_grants[0];
    assert_eq!(grant.namespace, "shop");
    assert_eq!(grant.from, [("gateway.networking.k8s.io".into(), "HTTPRoute".into(), "edge".into())]);
    assert_eq!(grant.to_services, [Some("web".to_owned()), None]);
}

#[test]
fn openshift_and_contour() {
    let routes = [
        object(
            "route.openshift.io/v1",
            "Route",
            "a",
            "spec: {to: {kind: Service, name: web}, port: {targetPort: http}}",
        ),
        object("v1", "Route", "b", "spec: {to: {name: web}, alternateBackends: [{kind: Service, name: next}]}"),
        object("serving.knative.dev/v1", "Route", "c", "spec: {to: {name: web}}"),
        object(
            "projectcontour.io/v1",
            "HTTPProxy",
            "p",
            "spec: {routes: [{services: [{name: web, port: 80}]}], tcpproxy: {services: [{name: db, port: 5432}]}}",
        ),
    ];
    let (world, findings) = world(&routes.concat());
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(
        exposures(&world),
        [
            "HTTPProxy shop/p -> shop/web:80 shop/db:5432",
            "Route shop/a -> shop/web:http",
            "Route shop/b -> shop/web shop/next"
        ]
    );
}

#[test]
fn istio() {
    let istio = "networking.istio.io/v1";
    let route = |host: &str| format!("http: [{{route: [{{destination: {{host: {host}, port: {{number: 80}}}}}}]}}]");
    let service =
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: other}\nspec: {ports: [{port: 80}]}\n";
    for (spec, expected) in [
        (format!("{{gateways: [edge], {}}}", route("web")), Some("shop/web:80")),
        (format!("{{gateways: [mesh, ns/edge], {}}}", route("web.other.svc.cluster.local")), Some("other/web:80")),
        (format!("{{gateways: [edge], {}}}", route("cart.other")), Some("other/cart:80")),
        (format!("{{gateways: [edge], {}}}", route("cart.example")), Some("")),
        (format!("{{gateways: [edge], {}}}", route("www.cart.example")), Some("")),
        (format!("{{gateways: [mesh], {}}}", route("web")), None),
        (format!("{{{}}}", route("web")), None),
        ("{gateways: [edge, mesh], http: [{match: [{gateways: [mesh]}], route: [{destination: {host: a}}]}, {match: [{uri: {exact: /}}, {gateways: [mesh]}], route: [{destination: {host: b}}]}]}".into(), Some("shop/b")),
        ("{gateways: [edge], tls: [{match: [{sniHosts: [a]}], route: [{destination: {host: a}}]}], tcp: [{route: [{destination: {host: b}}]}], http: [{mirror: {host: c}, mirrors: [{destination: {host: d}}]}]}".into(), Some("shop/c shop/d shop/a shop/b")),
    ] {
        let (world, _) = world(&(object(istio, "VirtualService", "vs", &format!("spec: {spec}")) + service));
        let expected: Vec<String> = expected.map(|backends| format!("VirtualService shop/vs -> {backends}")).into_iter().collect();
        assert_eq!(exposures(&world), expected, "{spec}");
    }
    let delegation = [
        object(
            istio,
            "VirtualService",
            "root",
            "spec: {gateways: [edge], http: [{delegate: {name: part}}, {match: [{gateways: [mesh]}], delegate: {name: inner}}]}",
        ),
        object(istio, "VirtualService", "part", &format!("spec: {{{}}}", route("web"))),
        object(istio, "VirtualService", "inner", &format!("spec: {{{}}}", route("web"))),
    ];
    let (world, _) = world(&delegation.concat());
    assert_eq!(exposures(&world), ["VirtualService shop/part -> shop/web:80", "VirtualService shop/root -> "]);
}

#[test]
fn traefik() {
    let traefik = "traefik.io/v1alpha1";
    let objects = [
        object(
            traefik,
            "IngressRoute",
            "r",
            "spec: {routes: [{services: [{name: web, port: 80}, {name: ping@internal, kind: TraefikService}, {name: ts, kind: TraefikService}]}]}",
        ),
        object(
            "traefik.containo.us/v1alpha1",
            "IngressRouteTCP",
            "t",
            "spec: {routes: [{services: [{name: db, namespace: data, port: 5432}]}]}",
        ),
        object(traefik, "IngressRouteUDP", "u", "spec: {routes: [{services: [{name: dns, port: 53}]}]}"),
        object(
            traefik,
            "TraefikService",
            "ts",
            "spec: {weighted: {services: [{name: a}, {name: other, kind: TraefikService}]}}",
        ),
        object(
            traefik,
            "TraefikService",
            "other",
            "spec: {mirroring: {name: b, mirrors: [{name: c}, {name: ts, kind: TraefikService}]}}",
        ),
        object(traefik, "TraefikService", "unused", "spec: {failover: {service: {name: d}, fallback: {name: e}}}"),
    ];
    let (world, findings) = world(&objects.concat());
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(
        exposures(&world),
        [
            "IngressRoute shop/r -> shop/web:80",
            "IngressRouteTCP shop/t -> data/db:5432",
            "IngressRouteUDP shop/u -> shop/dns:53",
            "TraefikService shop/other -> shop/b shop/c",
            "TraefikService shop/ts -> shop/a",
        ]
    );
}

#[test]
fn webhooks() {
    let text = r"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: v}
webhooks:
- clientConfig: {service: {name: hooks, namespace: sys, port: 8443}}
- clientConfig: {url: 'https://hooks.example'}
- clientConfig: {service: {name: hooks}}
---
apiVersion: admissionregistration.k8s.io/v1beta1
kind: MutatingWebhookConfiguration
metadata: {name: m}
webhooks: [{clientConfig: {service: {name: hooks, namespace: sys}}}]
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: a.example.com}
spec: {conversion: {strategy: Webhook, webhook: {clientConfig: {service: {name: conv, namespace: sys}}}}}
---
apiVersion: apiextensions.k8s.io/v1beta1
kind: CustomResourceDefinition
metadata: {name: b.example.com}
spec: {conversion: {strategy: Webhook, webhookClientConfig: {service: {name: conv, namespace: sys, port: 1}}}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: c.example.com}
spec: {conversion: {strategy: None}}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.metrics}
spec: {service: {name: metrics, namespace: sys}}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.apps}
spec: {service: null}
";
    let (world, findings) = world(text);
    let show = |webhook: &Webhook| {
        let Webhook { object_kind, config_name, namespace, service, port, .. } = webhook;
        format!("{object_kind} {config_name} -> {namespace}/{service}:{port}")
    };
    assert_eq!(
        world.webhooks.iter().map(show).collect::<Vec<_>>(),
        [
            "ValidatingWebhookConfiguration v -> sys/hooks:8443",
            "MutatingWebhookConfiguration m -> sys/hooks:443",
            "CustomResourceDefinition a.example.com -> sys/conv:443",
            "CustomResourceDefinition b.example.com -> sys/conv:1",
            "APIService v1.metrics -> sys/metrics:443",
        ]
    );
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].ends_with("a reference to a Service needs `name` and `namespace`"));
}

#[test]
fn monitors() {
    let monitoring = "monitoring.coreos.com/v1";
    let objects = [
        object(
            monitoring,
            "ServiceMonitor",
            "s",
            "spec: {selector: {matchLabels: {app: web}}, namespaceSelector: {matchNames: [a, b]}, endpoints: [{port: http, targetPort: 1}, {targetPort: 9100}, {targetPort: metrics, portNumber: 3}]}",
        ),
        object(
            monitoring,
            "PodMonitor",
            "p",
            "spec: {selector: {}, namespaceSelector: {any: true}, podMetricsEndpoints: [{portNumber: 3, targetPort: 4}, {}]}",
        ),
        object(monitoring, "ServiceMonitor", "odd", "spec: {endpoints: []}"),
        object(monitoring, "PrometheusRule", "r", "spec: {groups: []}"),
    ];
    let (world, findings) = world(&objects.concat());
    let endpoint = |endpoint: &MonitorEndpoint| {
        let part = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        format!("{}/{}", part(endpoint.port.clone()), part(endpoint.target_port.as_ref().map(ToString::to_string)))
    };
    let lines: Vec<String> = world
        .monitors
        .iter()
        .map(|monitor| {
            let endpoints: Vec<String> = monitor.endpoints.iter().map(endpoint).collect();
            format!("{:?} {} {:?} {}", monitor.kind, monitor.name, monitor.namespaces, endpoints.join(" "))
        })
        .collect();
    assert_eq!(lines, [r#"Service s Names(["a", "b"]) http/- -/9100 -/metrics"#, "Pod p Any -/3 -/-"]);
    assert_eq!(findings, ["error invalid-field: ServiceMonitor shop/odd: `spec.selector` is missing"]);
}

#[test]
fn references_under_kustomize() {
    let previous = "annotations: {internal.config.kubernetes.io/previousNames: web, internal.config.kubernetes.io/previousNamespaces: shop, internal.config.kubernetes.io/previousKinds: Service}";
    let text = format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: dev-web, namespace: dev, {previous}}}\nspec: {{ports: [{{port: 80}}]}}\n---\n\
         apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: in, namespace: dev}}\nspec: {{defaultBackend: {{service: {{name: web}}}}}}\n---\n\
         apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {{name: v1.a}}\nspec: {{service: {{name: web, namespace: shop}}}}\n"
    );
    let (world, findings) = world(&text);
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(exposures(&world), ["Ingress dev/in -> dev/dev-web"]);
    assert_eq!((world.webhooks[0].namespace.as_str(), world.webhooks[0].service.as_str()), ("dev", "dev-web"));
    // kustomize records `default` for a Service without namespace, and the reference means that one.
    let (world, _) = self::world(&text.replace("shop", "default"));
    assert_eq!((world.webhooks[0].namespace.as_str(), world.webhooks[0].service.as_str()), ("dev", "dev-web"));
}

#[test]
fn local_config_is_not_for_the_cluster() {
    let text = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: in, namespace: a, annotations: {config.kubernetes.io/local-config: 'true'}}\nspec: {defaultBackend: {service: {name: web}}}\n";
    assert!(world(text).0.exposures.is_empty());
}

#[test]
fn domain_policies_are_kept_as_values() {
    let text = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: shop, labels: {a: b}}\nspec: {egress: [{toPorts: [{ports: [{port: '53', protocol: UDP}]}]}], n: 1, t: true, z: null}\n";
    let (world, _) = world(text);
    let found = &world.other_generated[0];
    assert_eq!(found.id.to_string(), "CiliumNetworkPolicy shop/p");
    use crate::model::value::Value;
    let port = Value::map([("port", Value::string("53")), ("protocol", Value::string("UDP"))]);
    let to_ports = Value::map([("toPorts", Value::List(vec![Value::map([("ports", Value::List(vec![port]))])]))]);
    assert_eq!(
        found.spec,
        Value::map([
            ("egress", Value::List(vec![to_ports])),
            ("n", Value::Integer(1)),
            ("t", Value::Bool(true)),
            ("z", Value::Null),
        ])
    );
}
