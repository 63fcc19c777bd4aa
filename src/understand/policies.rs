//! NetworkPolicies of the input, and other objects of kinds that this project emits.
//!
//! A policy that the API server would refuse never reaches a cluster: it gets findings, and the input is judged without it. What
//! "missing", null and empty mean is the API's (`spec/networkpolicy.md` 4.1).

mod other_kinds;
mod values;

pub(super) use self::other_kinds::of_another_kind;
use self::values::plain_value;
use super::object::Object;
use crate::diag::suggest::nearest;
use crate::diag::{Code, Finding, Findings};
use crate::model::place::Place;
use crate::model::policy::{
    Direction, InputPolicy, NetworkPolicy, POLICY_KIND, Peer, PolicyDetails, PolicyPort, PolicySpec, PortValue,
    Protocol, Rule, RuleParts, STAGED_ACTION_SET, STAGED_API_VERSION, STAGED_KIND, StagedPolicy,
};
use crate::model::selector::{LabelSelector, Labels, Operator, Requirement, is_label_key, is_label_value};
use crate::model::world::{OtherObject, World};
use crate::read::tree::Node;
use ipnet::IpNet;

/// The API versions of NetworkPolicy that are read; clusters have had no others.
const JUDGED_VERSIONS: [&str; 2] = ["networking.k8s.io/v1", "extensions/v1beta1"];

/// Reads the object into `world.policies` or `world.other_generated` if it is a policy. Says whether it was one.
pub(super) fn read(object: &Object<'_>, world: &mut World, findings: &mut Findings) -> bool {
    match (object.api_version, object.kind) {
        (version, POLICY_KIND) if JUDGED_VERSIONS.contains(&version) => {
            if object.group() == "extensions" {
                let message =
                    format!("{} is of {}, which clusters no longer serve", object.object_name(), object.api_version);
                let finding = Finding::new(Code::DeprecatedPolicyApi, object.name_place(), message);
                findings.push(finding.with_help("write `apiVersion: networking.k8s.io/v1`; the rest stays"));
            }
            let mut reader = Reader { object, findings, is_valid: true, details: PolicyDetails::default() };
            let policy = reader.policy();
            let is_valid = reader.is_valid;
            if is_valid { &mut world.policies } else { &mut world.refused_policies }.push(policy);
            true
        }
        (STAGED_API_VERSION, STAGED_KIND) => {
            // Nobody judges what is not enforced, so its faults are no findings.
            let mut unheard = Findings::default();
            let details = PolicyDetails::default();
            let preview = Reader { object, findings: &mut unheard, is_valid: true, details }.policy();
            let action = object.node.path(&["spec", "stagedAction"]).and_then(Node::as_str);
            let action = action.unwrap_or(STAGED_ACTION_SET).to_owned();
            world.staged_policies.push(StagedPolicy { preview, action });
            true
        }
        ("cilium.io/v2", "CiliumNetworkPolicy") | ("networking.gke.io/v1alpha1", "FQDNNetworkPolicy") => {
            world.other_generated.push(OtherObject {
                resource: object.resource,
                id: object.object_name(),
                labels: text_map(object.node.path(&["metadata", "labels"])),
                annotations: text_map(object.node.path(&["metadata", "annotations"])),
                spec: object.node.get("spec").map_or(crate::model::value::Value::Null, plain_value),
                place: object.name_place(),
            });
            true
        }
        _ => false,
    }
}

/// A map of metadata, read by its texts.
fn text_map(node: Option<Node<'_>>) -> Labels {
    let entries = node.map(Node::merged_entries).unwrap_or_default();
    entries
        .into_iter()
        .map(|(key, _, value)| {
            let text = if value.is_null() { "" } else { value.as_str().unwrap_or_default() };
            (key.to_owned(), text.to_owned())
        })
        .collect()
}

/// Reads one NetworkPolicy.
struct Reader<'o, 'a> {
    object: &'o Object<'a>,
    findings: &'o mut Findings,
    /// Whether the API server would take the policy.
    is_valid: bool,
    details: PolicyDetails,
}

