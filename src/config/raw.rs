//! From the functionConfig's text to a validated [`Config`], every fault collected.

use super::fields::FIELDS;
use super::shape::{Shape, check, unknown_key};
use super::value::{Origin, Raw, RawEntry, RawShape};
use super::{Config, DnsPeer, DomainPolicies, LabelWorkloads, PolicyLabelValue, Profile, Selectors, Staged, aliases};
use crate::diag::suggest::nearest;
use crate::diag::{Code, Finding, Findings};
use crate::model::place::ResourceId;
use crate::read::package::Package;
use crate::read::tree::Node;

/// The apiVersion of the functionConfig.
pub(crate) const API_VERSION: &str = "fn.kpt.dev/v1alpha1";
/// The kind of the functionConfig.
pub(crate) const KIND: &str = "EnforceIntents";

/// Reads the configuration: functionConfig resources (`EnforceIntents` or a `v1` ConfigMap), later ones winning field by
/// field, then `--set` pairs, which win over them.
///
/// Faults are findings; with an error among them the configuration must not be used.
#[must_use]
pub fn read(package: &Package, function_configs: &[ResourceId], settings: &[(String, String)]) -> (Config, Findings) {
    let mut findings = Findings::default();
    let mut spec = Raw::empty_map(Origin::Setting);
    for &id in function_configs {
        if let Some(Raw { shape: RawShape::Map(entries), .. }) = read_resource(package, id, &mut findings) {
            for entry in entries {
                replace(&mut spec, entry);
            }
        }
        report_duplicate_keys(package, id, &mut findings);
    }
    for (key, value) in settings {
        insert_flat(&mut spec, key, Raw::flat(value, Origin::Setting), Origin::Setting, &mut findings);
    }
    let mut config = Config::default();
    let RawShape::Map(entries) = &spec.shape else { return (config, findings) };
    for entry in entries {
        let Some(field) = FIELDS.iter().find(|field| field.name == entry.key) else {
            findings.push(unknown_key(entry, FIELDS.iter().map(|field| field.name), ""));
            continue;
        };
        let is_unset = matches!((&entry.value.shape, field.shape), (RawShape::Text { text, .. }, Shape::Text(_)) if text.is_empty());
        if is_unset {
            continue;
        }
        if let Some(value) = check(&entry.value, field.shape, field.name, &mut findings) {
            (field.set)(&mut config, &value);
        }
    }
    check_combinations(&config, entries, &mut findings);
    (config, findings)
}

/// The fields that a functionConfig resource sets, aliases replaced.
fn read_resource(package: &Package, id: ResourceId, findings: &mut Findings) -> Option<Raw> {
    let resource = package.resource(id)?;
    let node = package.node(id)?;
    let fault = |node: Node<'_>, message: String| Origin::Place(Package::place(id, node)).fault(message);
    let at = |field: &str| node.get(field).unwrap_or(node);
    match (&*resource.api_version, &*resource.kind) {
        ("v1", "ConfigMap") => read_config_map(id, node, findings),
        (API_VERSION, KIND) => read_enforce_intents(id, node, findings),
        // An orchestrator without a configuration may pass an empty one: the defaults count (`spec/krm.md` 9).
        ("", "") if ["spec", "data"].iter().all(|field| !node.get(field).is_some_and(Node::is_mapping)) => None,
        (api_version, KIND) => {
            findings.push(
                fault(at("apiVersion"), format!("apiVersion `{api_version}` of {KIND} is not known"))
                    .with_help(format!("write `{API_VERSION}`")),
            );
            None
        }
        (api_version, kind) => {
            let help = match nearest(kind, [KIND, "ConfigMap"]) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write kind {KIND} of {API_VERSION}, or a v1 ConfigMap"),
            };
            findings.push(fault(at("kind"), format!("kind `{kind}` of `{api_version}` is not known")).with_help(help));
            None
        }
    }
}

fn read_enforce_intents(id: ResourceId, node: Node<'_>, findings: &mut Findings) -> Option<Raw> {
    report_misplaced(id, node, &["spec", "status"], findings);
    let spec = node.get("spec").filter(|spec| !spec.is_null())?;
    let raw = whole(id, spec, findings)?;
    let RawShape::Map(entries) = raw.shape else {
        findings.push(raw.origin.fault("`spec` must be a map"));
        return None;
    };
    let mut fields = Raw::empty_map(raw.origin);
    for entry in entries {
        insert(&mut fields, entry, findings);
    }
    Some(fields)
}

