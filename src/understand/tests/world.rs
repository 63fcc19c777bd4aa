//! Findings about the world as a whole.

use super::{config, deployment, understand, understand_with};

fn intents(spec: &str) -> String {
    format!(
        "apiVersion: k8s.otterize.com/v2beta1\nkind: ClientIntents\nmetadata: {{name: i, namespace: shop}}\nspec: {spec}\n---\n"
    )
}

#[test]
fn what_intents_name_but_the_input_lacks() {
    let bundle = [
        deployment("shop", "web"),
        deployment("shop", "checkout"),
        deployment("data", "db"),
        deployment("data", "old.style"),
        "apiVersion: v1\nkind: Service\nmetadata: {name: cache, namespace: shop}\nspec: {selector: {a: b}}\n---\n".to_owned(),
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: old-name, namespace: shop}\nspec: {template: {metadata: {annotations: {intents.otterize.com/workload-name: new-name}}}}\n---\n".to_owned(),
    ]
    .concat();
    for (spec, expected) in [
        (
            "{workload: {name: wbe}}",
            "warning client-not-found spec.workload.name: client wbe in namespace shop is not in the input (did you mean `web`?)",
        ),
        (
            "{workload: {name: db}}",
            "warning client-not-found spec.workload.name: client db in namespace shop is not in the input (there is one in namespace data: intents belong in the namespace of their client)",
        ),
        (
            "{workload: {name: web, kind: StatefulSet}}",
            "warning client-not-found spec.workload.name: client StatefulSet web in namespace shop is not in the input (a Deployment of that name is there)",
        ),
        (
            "{workload: {name: old-name}}",
            "warning client-not-found spec.workload.name: client old-name in namespace shop is not in the input (Deployment old-name is called `new-name` by an annotation)",
        ),
        (
            "{workload: {name: web}, targets: [{kubernetes: {name: chekcout}}]}",
            "warning server-not-found spec.targets[0].kubernetes.name: server chekcout in namespace shop is not in the input (did you mean `checkout`?)",
        ),
        (
            "{workload: {name: web}, targets: [{kubernetes: {name: db}}]}",
            "warning server-not-found spec.targets[0].kubernetes.name: server db in namespace shop is not in the input (there is one in namespace data: write `db.data`)",
        ),
        (
            "{workload: {name: web}, targets: [{kubernetes: {name: cache}}]}",
            "warning server-not-found spec.targets[0].kubernetes.name: server cache in namespace shop is not in the input (a Service of that name is there: make it the target, or name the workload behind it)",
        ),
        (
            "{workload: {name: web}, targets: [{kubernetes: {name: nothing-like-it}}]}",
            "warning server-not-found spec.targets[0].kubernetes.name: server nothing-like-it in namespace shop is not in the input (use the name of the object that owns the pods, or add its manifest)",
        ),
        (
            "{workload: {name: web}, targets: [{kubernetes: {name: far.away}}]}",
            "warning server-not-found spec.targets[0].kubernetes.name: server far in namespace away is not in the input (add its manifest, or label it where its manifest is rendered)",
        ),
        (
            "{workload: {name: web}, targets: [{kubernetes: {name: old.style}}]}",
            "warning server-not-found spec.targets[0].kubernetes.name: server old in namespace style is not in the input (Deployment data/old.style is called `old_style`: dots in names become underscores, since one separates the namespace)",
        ),
        (
            "{workload: {name: new-name, kind: Deployment}}",
            "error overridden-kind spec.workload.kind: ClientIntents shop/i: `new-name` gives kind Deployment for Deployment shop/old-name, which has no kind because its name comes from an annotation or image (drop `kind`)",
        ),
        (
            "{workload: {name: new-name}, targets: [{service: {name: cache}}, {kubernetes: {name: db.data}}, {sql: {name: x}}]}",
            "",
        ),
    ] {
        let (_, lines) = understand(&format!("{bundle}{}", intents(spec)));
        let expected = if expected.is_empty() { String::new() } else { format!("{expected}\n") };
        assert_eq!(lines, expected, "{spec}");
    }
}

