use crate::config::{Automate, Config, KnownWorkload, Profile};
use crate::model::policy::{PortValue, Protocol, Rule};
use crate::model::selector::LabelSelector;
use crate::model::traffic::{Monitor, MonitorEndpoint, MonitorKind, MonitorNamespaces};
use crate::model::workload::IdentitySource;
use crate::plan::testing::{Bundle, call, labels};

fn config() -> Config {
    let prometheus = KnownWorkload {
        name: "prometheus".into(),
        namespace: "mon".into(),
        kind: "StatefulSet".into(),
        pod_labels: labels(&[("app", "prometheus")]),
    };
    Config { profile: Profile::V2, prometheus_server_configs: vec![prometheus], ..Config::default() }
}

fn always() -> Config {
    Config { automate_third_party_network_policies: Automate::Always, ..config() }
}

const SCRAPED: [(&str, &str); 1] = [("prometheus.io/scrape", "true")];

/// What is opened to Prometheus for `web` in `shop`.
fn opened(level: &str, ports: &str) -> String {
    let pods = "pods{owner-kind=Deployment,service=web-shop-e8ed9a}";
    format!(
        "shop/metrics-collection-access-to-{level}-web {pods} in[{{app=prometheus}}@{{metadata.name=mon}} : {ports}]"
    )
}

#[test]
fn ports_of_annotations() {
    type Case<'c> = (&'c [(&'c str, &'c str)], &'c [(&'c str, u16)], Result<&'c str, &'c str>);
    let cases: [Case<'_>; 6] = [
        (&[], &[("http", 8080), ("metrics", 9102)], Ok("TCP/8080,TCP/9102")),
        (&[("prometheus.io/port", "9100")], &[("http", 8080)], Ok("TCP/9100")),
        (&[("prometheus.io/port", "")], &[("http", 8080)], Ok("TCP/8080")),
        (
            &[("prometheus.io/port", "metrics")],
            &[("http", 8080)],
            Err("prometheus.io/port of Deployment shop/web must be a port number, not `metrics`"),
        ),
        (
            &[("prometheus.io/port", "0")],
            &[],
            Err("prometheus.io/port of Deployment shop/web must be a port number, not `0`"),
        ),
        (&[], &[], Err("can not deduce the port to scrape of Deployment shop/web: no port is declared")),
    ];
    for (annotations, ports, expected) in cases {
        let mut world = Bundle::default();
        let workload = world.add_deployment("shop", "web", ports);
        workload.template_annotations = labels(&SCRAPED);
        workload.template_annotations.extend(&labels(annotations));
        let expected = match expected {
            Ok(ports) => opened("pod", ports),
            Err(message) => format!("error scrape-port-unknown: {message}"),
        };
        assert_eq!(world.lines(&always()), [expected], "{annotations:?}");
    }
}

/// As upstream, a workload without kind in its identity is selected by `service` alone, unless that selects another one, too.
#[test]
fn pods_without_kind() {
    let mut world = Bundle::default();
    let workload = world.add_deployment("shop", "web", &[("http", 8080)]);
    workload.template_annotations = labels(&SCRAPED);
    workload.identity.kind = None;
    workload.identity_source = IdentitySource::Annotation;
    let line = |owner: &str| opened("pod", "TCP/8080").replace("owner-kind=Deployment,", owner);
    assert_eq!(world.clone().lines(&always()), [line("")]);
    let world = world.workload("shop/web[StatefulSet]", |_| {});
    assert_eq!(world.lines(&always()), [line("owner-kind=,")]);
}

#[test]
fn switch_servers_and_hand_written_policies() {
    let scraped = || {
        let mut world = Bundle::default();
        world.add_deployment("shop", "web", &[("http", 8080)]).template_annotations = labels(&SCRAPED);
        world
    };
    let off = Config { automate_third_party_network_policies: Automate::Off, ..config() };
    let nothing: [&str; 0] = [];
    assert_eq!(scraped().lines(&config()), nothing, "nothing isolates the pods");
    assert_eq!(scraped().lines(&off), nothing);
    let mut called = scraped();
    called.add_deployment("shop", "caller", &[]);
    called.calls("shop", "caller", &[call("shop", "web")]);
    assert_eq!(called.lines_with(&config(), "metrics"), [opened("pod", "TCP/8080")]);
    let without = Config { prometheus_server_configs: Vec::new(), ..config() };
    assert_eq!(
        called.lines_with(&without, "metrics"),
        [
            "warning traffic-blocked: scraping of metrics of Deployment shop/web will fail: a generated policy isolates it"
        ]
    );
    called.hand_written("shop", "open", "web", Rule::default());
    assert_eq!(called.lines_with(&config(), "metrics"), nothing, "everybody may come in already");
    let mut hosted = scraped();
    hosted.world.workloads[0].host_network = true;
    assert_eq!(hosted.lines(&always()), nothing);
}

