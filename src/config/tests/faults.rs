//! What is wrong with a functionConfig: every fault with its place, text and help.

use super::{config_map, enforce_intents, read};

#[test]
fn faults_of_an_enforce_intents() {
    for (spec, expected) in [
        ("{profil: v2}", "[spec.profil] functionConfig: unknown field `profil` (did you mean `profile`?)"),
        ("{zzz: 1}", "[spec.zzz] functionConfig: unknown field `zzz` (`enforce-intents schema` lists the fields)"),
        (
            "{profile: V2}",
            "[spec.profile] functionConfig: `profile` must be one of classic, v2, not `V2` (did you mean `v2`?)",
        ),
        ("{profile: [v2]}", "[spec.profile] functionConfig: `profile` must be one of classic, v2, not a list"),
        ("{allowEmpty: maybe}", "[spec.allowEmpty] functionConfig: `allowEmpty` must be true or false, not `maybe`"),
        ("{allowEmpty: 1}", "[spec.allowEmpty] functionConfig: `allowEmpty` must be true or false, not `1`"),
        (
            "{groupIPsByCIDRPeersLimit: many}",
            "[spec.groupIPsByCIDRPeersLimit] functionConfig: `groupIPsByCIDRPeersLimit` must be a number from 0 to 1000000, not `many`",
        ),
        (
            "{controlPlaneIPv4CIDRPrefixLength: 33}",
            "[spec.controlPlaneIPv4CIDRPrefixLength] functionConfig: `controlPlaneIPv4CIDRPrefixLength` must be a number from 0 to 32, not `33`",
        ),
        (
            "{automateThirdPartyNetworkPolicies: true}",
            "[spec.automateThirdPartyNetworkPolicies] functionConfig: `automateThirdPartyNetworkPolicies` must be one of ifBlockedByOtterize, off, always, not `true`",
        ),
        (
            "{watchedNamespaces: shop}",
            "[spec.watchedNamespaces] functionConfig: `watchedNamespaces` must be a list, not a single value",
        ),
        (
            "{watchedNamespaces: [Shop]}",
            "[spec.watchedNamespaces[0]] functionConfig: `watchedNamespaces[0]` must be the name of a namespace, not `Shop`",
        ),
        (
            "{watchedNamespaces: [null]}",
            "[spec.watchedNamespaces[0]] functionConfig: `watchedNamespaces[0]` must be the name of a namespace, not null",
        ),
        ("{namespace: a.b}", "[spec.namespace] functionConfig: `namespace` must be the name of a namespace, not `a.b`"),
        (
            "{ingressControllerConfigs: [{name: n, namespace: s}]}",
            "[spec.ingressControllerConfigs[0]] functionConfig: `ingressControllerConfigs[0].kind` is required",
        ),
        (
            "{ingressControllerConfigs: [{name: n, namespace: s, kind: K, label: {}}]}",
            "[spec.ingressControllerConfigs[0].label] functionConfig: unknown field `ingressControllerConfigs[0].label` (known fields: name, namespace, kind, podLabels)",
        ),
        (
            "{ingressControllerConfigs: [{name: n, namespace: s, kind: deployment}]}",
            "[spec.ingressControllerConfigs[0].kind] functionConfig: `ingressControllerConfigs[0].kind` must be a kind, which begins with a capital letter, not `deployment`",
        ),
        (
            "{prometheusServerConfigs: [{name: n, namespace: s, kind: K, podLabels: {a b: c}}]}",
            "[spec.prometheusServerConfigs[0].podLabels[a b]] functionConfig: a key of `prometheusServerConfigs[0].podLabels` must be a label or annotation key, not `a b`",
        ),
        (
            "{prometheusServerConfigs: [{name: n, namespace: s, kind: K, podLabels: {a: '-'}}]}",
            "[spec.prometheusServerConfigs[0].podLabels.a] functionConfig: `prometheusServerConfigs[0].podLabels.a` must be a label value, not `-`",
        ),
        ("{apiServer: {ports: [443]}}", "[spec.apiServer] functionConfig: `apiServer.addresses` is required"),
        ("{apiServer: {addresses: []}}", "[spec.apiServer] functionConfig: `apiServer.addresses` must not be empty"),
        (
            "{apiServer: {addresses: [a.example]}}",
            "[spec.apiServer.addresses[0]] functionConfig: `apiServer.addresses[0]` must be an IP address, not `a.example`",
        ),
        (
            "{apiServer: {addresses: [192.0.2.1], ports: [0]}}",
            "[spec.apiServer.ports[0]] functionConfig: `apiServer.ports[0]` must be a number from 1 to 65535, not `0`",
        ),
        (
            "{dnsPorts: [DNS/53]}",
            "[spec.dnsPorts[0]] functionConfig: `dnsPorts[0]` must be a port, alone or with its protocol (5353, UDP/5353), not `DNS/53`",
        ),
        (
            "{resolvedDomains: {a b: []}}",
            "[spec.resolvedDomains[a b]] functionConfig: a key of `resolvedDomains` must be a DNS name, not `a b`",
        ),
        (
            "{defaultDeny: {directions: [ingress]}}",
            "[spec.defaultDeny.directions[0]] functionConfig: `defaultDeny.directions[0]` must be one of Ingress, Egress, not `ingress` (did you mean `Ingress`?)",
        ),
        (
            "{policyPath: ../x.yaml}",
            "[spec.policyPath] functionConfig: `policyPath` must be a relative path of a .yaml file inside the package, with {namespace} and {name} as the only placeholders, not `../x.yaml`",
        ),
        (
            "{policyPath: /x.yaml}",
            "[spec.policyPath] functionConfig: `policyPath` must be a relative path of a .yaml file inside the package, with {namespace} and {name} as the only placeholders, not `/x.yaml`",
        ),
        (
            "{policyPath: '{kind}.yaml'}",
            "[spec.policyPath] functionConfig: `policyPath` must be a relative path of a .yaml file inside the package, with {namespace} and {name} as the only placeholders, not `{kind}.yaml`",
        ),
        (
            "{policyPath: netpol}",
            "[spec.policyPath] functionConfig: `policyPath` must be a relative path of a .yaml file inside the package, with {namespace} and {name} as the only placeholders, not `netpol`",
        ),
        (
            "{policyNameSuffix: '-'}",
            "[spec.policyNameSuffix] functionConfig: `policyNameSuffix` must be a suffix of object names: lower-case letters, digits, `-` and `.`, ending with a letter or digit, not `-`",
        ),
        (
            "{workloadKinds: [{apiVersion: v1, kind: X, podTemplate: spec..x}]}",
            "[spec.workloadKinds[0].podTemplate] functionConfig: `workloadKinds[0].podTemplate` must be keys joined with dots, not `spec..x`",
        ),
        (
            "{rules: {no-client-intent: off}}",
            "[spec.rules.no-client-intent] functionConfig: a key of `rules` must be a finding code whose severity may be changed, not `no-client-intent` (did you mean `no-client-intents`?)",
        ),
        (
            "{rules: {invalid-intents: off}}",
            "[spec.rules.invalid-intents] functionConfig: a key of `rules` must be a finding code whose severity may be changed, not `invalid-intents` (`invalid-intents` says that the input cannot be compiled, so it cannot be changed)",
        ),
        (
            "{rules: {no-client-intents: none}}",
            "[spec.rules.no-client-intents] functionConfig: `rules.no-client-intents` must be one of off, info, warning, error, not `none`",
        ),
        (
            "{profile: v2, domainPolicies: cilium, staged: calico}",
            "[spec.domainPolicies] functionConfig: `domainPolicies` writes policies that are enforced, which `staged: calico` must not (leave out one of the two)",
        ),
        (
            "{dnsPeers: [{cidr: 10.0.0.10, podLabels: {k8s-app: kube-dns}}]}",
            "[spec.dnsPeers] functionConfig: an entry of `dnsPeers` names both a network and pods, which no rule can mean together (write two entries)",
        ),
        (
            "{enableEgressNetworkPolicyCreation: true}",
            "[spec.enableEgressNetworkPolicyCreation] functionConfig: `enableEgressNetworkPolicyCreation` needs `profile: v2`: profile classic has no egress policies (set `profile: v2`)",
        ),
        (
            "{mode: defaultActive, enableEnforcement: true}",
            "[spec.enableEnforcement] functionConfig: `mode` is set twice, once by another name",
        ),
        ("[profile]", "[spec] functionConfig: `spec` must be a map"),
    ] {
        assert_eq!(read(&enforce_intents(spec), &[]).1, format!("error invalid-config {expected}\n"), "{spec}");
    }
    let (_, lines) = read(&enforce_intents("{profile: v3, mod: x, watchedNamespaces: [A, B]}"), &[]);
    assert_eq!(lines.lines().count(), 4, "{lines}");
}