#[test]
fn an_overridden_client_cannot_be_called_by_its_kind() {
    let server = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api, namespace: shop}\nspec: {template: {metadata: {annotations: {intents.otterize.com/called-by: '[{name: web.shop, kind: Deployment}]'}}}}\n---\n";
    let client = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w, namespace: shop}\nspec: {template: {metadata: {annotations: {intents.otterize.com/workload-name: web}}}}\n---\n";
    let (world, lines) = understand(&format!("{server}{client}"));
    assert!(world.workloads[0].called_by.is_empty());
    assert!(lines.starts_with("error overridden-kind spec.template.metadata.annotations[intents.otterize.com/called-by]: Deployment shop/api: `web` gives kind Deployment for Deployment shop/w"), "{lines}");
    assert!(
        lines.contains("(declare the call in ClientIntents of that client, where `kind` can be left out)"),
        "{lines}"
    );
}

/// Of objects with one id a cluster keeps one; the same name in another namespace or of another kind is another id.
#[test]
fn objects_that_are_there_twice() {
    let bundle = [
        deployment("shop", "web"),
        deployment("shop", "api"),
        deployment("data", "web"),
        deployment("shop", "web").replace("Deployment", "StatefulSet"),
        intents("{workload: {name: web, kind: Deployment}}"),
        intents("{workload: {name: api}}"),
        deployment("shop", "web"),
    ];
    let again = "is there twice, and only one can be deployed (remove one of the two, or give it another name)";
    let (_, lines) = understand(&bundle.concat());
    assert_eq!(
        lines.lines().filter(|line| line.contains("duplicate-object")).collect::<Vec<_>>(),
        [
            format!("warning duplicate-object metadata.name: Deployment shop/web {again}"),
            format!("warning duplicate-object metadata.name: ClientIntents shop/i {again}"),
        ]
    );
}

#[test]
fn nothing_asks_for_policies() {
    let bundle = deployment("shop", "web");
    let (_, lines) = understand(&bundle);
    assert_eq!(
        lines,
        "warning no-client-intents: the input has no ClientIntents, so no call is allowed by policy (if there should be some, look for a selector of kpt or kustomize that hides them)\n"
    );
    assert_eq!(understand_with(&bundle, &config(&[("allowEmpty", "true")])).1, "");
    let protected = "apiVersion: k8s.otterize.com/v2beta1\nkind: ProtectedService\nmetadata: {name: web, namespace: shop}\nspec: {name: web}\n";
    assert_eq!(understand(&format!("{bundle}{protected}")).1, "");
}

#[test]
fn missing_namespaces_come_in_one_warning() {
    let bundle = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: unread}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec: {template: {}}
";
    let one = "---\napiVersion: k8s.otterize.com/v2beta1\nkind: ClientIntents\nmetadata: {name: web}\nspec: {workload: {name: web}}\n";
    let (world, lines) = understand(&format!("{bundle}{one}"));
    assert_eq!(
        lines,
        "warning namespace-missing metadata.name: 4 objects have no namespace and are taken to be in `default`: Deployment web, Service web, Deployment api and 1 more (set metadata.namespace, kustomize's `namespace`, or the setting `namespace`)\n"
    );
    assert_eq!(world.client_intents[0].client.namespace, "default");
    let (world, lines) = understand_with(&format!("{bundle}{one}"), &config(&[("namespace", "shop")]));
    assert_eq!((world.client_intents[0].client.namespace.as_str(), lines.as_str()), ("shop", ""));
}

#[test]
fn settings_that_name_nothing() {
    let bundle = format!(
        "{}{}",
        deployment("shop", "web"),
        intents("{workload: {name: web}, targets: [{service: {name: s.data}}]}")
    );
    let (_, lines) =
        understand_with(&bundle, &config(&[("watchedNamespaces", "shp,data"), ("enforcedNamespaces", "shop")]));
    assert_eq!(
        lines,
        "info unused-setting: `watchedNamespaces` names shp, and nothing of the input is in that namespace (did you mean `shop`?)\n"
    );
}

