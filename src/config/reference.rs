//! The reference of the functionConfig as Markdown, from the same table that validates it.

use super::aliases::{ALIASES, WITHOUT_EFFECT};
use super::fields::{FIELDS, Field};
use super::formats::Format;
use super::shape::{Key, Shape};
use std::fmt::Write as _;

/// What the page says of a field besides its row in the table of fields.
struct Note {
    field: &'static str,
    /// The switch of the operator's chart below `operator.`, or its environment variable or flag; empty for none.
    switch: &'static str,
    /// More than one sentence; empty for none.
    more: &'static str,
    /// A value with its field, as it is written below `spec`.
    example: &'static str,
}

const fn note(field: &'static str, switch: &'static str, more: &'static str, example: &'static str) -> Note {
    Note { field, switch, more, example }
}

const PROMETHEUS: &str = "prometheusServerConfigs:\n- {name: prometheus, namespace: monitoring, kind: StatefulSet, podLabels: {app.kubernetes.io/name: prometheus}}";
const INGRESS_CONTROLLER: &str =
    "ingressControllerConfigs:\n- {name: ingress-nginx-controller, namespace: ingress-nginx, kind: Deployment}";

/// One for each field, in any order.
const NOTES: &[Note] = &[
    note(
        "profile",
        "",
        "Both schemes are the operator's: `classic` selects as its network policy tutorial prints it, `v2` as its last releases do, with kinds. Egress needs `v2`. To change it rolls every pod.",
        "profile: v2",
    ),
    note("policyLabelValue", "", "", "policyLabelValue: identity"),
    note(
        "mode",
        "`mode`",
        "With `defaultShadow` every workload is labelled; servers with a ProtectedService and those in `enforcedNamespaces` get policies.",
        "mode: defaultShadow",
    ),
    note("enableNetworkPolicyCreation", "`enableNetworkPolicyCreation`", "", "enableNetworkPolicyCreation: false"),
    note(
        "enableEgressNetworkPolicyCreation",
        "`enableEgressNetworkPolicyCreation`",
        "",
        "profile: v2\nenableEgressNetworkPolicyCreation: true",
    ),
    note(
        "enableEgressAutoallowDNSTraffic",
        "flag `enable-egress-autoallow-dns-traffic`",
        "",
        "enableEgressAutoallowDNSTraffic: false",
    ),
    note(
        "separateNetpolsForIngressAndEgress",
        "`separateNetpolsForIngressAndEgress`",
        "",
        "separateNetpolsForIngressAndEgress: true",
    ),
    note("enableGroupIPsByCIDR", "`enableGroupIPsByCIDR`", "", "enableGroupIPsByCIDR: true"),
    note(
        "groupIPsByCIDRPeersLimit",
        "environment `ENABLE_GROUP_BY_CIDR_PEERS_LIMIT`",
        "",
        "groupIPsByCIDRPeersLimit: 20",
    ),
    note(
        "automateThirdPartyNetworkPolicies",
        "`automateThirdPartyNetworkPolicies`",
        "`ifBlockedByOtterize`: where a generated policy would block it.",
        "automateThirdPartyNetworkPolicies: \"off\"",
    ),
    note(
        "automateAllowWebhookTraffic",
        "`automateAllowWebhookTraffic`",
        "The values mean what they mean for `automateThirdPartyNetworkPolicies`.",
        "automateAllowWebhookTraffic: always",
    ),
    note(
        "webhookTrafficLimitToControlPlane",
        "`webhookTrafficLimitToControlPlane`",
        "Needs `apiServer`, or the manifests of Service and Endpoints `default/kubernetes`.",
        "webhookTrafficLimitToControlPlane: true\napiServer: {addresses: [192.0.2.10]}",
    ),
    note(
        "controlPlaneIPv4CIDRPrefixLength",
        "`controlPlaneIPv4CIDRPrefixLength`",
        "",
        "controlPlaneIPv4CIDRPrefixLength: 28",
    ),
    note("ingressControllerConfigs", "`ingressControllerConfigs`", "", INGRESS_CONTROLLER),
    note("ingressControllerAWSALBExempt", "`ingressControllerAWSALBExempt`", "", "ingressControllerAWSALBExempt: true"),
    note("prometheusServerConfigs", "`prometheusServerConfigs`", "", PROMETHEUS),
    note(
        "watchedNamespaces",
        "`watchedNamespaces`",
        "Intents of other namespaces are left out, with a warning.",
        "watchedNamespaces: [shop, backend]",
    ),
    note("enforcedNamespaces", "`enforcedNamespaces`", "", "mode: defaultShadow\nenforcedNamespaces: [shop]"),
    note(
        "workloadNameOverrideAnnotationName",
        "`global.workloadNameOverrideAnnotationName`",
        "",
        "workloadNameOverrideAnnotationName: example.com/service-name",
    ),
    note("useImageNameForJobs", "`experimentalUseDockerImageAsServiceNameForJobs`", "", "useImageNameForJobs: true"),
    note("enableStrictModeIntents", "flag `enable-strict-mode-intents`", "", "enableStrictModeIntents: true"),
    note(
        "namespace",
        "",
        "Set it to where the manifests will be applied: labels are computed from it. It is not written into them.",
        "namespace: shop",
    ),
    note("allowEmpty", "", "Set it once, when the last intent goes on purpose.", "allowEmpty: true"),
    note("egressServiceSelectorRules", "", "", "egressServiceSelectorRules: false"),
    note(
        "apiServer",
        "",
        "`kubectl -n default get endpoints kubernetes` shows both.",
        "apiServer:\n  addresses: [192.0.2.10, 192.0.2.11]\n  ports: [6443]",
    ),
    note("dnsPorts", "", "", "dnsPorts: [53, TCP/5353]"),
    note(
        "dnsPeers",
        "",
        "",
        "dnsPeers:\n- {namespace: kube-system, podLabels: {k8s-app: kube-dns}}\n- {cidr: 169.254.20.10/32}",
    ),
    note(
        "unresolvedDomains",
        "",
        "With `warn` the target is left out, and the client cannot reach it.",
        "unresolvedDomains: warn",
    ),
    note(
        "resolvedDomains",
        "",
        "A compiler cannot follow DNS: use it for addresses that stay.",
        "resolvedDomains:\n  api.example.com: [192.0.2.20, 192.0.2.21]",
    ),
    note(
        "labelWorkloads",
        "",
        "`involved` rolls fewer pods; a workload that becomes a server or client later rolls then.",
        "labelWorkloads: involved",
    ),
    note(
        "defaultDeny",
        "",
        "`{}` denies both directions in every namespace that has workloads in the input. To deny egress wants `enableEgressNetworkPolicyCreation`, else declared calls are cut off, which `check` says.",
        "defaultDeny:\n  namespaces: [shop]\n  directions: [Ingress]",
    ),
    note("clientIntents", "", "", "clientIntents: localConfig"),
    note("policyPath", "", "", "policyPath: policies/{namespace}/{name}.yaml"),
    note("policyNameSuffix", "", "For two packages that open the same server.", "policyNameSuffix: -from-mail"),
    note(
        "argocdSyncWave",
        "",
        "Policies wait until everything of the waves before is healthy ([roll-out.md](roll-out.md#one-commit-with-argo-cd)).",
        "argocdSyncWave: 1",
    ),
    note(
        "workloadKinds",
        "",
        "Not needed for the kinds of Kubernetes, nor for others that have their containers at `spec.template.spec.containers`.",
        "workloadKinds:\n- {apiVersion: example.com/v1, kind: Worker, podTemplate: spec.podTemplate}",
    ),
    note(
        "virtualWorkloads",
        "",
        "They are judged by `check`, `list`, `explain`, `diff` and `graph`, never labelled.",
        "virtualWorkloads:\n- name: orders\n  namespace: shop\n  kind: Kafka\n  podLabels: {strimzi.io/cluster: orders}\n  ports: [{name: tcp-clients, port: 9092}]",
    ),
    note(
        "podAddresses",
        "",
        "CNIs differ in it: Cilium, for one, does not match pods by address.",
        "podAddresses: match",
    ),
    note(
        "rules",
        "",
        "[findings.md](findings.md) has the codes. Those of input that cannot be compiled (\"fixed\" there) cannot be changed.",
        "rules:\n  client-not-found: error\n  unprotected-workload: \"off\"",
    ),
    note(
        "domainPolicies",
        "",
        "`cilium` writes CiliumNetworkPolicies and `gke` FQDNNetworkPolicies, which follow DNS in the cluster.",
        "profile: v2\nenableEgressNetworkPolicyCreation: true\ndomainPolicies: cilium",
    ),
    note("credentialsOperatorLabel", "", "", "credentialsOperatorLabel: true"),
    note("selectors", "", "[roll-out.md](roll-out.md#no-roll-at-all) has the price of `native`.", "selectors: native"),
    note(
        "staged",
        "",
        "Needs Calico 3.30 or later ([roll-out.md](roll-out.md#a-dry-run-in-the-cluster)).",
        "staged: calico",
    ),
];

