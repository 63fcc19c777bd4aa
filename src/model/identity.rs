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
        self.formatted_after("")
    }

    /// The form used in label keys: with `kind[:5]` when there is a kind, else [`Self::formatted`].
    #[must_use]
    pub fn formatted_with_kind(&self) -> String {
        self.formatted_with_kind_after("")
    }

    /// [`Self::formatted`] after a prefix.
    #[must_use]
    pub fn formatted_after(&self, prefix: &str) -> String {
        joined(prefix, [cut(&self.name, 20), cut(&self.namespace, 20)], [&self.name, &self.namespace])
    }

    /// [`Self::formatted_with_kind`] after a prefix.
    #[must_use]
    pub fn formatted_with_kind_after(&self, prefix: &str) -> String {
        let Some(kind) = &self.kind else { return self.formatted_after(prefix) };
        let shown = [cut(&self.name, 19), cut(&self.namespace, 19), &cut(kind, 5).to_lowercase()];
        joined(prefix, shown, [&self.name, &self.namespace, kind])
    }

    /// Whether [`Self::formatted`] is a legal label value. Its end, the hash, always is, and it is never too long.
    #[must_use]
    pub fn is_label_value(&self) -> bool {
        let (name, namespace) = (cut(&self.name, 20).as_bytes(), cut(&self.namespace, 20).as_bytes());
        let is_inner = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        name.first().is_some_and(u8::is_ascii_alphanumeric) && name.iter().chain(namespace).all(is_inner)
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

/// The prefix, the shown parts, each with `-` after it, and the first six hex digits of the MD5 over the hashed parts joined with `-`.
fn joined<const N: usize>(prefix: &str, shown: [&str; N], hashed: [&str; N]) -> String {
    let length = prefix.len() + shown.iter().map(|part| part.len() + 1).sum::<usize>() + 6;
    let mut text = String::with_capacity(length);
    text.push_str(prefix);
    let mut md5 = Md5::new();
    for (index, (shown, hashed)) in shown.into_iter().zip(hashed).enumerate() {
        text.push_str(shown);
        text.push('-');
        md5.update(if index == 0 { "" } else { "-" });
        md5.update(hashed);
    }
    let digits = md5.finalize().into_iter().take(3).flat_map(|byte| [byte >> 4, byte & 15]);
    text.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
    text
}

/// At most `bytes` bytes of `text`, cut at a character boundary.
fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::Identity;
    use crate::model::selector::is_label_value;

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
            assert!(identity(name, namespace, None).is_label_value());
        }
        assert_eq!(
            identity("test-server", "test-namespace", Some("Service")).formatted_with_kind(),
            "test-server-test-namespace-servi-c49181"
        );
    }

    #[test]
    fn what_is_a_label_value() {
        for (name, namespace) in [("", "a"), ("-a", "a"), ("é", "a"), ("a b", "a"), ("a", "a/b")] {
            let identity = identity(name, namespace, None);
            assert!(!identity.is_label_value() && !is_label_value(&identity.formatted()), "{identity}");
        }
        let identity = identity("a_.-", &"b".repeat(70), None);
        assert!(identity.is_label_value() && is_label_value(&identity.formatted()), "{identity}");
    }

    #[test]
    fn cuts_at_a_character_boundary() {
        let formatted = identity("aaaaaaaaaaaaaaaaaaaé", "ns", None).formatted();
        assert!(formatted.starts_with("aaaaaaaaaaaaaaaaaaa-ns-"), "{formatted}");
    }
}
