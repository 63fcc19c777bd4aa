//! Formats of texts in the configuration.

use crate::diag::Code;
use crate::diag::suggest::nearest;

/// A format of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Name of a namespace: a DNS label.
    Namespace,
    /// Name of a namespace, or `*` for all.
    NamespaceOrAll,
    /// Name of an object.
    ObjectName,
    /// A kind.
    Kind,
    /// `group/version` or `version`.
    ApiVersion,
    /// Keys joined with dots.
    FieldPath,
    /// Key of a label or annotation.
    LabelKey,
    /// Value of a label.
    LabelValue,
    /// IP address.
    Address,
    /// IP network.
    Network,
    /// DNS name, possibly with `*`.
    Domain,
    /// `53`, `UDP/53`, `53/UDP`.
    PortAndProtocol,
    /// Name of a port.
    PortName,
    /// End of an object name.
    NameSuffix,
    /// Relative path of a YAML file, with placeholders.
    PolicyPath,
    /// A finding code that may be changed.
    RuleCode,
}

/// Why a text does not have its format.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct BadFormat {
    /// What to do.
    pub(super) help: Option<String>,
}

impl Format {
    /// In words, for messages.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Namespace => "the name of a namespace",
            Self::NamespaceOrAll => "the name of a namespace, or `*`",
            Self::ObjectName => "the name of an object",
            Self::Kind => "a kind, which begins with a capital letter",
            Self::ApiVersion => "an apiVersion",
            Self::FieldPath => "keys joined with dots",
            Self::LabelKey => "a label or annotation key",
            Self::LabelValue => "a label value",
            Self::Address => "an IP address",
            Self::Network => "an IP network such as 10.96.0.10/32",
            Self::Domain => "a DNS name",
            Self::PortAndProtocol => "a port, alone or with its protocol (5353, UDP/5353)",
            Self::PortName => "a port name: at most 15 lower-case letters, digits and `-`",
            Self::NameSuffix => {
                "a suffix of object names: lower-case letters, digits, `-` and `.`, ending with a letter or digit"
            }
            Self::PolicyPath => {
                "a relative path of a .yaml file inside the package, with {namespace} and {name} as the only placeholders"
            }
            Self::RuleCode => "a finding code whose severity may be changed",
        }
    }

    /// Whether the text has the format.
    pub(super) fn check(self, text: &str) -> Result<(), BadFormat> {
        let is_good = match self {
            Self::Namespace => is_dns_label(text),
            Self::NamespaceOrAll => text == "*" || is_dns_label(text),
            Self::ObjectName => is_object_name(text),
            Self::Kind => text.starts_with(|first: char| first.is_ascii_uppercase()) && is_alphanumeric(text),
            Self::ApiVersion => is_api_version(text),
            Self::FieldPath => text.split('.').all(is_alphanumeric),
            Self::LabelKey => is_label_key(text),
            Self::LabelValue => text.is_empty() || is_label_name(text),
            Self::Address => text.parse::<std::net::IpAddr>().is_ok(),
            Self::Network => text.parse::<ipnet::IpNet>().is_ok() || text.parse::<std::net::IpAddr>().is_ok(),
            Self::Domain => is_domain(text),
            Self::PortAndProtocol => parse_port(text).is_some(),
            Self::PortName => text.len() <= 15 && is_dns_label(text),
            Self::NameSuffix => text.len() <= 63 && is_dns_subdomain(&format!("x{text}")),
            Self::PolicyPath => is_policy_path(text),
            Self::RuleCode => return check_rule_code(text),
        };
        if is_good { Ok(()) } else { Err(BadFormat::default()) }
    }
}

fn is_alphanumeric(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// RFC 1123 label.
fn is_dns_label(text: &str) -> bool {
    let is_outer = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    text.len() <= 63
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && is_outer(text.bytes().next())
        && is_outer(text.bytes().next_back())
}

/// RFC 1123 subdomain: labels joined with dots. Labels may be longer than 63 characters, as the API server allows.
fn is_dns_subdomain(text: &str) -> bool {
    let is_outer = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    text.len() <= 253
        && text.split('.').all(|label| {
            label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                && is_outer(label.bytes().next())
                && is_outer(label.bytes().next_back())
        })
}

/// Names of workloads: object names, or identities with `_` for `.`.
fn is_object_name(text: &str) -> bool {
    text.len() <= 253
        && is_label_name(text.get(..63).unwrap_or(text).trim_end_matches(['-', '_', '.']))
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// The name part of a label key, or a label value that is not empty.
fn is_label_name(text: &str) -> bool {
    let is_outer = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 63
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && is_outer(text.bytes().next())
        && is_outer(text.bytes().next_back())
}

fn is_label_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_dns_subdomain(prefix) && is_label_name(name),
        None => is_label_name(text),
    }
}

fn is_api_version(text: &str) -> bool {
    match text.split_once('/') {
        Some((group, version)) => is_dns_subdomain(group) && is_dns_label(version),
        None => is_dns_label(text),
    }
}

fn is_domain(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    text.len() <= 254
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|character| matches!(character, '-' | '_' | '*') || character.is_alphanumeric())
        })
}

/// Protocol (both when absent) and number of `53`, `UDP/53`, `53/UDP`, `UDP:53` or `UDP 53`.
pub(super) fn parse_port(text: &str) -> Option<(Option<crate::model::policy::Protocol>, u16)> {
    use crate::model::policy::Protocol;
    let number = |text: &str| text.parse::<u16>().ok().filter(|&number| number != 0);
    let protocol = |text: &str| Protocol::parse(&text.to_ascii_uppercase());
    match text.split_once(['/', ':', ' ']) {
        None => Some((None, number(text)?)),
        Some((first, second)) => match (protocol(first), protocol(second)) {
            (Some(protocol), None) => Some((Some(protocol), number(second)?)),
            (None, Some(protocol)) => Some((Some(protocol), number(first)?)),
            _ => None,
        },
    }
}

fn is_policy_path(text: &str) -> bool {
    let plain = text.replace("{namespace}", "n").replace("{name}", "n");
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..");
    plain.split('/').all(is_segment)
        && !plain.contains(['{', '}', '\\', ':'])
        && !plain.chars().any(char::is_control)
        && (plain.ends_with(".yaml") || plain.ends_with(".yml"))
}

fn check_rule_code(text: &str) -> Result<(), BadFormat> {
    match Code::parse(text) {
        Some(code) if code.can_be_changed() => Ok(()),
        Some(_) => Err(BadFormat {
            help: Some(format!("`{text}` says that the input cannot be compiled, so it cannot be changed")),
        }),
        None => {
            let changeable = Code::ALL.iter().filter(|code| code.can_be_changed()).map(|code| code.name());
            Err(BadFormat { help: nearest(text, changeable).map(|near| format!("did you mean `{near}`?")) })
        }
    }
}