#[test]
fn services() {
    let mut world = Bundle::default();
    world.add_deployment("shop", "web", &[("http", 8080)]);
    for (name, ports) in [("web", [(80, "http")]), ("admin", [(81, "9000")])] {
        let service = world.add_service("shop", name, &ports);
        service.selector = Some(labels(&[("app", "web")]));
        service.annotations = labels(&SCRAPED);
    }
    assert_eq!(world.lines(&always()), [opened("service", "TCP/8080,TCP/9000")]);
    // Scraped through its pods, too: named once.
    let mut twice = world.world.clone();
    twice.workloads[0].template_annotations = labels(&SCRAPED);
    let mut outside = always();
    outside.prometheus_server_configs[0].pod_labels = labels(&[]);
    let (_, findings) = crate::plan::plan(&twice, &outside, 1);
    let messages: Vec<&str> = findings.0.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "scraping of metrics to Deployment shop/web will fail: StatefulSet mon/prometheus of prometheusServerConfigs is not in the input and has no podLabels"
        ]
    );
    let (plan, _) = crate::plan::plan(&world.world, &always(), 1);
    let crate::plan::GeneratedObject::NetworkPolicy(policy) = &*plan.generated[0] else { panic!("no policy") };
    assert_eq!(
        policy.labels,
        labels(&[
            ("intents.otterize.com/network-policy-metrics-collectors", "admin"),
            ("intents.otterize.com/network-policy-metrics-collectors-level", "service"),
        ])
    );
    assert_eq!(policy.annotations, labels(&[("intents.otterize.com/created-for-service", "web-shop-e8ed9a")]));
}

fn endpoint(port: Option<&str>, target_port: Option<PortValue>) -> MonitorEndpoint {
    MonitorEndpoint { port: port.map(str::to_owned), target_port, protocol: Protocol::Tcp }
}

#[test]
fn monitors() {
    let number = |port: u16| Some(PortValue::Number(port));
    let name = |port: &str| Some(PortValue::Name(port.to_owned()));
    let names = |list: &[&str]| MonitorNamespaces::Names(list.iter().map(|name| (*name).to_owned()).collect());
    let own = MonitorNamespaces::Own;
    for (kind, namespace, namespaces, endpoints, expected) in [
        (MonitorKind::Service, "shop", own.clone(), vec![endpoint(Some("http"), None)], Some("TCP/8080")),
        (MonitorKind::Service, "shop", own.clone(), vec![endpoint(None, number(9100))], Some("TCP/9100")),
        (MonitorKind::Service, "shop", own.clone(), vec![endpoint(None, name("metrics"))], Some("TCP/9102")),
        (MonitorKind::Service, "shop", own.clone(), vec![endpoint(None, None)], Some("TCP/8080")),
        (MonitorKind::Service, "shop", own.clone(), vec![endpoint(Some("metrics"), None)], None),
        (MonitorKind::Service, "mon", own.clone(), vec![endpoint(Some("http"), None)], None),
        (MonitorKind::Service, "mon", names(&["shop"]), vec![endpoint(Some("http"), None)], Some("TCP/8080")),
        (MonitorKind::Service, "mon", names(&["other"]), vec![endpoint(Some("http"), None)], None),
        (MonitorKind::Pod, "mon", MonitorNamespaces::Any, vec![endpoint(Some("metrics"), None)], Some("TCP/9102")),
        (
            MonitorKind::Pod,
            "shop",
            own.clone(),
            vec![endpoint(Some("http"), None), endpoint(None, number(1))],
            Some("TCP/1,TCP/8080"),
        ),
        (MonitorKind::Pod, "shop", own.clone(), vec![endpoint(None, None)], Some("TCP/8080,TCP/9102")),
        (MonitorKind::Pod, "shop", own.clone(), vec![endpoint(Some("absent"), None)], None),
        (MonitorKind::Pod, "shop", own, vec![], None),
    ] {
        let mut world = Bundle::default();
        world.add_deployment("shop", "web", &[("http", 8080), ("metrics", 9102)]);
        let service = world.add_service("shop", "web", &[(80, "http")]);
        service.labels = labels(&[("app", "web")]);
        service.ports[0].name = Some("http".into());
        let place = world.place();
        world.world.monitors.push(Monitor {
            resource: place.resource,
            kind,
            name: "web".into(),
            namespace: namespace.into(),
            namespaces: namespaces.clone(),
            selector: LabelSelector::from_labels(labels(&[("app", "web")])),
            endpoints: endpoints.clone(),
            place,
        });
        let level = if kind == MonitorKind::Pod { "pod" } else { "service" };
        let expected: Vec<String> = expected.map(|ports| opened(level, ports)).into_iter().collect();
        assert_eq!(world.lines(&always()), expected, "{kind:?} {namespace} {namespaces:?} {endpoints:?}");
    }
}