fn read_config_map(id: ResourceId, node: Node<'_>, findings: &mut Findings) -> Option<Raw> {
    report_misplaced(id, node, &["data", "immutable"], findings);
    let data = node.get("data").filter(|data| !data.is_null())?;
    let raw = whole(id, data, findings)?;
    let RawShape::Map(entries) = raw.shape else {
        findings.push(raw.origin.fault("`data` must be a map"));
        return None;
    };
    let mut fields = Raw::empty_map(raw.origin);
    for entry in entries {
        match entry.value.shape {
            RawShape::Null => {}
            RawShape::Text { text, .. } => {
                let value = Raw::flat(text, entry.value.origin);
                insert_flat(&mut fields, &entry.key, value, entry.key_origin, findings);
            }
            RawShape::List(_) | RawShape::Map(_) => {
                let message = format!("`data.{}` must be a text", entry.key);
                findings.push(
                    entry
                        .value
                        .origin
                        .fault(message)
                        .with_help("separate list items by commas, or use kind EnforceIntents"),
                );
            }
        }
    }
    Some(fields)
}

/// Fields beside the one that holds the settings, the first of `known`: what is set there would have no effect.
fn report_misplaced(id: ResourceId, node: Node<'_>, known: &[&str], findings: &mut Findings) {
    let holder = known.first().copied().unwrap_or_default();
    for (key, key_node, _) in node.merged_entries() {
        if matches!(key, "apiVersion" | "kind" | "metadata") || known.contains(&key) {
            continue;
        }
        let origin = Origin::Place(Package::place(id, key_node));
        let is_field = FIELDS.iter().any(|field| field.name == key);
        let subject = if is_field { format!("`{key}` belongs") } else { "fields belong".to_owned() };
        findings
            .push(origin.fault(format_args!("unknown field `{key}`")).with_help(format!("{subject} below `{holder}`")));
    }
}

fn whole(id: ResourceId, node: Node<'_>, findings: &mut Findings) -> Option<Raw> {
    let raw = Raw::from_node(id, node);
    if raw.is_none() {
        findings.push(Origin::Place(Package::place(id, node)).fault("it is too large or too deeply nested"));
    }
    raw
}

/// Sets `key` (with dots for the keys of maps) to a value; later ones win.
fn insert_flat(fields: &mut Raw, key: &str, value: Raw, key_origin: Origin, findings: &mut Findings) {
    let (first, rest) = key.split_once('.').map_or((key, None), |(first, rest)| (first, Some(rest)));
    let entry = |key: &str, value| RawEntry { key: key.to_owned(), key_origin, value };
    let Some(rest) = rest else {
        insert(fields, entry(key, value), findings);
        return;
    };
    let shape = FIELDS.iter().find(|field| field.name == first).map(|field| field.shape);
    if !matches!(shape, Some(Shape::Object(_) | Shape::Map(..))) {
        findings.push(unknown_key(&entry(key, value), FIELDS.iter().map(|field| field.name), ""));
        return;
    }
    let RawShape::Map(entries) = &mut fields.shape else { return };
    if !entries.iter().any(|entry| entry.key == first) {
        entries.push(entry(first, Raw::empty_map(key_origin)));
    }
    let Some(existing) = entries.iter_mut().find(|entry| entry.key == first) else { return };
    if let RawShape::Text { text, is_flat: true } = &existing.value.shape
        && let Some(parsed) = Raw::from_flow_text(text, existing.value.origin)
    {
        existing.value = parsed;
    }
    if !matches!(existing.value.shape, RawShape::Map(_)) {
        existing.value = Raw::empty_map(key_origin);
    }
    replace(&mut existing.value, entry(rest, value));
}

/// Sets a field, by its own name or the chart's.
fn insert(fields: &mut Raw, entry: RawEntry, findings: &mut Findings) {
    let Some(entry) = aliases::resolve(entry, findings) else { return };
    let RawShape::Map(entries) = &fields.shape else { return };
    let is_set = entries.iter().any(|other| other.key == entry.key);
    if is_set && matches!(entry.key_origin, Origin::Place(_)) {
        findings.push(entry.key_origin.fault(format_args!("`{}` is set twice, once by another name", entry.key)));
        return;
    }
    replace(fields, entry);
}

