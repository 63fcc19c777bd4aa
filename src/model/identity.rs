//! Identities: how a workload is named in labels, label keys and policy names (`spec/otterize.md` section 2).

use md5::{Digest, Md5};

/// Name, namespace and optional kind: what a client or server *is*.
///
/// Identities with and without a kind are different on purpose: they give different label keys and policies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// Namespace.
    pub namespace: String,
    /// Name of the workload (its top owner) or Service.
    pub name: String,
    /// Kind as written, `None` when the intents give none.
    pub kind: Option<String>,
}

impl Identity {
    /// The kind-less label value: `name[:20]-namespace[:20]-md5[:6]`.
    #[must_use]
    pub fn formatted(&self) -> String {
        let hash = md5_prefix(&[&self.name, &self.namespace]);
        format!("{}-{}-{hash}", cut(&self.name, 20), cut(&self.namespace, 20))
    }

    /// The form used in label keys: with `kind[:5]` when there is a kind, else [`Self::formatted`].
    #[must_use]
    pub fn formatted_with_kind(&self) -> String {
        let Some(kind) = &self.kind else { return self.formatted() };
        let hash = md5_prefix(&[&self.name, &self.namespace, kind]);
        format!("{}-{}-{}-{hash}", cut(&self.name, 19), cut(&self.namespace, 19), cut(kind, 5).to_lowercase())
    }

    /// `name`, or `name-kind` in lower case when there is a kind.
    #[must_use]
    pub fn name_with_kind(&self) -> String {
        match &self.kind {
            Some(kind) => format!("{}-{}", self.name, kind.to_lowercase()),
            None => self.name.clone(),
        }
    }

    /// Whether it is that of a Service, which has no pods of its own.
    #[must_use]
    pub fn is_service(&self) -> bool {
        self.kind.as_deref() == Some("Service")
    }

    /// The same identity without its kind.
    #[must_use]
    pub fn without_kind(&self) -> Self {
        Self { kind: None, ..self.clone() }
    }
}

impl std::fmt::Display for Identity {
    /// `Kind namespace/name`, or `namespace/name` without a kind.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(kind) = &self.kind {
            write!(f, "{kind} ")?;
        }
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// The first six hex digits of the MD5 over the parts joined with `-`.
fn md5_prefix(parts: &[&str]) -> String {
    let digest = Md5::digest(parts.join("-").as_bytes());
    digest.iter().take(3).map(|byte| format!("{byte:02x}")).collect()
}

/// At most `bytes` bytes of `text`, cut at a character boundary.
fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::Identity;

    fn identity(name: &str, namespace: &str, kind: Option<&str>) -> Identity {
        Identity { namespace: namespace.into(), name: name.into(), kind: kind.map(str::to_owned) }
    }

    /// The reference values of `spec/otterize.md` 2.1.
    #[test]
    fn reference_values() {
        for (name, namespace, expected) in [
            ("server", "otterize-tutorial-npol", "server-otterize-tutorial-np-7e16db"),
            ("client", "otterize-tutorial-npol", "client-otterize-tutorial-np-699302"),
            ("test-server", "test-namespace", "test-server-test-namespace-8ddecb"),
            ("test-server", "test-server-namespace", "test-server-test-server-namespac-48aee4"),
            ("test-client", "test-client-namespace", "test-client-test-client-namespac-edb3a2"),
            ("test-server-5dfcbcbf9", "test-namespace", "test-server-5dfcbcbf-test-namespace-c6140c"),
            ("coredns", "kube-system", "coredns-kube-system-dd756f"),
            ("backend", "otterize-tutorial-egress-access", "backend-otterize-tutorial-eg-00531a"),
        ] {
            assert_eq!(identity(name, namespace, None).formatted(), expected);
            assert_eq!(identity(name, namespace, None).formatted_with_kind(), expected);
        }
        assert_eq!(
            identity("test-server", "test-namespace", Some("Service")).formatted_with_kind(),
            "test-server-test-namespace-servi-c49181"
        );
    }

    #[test]
    fn cuts_at_a_character_boundary() {
        let formatted = identity("aaaaaaaaaaaaaaaaaaaé", "ns", None).formatted();
        assert!(formatted.starts_with("aaaaaaaaaaaaaaaaaaa-ns-"), "{formatted}");
    }
}
