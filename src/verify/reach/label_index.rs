//! Finds what a label selector selects without looking at everything.

use crate::model::selector::{LabelSelector, Labels, Operator};
use std::collections::BTreeMap;

/// Things with labels, by their index, looked up by selector.
#[derive(Default)]
pub(in crate::verify) struct LabelIndex {
    labels: Vec<Labels>,
    by_pair: BTreeMap<String, BTreeMap<String, Vec<u32>>>,
    by_key: BTreeMap<String, Vec<u32>>,
}

impl LabelIndex {
    /// The index of these things, numbered in their order.
    pub(in crate::verify) fn new<'l>(things: impl IntoIterator<Item = &'l Labels>) -> Self {
        let mut index = Self::default();
        for (number, labels) in (0u32..).zip(things) {
            index.labels.push(labels.clone());
            for (key, value) in labels {
                index.by_pair.entry(key.to_owned()).or_default().entry(value.to_owned()).or_default().push(number);
                index.by_key.entry(key.to_owned()).or_default().push(number);
            }
        }
        index
    }

    /// What the selector selects, in order.
    pub(in crate::verify) fn select(&self, selector: &LabelSelector) -> Vec<u32> {
        match self.candidates(selector) {
            Some(candidates) => candidates.iter().copied().filter(|&number| self.matches(selector, number)).collect(),
            None => (0u32..)
                .zip(&self.labels)
                .filter(|(_, labels)| selector.matches(labels))
                .map(|(number, _)| number)
                .collect(),
        }
    }

    /// The first that the selector selects.
    pub(in crate::verify) fn first(&self, selector: &LabelSelector) -> Option<u32> {
        match self.candidates(selector) {
            Some(candidates) => candidates.iter().copied().find(|&number| self.matches(selector, number)),
            None => (0u32..).zip(&self.labels).find(|(_, labels)| selector.matches(labels)).map(|(number, _)| number),
        }
    }

    /// Whether the selector selects this one.
    pub(in crate::verify) fn matches(&self, selector: &LabelSelector, number: u32) -> bool {
        self.labels.get(number as usize).is_some_and(|labels| selector.matches(labels))
    }

    /// The shortest list that has everything the selector can select; `None` if no requirement names a present label.
    pub(in crate::verify) fn candidates(&self, selector: &LabelSelector) -> Option<&[u32]> {
        let with_pair = |key: &str, value: &str| -> &[u32] {
            self.by_pair.get(key).and_then(|values| values.get(value)).map(Vec::as_slice).unwrap_or_default()
        };
        let with_key = |key: &str| self.by_key.get(key).map(Vec::as_slice).unwrap_or_default();
        let pairs = selector.match_labels.iter().map(|(key, value)| with_pair(key, value));
        let expressions = selector.match_expressions.iter().filter_map(|requirement| {
            match (requirement.operator, requirement.values.as_slice()) {
                (Operator::In, [value]) => Some(with_pair(&requirement.key, value)),
                (Operator::In | Operator::Exists, _) => Some(with_key(&requirement.key)),
                (Operator::NotIn | Operator::DoesNotExist, _) => None,
            }
        });
        pairs.chain(expressions).min_by_key(|list| list.len())
    }
}

/// Things with labels in namespaces, looked up by namespace and selector.
pub(in crate::verify) struct NamespacedLabels<'w, T> {
    all: Vec<T>,
    labels: LabelIndex,
    /// By namespace the numbers of its things, and the index of these.
    by_namespace: BTreeMap<&'w str, (Vec<u32>, LabelIndex)>,
}

impl<'w, T> NamespacedLabels<'w, T> {
    /// The index of these things: namespace, labels, and what each is.
    pub(in crate::verify) fn new(things: impl IntoIterator<Item = (&'w str, &'w Labels, T)>) -> Self {
        let (mut all, mut every_label) = (Vec::new(), Vec::new());
        let mut namespaces: BTreeMap<&str, (Vec<u32>, Vec<&Labels>)> = BTreeMap::new();
        for (number, (namespace, labels, thing)) in (0u32..).zip(things) {
            all.push(thing);
            every_label.push(labels);
            let (numbers, own) = namespaces.entry(namespace).or_default();
            numbers.push(number);
            own.push(labels);
        }
        let indexed = namespaces
            .into_iter()
            .map(|(namespace, (numbers, labels))| (namespace, (numbers, LabelIndex::new(labels))));
        Self { by_namespace: indexed.collect(), labels: LabelIndex::new(every_label), all }
    }

    /// The first in a namespace that the selector selects.
    pub(in crate::verify) fn first_in(&self, namespace: &str, selector: &LabelSelector) -> Option<&T> {
        let (numbers, index) = self.by_namespace.get(namespace)?;
        self.all.get(*numbers.get(index.first(selector)? as usize)? as usize)
    }

    /// What the selector selects in a namespace, in order.
    pub(in crate::verify) fn select_in(&self, namespace: &str, selector: &LabelSelector) -> Vec<&T> {
        let Some((numbers, index)) = self.by_namespace.get(namespace) else { return Vec::new() };
        let numbers = index.select(selector).into_iter().filter_map(|own| numbers.get(own as usize));
        numbers.filter_map(|number| self.all.get(*number as usize)).collect()
    }

    /// What the selector selects in any namespace, in order.
    pub(in crate::verify) fn select(&self, selector: &LabelSelector) -> Vec<&T> {
        self.labels.select(selector).into_iter().filter_map(|number| self.all.get(number as usize)).collect()
    }
}