fn replace(map: &mut Raw, entry: RawEntry) {
    let RawShape::Map(entries) = &mut map.shape else { return };
    match entries.iter_mut().find(|other| other.key == entry.key) {
        Some(other) => *other = entry,
        None => entries.push(entry),
    }
}

/// Keys of the functionConfig that stand twice.
fn report_duplicate_keys(package: &Package, id: ResourceId, findings: &mut Findings) {
    let (Some(resource), Some(root)) = (package.resource(id), package.node(id)) else { return };
    let Some(tree) = package.trees.get(resource.source.0 as usize) else { return };
    for key in tree.duplicate_keys() {
        if key < root.id() || key >= root.subtree_end() {
            continue;
        }
        let Some(node) = package.node_in(resource.source, key) else { continue };
        let message =
            format!("functionConfig: key `{}` stands twice in its mapping", node.as_str().unwrap_or_default());
        findings.push(Finding::new(Code::DuplicateKey, Package::place(id, node), message));
    }
}

/// Fields that contradict each other or have no effect together.
fn check_combinations(config: &Config, entries: &[RawEntry], findings: &mut Findings) {
    let origin = |name: &str| entries.iter().find(|entry| entry.key == name).map(|entry| entry.key_origin);
    if config.profile == Profile::Classic && config.enable_egress_network_policy_creation {
        let origin = origin("enableEgressNetworkPolicyCreation").unwrap_or(Origin::Setting);
        findings.push(
            origin
                .fault(
                    "`enableEgressNetworkPolicyCreation` needs `profile: v2`: profile classic has no egress policies",
                )
                .with_help("set `profile: v2`"),
        );
    }
    if config.profile == Profile::V2
        && config.policy_label_value != PolicyLabelValue::default()
        && let Some(origin) = origin("policyLabelValue")
    {
        findings.push(Finding::new(
            Code::ConfigNoEffect,
            origin.place(),
            "functionConfig: `policyLabelValue` has no effect with `profile: v2`",
        ));
    }
    check_roll_out(config, origin, findings);
    let is_both =
        |peer: &DnsPeer| peer.cidr.is_some() && !(peer.pod_labels.is_empty() && peer.namespace_labels.is_empty());
    if config.dns_peers.iter().any(is_both) {
        let origin = origin("dnsPeers").unwrap_or(Origin::Setting);
        findings.push(
            origin
                .fault("an entry of `dnsPeers` names both a network and pods, which no rule can mean together")
                .with_help("write two entries"),
        );
    }
    if config.api_server.as_ref().is_some_and(|api_server| api_server.addresses.is_empty()) {
        let origin = origin("apiServer").unwrap_or(Origin::Setting);
        findings.push(origin.fault("`apiServer.addresses` must not be empty"));
    }
}

/// The fields of a roll-out (`docs/roll-out.md`) with others that they leave without effect or contradict.
fn check_roll_out(config: &Config, origin: impl Fn(&str) -> Option<Origin>, findings: &mut Findings) {
    let mut no_effect = |field: &str, why: &str| {
        let place = origin(field).and_then(|origin| origin.place());
        findings.push(Finding::new(Code::ConfigNoEffect, place, format!("functionConfig: `{field}` {why}")));
    };
    if config.selectors == Selectors::Native {
        if config.label_workloads == LabelWorkloads::Involved {
            no_effect("labelWorkloads", "has no effect with `selectors: native`, which writes no labels");
        }
        if !config.enable_network_policy_creation {
            no_effect(
                "enableNetworkPolicyCreation",
                "is false, and `selectors: native` writes no labels, so nothing is written at all",
            );
        }
    }
    if config.staged == Staged::Calico && config.domain_policies != DomainPolicies::None {
        let origin = origin("domainPolicies").unwrap_or(Origin::Setting);
        findings.push(
            origin
                .fault("`domainPolicies` writes policies that are enforced, which `staged: calico` must not")
                .with_help("leave out one of the two"),
        );
    }
}
