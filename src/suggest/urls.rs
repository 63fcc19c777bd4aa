//! Hosts in URLs: `scheme://[user[:password]@]host[:port][,host[:port]]...`, the schemes of JDBC and of databases among them.

use super::keys::{self, Before, is_about_others, is_in_line_about_others};
use super::mention::{Form, Mention};

/// Longer authorities are no addresses.
const LONGEST_AUTHORITY: usize = 2000;

/// Schemes whose hosts are not connected to, or are no hosts.
const OTHER_SCHEMES: [&str; 7] = ["file", "classpath", "unix", "urn", "chrome-extension", "lb", "arn"];

/// The hosts of all URLs. `key` is what the whole text is the value of.
pub(super) fn authorities(text: &str, key: Option<&str>) -> Vec<Mention> {
    let mut found = Vec::new();
    for (scheme_start, start, end) in each(text) {
        let scheme = text.get(scheme_start..start).unwrap_or_default();
        let is_other = OTHER_SCHEMES.iter().any(|other| scheme.strip_suffix("://") == Some(other));
        if is_other || is_reference(text, scheme_start, key) {
            continue;
        }
        let authority = text.get(start..end).unwrap_or_default();
        let hosts_start = authority.rfind('@').map_or(0, |at| at + 1);
        let mut offset = start + hosts_start;
        for part in authority.get(hosts_start..).unwrap_or_default().split(',') {
            found.extend(host(part, offset).filter(|_| !is_scheme(text, offset + part.len(), part)));
            offset += part.len() + 1;
        }
    }
    found
}

/// The stretches of the text that are scheme and authority of a URL, in text order.
pub(super) fn ranges(text: &str) -> Vec<(usize, usize)> {
    each(text).into_iter().map(|(scheme, _, end)| (scheme, end)).collect()
}

/// Start of the scheme, start and end of the authority.
fn each(text: &str) -> Vec<(usize, usize, usize)> {
    let mut found: Vec<(usize, usize, usize)> = Vec::new();
    for (separator, _) in text.match_indices("://") {
        let before = text.get(..separator).unwrap_or_default();
        let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-' | b':' | b'_');
        let length = before.bytes().rev().take(64).take_while(is_scheme).count();
        let start = separator + 3;
        // gRPC and Oracle write a third slash before the host.
        let rest = text.get(start..).unwrap_or_default();
        let start = start + usize::from(rest.starts_with('/') && length > 0 && before.ends_with("dns"));
        let rest = text.get(start..).unwrap_or_default();
        let is_end = |character: char| character.is_whitespace() || "/?#\"'<>;)]}|\\`".contains(character);
        let end = rest.char_indices().take(LONGEST_AUTHORITY).find(|(_, character)| is_end(*character));
        let end = start + end.map_or(rest.len().min(LONGEST_AUTHORITY), |(index, _)| index);
        let scheme = (separator - length).max(found.last().map_or(0, |last| last.2.min(separator)));
        if length > 0 {
            found.push((scheme, start, end));
        }
    }
    found
}

/// `host` or `host:port`; nothing if some of it is a placeholder.
fn host(part: &str, offset: usize) -> Option<Mention> {
    let (host, port) = part.split_once(':').map_or((part, None), |(host, port)| (host, Some(port)));
    let is_host = !host.is_empty()
        && host.len() <= 253
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let digits = port.map(|port| port.split(':').next().unwrap_or_default());
    // A port that is a placeholder leaves the host what it is.
    let port = digits.and_then(|digits| digits.parse().ok()).filter(|&port: &u16| port > 0);
    is_host.then(|| Mention { host: host.to_owned(), port, form: Form::Url, offset })
}

/// In `http://a,http://b` the second `http:` is part of the first authority and no host.
fn is_scheme(text: &str, end: usize, part: &str) -> bool {
    part.ends_with(':') && text.get(end..).is_some_and(|rest| rest.starts_with("//"))
}

/// Whether the URL is a name or somebody else's address: a schema, an allowed origin, the target of a redirection.
fn is_reference(text: &str, start: usize, key: Option<&str>) -> bool {
    let (announced, is_word) = match keys::before(text, start) {
        Before::Key(key) => (Some(key), false),
        Before::Word(word) => (Some(word), true),
        Before::Start => (key, false),
        Before::Nothing => (None, false),
    };
    let is_name = |key: &str| key.starts_with("xmlns") || key.ends_with("schemaLocation") || key.ends_with("schema");
    announced.is_some_and(|key| is_about_others(key) || is_name(key))
        || (is_word && is_in_line_about_others(text, start))
}
