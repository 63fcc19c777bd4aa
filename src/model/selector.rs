//! Label selectors with the semantics of the Kubernetes API (`metav1.LabelSelector`).

pub use super::labels::Labels;

/// A label selector. Without any requirement it selects everything; "no selector" is an `Option` at the place of use.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelSelector {
    /// Every pair must be present.
    pub match_labels: Labels,
    /// Every requirement must hold.
    pub match_expressions: Vec<Requirement>,
}

/// One entry of `matchExpressions`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requirement {
    /// Label key.
    pub key: String,
    /// What is required of the key.
    pub operator: Operator,
    /// Values for `In` and `NotIn`; empty for the others.
    pub values: Vec<String>,
}

/// The operators of `matchExpressions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// The key is present and its value is listed.
    In,
    /// The key is absent or its value is not listed.
    NotIn,
    /// The key is present.
    Exists,
    /// The key is absent.
    DoesNotExist,
}

impl LabelSelector {
    /// A selector for exactly these labels.
    #[must_use]
    pub fn from_labels(match_labels: Labels) -> Self {
        Self { match_labels, match_expressions: Vec::new() }
    }

    /// Whether it has no requirement at all, and so selects everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }

    /// Whether an object with these labels is selected.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matches_where(|key| labels.get(key))
    }

    /// The same for labels that are looked up by key.
    pub(crate) fn matches_where<'l>(&self, label: impl Fn(&str) -> Option<&'l str>) -> bool {
        self.match_labels.iter().all(|(key, value)| label(key) == Some(value))
            && self.match_expressions.iter().all(|requirement| requirement.holds_for(label(&requirement.key)))
    }
}

impl std::fmt::Display for LabelSelector {
    /// As `kubectl get --selector` takes it: `app=web,tier in (a,b),!canary`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let labels = self.match_labels.iter().map(|(key, value)| format!("{key}={value}"));
        let expressions = self.match_expressions.iter().map(|Requirement { key, operator, values }| match operator {
            Operator::In => format!("{key} in ({})", values.join(",")),
            Operator::NotIn => format!("{key} notin ({})", values.join(",")),
            Operator::Exists => key.clone(),
            Operator::DoesNotExist => format!("!{key}"),
        });
        f.write_str(&labels.chain(expressions).collect::<Vec<_>>().join(","))
    }
}

impl LabelSelector {
    /// Whether it may select something of which only these labels are known: requirements on others may hold.
    #[must_use]
    pub fn may_match(&self, known: &Labels) -> bool {
        self.match_labels.iter().all(|(key, value)| known.get(key).is_none_or(|own| own == value))
            && self.match_expressions.iter().all(|one| !known.contains_key(&one.key) || one.matches(known))
    }
}

impl Operator {
    /// The API's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::In => "In",
            Self::NotIn => "NotIn",
            Self::Exists => "Exists",
            Self::DoesNotExist => "DoesNotExist",
        }
    }

    /// Reads the API's spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::In, Self::NotIn, Self::Exists, Self::DoesNotExist].into_iter().find(|operator| operator.as_str() == text)
    }
}

/// Whether the API server takes this as a label key: a name of up to 63 characters, after an optional DNS name and `/`.
#[must_use]
pub fn is_label_key(key: &str) -> bool {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    prefix.is_none_or(is_dns_subdomain) && !name.is_empty() && is_label_value(name)
}

/// Whether the API server takes this as a label value: empty, or up to 63 letters, digits, `-`, `_` and `.` that start and end
/// with a letter or digit.
#[must_use]
pub fn is_label_value(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.len() <= 63
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
        && bytes.first().is_none_or(u8::is_ascii_alphanumeric)
        && bytes.last().is_none_or(u8::is_ascii_alphanumeric)
}

/// Whether the API server takes this as the name of an object, or as the prefix of a label key: a DNS-1123 subdomain.
#[must_use]
pub fn is_dns_subdomain(name: &str) -> bool {
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
            && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
            && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

impl Requirement {
    /// Whether these labels meet the requirement.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.holds_for(labels.get(&self.key))
    }

    /// Whether the value that the key has meets it.
    fn holds_for(&self, value: Option<&str>) -> bool {
        let is_listed = |value: &str| self.values.iter().any(|listed| listed == value);
        match self.operator {
            Operator::In => value.is_some_and(is_listed),
            Operator::NotIn => !value.is_some_and(is_listed),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LabelSelector, Labels, Operator, Requirement, is_dns_subdomain, is_label_key, is_label_value};

    #[test]
    fn label_syntax() {
        for key in ["app", "app.kubernetes.io/name", "a_b-c.D", "x/y"] {
            assert!(is_label_key(key), "{key}");
        }
        for key in ["", "app@b", "/app", "app/", "a/b/c", "App.io/x", "-a", "a-", &"x".repeat(64)] {
            assert!(!is_label_key(key), "{key}");
        }
        for (value, legal) in [("", true), ("v1.2_x-Y", true), ("-v", false), ("a b", false), ("é", false)] {
            assert_eq!(is_label_value(value), legal, "{value}");
        }
    }

    #[test]
    fn names_as_the_api_server_checks_them() {
        for good in ["a", "a-b.c", "0", "a--b"] {
            assert!(is_dns_subdomain(good), "{good}");
        }
        for bad in ["", "A", "a_b", "-a", "a-", "a..b", ".a", "a.", "a b", "a/b", "a.-b", &"a".repeat(254)] {
            assert!(!is_dns_subdomain(bad), "{bad}");
        }
    }

    #[test]
    fn labels_that_are_not_known_may_be_there() {
        let labels = |key: &str, value: &str| Labels::from([(key.to_owned(), value.to_owned())]);
        let not_in = |key: &str, value: &str| {
            let requirement = Requirement { key: key.into(), operator: Operator::NotIn, values: vec![value.into()] };
            LabelSelector { match_labels: Labels::new(), match_expressions: vec![requirement] }
        };
        let known = labels("name", "a");
        for (selector, may) in [
            (LabelSelector::default(), true),
            (LabelSelector::from_labels(labels("name", "a")), true),
            (LabelSelector::from_labels(labels("name", "b")), false),
            (LabelSelector::from_labels(labels("team", "b")), true),
            (not_in("name", "a"), false),
            (not_in("team", "a"), true),
        ] {
            assert_eq!(selector.may_match(&known), may, "{selector}");
        }
    }
}