#[test]
fn protected_services() {
    let protected = |name: &str, version: &str, spec: &str| {
        format!(
            "apiVersion: k8s.otterize.com/{version}\nkind: ProtectedService\nmetadata: {{name: {name}, namespace: shop}}\nspec: {spec}\n---\n"
        )
    };
    let bundle = deployment("shop", "web");
    for (version, spec, expected) in [
        ("v1alpha2", "{name: web}", ""),
        ("v1alpha3", "{name: web, kind: Deployment}", ""),
        ("v2beta1", "{name: no-such-service, kind: Service}", ""),
        (
            "v2beta1",
            "null",
            "warning no-client-intents: the input has no ClientIntents, so no call is allowed by policy (if there should be some, look for a selector of kpt or kustomize that hides them)",
        ),
        (
            "v1alpha2",
            "{name: web, kind: Deployment}",
            "error invalid-protected-service spec.kind: ProtectedService shop/p: unknown field `kind` (known fields: name)",
        ),
        (
            "v2beta1",
            "{name: web.shop}",
            "error invalid-protected-service spec.name: ProtectedService shop/p: Invalid Name: web.shop. Workload name must contain only lowercase alphanumeric characters, '-' or '_'",
        ),
        (
            "v2beta1",
            "{name: Web}",
            "error invalid-protected-service spec.name: ProtectedService shop/p: Invalid Name: Web. Workload name must contain only lowercase alphanumeric characters, '-' or '_'",
        ),
        ("v2beta1", "{}", "error invalid-protected-service spec: ProtectedService shop/p: field name is required"),
        (
            "v2beta1",
            "{name: web, kind: deployment}",
            "error invalid-protected-service spec.kind: ProtectedService shop/p: Kubernetes Kinds must start with an uppercase letter, not `deployment` (did you mean `Deployment`?)",
        ),
        (
            "v2beta",
            "{name: web}",
            "error unknown-intents-version apiVersion: ProtectedService shop/p: version `v2beta` of ProtectedService is not known (did you mean `v2beta1`?)",
        ),
        (
            "v2beta1",
            "{name: wbe}",
            "warning server-not-found spec.name: protected workload wbe in namespace shop is not in the input (did you mean `web`?)",
        ),
    ] {
        let (_, lines) = understand(&format!("{bundle}{}", protected("p", version, spec)));
        let lines: Vec<&str> =
            lines.lines().filter(|line| expected.contains("no-client") || !line.contains("no-client")).collect();
        assert_eq!(lines.join("\n"), expected, "{version} {spec}");
    }
    for (first, second, is_duplicate) in
        [("{name: web}", "{name: web}", true), ("{name: web, kind: Deployment}", "{name: web}", false)]
    {
        let (_, lines) = understand(
            &[bundle.clone(), protected("a", "v2beta1", first), protected("b", "v2alpha1", second)].concat(),
        );
        let expected = "error invalid-protected-service spec.name: ProtectedService shop/b: Protected service for service web already exist in resource a\n";
        assert_eq!(lines, if is_duplicate { expected } else { "" }, "{first} {second}");
    }
}

#[test]
fn local_configuration_goes_to_no_cluster() {
    let local = |kind: &str, body: &str| {
        format!(
            "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: web, namespace: shop, annotations: {{config.kubernetes.io/local-config: 'true'}}}}\n{body}\n---\n"
        )
    };
    let (world, _) = understand(&local("Deployment", "spec: {template: {}}"));
    assert!(world.workloads.is_empty());
}

/// Its default deny selects pods by a workload's identity, so it does nothing to a Service's unless a call makes it enforced.
#[test]
fn a_protected_service_without_kind_that_names_a_service_only() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: front, namespace: shop}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n---\n";
    let protected = "apiVersion: k8s.otterize.com/v2beta1\nkind: ProtectedService\nmetadata: {name: p, namespace: shop}\nspec: {name: front}\n---\n";
    let bundle = format!("{}{service}{protected}", deployment("shop", "web"));
    assert_eq!(
        understand(&bundle).1,
        "warning server-not-found spec.name: protected workload front in namespace shop is not in the input (a Service of that name is there: write `kind: Service` to protect the pods behind it)\n"
    );
    let call = "apiVersion: k8s.otterize.com/v2beta1\nkind: ClientIntents\nmetadata: {name: i, namespace: shop}\nspec: {workload: {name: web}, targets: [{service: {name: front}}]}\n";
    assert_eq!(understand(&format!("{bundle}{call}")).1, "");
}