const HEAD: &str = "\
# The functionConfig

Generated by `enforce-intents schema --format markdown`. The JSON Schema of the same table is
[enforce-intents.schema.json](../fn-config/enforce-intents.schema.json); editors read it from a comment:

```yaml
# yaml-language-server: $schema=fn-config/enforce-intents.schema.json
apiVersion: fn.kpt.dev/v1alpha1
kind: EnforceIntents
metadata:
  name: enforce-intents
spec:
  profile: v2
```

Everything below `spec` is optional. An unknown field or a value that is not allowed is an error
([`invalid-config`](findings.md#invalid-config)) with the nearest known one. Numbers and booleans may be quoted.

`--set field=value` wins over `--config FILE`, which wins over an EnforceIntents object in the input. Fields of fields have dots
(`--set rules.client-not-found=error`), lists have commas (`--set watchedNamespaces=shop,backend`). A ConfigMap with the same
fields as strings under `data` is taken, too.

\"Operator\" names the switch of the operator's Helm chart that does the same. [switches.md](switches.md) says where the results differ.
";

/// The whole page `docs/function-config.md`.
#[must_use]
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    for field in FIELDS {
        section(field, &mut page);
    }
    page.push_str("\n## Names of older charts\n\nThey are taken for the field that they became.\n\n");
    for (name, ours, _) in ALIASES {
        let _ = writeln!(page, "* `{name}`: `{ours}`");
    }
    page.push_str("\n## Without effect\n\nSwitches of the chart that say nothing about network policies made at build time. They are accepted, and an info\n([`config-no-effect`](findings.md#config-no-effect)) says so.\n\n");
    for name in WITHOUT_EFFECT {
        let _ = writeln!(page, "* `{name}`");
    }
    page
}

fn section(field: &Field, page: &mut String) {
    let _ = write!(page, "\n## `{}`\n\n{}", field.name, field.description);
    let note = NOTES.iter().find(|note| note.field == field.name);
    if let Some(note) = note.filter(|note| !note.more.is_empty()) {
        let _ = write!(page, " {}", note.more);
    }
    let _ = write!(page, "\n\n* Type: {}\n", words(field.shape));
    keys(field.shape, "  ", page);
    let default = if field.default.is_empty() { "none".to_owned() } else { format!("`{}`", field.default) };
    let _ = writeln!(page, "* Default: {default}");
    if let Some(note) = note.filter(|note| !note.switch.is_empty()) {
        let _ = writeln!(page, "* Operator: {}", note.switch);
    }
    if let Some(note) = note {
        let _ = write!(page, "\n```yaml\n{}\n```\n", note.example);
    }
}

/// What a value looks like.
fn words(shape: Shape) -> String {
    match shape {
        Shape::Boolean => "`true` or `false`".to_owned(),
        Shape::Choice(choices) => {
            let choices: Vec<String> = choices.iter().map(|choice| format!("`{choice}`")).collect();
            match choices.as_slice() {
                [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
                _ => choices.join(""),
            }
        }
        Shape::Integer { min, max } => format!("an integer from {min} to {max}"),
        Shape::Text(format) => format.expected().to_owned(),
        Shape::List(Shape::Object(_)) => "a list of maps with these keys:".to_owned(),
        Shape::List(Shape::Either(single, Shape::Object(_))) => {
            format!("a list, each item {} or a map with these keys:", words(**single))
        }
        Shape::List(item) => format!("a list, each item {}", words(*item)),
        Shape::Object(_) => "a map with these keys:".to_owned(),
        Shape::Map(Format::RuleCode, value) => format!("a map from a finding code to {}", words(*value)),
        Shape::Map(key, value) => format!("a map from {} to {}", key.expected(), words(*value)),
        Shape::Either(single, other) => format!("{} or {}", words(*single), words(*other)),
    }
}

/// The keys of maps inside of a value, as a list below it.
fn keys(shape: Shape, indentation: &str, page: &mut String) {
    match shape {
        Shape::Object(all) => all.iter().for_each(|key| line(key, indentation, page)),
        Shape::List(item) => keys(*item, indentation, page),
        Shape::Either(_, other) => keys(*other, indentation, page),
        _ => {}
    }
}

fn line(key: &Key, indentation: &str, page: &mut String) {
    let required = if key.is_required { ", required" } else { "" };
    let _ = writeln!(page, "{indentation}* `{}`{required}: {} Type: {}", key.name, key.description, words(key.shape));
    keys(key.shape, &format!("{indentation}  "), page);
}

#[cfg(test)]
mod tests {
    use super::{FIELDS, NOTES};
    use std::collections::BTreeSet;

    #[test]
    fn every_field_has_one_note() {
        let fields: BTreeSet<&str> = FIELDS.iter().map(|field| field.name).collect();
        let notes: BTreeSet<&str> = NOTES.iter().map(|note| note.field).collect();
        assert_eq!(notes, fields);
        assert_eq!(notes.len(), NOTES.len(), "a field has two notes");
        for note in NOTES {
            assert!(note.example.contains(&format!("{}:", note.field)), "{}", note.example);
        }
    }
}