impl<'a> Reader<'_, 'a> {
    fn policy(&mut self) -> InputPolicy {
        let metadata = self.object.node.get("metadata");
        let spec_node = self.object.node.get("spec").filter(|spec| !spec.is_null());
        let (spec, places) = match spec_node {
            Some(node) => self.spec(node),
            None => (PolicySpec { ingress: Some(Vec::new()), ..PolicySpec::default() }, Default::default()),
        };
        let (ingress_places, egress_places) = places;
        InputPolicy {
            resource: self.object.resource,
            policy: NetworkPolicy {
                namespace: self.object.namespace.to_owned(),
                name: self.object.name.to_owned(),
                labels: text_map(metadata.and_then(|metadata| metadata.get("labels"))),
                annotations: text_map(metadata.and_then(|metadata| metadata.get("annotations"))),
                spec,
            },
            place: self.object.name_place(),
            ingress_places,
            egress_places,
            details: std::mem::take(&mut self.details),
        }
    }

    /// Records what the API server would refuse.
    fn refuse(&mut self, code: Code, node: Node<'_>, message: impl std::fmt::Display) {
        self.refuse_with_help(code, node, message, "");
    }

    fn refuse_with_help(
        &mut self,
        code: Code,
        node: Node<'_>,
        message: impl std::fmt::Display,
        help: impl Into<String>,
    ) {
        self.is_valid = false;
        let message = format!("{}: {message}", self.object.object_name());
        let finding = Finding::new(code, self.object.place(node), message);
        let help: String = help.into();
        self.findings.push(if help.is_empty() { finding } else { finding.with_help(help) });
    }

    /// The value of a field unless it is missing or null.
    fn present(node: Node<'a>, field: &str) -> Option<Node<'a>> {
        node.get(field).filter(|value| !value.is_null())
    }

    /// Warns of fields that the API drops, or that `kubectl apply` refuses.
    fn know_fields(&mut self, node: Node<'a>, what: &str, known: &[&str]) {
        for (key, key_node, _) in node.merged_entries() {
            if known.contains(&key) {
                continue;
            }
            let message = format!("{}: {what} has no field `{key}`, so it has no effect", self.object.object_name());
            let finding = Finding::new(Code::PolicyUnknownField, self.object.place(key_node), message);
            self.findings.push(match nearest(key, known.iter().copied()) {
                Some(name) => finding.with_help(format!("did you mean `{name}`?")),
                None => finding.with_help(format!("{what} has the fields {}", known.join(", "))),
            });
        }
    }

    /// A mapping, or a finding that there is something else. Null counts as an empty mapping.
    fn mapping(&mut self, node: Node<'a>, what: &str) -> Option<Node<'a>> {
        if node.is_mapping() {
            return Some(node);
        }
        if !node.is_null() {
            self.refuse(Code::InvalidPolicy, node, format_args!("{what} must be a mapping"));
        }
        None
    }

    /// The items of a field that is a list; missing and null are empty.
    fn list(&mut self, node: Node<'a>, field: &str) -> Vec<Node<'a>> {
        match Self::present(node, field) {
            None => Vec::new(),
            Some(list) if list.is_sequence() => list.items().collect(),
            Some(other) => {
                self.refuse(Code::InvalidPolicy, other, format_args!("`{field}` must be a list"));
                Vec::new()
            }
        }
    }

    fn spec(&mut self, node: Node<'a>) -> (PolicySpec, (Vec<Place>, Vec<Place>)) {
        let Some(node) = self.mapping(node, "`spec`") else { return Default::default() };
        self.know_fields(node, "a NetworkPolicy's spec", &["podSelector", "policyTypes", "ingress", "egress"]);
        self.details.pod_selector_place = node.get("podSelector").map(|selector| self.object.place(selector));
        let pod_selector = Self::present(node, "podSelector")
            .map(|selector| self.selector(selector, "podSelector"))
            .unwrap_or_default();
        let types = self.policy_types(node);
        let (ingress, ingress_places) = self.rules(node, Direction::Ingress);
        let (egress, egress_places) = self.rules(node, Direction::Egress);
        // Ingress is always meant when nothing is said; egress only if there is an egress rule.
        self.details.has_policy_types = !types.is_empty();
        self.details.has_empty_egress = Self::present(node, "egress").is_some() && egress.is_empty();
        let applies = |direction, by_default| if types.is_empty() { by_default } else { types.contains(&direction) };
        let (to_ingress, to_egress) =
            (applies(Direction::Ingress, true), applies(Direction::Egress, !egress.is_empty()));
        let ignored =
            [(to_ingress, Direction::Ingress, &ingress_places), (to_egress, Direction::Egress, &egress_places)];
        for (_, direction, places) in ignored.into_iter().filter(|(applies, ..)| !applies) {
            self.details.ignored_rules.extend(places.iter().map(|&place| (direction, place)));
        }
        let spec =
            PolicySpec { pod_selector, ingress: to_ingress.then_some(ingress), egress: to_egress.then_some(egress) };
        (spec, (ingress_places, egress_places))
    }

    fn policy_types(&mut self, node: Node<'a>) -> Vec<Direction> {
        let items = self.list(node, "policyTypes");
        if let Some(third) = items.get(2) {
            self.refuse(Code::InvalidPolicy, *third, "`policyTypes` may have two entries at most");
        }
        let mut types = Vec::new();
        for item in items {
            match item.as_str() {
                Some("Ingress") => types.push(Direction::Ingress),
                Some("Egress") => types.push(Direction::Egress),
                other => {
                    let text = other.unwrap_or("a collection");
                    self.refuse(
                        Code::InvalidPolicy,
                        item,
                        format_args!("`policyTypes` may name Ingress and Egress, not `{text}`"),
                    );
                }
            }
        }
        types
    }

    /// The rules of one direction with their places. The places inside them go to the details.
    fn rules(&mut self, spec: Node<'a>, direction: Direction) -> (Vec<Rule>, Vec<Place>) {
        let (field, peers_field) = match direction {
            Direction::Ingress => ("ingress", "from"),
            Direction::Egress => ("egress", "to"),
        };
        let (mut rules, mut places, mut parts) = (Vec::new(), Vec::new(), Vec::new());
        for node in self.list(spec, field) {
            let (rule, rule_parts) = match self.mapping(node, &format!("an entry of `{field}`")) {
                Some(node) => self.rule(node, direction, peers_field),
                None => Default::default(),
            };
            rules.push(rule);
            parts.push(rule_parts);
            places.push(self.object.place(node));
        }
        match direction {
            Direction::Ingress => self.details.ingress = parts,
            Direction::Egress => self.details.egress = parts,
        }
        (rules, places)
    }

    fn rule(&mut self, node: Node<'a>, direction: Direction, peers_field: &str) -> (Rule, RuleParts) {
        let what = match direction {
            Direction::Ingress => "an ingress rule",
            Direction::Egress => "an egress rule",
        };
        let other_peers = if peers_field == "from" { "to" } else { "from" };
        if let Some((key, _)) = node.get_entry(other_peers) {
            let message =
                format!("{}: {what} has no field `{other_peers}`, so it has no effect", self.object.object_name());
            let finding = Finding::new(Code::PolicyUnknownField, self.object.place(key), message);
            self.findings.push(finding.with_help(format!("{what} names its peers in `{peers_field}`")));
        }
        self.know_fields(node, what, &[peers_field, "ports", other_peers]);
        let (mut rule, mut parts) = (Rule::default(), RuleParts::default());
        for item in self.list(node, peers_field) {
            if let Some(peer) = self.peer(item, peers_field) {
                rule.peers.push(peer);
                parts.peers.push(self.object.place(item));
            }
        }
        for item in self.list(node, "ports") {
            if let Some(port) = self.port(item) {
                rule.ports.push(port);
                parts.ports.push(self.object.place(item));
            }
        }
        (rule, parts)
    }

    fn peer(&mut self, node: Node<'a>, peers_field: &str) -> Option<Peer> {
        let empty = |reader: &mut Self| {
            reader.refuse_with_help(
                Code::InvalidPolicyPeer,
                node,
                format_args!("an entry of `{peers_field}` is empty"),
                format!("for every peer, leave `{peers_field}` out; for every pod of every namespace, write `namespaceSelector: {{}}`"),
            );
            None
        };
        if node.is_null() {
            return empty(self);
        }
        let node = self.mapping(node, &format!("an entry of `{peers_field}`"))?;
        self.know_fields(node, "a peer", &["podSelector", "namespaceSelector", "ipBlock"]);
        let [pods, namespaces, block] =
            ["podSelector", "namespaceSelector", "ipBlock"].map(|field| Self::present(node, field));
        match (pods, namespaces, block) {
            (None, None, None) => empty(self),
            (None, None, Some(block)) => self.block(block),
            (_, _, Some(block)) => {
                self.refuse_with_help(
                    Code::InvalidPolicyPeer,
                    block,
                    "a peer has both an ipBlock and a selector",
                    format!("make them two entries of `{peers_field}`"),
                );
                None
            }
            (pods, namespaces, None) => Some(Peer::Pods {
                pod_selector: pods.map(|selector| self.selector(selector, "podSelector")),
                namespace_selector: namespaces.map(|selector| self.selector(selector, "namespaceSelector")),
            }),
        }
    }

    fn block(&mut self, node: Node<'a>) -> Option<Peer> {
        let node = self.mapping(node, "`ipBlock`")?;
        self.know_fields(node, "an ipBlock", &["cidr", "except"]);
        let Some(cidr_node) = Self::present(node, "cidr") else {
            self.refuse(Code::InvalidPolicyBlock, node, "an ipBlock needs `cidr`");
            return None;
        };
        let cidr = self.network(cidr_node, "cidr")?;
        let mut except = Vec::new();
        for item in self.list(node, "except") {
            let Some(hole) = self.network(item, "except") else { continue };
            let is_inside = cidr.contains(&hole) && cidr.prefix_len() < hole.prefix_len();
            if !is_inside {
                self.refuse(
                    Code::InvalidPolicyBlock,
                    item,
                    format_args!("`except` {hole} is not a smaller network inside {cidr}"),
                );
            }
            except.push(hole);
        }
        Some(Peer::IpBlock { cidr, except })
    }

    fn network(&mut self, node: Node<'a>, field: &str) -> Option<IpNet> {
        let text = node.as_str().unwrap_or_default();
        let network = values::network(text);
        if network.is_none() {
            let help = match text.parse::<std::net::IpAddr>() {
                Ok(address) => format!("for the single address, write {}", IpNet::from(address)),
                Err(_) => "write a network such as 10.0.0.0/8 or fd00::/8".to_owned(),
            };
            self.refuse_with_help(
                Code::InvalidPolicyBlock,
                node,
                format_args!("`{field}` must be a network in CIDR form, not `{text}`"),
                help,
            );
        }
        network
    }

    fn port(&mut self, node: Node<'a>) -> Option<PolicyPort> {
        let every_port = PolicyPort { protocol: Protocol::Tcp, port: None, end_port: None, protocol_is_implicit: true };
        if node.is_null() {
            return Some(every_port);
        }
        let node = self.mapping(node, "an entry of `ports`")?;
        self.know_fields(node, "a port", &["protocol", "port", "endPort"]);
        let mut read = every_port;
        if let Some(protocol) = Self::present(node, "protocol") {
            let text = protocol.as_str().unwrap_or_default();
            read.protocol_is_implicit = false;
            match Protocol::parse(text) {
                Some(protocol) => read.protocol = protocol,
                None => {
                    let message = format!("`protocol` must be TCP, UDP or SCTP, not `{text}`");
                    let help = Protocol::parse(&text.to_ascii_uppercase())
                        .map_or(String::new(), |protocol| format!("did you mean `{}`?", protocol.as_str()));
                    self.refuse_with_help(Code::InvalidPolicyPort, protocol, message, help);
                }
            }
        }
        let port = Self::present(node, "port");
        read.port = port.and_then(|port| self.port_value(port));
        if let Some(end) = Self::present(node, "endPort") {
            self.end_port(end, port.is_some(), &mut read);
        }
        Some(read)
    }

    fn port_value(&mut self, node: Node<'a>) -> Option<PortValue> {
        if node.as_integer().is_some() {
            return self.port_number(node, "port").map(PortValue::Number);
        }
        let text = node.as_str().unwrap_or_default();
        if values::is_port_name(text) {
            return Some(PortValue::Name(text.to_owned()));
        }
        let help = match text.parse::<u16>() {
            Ok(number) => format!("write the number without quotes: {number}"),
            Err(_) => {
                "a name has up to 15 lower-case letters, digits and single dashes, and a letter among them".to_owned()
            }
        };
        self.refuse_with_help(
            Code::InvalidPolicyPort,
            node,
            format_args!("`port` must be a number or the name of a container port, not `{text}`"),
            help,
        );
        None
    }

    fn port_number(&mut self, node: Node<'a>, field: &str) -> Option<u16> {
        let number = node.as_integer().and_then(|number| u16::try_from(number).ok()).filter(|&number| number > 0);
        if number.is_none() {
            let text = node.as_str().unwrap_or_default();
            self.refuse(
                Code::InvalidPolicyPort,
                node,
                format_args!("`{field}` must be a number from 1 to 65535, not `{text}`"),
            );
        }
        number
    }

    fn end_port(&mut self, node: Node<'a>, has_port: bool, read: &mut PolicyPort) {
        let Some(end) = self.port_number(node, "endPort") else { return };
        match &read.port {
            Some(PortValue::Number(start)) if end < *start => {
                let message = format!("`endPort` {end} is smaller than `port` {start}");
                self.refuse(Code::InvalidPolicyPort, node, message);
            }
            Some(PortValue::Number(_)) => read.end_port = Some(end),
            Some(PortValue::Name(name)) => {
                let message = format!("`endPort` cannot go with the port name `{name}`");
                self.refuse(Code::InvalidPolicyPort, node, message);
            }
            None if has_port => {}
            None => self.refuse(Code::InvalidPolicyPort, node, "`endPort` needs `port`"),
        }
    }

    fn selector(&mut self, node: Node<'a>, field: &str) -> LabelSelector {
        let Some(node) = self.mapping(node, &format!("`{field}`")) else { return LabelSelector::default() };
        self.know_fields(node, "a selector", &["matchLabels", "matchExpressions"]);
        let mut selector = LabelSelector::default();
        if let Some((key, labels)) = node.get_entry("matchLabels") {
            if labels.is_null() {
                self.details.null_match_labels.push(self.object.place(key));
            } else if let Some(labels) = self.mapping(labels, "`matchLabels`") {
                let entries = labels.merged_entries().into_iter().map(|(key, key_node, value)| {
                    self.label_key(key, key_node);
                    let value = if value.is_null() { Some("") } else { self.label_value(value) };
                    (key, value.unwrap_or_default())
                });
                selector.match_labels = entries.collect();
            }
        }
        for item in self.list(node, "matchExpressions") {
            let requirement =
                self.mapping(item, "an entry of `matchExpressions`").and_then(|item| self.requirement(item));
            selector.match_expressions.extend(requirement);
        }
        selector
    }

    fn requirement(&mut self, node: Node<'a>) -> Option<Requirement> {
        self.know_fields(node, "an entry of `matchExpressions`", &["key", "operator", "values"]);
        let key_node = Self::present(node, "key");
        let key = key_node.and_then(Node::as_str).unwrap_or_default();
        match key_node {
            Some(key_node) => self.label_key(key, key_node),
            None => self.refuse(Code::InvalidPolicySelector, node, "an entry of `matchExpressions` needs `key`"),
        }
        let operator_node = Self::present(node, "operator");
        let text = operator_node.and_then(Node::as_str).unwrap_or_default();
        let value_nodes = self.list(node, "values");
        let values: Vec<String> =
            value_nodes.iter().filter_map(|&value| self.label_value(value)).map(str::to_owned).collect();
        let Some(operator) = Operator::parse(text) else {
            let help = nearest(text, ["In", "NotIn", "Exists", "DoesNotExist"])
                .map_or(String::new(), |name| format!("did you mean `{name}`?"));
            self.refuse_with_help(
                Code::InvalidPolicySelector,
                operator_node.unwrap_or(node),
                format_args!("`operator` must be In, NotIn, Exists or DoesNotExist, not `{text}`"),
                help,
            );
            return None;
        };
        match operator {
            Operator::In | Operator::NotIn if value_nodes.is_empty() => self.refuse(
                Code::InvalidPolicySelector,
                operator_node.unwrap_or(node),
                format_args!("the operator {text} needs `values`"),
            ),
            Operator::Exists | Operator::DoesNotExist if !value_nodes.is_empty() => self.refuse(
                Code::InvalidPolicySelector,
                operator_node.unwrap_or(node),
                format_args!("the operator {text} takes no `values`"),
            ),
            _ => {}
        }
        Some(Requirement { key: key.to_owned(), operator, values })
    }

    fn label_key(&mut self, key: &str, node: Node<'_>) {
        if !is_label_key(key) {
            self.refuse(Code::InvalidPolicySelector, node, format_args!("`{key}` is not a label key"));
        }
    }

    /// The text of a label value. Labels are strings: an unquoted number or boolean is refused like an illegal value.
    fn label_value(&mut self, node: Node<'a>) -> Option<&'a str> {
        let text = node.as_str();
        let is_legal = text.is_some_and(is_label_value);
        if !is_legal || !node.is_string_in_go() {
            let shown = text.unwrap_or("a collection");
            let help = if is_legal { format!("write \"{shown}\" in quotes") } else { String::new() };
            let what = if is_legal { "is no string, as a label value must be" } else { "is not a label value" };
            self.refuse_with_help(Code::InvalidPolicySelector, node, format_args!("`{shown}` {what}"), help);
        }
        text
    }
}
