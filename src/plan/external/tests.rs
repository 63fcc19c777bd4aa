use crate::config::{Automate, Config, KnownWorkload, Mode, Profile};
use crate::model::identity::Identity;
use crate::model::policy::{Peer, PolicyPort, PortValue, Protocol, Rule};
use crate::model::service::ServiceType;
use crate::model::traffic::{ExposureKind, ReferenceGrant};
use crate::plan::testing::{Bundle, call, labels};

fn v2() -> Config {
    Config { profile: Profile::V2, ..Config::default() }
}

/// `caller` calls `web`, which a Service of that name and type is in front of.
fn shop(service_type: ServiceType) -> Bundle {
    let mut shop = Bundle::default();
    shop.add_deployment("shop", "caller", &[]);
    shop.add_deployment("shop", "web", &[("http", 8080)]);
    shop.add_service("shop", "web", &[(80, "http")]).service_type = service_type;
    shop.calls("shop", "caller", &[call("shop", "web")]);
    shop
}

const OPEN: &str = "shop/external-access-to-web pods{service=web-shop-e8ed9a} in[any : TCP/8080]";

fn external(world: &Bundle, config: &Config) -> Vec<String> {
    world.lines(config).into_iter().filter(|line| !line.contains("/web-access")).collect()
}

#[test]
fn who_is_exposed() {
    let nothing: Vec<String> = Vec::new();
    for (service_type, expected) in [
        (ServiceType::ClusterIp, nothing.clone()),
        (ServiceType::ExternalName, nothing.clone()),
        (ServiceType::NodePort, vec![OPEN.to_owned()]),
        (ServiceType::LoadBalancer, vec![OPEN.to_owned()]),
    ] {
        assert_eq!(external(&shop(service_type), &v2()), expected, "{service_type:?}");
    }
    for kind in [
        ExposureKind::Ingress,
        ExposureKind::GatewayRoute,
        ExposureKind::OpenShiftRoute,
        ExposureKind::IstioGateway,
        ExposureKind::ContourProxy,
        ExposureKind::TraefikRoute,
    ] {
        let mut shop = shop(ServiceType::ClusterIp);
        shop.exposure(kind, "Route", "shop/r", "shop/web");
        assert_eq!(external(&shop, &v2()), [OPEN], "{kind:?}");
    }
}

#[test]
fn switch_and_mode() {
    let mut not_called = shop(ServiceType::LoadBalancer);
    not_called.world.client_intents.clear();
    let own = "shop/external-access-to-web pods{app=web} in[any : TCP/8080]".to_owned();
    for (switch, mode, expected) in [
        (Automate::Off, Mode::Active, vec![]),
        (Automate::IfBlockedByOtterize, Mode::Active, vec![]),
        (Automate::Always, Mode::Active, vec![own]),
        (Automate::Always, Mode::Shadow, vec![]),
    ] {
        let config = Config { automate_third_party_network_policies: switch, mode, ..v2() };
        assert_eq!(not_called.lines(&config), expected, "{switch:?} {mode:?}");
    }
    let off = Config { automate_third_party_network_policies: Automate::Off, ..v2() };
    assert!(external(&shop(ServiceType::LoadBalancer), &off).is_empty());
}

#[test]
fn references_across_namespaces_need_a_grant() {
    let grant = |kind: &str, namespace: &str, name: Option<&str>| ReferenceGrant {
        namespace: "shop".into(),
        from: vec![("gateway.networking.k8s.io".into(), kind.into(), namespace.into())],
        to_services: vec![name.map(str::to_owned)],
    };
    for (grant, granted) in [
        (grant("HTTPRoute", "gateways", None), true),
        (grant("HTTPRoute", "gateways", Some("web")), true),
        (grant("HTTPRoute", "gateways", Some("cart")), false),
        (grant("HTTPRoute", "others", None), false),
        (grant("TCPRoute", "gateways", None), false),
    ] {
        let mut shop = shop(ServiceType::ClusterIp);
        shop.exposure(ExposureKind::GatewayRoute, "HTTPRoute", "gateways/edge", "shop/web");
        shop.world.reference_grants = vec![grant.clone()];
        let refused = "warning reference-not-granted: HTTPRoute gateways/edge sends traffic to Service shop/web, \
                       but no ReferenceGrant in the input allows it";
        assert_eq!(external(&shop, &v2()), [if granted { OPEN } else { refused }], "{grant:?}");
    }
    let mut shop = shop(ServiceType::ClusterIp);
    shop.exposure(ExposureKind::TraefikRoute, "IngressRoute", "gateways/edge", "shop/web");
    assert_eq!(external(&shop, &v2()), [OPEN], "only the Gateway API has grants");
}

