//! Names of the operator's chart that mean one of our fields, or nothing at build time (`spec/otterize.md` 7).

use super::value::{RawEntry, RawShape};
use crate::diag::{Code, Finding, Findings};

/// The chart's name, ours, and how values translate.
pub(super) const ALIASES: &[(&str, &str, Translation)] = &[
    ("experimentalUseDockerImageAsServiceNameForJobs", "useImageNameForJobs", Translation::Same),
    ("serviceNameOverrideAnnotationName", "workloadNameOverrideAnnotationName", Translation::Same),
    ("enableEnforcement", "mode", Translation::Words("defaultActive", "defaultShadow")),
    ("allowExternalTraffic", "automateThirdPartyNetworkPolicies", Translation::Same),
    (
        "autoCreateNetworkPoliciesForExternalTraffic",
        "automateThirdPartyNetworkPolicies",
        Translation::Words("ifBlockedByOtterize", "off"),
    ),
    (
        "autoCreateNetworkPoliciesForExternalTrafficDisableIntentsRequirement",
        "automateThirdPartyNetworkPolicies",
        Translation::Words("always", "ifBlockedByOtterize"),
    ),
    ("autoAllowWebhookTraffic", "automateAllowWebhookTraffic", Translation::Same),
    ("metricsScrapingServiceConfigs", "prometheusServerConfigs", Translation::Same),
];

/// Switches of the chart that say nothing about network policies made at build time.
pub(super) const WITHOUT_EFFECT: &[&str] = &[
    "enableIstioPolicyCreation",
    "enableLinkerdPolicyCreation",
    "enableKafkaACLCreation",
    "enableDatabasePolicyCreation",
    "externallyManagedPolicyWorkloads",
    "excludedStrictModeNamespaces",
    "allowGetAllResources",
    "autoGenerateTLSUsingCredentialsOperator",
    "telemetry",
];

/// The values that the environment variables of the operator have.
const ENVIRONMENT_VALUES: &[(&str, &str)] = &[("if-blocked-by-otterize", "ifBlockedByOtterize")];

#[derive(Clone, Copy)]
pub(super) enum Translation {
    /// The same values.
    Same,
    /// A boolean: the words for true and false.
    Words(&'static str, &'static str),
}

/// The entry under our name. `None` if it has no effect, which is reported.
pub(super) fn resolve(mut entry: RawEntry, findings: &mut Findings) -> Option<RawEntry> {
    if WITHOUT_EFFECT.contains(&entry.key.as_str()) {
        findings.push(Finding::new(
            Code::ConfigNoEffect,
            entry.key_origin.place(),
            format!("functionConfig: the operator's switch `{}` has no effect at build time", entry.key),
        ));
        return None;
    }
    let alias = ALIASES.iter().find(|(name, ..)| *name == entry.key);
    if let Some((_, ours, translation)) = alias {
        entry.key = (*ours).to_owned();
        if let (Translation::Words(yes, no), RawShape::Text { text, .. }) = (translation, &mut entry.value.shape) {
            match text.to_ascii_lowercase().as_str() {
                "true" => *text = (*yes).to_owned(),
                "false" => *text = (*no).to_owned(),
                _ => {}
            }
        }
    }
    if entry.key.starts_with("automate")
        && let RawShape::Text { text, .. } = &mut entry.value.shape
        && let Some((_, ours)) = ENVIRONMENT_VALUES.iter().find(|(value, _)| value == text)
    {
        *text = (*ours).to_owned();
    }
    Some(entry)
}