#[test]
fn faults_of_the_object() {
    for (function_config, expected) in [
        (
            "apiVersion: fn.kpt.dev/v1alpha1\nkind: EnforceIntent\n",
            "error invalid-config [kind] functionConfig: kind `EnforceIntent` of `fn.kpt.dev/v1alpha1` is not known (did you mean `EnforceIntents`?)\n",
        ),
        (
            "apiVersion: fn.kpt.dev/v1\nkind: EnforceIntents\n",
            "error invalid-config [apiVersion] functionConfig: apiVersion `fn.kpt.dev/v1` of EnforceIntents is not known (write `fn.kpt.dev/v1alpha1`)\n",
        ),
        // What an orchestrator without a configuration may pass.
        ("{}\n", ""),
        (
            "spec: {profile: v2}\n",
            "error invalid-config [] functionConfig: kind `` of `` is not known (write kind EnforceIntents of fn.kpt.dev/v1alpha1, or a v1 ConfigMap)\n",
        ),
        (
            "apiVersion: v2\nkind: ConfigMap\n",
            "error invalid-config [kind] functionConfig: kind `ConfigMap` of `v2` is not known (write kind EnforceIntents of fn.kpt.dev/v1alpha1, or a v1 ConfigMap)\n",
        ),
        (
            "apiVersion: fn.kpt.dev/v1alpha1\nkind: EnforceIntents\nprofile: v2\n",
            "error invalid-config [profile] functionConfig: unknown field `profile` (`profile` belongs below `spec`)\n",
        ),
        (
            "apiVersion: fn.kpt.dev/v1alpha1\nkind: EnforceIntents\nspec: {mode: defaultActive, mode: defaultShadow}\n",
            "error duplicate-key [spec.mode] functionConfig: key `mode` stands twice in its mapping\n",
        ),
        (
            &config_map("{profile: [v2]}"),
            "error invalid-config [data.profile] functionConfig: `data.profile` must be a text (separate list items by commas, or use kind EnforceIntents)\n",
        ),
        (
            &config_map("{profle: v2}"),
            "error invalid-config [data.profle] functionConfig: unknown field `profle` (did you mean `profile`?)\n",
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nspec: {profile: v2}\nmode: defaultShadow\nimmutable: true\n",
            concat!(
                "error invalid-config [spec] functionConfig: unknown field `spec` (fields belong below `data`)\n",
                "error invalid-config [mode] functionConfig: unknown field `mode` (`mode` belongs below `data`)\n",
            ),
        ),
        (&config_map("[]"), "error invalid-config [data] functionConfig: `data` must be a map\n"),
        (
            &config_map("{defaultDeny: '*'}"),
            "error invalid-config [data.defaultDeny] functionConfig: `defaultDeny` must be a map with namespaces, directions, not `*` (write defaultDeny.KEY=VALUE, or the map in braces)\n",
        ),
    ] {
        assert_eq!(read(function_config, &[]).1, expected, "{function_config}");
    }
}

#[test]
fn faults_of_settings() {
    for (key, value, expected) in [
        ("profle", "v2", "error invalid-config [] --set: unknown field `profle` (did you mean `profile`?)\n"),
        ("profile.x", "v2", "error invalid-config [] --set: unknown field `profile.x` (did you mean `profile`?)\n"),
        (
            "defaultDeny.direction",
            "Ingress",
            "error invalid-config [] --set: unknown field `defaultDeny.direction` (did you mean `directions`?)\n",
        ),
        (
            "watchedNamespaces",
            "a,B",
            "error invalid-config [] --set: `watchedNamespaces[1]` must be the name of a namespace, not `B`\n",
        ),
        (
            "rules.x",
            "off",
            "error invalid-config [] --set: a key of `rules` must be a finding code whose severity may be changed, not `x`\n",
        ),
    ] {
        assert_eq!(read("", &[(key, value)]).1, expected, "{key}={value}");
    }
}
