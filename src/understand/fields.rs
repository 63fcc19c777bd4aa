//! Reading typed values from nodes: what has the wrong type is a finding, and the rest is read all the same.

use super::object::Object;
use crate::diag::{Code, Finding, Findings};
use crate::model::address::address;
use crate::model::place::Place;
use crate::model::policy::{PortValue, Protocol};
use crate::model::selector::{LabelSelector, Labels, Operator, Requirement};
use crate::read::tree::Node;
use std::net::IpAddr;

/// What is read of each item. The list has no room for more, since many such lists are kept.
pub(super) fn of_each<I: IntoIterator<IntoIter: ExactSizeIterator>, T>(
    items: I,
    read: impl FnMut(I::Item) -> Option<T>,
) -> Vec<T> {
    let items = items.into_iter();
    let mut found = Vec::with_capacity(items.len());
    found.extend(items.filter_map(read));
    found
}

/// Reads the fields of one object.
pub(super) struct Fields<'o, 'a> {
    /// The object.
    pub(super) object: &'o Object<'a>,
    /// Where faults go.
    pub(super) findings: &'o mut Findings,
}

impl<'o, 'a> Fields<'o, 'a> {
    /// A reader for that object.
    pub(super) fn new(object: &'o Object<'a>, findings: &'o mut Findings) -> Self {
        Self { object, findings }
    }

    /// Records a fault of this object; the message gets the object's name in front.
    pub(super) fn fault(&mut self, code: Code, node: Node<'_>, message: impl std::fmt::Display) -> &mut Finding {
        self.fault_at(code, self.object.place(node), message)
    }

    /// Like [`Self::fault`], for a place that was kept.
    pub(super) fn fault_at(&mut self, code: Code, place: Place, message: impl std::fmt::Display) -> &mut Finding {
        let message = format!("{}: {message}", self.object.title());
        self.findings.0.push(Finding::new(code, place, message));
        let last = self.findings.0.len() - 1;
        #[allow(clippy::indexing_slicing, reason = "the element was pushed on the line above")]
        &mut self.findings.0[last]
    }

    fn wrong_type(&mut self, node: Node<'_>, field: &str, expected: &str) {
        let found = if node.is_mapping() {
            "a mapping"
        } else if node.is_sequence() {
            "a list"
        } else if node.is_scalar() {
            "a single value"
        } else {
            "an alias without anchor"
        };
        self.fault(Code::InvalidField, node, format_args!("`{field}` must be {expected}, not {found}"));
    }

