//! What the API server says to a NetworkPolicy manifest: decoding (field types and enums) and validation
//! (`pkg/apis/networking/validation` and `apimachinery` of Kubernetes), as far as JSON schemas do not catch it.

use ipnet::IpNet;
use serde_json::{Map, Value};

/// The faults of a manifest, each with its path; none if the API server takes it.
pub(crate) fn faults(manifest: &Value) -> Vec<String> {
    let mut found = Faults(Vec::new());
    let Some(object) = found.object("", manifest, &["apiVersion", "kind", "metadata", "spec"]) else { return found.0 };
    found.require("apiVersion", object.get("apiVersion").is_some_and(|version| version == "networking.k8s.io/v1"));
    found.require("kind", object.get("kind").is_some_and(|kind| kind == "NetworkPolicy"));
    found.metadata(&manifest["metadata"]);
    found.spec(&manifest["spec"]);
    found.0
}

struct Faults(Vec<String>);

impl Faults {
    fn require(&mut self, path: &str, holds: bool) {
        if !holds {
            self.0.push(path.to_owned());
        }
    }

    /// A map with known keys only.
    fn object<'v>(&mut self, path: &str, value: &'v Value, keys: &[&str]) -> Option<&'v Map<String, Value>> {
        let object = value.as_object();
        let known = object.is_some_and(|object| object.keys().all(|key| keys.contains(&key.as_str())));
        self.require(path, known);
        object
    }

    /// A list, or nothing.
    fn list<'v>(&mut self, path: &str, value: &'v Value) -> &'v [Value] {
        self.require(path, value.is_array() || value.is_null());
        value.as_array().map_or(&[], Vec::as_slice)
    }

    fn metadata(&mut self, metadata: &Value) {
        let text = |key: &str| metadata[key].as_str().unwrap_or_default();
        self.require("metadata.name", is_subdomain(text("name")));
        self.require("metadata.namespace", is_dns_label(text("namespace")));
        self.labels("metadata.labels", &metadata["labels"]);
        for (key, value) in metadata["annotations"].as_object().into_iter().flatten() {
            self.require("metadata.annotations", is_qualified_name(&key.to_lowercase()) && value.is_string());
        }
    }

    fn labels(&mut self, path: &str, labels: &Value) {
        self.require(path, labels.is_object() || labels.is_null());
        for (key, value) in labels.as_object().into_iter().flatten() {
            self.require(path, is_qualified_name(key) && value.as_str().is_some_and(is_label_value));
        }
    }

    fn selector(&mut self, path: &str, selector: &Value) {
        let Some(_) = self.object(path, selector, &["matchLabels", "matchExpressions"]) else { return };
        self.labels(path, &selector["matchLabels"]);
        for expression in self.list(path, &selector["matchExpressions"]) {
            let values = expression["values"].as_array().map_or(0, Vec::len);
            let fits = match expression["operator"].as_str() {
                Some("In" | "NotIn") => values > 0,
                Some("Exists" | "DoesNotExist") => values == 0,
                _ => false,
            };
            self.require(path, fits && expression["key"].as_str().is_some_and(is_qualified_name));
            for value in expression["values"].as_array().into_iter().flatten() {
                self.require(path, value.as_str().is_some_and(is_label_value));
            }
        }
    }

    fn spec(&mut self, spec: &Value) {
        self.object("spec", spec, &["podSelector", "policyTypes", "ingress", "egress"]);
        // A missing podSelector selects every pod.
        if !spec["podSelector"].is_null() {
            self.selector("spec.podSelector", &spec["podSelector"]);
        }
        let types = self.list("spec.policyTypes", &spec["policyTypes"]);
        let known = types.iter().all(|kind| kind == "Ingress" || kind == "Egress");
        self.require("spec.policyTypes", known && types.len() <= 2);
        for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
            for rule in self.list(direction, &spec[direction]) {
                self.object(direction, rule, &["ports", peers]);
                self.list("ports", &rule["ports"]).iter().for_each(|port| self.port(port));
                self.list(peers, &rule[peers]).iter().for_each(|peer| self.peer(peer));
            }
        }
    }

    fn port(&mut self, port: &Value) {
        self.object("port", port, &["protocol", "port", "endPort"]);
        let protocol = port["protocol"].as_str();
        self.require("protocol", port["protocol"].is_null() || matches!(protocol, Some("TCP" | "UDP" | "SCTP")));
        let number = port["port"].as_i64();
        match &port["port"] {
            Value::Null => {}
            Value::String(name) => self.require("port", is_port_name(name)),
            Value::Number(_) => self.require("port", number.is_some_and(is_port_number)),
            _ => self.require("port", false),
        }
        if !port["endPort"].is_null() {
            let end = port["endPort"].as_i64();
            let fits = number.zip(end).is_some_and(|(first, last)| first <= last && is_port_number(last));
            self.require("endPort", fits);
        }
    }

    fn peer(&mut self, peer: &Value) {
        let Some(fields) = self.object("peer", peer, &["podSelector", "namespaceSelector", "ipBlock"]) else { return };
        let has = |key: &str| fields.get(key).is_some_and(|value| !value.is_null());
        let selects = has("podSelector") || has("namespaceSelector");
        self.require("peer", selects != has("ipBlock"));
        for key in ["podSelector", "namespaceSelector"].into_iter().filter(|key| has(key)) {
            self.selector(key, &peer[key]);
        }
        if has("ipBlock") {
            self.object("ipBlock", &peer["ipBlock"], &["cidr", "except"]);
            let network = |value: &Value| value.as_str().and_then(|text| text.parse::<IpNet>().ok());
            let cidr = network(&peer["ipBlock"]["cidr"]);
            self.require("cidr", cidr.is_some());
            for except in self.list("except", &peer["ipBlock"]["except"]) {
                let inside = cidr
                    .zip(network(except))
                    .is_some_and(|(cidr, except)| cidr.contains(&except) && cidr.prefix_len() < except.prefix_len());
                self.require("except", inside);
            }
        }
    }
}

fn is_alphanumeric(character: char) -> bool {
    character.is_ascii_lowercase() || character.is_ascii_digit()
}

fn is_dns_label(text: &str) -> bool {
    text.len() <= 63
        && text.starts_with(is_alphanumeric)
        && text.ends_with(is_alphanumeric)
        && text.chars().all(|character| is_alphanumeric(character) || character == '-')
}

fn is_subdomain(text: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(is_alphanumeric)
            && part.ends_with(is_alphanumeric)
            && part.chars().all(|character| is_alphanumeric(character) || character == '-')
    };
    text.len() <= 253 && text.split('.').all(is_part)
}

fn is_label_value(text: &str) -> bool {
    let inner = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    text.is_empty()
        || text.len() <= 63
            && text.chars().all(inner)
            && text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text.ends_with(|last: char| last.is_ascii_alphanumeric())
}

fn is_qualified_name(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && !name.is_empty() && is_label_value(name),
        None => !text.is_empty() && is_label_value(text),
    }
}

fn is_port_number(number: i64) -> bool {
    (1..=65535).contains(&number)
}

fn is_port_name(text: &str) -> bool {
    text.len() <= 15
        && text.chars().all(|character| is_alphanumeric(character) || character == '-')
        && text.contains(|character: char| character.is_ascii_lowercase())
        && !text.contains("--")
        && !text.starts_with('-')
        && !text.ends_with('-')
}
