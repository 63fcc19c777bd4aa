//! ClientIntents of every API version (`spec/otterize.md` 1): one draft for all, names still as written.

pub(super) mod checks;
mod internet;
mod v1;
mod v2;

use super::fields::Fields;
use super::object::Object;
use crate::config::Config;
use crate::diag::suggest::nearest;
use crate::diag::{Code, Findings};
use crate::model::intent::InternetTarget;
use crate::model::place::Place;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// API group of all the custom resources.
const GROUP: &str = "k8s.otterize.com";

/// Kinds of that group; those that are not read here have no meaning for network policies.
const KINDS: &[&str] = &[
    "ClientIntents",
    "ProtectedService",
    "KafkaServerConfig",
    "PostgreSQLServerConfig",
    "MySQLServerConfig",
    "ProjectConfig",
];

/// A ClientIntents object after conversion and validation, with names as written.
pub(super) struct Draft {
    /// Index of the object it was read from.
    pub(super) object: usize,
    /// The client.
    pub(super) client: Reference,
    /// Targets without faults, in list order.
    pub(super) targets: Vec<DraftTarget>,
    /// `status.resolvedIPs`.
    pub(super) resolved_ips: BTreeMap<String, Vec<IpAddr>>,
}

/// A name as written.
#[derive(Clone)]
pub(super) struct Reference {
    /// Name without namespace.
    pub(super) name: String,
    /// Namespace if one is written.
    pub(super) namespace: Option<String>,
    /// Kind if one is written.
    pub(super) kind: Option<String>,
    /// Where the name is said.
    pub(super) place: Place,
    /// Where the kind is said.
    pub(super) kind_place: Option<Place>,
}

/// One declared call.
pub(super) struct DraftTarget {
    /// What is called.
    pub(super) kind: DraftKind,
    /// Where the call is declared.
    pub(super) place: Place,
}

/// What is called, with names as written.
pub(super) enum DraftKind {
    /// Pods of a workload.
    Workload(Reference),
    /// A Service.
    Service(Reference),
    /// Addresses and domains.
    Internet(Arc<InternetTarget>),
    /// Nothing that a NetworkPolicy expresses.
    OutOfCluster,
}

/// What the versions give: client and targets.
struct Spec {
    client: Option<Reference>,
    targets: Vec<DraftTarget>,
}

/// The versions of ClientIntents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Version {
    V1alpha1,
    V1alpha2,
    V1alpha3,
    V1beta1,
    V2alpha1,
    V2beta1,
}

const VERSIONS: &[(&str, Version)] = &[
    ("v1alpha1", Version::V1alpha1),
    ("v1alpha2", Version::V1alpha2),
    ("v1alpha3", Version::V1alpha3),
    ("v1beta1", Version::V1beta1),
    ("v2alpha1", Version::V2alpha1),
    ("v2beta1", Version::V2beta1),
];

/// What an object of the custom resources is.
pub(super) enum Kind {
    /// ClientIntents of a version that may be unknown.
    ClientIntents,
    /// ProtectedService of a version that may be unknown.
    ProtectedService,
    /// Not one of ours, or one that says nothing about networks.
    Other,
}

/// Tells ClientIntents and ProtectedServices from other objects. Slips in kind or group are faults, since intents would be lost.
pub(super) fn kind(object: &Object<'_>, findings: &mut Findings) -> Kind {
    let has_spec = object.node.get("spec").is_some_and(|spec| !spec.is_null());
    let problem = match (object.group() == GROUP, object.kind) {
        (true, "ClientIntents") => return Kind::ClientIntents,
        (true, "ProtectedService") => return Kind::ProtectedService,
        (true, kind) if KINDS.contains(&kind) => return Kind::Other,
        (true, "Intents") => "kind Intents was renamed ClientIntents in 2022".to_owned(),
        (true, kind) => format!("kind `{kind}` is not known in group {GROUP}"),
        (false, "ClientIntents" | "ProtectedService") => {
            format!("`{}` is not a known apiVersion of this kind", object.api_version)
        }
        (false, _) => return Kind::Other,
    };
    if has_spec {
        let help = match nearest(object.kind, KINDS.iter().copied()) {
            Some(kind) if !KINDS.contains(&object.kind) => format!("did you mean `{kind}`?"),
            _ => format!("write apiVersion {GROUP}/v2beta1"),
        };
        let mut fields = Fields::new(object, findings);
        let node = object.node.get(if object.group() == GROUP { "kind" } else { "apiVersion" }).unwrap_or(object.node);
        fields.fault(Code::UnknownIntentsVersion, node, problem).help = Some(help);
    }
    Kind::Other
}

/// Reads a ClientIntents object. `None` when it has no spec, or faults that leave no client.
pub(super) fn read(index: usize, object: &Object<'_>, config: &Config, findings: &mut Findings) -> Option<Draft> {
    let mut fields = Fields::new(object, findings);
    let spec = spec(&mut fields)?;
    let version = version(&mut fields)?;
    let Spec { client, targets } = if version >= Version::V2alpha1 {
        v2::read(&mut fields, spec, version, config.enable_strict_mode_intents)
    } else {
        v1::read(&mut fields, spec, version)
    };
    let resolved_ips = internet::resolved_ips(&mut fields);
    Some(Draft { object: index, client: client?, targets, resolved_ips })
}

/// The spec. An object without one is ignored, unless a slip of the pen hides it.
fn spec<'a>(fields: &mut Fields<'_, 'a>) -> Option<crate::read::tree::Node<'a>> {
    let root = fields.object.node;
    if fields.present(root, "spec").is_none() {
        let known = ["apiVersion", "kind", "metadata", "status", "spec"];
        for (key, node, _) in root.merged_entries() {
            if !known.contains(&key) && nearest(key, ["spec"]).is_some() {
                fields.fault(Code::InvalidIntents, node, format_args!("unknown field `{key}`")).help =
                    Some("did you mean `spec`?".into());
            }
        }
    }
    fields.mapping(root, "spec")
}

fn version(fields: &mut Fields<'_, '_>) -> Option<Version> {
    let written = fields.object.version();
    let known = VERSIONS.iter().find(|(name, _)| *name == written).map(|(_, version)| *version);
    if known.is_none() {
        let names: Vec<&str> = VERSIONS.iter().map(|(name, _)| *name).collect();
        let node = fields.object.node.get("apiVersion").unwrap_or(fields.object.node);
        let help = nearest(written, names.iter().copied())
            .map_or_else(|| format!("known are {}", names.join(", ")), |name| format!("did you mean `{name}`?"));
        fields
            .fault(Code::UnknownIntentsVersion, node, format_args!("version `{written}` of ClientIntents is not known"))
            .help = Some(help);
    }
    known
}