    /// The value of a field unless it is missing or null.
    pub(super) fn present(&self, node: Node<'a>, field: &str) -> Option<Node<'a>> {
        node.get(field).filter(|value| !value.is_null())
    }

    /// A field that holds a mapping.
    pub(super) fn mapping(&mut self, node: Node<'a>, field: &str) -> Option<Node<'a>> {
        let value = self.present(node, field)?;
        if value.is_mapping() {
            return Some(value);
        }
        self.wrong_type(value, field, "a mapping");
        None
    }

    /// A mapping at the end of a path of mappings.
    pub(super) fn mapping_at(&mut self, node: Node<'a>, path: &[impl AsRef<str>]) -> Option<Node<'a>> {
        path.iter().try_fold(node, |node, field| self.mapping(node, field.as_ref()))
    }

    /// The items of a field that holds a list.
    pub(super) fn list(&mut self, node: Node<'a>, field: &str) -> Vec<Node<'a>> {
        let Some(value) = self.present(node, field) else { return Vec::new() };
        if value.is_sequence() {
            return value.items().collect();
        }
        self.wrong_type(value, field, "a list");
        Vec::new()
    }

    /// The items of a field that holds a list of mappings.
    pub(super) fn mappings(&mut self, node: Node<'a>, field: &str) -> Vec<Node<'a>> {
        let mut items = self.list(node, field);
        items.retain(|item| {
            let is_mapping = item.is_mapping();
            if !is_mapping {
                self.wrong_type(*item, &format!("{field}[]"), "a mapping");
            }
            is_mapping
        });
        items
    }

    /// The text of a field that holds a scalar, whatever type YAML gives it, with its node.
    pub(super) fn text(&mut self, node: Node<'a>, field: &str) -> Option<(&'a str, Node<'a>)> {
        let value = self.present(node, field)?;
        self.scalar(value, field).map(|text| (text, value))
    }

    /// The text of a scalar node; `field` is its name in messages.
    pub(super) fn scalar(&mut self, node: Node<'a>, field: &str) -> Option<&'a str> {
        let text = node.as_str();
        if text.is_none() {
            self.wrong_type(node, field, "a single value");
        }
        text
    }

    /// The text of a scalar node that is the value of `key` in `field`.
    fn entry(&mut self, node: Node<'a>, field: &str, key: &str) -> Option<&'a str> {
        // The name is made only for a message: this is where most texts are read.
        node.as_str().or_else(|| self.scalar(node, &format!("{field}.{key}")))
    }

    /// The texts of a list of scalars, with their nodes.
    pub(super) fn texts(&mut self, node: Node<'a>, field: &str) -> Vec<(&'a str, Node<'a>)> {
        let items = self.list(node, field);
        items.into_iter().filter_map(|item| Some((self.scalar(item, &format!("{field}[]"))?, item))).collect()
    }

    /// A field that holds a map of strings: labels, annotations, `matchLabels`. Values are read by their text; null is empty.
    pub(super) fn labels(&mut self, node: Node<'a>, field: &str) -> Labels {
        self.labels_where(node, field, |_| true)
    }

    /// Like [`Self::labels`], but only the keys that are asked for are kept.
    pub(super) fn labels_where(&mut self, node: Node<'a>, field: &str, is_wanted: impl Fn(&str) -> bool) -> Labels {
        let Some(map) = self.mapping(node, field) else { return Labels::new() };
        map.merged_entries()
            .into_iter()
            .filter_map(|(key, _, value)| {
                let text = if value.is_null() { "" } else { self.entry(value, field, key)? };
                is_wanted(key).then_some((key, text))
            })
            .collect()
    }

    /// A `metav1.LabelSelector` in a field; `None` if it is missing or null.
    pub(super) fn selector(&mut self, node: Node<'a>, field: &str) -> Option<LabelSelector> {
        let selector = self.mapping(node, field)?;
        let match_labels = self.labels(selector, "matchLabels");
        let mut match_expressions = Vec::new();
        for expression in self.mappings(selector, "matchExpressions") {
            let key = self.text(expression, "key").map(|(key, _)| key.to_owned());
            let operator = self.text(expression, "operator");
            let values = self.texts(expression, "values").into_iter().map(|(value, _)| value.to_owned()).collect();
            let operator = match operator {
                Some(("In", _)) => Operator::In,
                Some(("NotIn", _)) => Operator::NotIn,
                Some(("Exists", _)) => Operator::Exists,
                Some(("DoesNotExist", _)) => Operator::DoesNotExist,
                other => {
                    let node = other.map_or(expression, |(_, node)| node);
                    self.fault(Code::InvalidField, node, "`operator` must be In, NotIn, Exists or DoesNotExist");
                    continue;
                }
            };
            let Some(key) = key else {
                self.fault(Code::InvalidField, expression, "an entry of `matchExpressions` needs `key`");
                continue;
            };
            match_expressions.push(Requirement { key, operator, values });
        }
        Some(LabelSelector { match_labels, match_expressions })
    }

    /// A port number, 1 to 65535. Quoted numbers are numbers.
    pub(super) fn port_number(&mut self, node: Node<'a>, field: &str) -> Option<u16> {
        let text = self.scalar(node, field)?;
        let number = node.as_integer().or_else(|| text.parse().ok());
        let port = number.and_then(|number| u16::try_from(number).ok()).filter(|&port| port != 0);
        if port.is_none() {
            self.fault(
                Code::InvalidField,
                node,
                format_args!("`{field}` must be a port number from 1 to 65535, not `{text}`"),
            );
        }
        port
    }

    /// A port by number or name.
    pub(super) fn port_value(&mut self, node: Node<'a>, field: &str) -> Option<PortValue> {
        let text = self.scalar(node, field)?;
        if node.as_integer().is_some() || text.parse::<i64>().is_ok() {
            return self.port_number(node, field).map(PortValue::Number);
        }
        let is_name = (1..=63).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && text.bytes().any(|byte| byte.is_ascii_alphabetic());
        if !is_name {
            self.fault(
                Code::InvalidField,
                node,
                format_args!("`{field}` must be a port number or the name of a port, not `{text}`"),
            );
            return None;
        }
        Some(PortValue::Name(text.to_owned()))
    }

    /// `protocol`, TCP when absent.
    pub(super) fn protocol(&mut self, node: Node<'a>) -> Option<Protocol> {
        let Some((text, value)) = self.text(node, "protocol").filter(|(text, _)| !text.is_empty()) else {
            return Some(Protocol::Tcp);
        };
        let protocol = Protocol::parse(text);
        if protocol.is_none() {
            self.fault(Code::InvalidField, value, format_args!("`protocol` must be TCP, UDP or SCTP, not `{text}`"));
        }
        protocol
    }

    /// An IP address.
    pub(super) fn address(&mut self, node: Node<'a>, field: &str) -> Option<IpAddr> {
        let text = self.scalar(node, field)?;
        let found = address(text);
        if found.is_none() {
            self.fault(Code::InvalidField, node, format_args!("`{field}` must be an IP address, not `{text}`"));
        }
        found
    }

    /// A boolean, false when absent.
    pub(super) fn flag(&mut self, node: Node<'a>, field: &str) -> bool {
        let Some(value) = self.present(node, field) else { return false };
        let Some(text) = self.scalar(value, field) else { return false };
        match value.as_bool().or_else(|| text.parse().ok()) {
            Some(flag) => flag,
            None => {
                self.fault(Code::InvalidField, value, format_args!("`{field}` must be true or false, not `{text}`"));
                false
            }
        }
    }
}
