use crate::config::{ApiServer, Automate, Config, DefaultDeny, Profile};
use crate::model::policy::{Peer, Protocol, Rule};
use crate::plan::testing::{Bundle, call, labels};

fn always() -> Config {
    Config { profile: Profile::V2, automate_allow_webhook_traffic: Automate::Always, ..Config::default() }
}

fn hooks(ports: &[(u16, &str)]) -> Bundle {
    let mut world = Bundle::default();
    world.add_deployment("sys", "hooks", &[("https", 9443)]);
    world.add_service("sys", "hooks", ports);
    world
}

fn opened(from: &str, ports: &str) -> String {
    format!("sys/webhook-policy-access-to-hooks pods{{app=hooks}} in[{from} : {ports}]")
}

#[test]
fn ports() {
    let missing = "error webhook-port-not-found: webhook port was not found on service: Service sys/hooks of \
                   ValidatingWebhookConfiguration policy has no port 443";
    for (service, referred, expected) in [
        (vec![(443, "443")], vec![443], opened("any", "TCP/443")),
        (vec![(443, "9443")], vec![443, 443], opened("any", "TCP/443,TCP/9443")),
        (vec![(443, "https")], vec![443], opened("any", "TCP/443,TCP/https")),
        (vec![(443, "9443"), (8443, "9444")], vec![8443, 443], opened("any", "TCP/443,TCP/8443,TCP/9443,TCP/9444")),
        (vec![(8443, "9443")], vec![443], missing.to_owned()),
        (vec![], vec![443], missing.to_owned()),
    ] {
        let mut world = hooks(&service);
        for port in &referred {
            world.webhook("policy", "sys/hooks", *port);
        }
        assert_eq!(world.lines(&always()), [expected], "{service:?} {referred:?}");
    }
    let mut api = hooks(&[(8443, "9443")]);
    api.webhook("policy", "sys/hooks", 443);
    api.world.webhooks[0].object_kind = "APIService".into();
    assert_eq!(
        api.lines(&always()),
        [
            "error webhook-port-not-found: port was not found on service: Service sys/hooks of APIService policy has no port 443"
        ]
    );
    let mut udp = hooks(&[(443, "9443")]);
    udp.world.services[0].ports[0].protocol = Protocol::Udp;
    udp.webhook("policy", "sys/hooks", 443);
    assert_eq!(udp.lines(&always()), [opened("any", "TCP/443,UDP/9443")]);
}

#[test]
fn when_to_open() {
    let nothing: Vec<String> = Vec::new();
    let blocked = Config { automate_allow_webhook_traffic: Automate::IfBlockedByOtterize, ..always() };
    let denied = Config {
        default_deny: Some(DefaultDeny { namespaces: None, ingress: true, egress: false }),
        ..blocked.clone()
    };
    let mut world = hooks(&[(443, "9443")]);
    world.webhook("policy", "sys/hooks", 443);
    assert_eq!(world.lines(&blocked), nothing);
    assert_eq!(world.lines_with(&denied, "webhook"), [opened("any", "TCP/443,TCP/9443")]);
    world.world.workloads[0].host_network = true;
    assert_eq!(world.lines_with(&denied, "webhook"), nothing, "policies do not apply to the host network");
    world.world.workloads[0].host_network = false;
    world.world.services[0].selector = None;
    assert_eq!(
        world.lines_with(&denied, "traffic-blocked"),
        [
            "warning traffic-blocked: calls of the API server to Service sys/hooks of ValidatingWebhookConfiguration policy \
          cannot be allowed: the Service has no selector, and the namespace denies ingress by default"
        ]
    );
    assert_eq!(world.lines(&always()), nothing, "a missing selector never selects everything");
    world.world.services.clear();
    assert_eq!(
        world.lines(&always()),
        ["warning service-not-found: Service sys/hooks of ValidatingWebhookConfiguration policy is not in the input"]
    );
}

