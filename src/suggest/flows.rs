//! Calls that Hubble observed: the output of `hubble observe -o json`, one JSON object a line
//! (`Flow` in Cilium's `api/v1/flow/flow.proto`).

use super::Evidence;
use super::collector::Collector;
use super::flow_peers::{Peer, Peers};
use super::names::Names;
use crate::diag::Code;
use crate::read::parser;
use crate::read::tree::Node;
use crate::source::SourceText;
use std::collections::{BTreeMap, BTreeSet};

/// An evidence names this many ports at most.
const MAX_PORTS: usize = 4;

/// The flows of one pair.
#[derive(Default)]
struct Seen {
    count: usize,
    first_line: usize,
    ports: BTreeSet<(String, u16)>,
}

/// What a file says, by pair.
#[derive(Default)]
struct Flows {
    calls: BTreeMap<(usize, usize), Seen>,
    outside: BTreeMap<(usize, String, u16), Seen>,
    dropped: BTreeMap<(String, String), Seen>,
    unknown: BTreeMap<String, Seen>,
    invalid: Vec<usize>,
}

/// One flow, as far as it matters.
struct Flow<'t> {
    node: Node<'t>,
    protocol: &'static str,
    port: u16,
}

/// Adds the calls in one file.
pub(super) fn collect(source: &SourceText, names: &Names<'_>, collector: &mut Collector<'_>) {
    let mut flows = Flows::default();
    let mut peers = Peers::new(names);
    for (line, text) in (1..).zip(source.text.lines()) {
        if text.trim().is_empty() {
            continue;
        }
        let parsed = parser::parse(text).ok();
        let root = parsed.as_ref().and_then(|(tree, documents)| Some(tree.node(text, documents.first()?.root)));
        match root.filter(|root| root.is_mapping()) {
            Some(root) => flows.add(root, line, &mut peers, names),
            None => flows.invalid.push(line),
        }
    }
    flows.report(&source.origin.to_string(), collector);
}

impl Flows {
    fn add(&mut self, root: Node<'_>, line: usize, peers: &mut Peers<'_, '_>, names: &Names<'_>) {
        // Messages about lost events and nodes have other keys; early versions print the flow itself.
        let Some(node) = root.get("flow").or_else(|| root.get("verdict").map(|_| root)) else { return };
        let Some(flow) = Flow::read(node) else { return };
        let (Some(source), Some(destination)) = (node.get("source"), node.get("destination")) else { return };
        let (source, destination) = (peers.find(source), peers.find(destination));
        if flow.is_dns(&destination) || flow.is_reply(&destination, names) {
            return;
        }
        let verdict = node.get("verdict").and_then(Node::as_str).unwrap_or_default();
        let entry = match (verdict, &source, &destination) {
            ("DROPPED", Peer::Infrastructure | Peer::Outside, _) | ("DROPPED", _, Peer::Infrastructure) => return,
            ("DROPPED", ..) => self.dropped.entry((source.title(names), destination.title(names))).or_default(),
            ("FORWARDED" | "REDIRECTED" | "AUDIT", Peer::Workload(client), Peer::Workload(server)) => {
                self.calls.entry((*client, *server)).or_default()
            }
            ("FORWARDED" | "REDIRECTED" | "AUDIT", Peer::Workload(client), Peer::Outside) => {
                let domains = node.get("destination_names").into_iter().flat_map(Node::items);
                let Some(domain) = domains.filter_map(Node::as_str).next() else { return };
                self.outside.entry((*client, domain.trim_end_matches('.').to_ascii_lowercase(), flow.port)).or_default()
            }
            ("FORWARDED" | "REDIRECTED" | "AUDIT", Peer::Unknown(title), _)
            | ("FORWARDED" | "REDIRECTED" | "AUDIT", _, Peer::Unknown(title)) => {
                self.unknown.entry(title.clone()).or_default()
            }
            _ => return,
        };
        entry.count += 1;
        entry.first_line = if entry.first_line == 0 { line } else { entry.first_line };
        entry.ports.insert((flow.protocol.to_owned(), flow.port));
    }

    fn report(self, origin: &str, collector: &mut Collector<'_>) {
        for ((client, server), seen) in self.calls {
            collector.call(client, server, Evidence { text: seen.words(origin), place: None });
        }
        for ((client, domain, port), seen) in self.outside {
            collector.outside(client, &domain, Some(port), Evidence { text: seen.words(origin), place: None });
        }
        for ((source, destination), seen) in self.dropped {
            let message = format!("{source} did not get through to {destination}: {}", seen.words(origin));
            collector.note(Code::FlowDropped, message, None);
        }
        for (title, seen) in self.unknown {
            let message = format!("{title} is no workload of the input: {}", seen.words(origin));
            collector.note(Code::FlowPeerUnknown, message, None);
        }
        if let [first, others @ ..] = self.invalid.as_slice() {
            let more = if others.is_empty() { String::new() } else { format!(", and {} more lines", others.len()) };
            let message = format!("{origin}:{first} is no JSON object{more}");
            collector.note(Code::InvalidFlow, message, None);
        }
    }
}

impl Seen {
    /// `12 flows on TCP 8080 (flows.json:3)`.
    fn words(&self, origin: &str) -> String {
        let mut ports: Vec<String> =
            self.ports.iter().take(MAX_PORTS).map(|(protocol, port)| format!("{protocol} {port}")).collect();
        if self.ports.len() > MAX_PORTS {
            ports.push("...".to_owned());
        }
        let flows = if self.count == 1 { "flow" } else { "flows" };
        format!("{} {flows} on {} ({origin}:{})", self.count, ports.join(", "), self.first_line)
    }
}

impl<'t> Flow<'t> {
    /// `None` without a port: ICMP is no call.
    fn read(node: Node<'t>) -> Option<Self> {
        let l4 = node.get("l4")?;
        let (protocol, ports) = ["TCP", "UDP", "SCTP"].into_iter().find_map(|name| Some((name, l4.get(name)?)))?;
        Some(Self { node, protocol, port: number(ports, "destination_port")? })
    }

    fn is_dns(&self, destination: &Peer) -> bool {
        self.port == 53 && !matches!(destination, Peer::Outside)
    }

    /// Where Hubble does not know, a flow to a port that its destination declares is no reply.
    fn is_reply(&self, destination: &Peer, names: &Names<'_>) -> bool {
        match self.node.get("is_reply").and_then(Node::as_bool) {
            Some(is_reply) => is_reply,
            None => {
                let flag = |name| self.node.path(&["l4", "TCP", "flags", name]).and_then(Node::as_bool) == Some(true);
                let is_first = flag("SYN") && !flag("ACK");
                let declares = match destination {
                    Peer::Workload(index) => names
                        .workload(*index)
                        .is_some_and(|workload| workload.ports().any(|port| port.number == self.port)),
                    _ => false,
                };
                !(is_first || declares)
            }
        }
    }
}

fn number(node: Node<'_>, field: &str) -> Option<u16> {
    node.get(field)?.as_integer().and_then(|number| u16::try_from(number).ok())
}