#[test]
fn references_that_lead_nowhere() {
    let mut shop = shop(ServiceType::ClusterIp);
    shop.exposure(ExposureKind::Ingress, "Ingress", "shop/edge", "shop/wbe");
    let expected =
        "warning service-not-found: Ingress shop/edge sends traffic to Service shop/wbe, which is not in the input";
    assert_eq!(external(&shop, &v2()), [expected]);
}

#[test]
fn controllers() {
    let known = |name: &str, pod_labels: &[(&str, &str)]| KnownWorkload {
        name: name.into(),
        namespace: "edge".into(),
        kind: "Deployment".into(),
        pod_labels: labels(pod_labels),
    };
    let opened =
        |from: &str| format!("shop/external-access-to-web pods{{service=web-shop-e8ed9a}} in[{from} : TCP/8080]");
    let ours =
        |name: &str, hash: &str| format!("{{owner-kind=Deployment,service={name}-edge-{hash}}}@{{metadata.name=edge}}");
    let run = |change: &dyn Fn(&mut Bundle), known: Vec<KnownWorkload>| {
        let mut shop = shop(ServiceType::ClusterIp);
        shop.exposure(ExposureKind::Ingress, "Ingress", "shop/edge", "shop/web");
        change(&mut shop);
        external(&shop, &Config { ingress_controller_configs: known, ..v2() })
    };
    // Not in the bundle: our labels and a warning that names the traffic, or its podLabels.
    assert_eq!(
        run(&|_| {}, vec![known("nginx", &[])]),
        [
            opened(&ours("nginx", "b6535e")),
            "warning traffic-blocked: external traffic to Service shop/web will fail: Deployment edge/nginx of \
             ingressControllerConfigs is not in the input and has no podLabels"
                .to_owned()
        ]
    );
    assert_eq!(run(&|_| {}, vec![known("nginx", &[("app", "nginx")])]), [opened("{app=nginx}@{metadata.name=edge}")]);
    // In the bundle: its labels, whatever podLabels say; on the host network no selector helps.
    let with_controller = |shop: &mut Bundle| {
        shop.add_deployment("edge", "nginx", &[]);
    };
    assert_eq!(run(&with_controller, vec![known("nginx", &[("x", "y")])]), [opened(&ours("nginx", "b6535e"))]);
    let on_host = |shop: &mut Bundle| shop.add_deployment("edge", "nginx", &[]).host_network = true;
    assert_eq!(
        run(&on_host, vec![known("nginx", &[])]),
        [
            opened(&ours("nginx", "b6535e")),
            "warning traffic-blocked: external traffic to Service shop/web will fail: Deployment edge/nginx of \
             ingressControllerConfigs uses the host network, so no pod selector matches it"
                .to_owned()
        ]
    );
    // Called something else by an annotation.
    let renamed = |shop: &mut Bundle| {
        let workload = shop.add_deployment("edge", "nginx", &[]);
        workload.identity = Identity { namespace: "edge".into(), name: "entrance".into(), kind: None };
    };
    assert_eq!(
        run(&renamed, vec![known("nginx", &[])]),
        [
            opened(&ours("nginx", "b6535e")),
            "warning traffic-blocked: external traffic to Service shop/web will fail: Deployment edge/nginx of \
             ingressControllerConfigs is called `entrance` in the input"
                .to_owned()
        ]
    );
    // Several are sorted, and each counts once.
    assert_eq!(
        run(&|_| {}, vec![known("b", &[("app", "b")]), known("a", &[("app", "a")]), known("b", &[("app", "b")])]),
        [opened("{app=a}@{metadata.name=edge},{app=b}@{metadata.name=edge}")]
    );
    // A load balancer does not go through the controller.
    assert_eq!(
        run(&|shop| shop.world.services[0].service_type = ServiceType::LoadBalancer, vec![known("nginx", &[])]),
        [OPEN]
    );
}

