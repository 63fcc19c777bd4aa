//! Random bundles, small enough that rules often meet.

use super::bundle::{Bundle, Labels, Peer, Pod, Policy, Port, Rule, Selector};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

fn labels() -> impl Strategy<Value = Labels> {
    let key = select(vec!["app", "tier", "team"]).prop_map(str::to_owned);
    let value = select(vec!["a", "b", ""]).prop_map(str::to_owned);
    btree_map(key, value, 0..3)
}

fn selector() -> impl Strategy<Value = Selector> {
    let key = select(vec!["app", "tier", "kubernetes.io/metadata.name"]).prop_map(str::to_owned);
    let values = vec(select(vec!["a", "b", "x"]).prop_map(str::to_owned), 1..3);
    let expression =
        (key, select(vec!["In", "NotIn", "Exists", "DoesNotExist"]), values).prop_map(|(key, operator, values)| {
            let takes_values = matches!(operator, "In" | "NotIn");
            (key, operator, if takes_values { values } else { Vec::new() })
        });
    prop_oneof![
        2 => Just(Selector::default()),
        4 => labels().prop_map(|labels| Selector { labels, expressions: Vec::new() }),
        2 => (labels(), vec(expression, 1..3)).prop_map(|(labels, expressions)| Selector { labels, expressions }),
    ]
}

fn peer() -> impl Strategy<Value = Peer> {
    let block = prop_oneof![
        Just(("10.0.0.0/23", vec!["10.0.1.0/24"])),
        Just(("10.0.0.0/24", vec![])),
        Just(("0.0.0.0/0", vec![])),
        Just(("0.0.0.0/0", vec!["192.0.2.0/24", "10.0.0.0/8"])),
        Just(("fd00::/8", vec!["fd00::2/128"])),
        Just(("::/0", vec![])),
    ];
    prop_oneof![
        3 => selector().prop_map(|pods| Peer::Pods { pods: Some(pods), namespaces: None }),
        2 => selector().prop_map(|namespaces| Peer::Pods { pods: None, namespaces: Some(namespaces) }),
        2 => (selector(), selector()).prop_map(|(pods, namespaces)| Peer::Pods { pods: Some(pods), namespaces: Some(namespaces) }),
        2 => block.prop_map(|(cidr, except)| Peer::Block { cidr, except }),
    ]
}

fn port() -> impl Strategy<Value = Port> {
    let protocol = || option::of(select(vec!["TCP", "UDP", "SCTP"]));
    prop_oneof![
        protocol().prop_map(|protocol| Port { protocol, port: None, end: None }),
        (protocol(), select(vec![80u16, 81, 443])).prop_map(|(protocol, port)| Port {
            protocol,
            port: Some(Ok(port)),
            end: None
        }),
        (protocol(), 79u16..86, 0u16..8).prop_map(|(protocol, port, more)| Port {
            protocol,
            port: Some(Ok(port)),
            end: Some(port + more)
        }),
        (protocol(), select(vec!["http", "dns"])).prop_map(|(protocol, name)| Port {
            protocol,
            port: Some(Err(name.into())),
            end: None
        }),
    ]
}

fn rules() -> impl Strategy<Value = Option<Vec<Rule>>> {
    let rule =
        (option::of(vec(peer(), 0..3)), option::of(vec(port(), 0..3))).prop_map(|(peers, ports)| Rule { peers, ports });
    option::weighted(0.8, vec(rule, 0..3))
}

fn namespace() -> impl Strategy<Value = String> {
    select(vec!["x", "y", "z"]).prop_map(str::to_owned)
}

fn pod() -> impl Strategy<Value = Pod> {
    let port = (select(vec!["http", "dns"]), select(vec!["TCP", "UDP"]), select(vec![80u16, 81, 8080]));
    let ports = vec(port, 0..3).prop_map(|ports| {
        ports.into_iter().map(|(name, protocol, number)| (name.into(), protocol.into(), number)).collect()
    });
    let address = option::of(select(vec!["10.0.0.9", "10.0.1.9", "fd00::2"]).prop_map(str::to_owned));
    (namespace(), labels(), ports, prop::bool::weighted(0.1), address).prop_map(
        |(namespace, labels, ports, host_network, address)| Pod { namespace, labels, ports, host_network, address },
    )
}

fn policy() -> impl Strategy<Value = Policy> {
    let types = option::of(select(vec![vec![], vec!["Ingress"], vec!["Egress"], vec!["Ingress", "Egress"]]));
    (namespace(), selector(), types, rules(), rules()).prop_map(|(namespace, pod_selector, types, ingress, egress)| {
        Policy { namespace, pod_selector, types, ingress, egress }
    })
}

/// A few pods in three namespaces, some with a manifest, and a few policies.
pub(crate) fn bundle() -> impl Strategy<Value = Bundle> {
    (any::<bool>(), btree_map(namespace(), labels(), 0..4), vec(pod(), 1..6), vec(policy(), 0..5)).prop_map(
        |(match_addresses, namespaces, pods, policies)| Bundle { match_addresses, namespaces, pods, policies },
    )
}
