//! ProtectedServices of every API version (`spec/otterize.md` 1.5, 1.8).

use super::fields::Fields;
use super::intents::{Reference, checks};
use super::object::Object;
use crate::diag::suggest::nearest;
use crate::diag::{Code, Findings};

/// The versions, and whether they know `spec.kind`.
const VERSIONS: &[(&str, bool)] =
    &[("v1alpha2", false), ("v1alpha3", true), ("v1beta1", true), ("v2alpha1", true), ("v2beta1", true)];

/// A ProtectedService with names as written.
pub(super) struct Draft {
    /// Index of the object it was read from.
    pub(super) object: usize,
    /// What it protects, in its own namespace.
    pub(super) protected: Reference,
}

/// Reads a ProtectedService. `None` when it has no spec or faults.
pub(super) fn read(index: usize, object: &Object<'_>, findings: &mut Findings) -> Option<Draft> {
    let mut fields = Fields::new(object, findings);
    let spec = fields.mapping(object.node, "spec")?;
    let Some((_, has_kind)) = VERSIONS.iter().find(|(name, _)| *name == object.version()) else {
        let names: Vec<&str> = VERSIONS.iter().map(|(name, _)| *name).collect();
        let help = nearest(object.version(), names.iter().copied())
            .map_or_else(|| format!("known are {}", names.join(", ")), |name| format!("did you mean `{name}`?"));
        fields
            .fault(
                Code::UnknownIntentsVersion,
                object.node.get("apiVersion").unwrap_or(object.node),
                format_args!("version `{}` of ProtectedService is not known", object.version()),
            )
            .help = Some(help);
        return None;
    };
    let known: &[&str] = if *has_kind { &["name", "kind"] } else { &["name"] };
    checks::unknown_fields(&mut fields, spec, known, Code::InvalidProtectedService);
    let kind = checks::kind(&mut fields, spec, Code::InvalidProtectedService);
    let value = fields.present(spec, "name");
    if value.is_none_or(|value| value.as_str() == Some("")) {
        fields.fault(Code::InvalidProtectedService, value.unwrap_or(spec), "field name is required");
        return None;
    }
    let (name, node) = fields.text(spec, "name")?;
    let is_plain =
        name.chars().filter(|c| !matches!(c, '-' | '_')).all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !is_plain {
        fields.fault(
            Code::InvalidProtectedService,
            node,
            format_args!(
                "Invalid Name: {name}. Workload name must contain only lowercase alphanumeric characters, '-' or '_'"
            ),
        );
        return None;
    }
    let (kind, kind_place) = kind.ok()?.unzip();
    let place = object.place(node);
    Some(Draft { object: index, protected: Reference { name: name.into(), namespace: None, kind, place, kind_place } })
}
