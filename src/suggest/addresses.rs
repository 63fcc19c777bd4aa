//! Which of the names in a text are calls.

use super::Evidence;
use super::collector::Collector;
use super::mention::{Form, Mention};
use super::names::{Host, Names, ServiceHost};
use crate::model::place::Place;
use crate::model::workload::Workload;
use crate::read::package::Package;
use crate::read::tree::{Node, ScalarStyle, Shape};

/// A text that belongs to a container, for the evidence.
#[derive(Clone, Copy)]
pub(super) struct Seen<'s> {
    /// Index of the workload that sees the text.
    pub(super) client: usize,
    /// In words: `env CART_ADDR of container web`.
    pub(super) text: &'s str,
    /// The whole text.
    pub(super) place: Place,
    /// The node that the text is the value of, for lines in block scalars.
    pub(super) node: Option<Node<'s>>,
    /// Whether the text is secret, so that nothing of it may be shown.
    pub(super) is_secret: bool,
}

/// Adds the calls in a text, and notes what is none.
pub(super) fn judge(
    seen: Seen<'_>,
    text: &str,
    mentions: &[Mention],
    names: &Names<'_>,
    collector: &mut Collector<'_>,
) {
    let Some(client) = names.workload(seen.client) else { return };
    for mention in mentions {
        let host = names.host(&mention.host, &client.namespace);
        let evidence = || Evidence { text: seen.text.to_owned(), place: Some(place(seen, text, mention.offset)) };
        match host {
            Host::Service(found) if is_call(mention, &found, names) => {
                call(seen.client, client, found, evidence(), names, collector)
            }
            Host::ApiServer if mention.form <= Form::Announced => collector.api_server(client, evidence()),
            Host::NotInInput { is_qualified } if !seen.is_secret && is_address(mention, is_qualified) => {
                collector.not_in_input(client, &mention.host, evidence());
            }
            Host::Outside(domain) if !seen.is_secret && mention.form <= Form::Announced => {
                collector.outside(
                    seen.client,
                    &domain,
                    mention.port.or_else(|| default_port(text, mention)),
                    evidence(),
                );
            }
            _ => {}
        }
    }
}

/// The port that the scheme of a URL implies.
fn default_port(text: &str, mention: &Mention) -> Option<u16> {
    if mention.form != Form::Url {
        return None;
    }
    let before = super::keys::tail(text, mention.offset, 200);
    let scheme = before.get(..before.rfind("://")?)?;
    match scheme.rsplit(|character: char| !character.is_ascii_alphanumeric()).next()? {
        "https" | "wss" => Some(443),
        "http" | "ws" => Some(80),
        _ => None,
    }
}

/// A URL or an announced address is meant; a port that the Service has, or a form that means nothing else, is evidence enough.
fn is_call(mention: &Mention, found: &ServiceHost<'_>, names: &Names<'_>) -> bool {
    match mention.form {
        Form::Url | Form::Announced => true,
        Form::WithPort => found.is_qualified || mention.port.is_some_and(|port| names.has_port(found.service, port)),
        Form::Word => found.is_qualified,
    }
}

/// Whether a name that the input does not have is worth a note.
fn is_address(mention: &Mention, is_qualified: bool) -> bool {
    match mention.form {
        Form::Url => true,
        Form::Announced => is_qualified || mention.port.is_some(),
        Form::WithPort | Form::Word => is_qualified,
    }
}

fn call(
    client_index: usize,
    client: &Workload,
    found: ServiceHost<'_>,
    evidence: Evidence,
    names: &Names<'_>,
    collector: &mut Collector<'_>,
) {
    let mut servers = found.pod_of.map_or_else(|| names.behind(found.service), |pod| vec![pod]);
    // A chart's test pod often has the labels of what it tests.
    let is_test = |index: &usize| {
        let workload = names.workload(*index);
        workload.and_then(|own| own.template_annotations.get("helm.sh/hook")).is_some_and(|hook| hook.contains("test"))
    };
    if !servers.iter().all(is_test) {
        servers.retain(|index| !is_test(index));
    }
    if servers.is_empty() {
        collector.call_service(client_index, found.service, evidence);
        return;
    }
    // Replicas that find each other by name need a rule for it once their ingress is isolated.
    let is_peer_search = client.kind == "StatefulSet"
        && client.replicas != Some(1)
        && (found.pod_of.is_some() || found.service.cluster_ips.is_empty());
    for server in servers {
        let is_own = names.workload(server).is_some_and(|server| server.identity == client.identity);
        if is_own && !(is_peer_search && found.pod_of.is_some()) {
            collector.own_address(client, &evidence);
        } else {
            collector.call(client_index, server, evidence.clone());
        }
    }
}

/// The line of a mention in a block scalar, else the whole value.
fn place(seen: Seen<'_>, text: &str, offset: usize) -> Place {
    let Some(node) = seen.node.and_then(Node::resolve) else { return seen.place };
    if node.shape() != Shape::Scalar(ScalarStyle::Literal) {
        return seen.place;
    }
    let line = text.bytes().take(offset).filter(|&byte| byte == b'\n').count();
    let source = node.source();
    let body = source.get(node.start()..node.end()).unwrap_or_default();
    // The first line is the header.
    let start = body.match_indices('\n').nth(line).map_or(0, |(index, _)| index + 1);
    let rest = body.get(start..).unwrap_or_default();
    let length = rest.find('\n').unwrap_or(rest.len());
    let indentation = rest.len() - rest.trim_start().len();
    let offset = |index: usize| u32::try_from(node.start() + index).unwrap_or(u32::MAX);
    let resource = Package::place(seen.place.resource, node).resource;
    Place { resource, start: offset(start + indentation.min(length)), end: offset(start + length) }
}
