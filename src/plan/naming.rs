//! Names of generated objects: cut, suffixed, valid and distinct (`spec/otterize.md` 2.2, `DESIGN.md` 1.4 rule 14).

use super::valid;
use super::wanted::Wanted;
use crate::config::Config;
use crate::diag::{Code, Finding, Findings};
use crate::threads::{MANY_OBJECTS, in_parts};
use indexmap::IndexMap;
use sha2::{Digest, Sha256};

/// The longest name that the API server accepts for a NetworkPolicy.
const MAX_NAME: usize = 253;
/// `-` and eight hex digits.
const HASH_TAIL: usize = 9;

/// Name of the policy that denies a namespace ingress.
pub(crate) const NAMESPACE_DENY_INGRESS: &str = "default-deny-ingress";
/// Name of the policy that denies it egress.
pub(crate) const NAMESPACE_DENY_EGRESS: &str = "default-deny-egress";
/// Name of the policy that allows DNS where egress is denied.
pub(crate) const NAMESPACE_DENY_DNS: &str = "default-deny-egress-allow-dns";

/// The name under which an object is written: `_` becomes `.`, a long name is cut, and `policyNameSuffix` comes last.
pub(crate) fn object_name(name: impl Into<String>, config: &Config) -> String {
    let suffix = &config.policy_name_suffix;
    let mut name = name.into();
    if name.contains('_') {
        name = name.replace('_', ".");
    }
    let room = MAX_NAME.saturating_sub(suffix.len());
    if name.len() <= room {
        name.push_str(suffix);
        return name;
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

/// Whether a name, its suffix taken away, is that of a namespace's default deny.
pub(crate) fn is_namespace_deny(name: &str) -> bool {
    matches!(name, NAMESPACE_DENY_INGRESS | NAMESPACE_DENY_EGRESS | NAMESPACE_DENY_DNS)
}

/// Whether a long name ends with `-` and eight hex digits.
pub(crate) fn looks_cut(name: &str) -> bool {
    name.len() > MAX_NAME / 2
        && name.rsplit_once('-').is_some_and(|(_, hash)| {
            hash.len() == 8 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
}

/// Reports objects that the API server would reject, and different objects of one name; merges equal ones. Returns the objects sorted by id.
pub(crate) fn check(mut wanted: Vec<Wanted>, threads: usize, findings: &mut Findings) -> Vec<Wanted> {
    let faults = in_parts(&wanted, MANY_OBJECTS, threads, |start, wanted| -> Vec<(usize, Finding)> {
        (start..).zip(wanted).filter_map(|(index, wanted)| Some((index, valid::check(wanted)?))).collect()
    });
    let mut faults = faults.into_iter().flatten().peekable();
    let mut named: IndexMap<_, &Wanted> = IndexMap::with_capacity(wanted.len());
    let mut is_kept = Vec::with_capacity(wanted.len());
    for (index, wanted) in wanted.iter().enumerate() {
        let fault = faults.next_if(|(of, _)| *of == index).map(|(_, fault)| fault);
        let first = fault.is_none().then(|| *named.entry(wanted.object.key()).or_insert(wanted));
        is_kept.push(first.is_some_and(|first| std::ptr::eq(first, wanted)));
        let other = first.filter(|first| first.object != wanted.object);
        findings.0.extend(fault.or_else(|| other.map(|first| collision(first, wanted))));
    }
    let mut is_kept = is_kept.into_iter();
    wanted.retain(|_| is_kept.next().unwrap_or(false));
    wanted.sort_by(|a, b| a.object.key().cmp(&b.object.key()));
    wanted
}

fn collision(first: &Wanted, second: &Wanted) -> Finding {
    let message = format!("two different policies would be named {}", first.object.id());
    let mut finding = Finding::new(Code::PolicyNameCollision, second.reason, message).with_help(
        "give one of them another name: rename the object, or its identity with the workload-name annotation",
    );
    if let Some(reason) = first.reason {
        finding = finding.with_related(reason, "the other policy is asked for here");
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::{is_cut, object_name, without_suffix};
    use crate::config::Config;
    use crate::model::selector::is_dns_subdomain;

    fn config(suffix: &str) -> Config {
        Config { policy_name_suffix: suffix.into(), ..Config::default() }
    }

    #[test]
    fn underscores_become_dots_and_the_suffix_is_verbatim() {
        assert_eq!(object_name("my_server-deployment-access", &config("")), "my.server-deployment-access");
        assert_eq!(object_name("a-access", &config("-team_x")), "a-access-team_x");
    }

    #[test]
    fn long_names_are_cut_before_the_suffix() {
        let full = format!("{}-access", "a".repeat(300));
        // sha256sum of the full name.
        let hash = "e34a7621";
        let name = object_name(&full, &config(""));
        assert_eq!(name, format!("{}-{hash}", "a".repeat(244)));
        assert_eq!(name.len(), 253);
        assert!(is_cut(&name, &config("")));
        let suffixed = object_name(&full, &config("-x"));
        assert_eq!(suffixed, format!("{}-{hash}-x", "a".repeat(242)));
        assert!(is_cut(without_suffix(&suffixed, &config("-x")).unwrap(), &config("-x")));
        // Exactly as long as allowed: not cut.
        assert_eq!(object_name("b".repeat(253), &config("")), "b".repeat(253));
    }

    #[test]
    fn a_cut_name_stays_legal() {
        let full = format!("{}.{}", "a".repeat(243), "b".repeat(100));
        let name = object_name(&full, &config(""));
        assert!(is_dns_subdomain(&name), "{name}");
        assert!(is_cut(&name, &config("")));
    }
}
