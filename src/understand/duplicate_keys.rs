//! Keys that were looked up and stand twice in their mapping: which of them counts depends on the reader, so neither is taken.

use crate::diag::{Code, Finding, Findings};
use crate::model::place::ResourceId;
use crate::read::package::{Package, Resource};
use crate::source::SourceId;
use std::collections::BTreeMap;

/// Reports the repeated keys that the stages came across, each with its resource.
pub(super) fn report(package: &Package, findings: &mut Findings) {
    for (source, tree) in (0u32..).map(SourceId).zip(&package.trees) {
        let duplicates = tree.duplicate_keys();
        if duplicates.is_empty() {
            continue;
        }
        let by_root: BTreeMap<u32, (ResourceId, &Resource)> = package
            .iter()
            .filter(|(_, resource)| resource.source == source)
            .map(|(id, resource)| (resource.node.0, (id, resource)))
            .collect();
        for key in duplicates {
            let Some(node) = package.node_in(source, key) else { continue };
            let Some((_, (id, resource))) = by_root.range(..=key.0).next_back() else { continue };
            let is_inside = package.node_in(source, resource.node).is_some_and(|root| key < root.subtree_end());
            if !is_inside {
                continue;
            }
            let message = format!(
                "{}: key `{}` stands twice in its mapping",
                resource.title(),
                node.as_str().unwrap_or_default()
            );
            findings.push(
                Finding::new(Code::DuplicateKey, Package::place(*id, node), message).with_help("remove one of the two"),
            );
        }
    }
}