/// The exemption is a switch, and for Ingresses of AWS load balancers that send to pods.
#[test]
fn load_balancers_of_aws() {
    let nginx = KnownWorkload {
        name: "nginx".into(),
        namespace: "edge".into(),
        kind: "Deployment".into(),
        pod_labels: labels(&[("app", "nginx")]),
    };
    let restricted = OPEN.replace("in[any", "in[{app=nginx}@{metadata.name=edge}");
    for (kind, target_type, exempt, expected) in [
        (ExposureKind::Ingress, "ip", true, OPEN),
        (ExposureKind::Ingress, "ip", false, &restricted),
        (ExposureKind::Ingress, "instance", true, &restricted),
        (ExposureKind::GatewayRoute, "ip", true, &restricted),
    ] {
        let mut shop = shop(ServiceType::ClusterIp);
        shop.exposure(kind, "Route", "shop/edge", "shop/web").annotations =
            labels(&[("alb.ingress.kubernetes.io/target-type", target_type)]);
        let config = Config {
            ingress_controller_configs: vec![nginx.clone()],
            ingress_controller_aws_alb_exempt: exempt,
            ..v2()
        };
        assert_eq!(external(&shop, &config), [expected], "{kind:?} {target_type} {exempt}");
    }
}

#[test]
fn hand_written_policies_decide() {
    let port = |first: u16, last: Option<u16>| PolicyPort {
        end_port: last,
        ..PolicyPort::new(Protocol::Tcp, PortValue::Number(first))
    };
    let office = Peer::IpBlock { cidr: "192.0.2.0/24".parse().unwrap(), except: vec![] };
    let pods = Peer::Pods { pod_selector: None, namespace_selector: Some(Default::default()) };
    let decided = "info outside-access-decided: NetworkPolicy shop/office already says who outside may reach Service \
                   shop/web on TCP 8080, so nothing is opened there";
    for (peers, ports, app, expected) in [
        (vec![office.clone()], vec![], "web", decided),
        (vec![], vec![port(8080, None)], "web", decided),
        (vec![office.clone()], vec![port(8000, Some(8100))], "web", decided),
        (vec![office.clone()], vec![PolicyPort::new(Protocol::Tcp, PortValue::Name("http".into()))], "web", decided),
        (vec![office.clone()], vec![PolicyPort::new(Protocol::Udp, PortValue::Number(8080))], "web", OPEN),
        (vec![office.clone()], vec![port(80, None)], "web", OPEN),
        (vec![pods], vec![], "web", OPEN),
        (vec![office], vec![], "cart", OPEN),
    ] {
        let mut shop = shop(ServiceType::LoadBalancer);
        shop.hand_written("shop", "office", app, Rule { peers: peers.clone(), ports: ports.clone() });
        assert_eq!(external(&shop, &v2()), [expected], "{peers:?} {ports:?} {app}");
    }
}

#[test]
fn never_a_rule_without_ports() {
    let mut unnamed = shop(ServiceType::LoadBalancer);
    unnamed.world.services[0].ports[0].target_port = PortValue::Name("https".into());
    let mut without = shop(ServiceType::LoadBalancer);
    without.world.services[0].ports.clear();
    for (world, reason) in [
        (unnamed, "on port 80: no container behind it declares the TCP port `https`"),
        (without, ": the Service has no ports"),
    ] {
        let found = external(&world, &v2());
        assert!(
            found.len() == 1 && found[0].starts_with("warning traffic-blocked: ") && found[0].ends_with(reason),
            "{found:?}"
        );
    }
}

#[test]
fn pods_that_only_the_external_policy_isolates() {
    let mut shop = shop(ServiceType::NodePort);
    shop.add_deployment("shop", "beta", &[("http", 9090)]).template_labels = labels(&[("app", "web")]);
    assert_eq!(
        external(&shop, &v2()),
        [
            "shop/external-access-to-web pods{app=web} in[any : TCP/8080,TCP/9090]",
            "warning traffic-blocked: Deployment shop/beta is behind Service shop/web together with pods that policies \
             isolate, so it becomes isolated too: only external traffic stays allowed",
        ]
    );
}

#[test]
fn host_network_and_missing_pods() {
    let mut hosted = shop(ServiceType::NodePort);
    hosted.world.workloads[1].host_network = true;
    assert!(external(&hosted, &v2()).is_empty());
    let mut elsewhere = shop(ServiceType::NodePort);
    elsewhere.add_service("shop", "gone", &[(80, "80")]).service_type = ServiceType::NodePort;
    assert_eq!(external(&elsewhere, &v2()), [OPEN]);
}