#[test]
fn hand_written_policies_decide() {
    let mut world = hooks(&[(443, "https")]);
    world.webhook("policy", "sys/hooks", 443);
    let nodes = Peer::IpBlock { cidr: "10.0.0.0/8".parse().unwrap(), except: vec![] };
    world.hand_written("sys", "nodes", "hooks", Rule { peers: vec![nodes], ports: vec![] });
    assert_eq!(
        world.lines(&always()),
        [
            "info outside-access-decided: NetworkPolicy sys/nodes already says who outside may reach Service sys/hooks of \
          ValidatingWebhookConfiguration policy, so nothing is opened there"
        ]
    );
}

#[test]
fn control_plane() {
    let api_server = |addresses: &[&str]| {
        Some(ApiServer { addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(), ports: Vec::new() })
    };
    let limited = |prefix: u8, addresses: &[&str]| Config {
        webhook_traffic_limit_to_control_plane: true,
        control_plane_ipv4_cidr_prefix_length: prefix,
        api_server: api_server(addresses).filter(|_| !addresses.is_empty()),
        ..always()
    };
    let mut world = hooks(&[(443, "443")]);
    world.webhook("policy", "sys/hooks", 443);
    for (config, expected) in [
        (limited(32, &["10.1.2.3", "10.1.2.4"]), opened("10.1.2.3/32,10.1.2.4/32", "TCP/443")),
        (limited(24, &["10.1.2.3", "10.1.2.4"]), opened("10.1.2.0/24", "TCP/443")),
        (limited(24, &["fd00::1", "10.1.2.3"]), opened("fd00::1/128,10.1.2.0/24", "TCP/443")),
        (limited(0, &["10.1.2.3"]), opened("0.0.0.0/0", "TCP/443")),
        (
            limited(32, &[]),
            "error api-server-unknown: webhookTrafficLimitToControlPlane needs the API server's addresses, and no endpoint \
             of Service default/kubernetes is known"
                .to_owned(),
        ),
    ] {
        assert_eq!(world.lines(&config), [expected]);
    }
}

#[test]
fn names_and_labels() {
    let cut = "a".repeat(62);
    let long = format!("{cut}.{}", "b".repeat(40));
    for (config_name, name, label) in
        [("Policy", "webhook-policy-access-to-hooks", "Policy"), (long.as_str(), "", &cut)]
    {
        let mut world = hooks(&[(443, "443")]);
        world.webhook(config_name, "sys/hooks", 443);
        let (plan, _) = crate::plan::plan(&world.world, &always(), 1);
        let crate::plan::GeneratedObject::NetworkPolicy(policy) = &*plan.generated[0] else { panic!("no policy") };
        assert_eq!(policy.labels, labels(&[("intents.otterize.com/network-policy-webhooks", label)]));
        assert!(name.is_empty() || policy.name == name, "{}", policy.name);
    }
    assert_eq!(super::label_value("x"), "x");
}

/// The policy selects as the Service does, and so other pods, too: it is the first one that isolates these. Told once for a Service.
#[test]
fn pods_that_only_the_policy_for_webhooks_isolates() {
    let config = Config { automate_allow_webhook_traffic: Automate::IfBlockedByOtterize, ..always() };
    let mut world = hooks(&[(443, "9443")]);
    world.add_deployment("sys", "beta", &[]).template_labels = labels(&[("app", "hooks")]);
    world.add_deployment("sys", "caller", &[]);
    world.calls("sys", "caller", &[call("sys", "hooks")]);
    world.webhook("policy", "sys/hooks", 443);
    world.webhook("other", "sys/hooks", 443);
    let told = "warning traffic-blocked: Deployment sys/beta is behind Service sys/hooks together with pods that policies isolate, so \
                it becomes isolated too: only the traffic of webhooks stays allowed";
    assert_eq!(world.lines_with(&config, "becomes isolated"), [told]);
    world.calls("sys", "caller", &[call("sys", "beta")]);
    assert!(world.lines_with(&config, "becomes isolated").is_empty());
}
