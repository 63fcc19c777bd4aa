//! Names under kustomize (`DESIGN.md` 1.3 promise 6, 1.4 rule 4): what the function sees in `transformers:`.

use super::super::use_deployed_names;
use super::{config, understand};
use crate::model::world::World;

/// An object as kustomize hands it over: deployed name and namespace, and what they were, oldest first.
struct Seen<'t> {
    kind: &'t str,
    name: &'t str,
    namespace: &'t str,
    /// `name@namespace`, oldest first.
    before: &'t [&'t str],
    layer: (&'t str, &'t str),
}

impl Seen<'_> {
    fn text(&self, body: &str) -> String {
        let api_version = match self.kind {
            "Service" => "v1",
            "ClientIntents" | "ProtectedService" => "k8s.otterize.com/v2beta1",
            _ => "apps/v1",
        };
        let part = |index: usize| -> String {
            let parts: Vec<&str> = self.before.iter().filter_map(|before| before.split('@').nth(index)).collect();
            parts.join(",")
        };
        let kinds = vec![self.kind; self.before.len()].join(",");
        let (prefix, suffix) = self.layer;
        format!(
            "apiVersion: {api_version}\nkind: {}\nmetadata:\n  name: {}\n  namespace: {}\n  annotations:\n    \
             internal.config.kubernetes.io/previousNames: {:?}\n    internal.config.kubernetes.io/previousNamespaces: {:?}\n    \
             internal.config.kubernetes.io/previousKinds: {kinds:?}\n    internal.config.kubernetes.io/prefixes: {prefix:?}\n    \
             internal.config.kubernetes.io/suffixes: {suffix:?}\nspec: {body}\n---\n",
            self.kind,
            self.name,
            self.namespace,
            part(0),
            part(1),
        )
    }
}

const POD: &str = "{template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}";
const SERVICE: &str = "{selector: {a: b}, ports: [{port: 80}]}";

fn workload<'t>(name: &'t str, namespace: &'t str, before: &'t [&'t str]) -> Seen<'t> {
    Seen { kind: "Deployment", name, namespace, before, layer: ("dev-", "") }
}

fn intents<'t>(name: &'t str, before: &'t [&'t str]) -> Seen<'t> {
    Seen { kind: "ClientIntents", name, namespace: "shop", before, layer: ("dev-", "") }
}

/// `client -> target, target` of every ClientIntents object.
fn calls(world: &World) -> Vec<String> {
    world
        .client_intents
        .iter()
        .map(|intents| {
            let targets: Vec<String> = intents
                .targets
                .iter()
                .filter_map(|target| target.kind.identity())
                .map(|identity| format!("{}/{}", identity.namespace, identity.name_with_kind()))
                .collect();
            format!("{}/{} -> {}", intents.client.namespace, intents.client.name_with_kind(), targets.join(", "))
        })
        .collect()
}

#[test]
fn prefix_and_namespace() {
    let seen = [
        workload("dev-web", "shop", &["web@default", "web@shop"]).text(POD),
        workload("dev-api", "shop", &["api@default", "api@shop"]).text(POD),
        Seen { kind: "Service", name: "dev-cache", namespace: "shop", before: &["cache@default"], layer: ("dev-", "") }
            .text(SERVICE),
        intents("dev-web", &["web@default", "web@shop"]).text(
            "{workload: {name: web}, targets: [{kubernetes: {name: api}}, {kubernetes: {name: dev-api, kind: Deployment}}, \
             {service: {name: cache}}, {kubernetes: {name: api.default}}, {kubernetes: {name: api.shop}}, {kubernetes: {name: far.away}}]}",
        ),
    ];
    let (world, lines) = understand(&seen.concat());
    assert_eq!(
        calls(&world),
        [
            "shop/dev-web -> shop/dev-api, shop/dev-api-deployment, shop/dev-cache-service, shop/dev-api, shop/dev-api, away/far"
        ]
    );
    assert_eq!(
        lines,
        "warning server-not-found spec.targets[5].kubernetes.name: server far in namespace away is not in the input (add its manifest, or label it where its manifest is rendered)\n"
    );
}

#[test]
fn the_api_server_is_never_renamed() {
    let seen = [
        workload("dev-web", "shop", &["web@default"]).text(POD),
        Seen {
            kind: "Service",
            name: "dev-kubernetes",
            namespace: "shop",
            before: &["kubernetes@default"],
            layer: ("dev-", ""),
        }
        .text(SERVICE),
        intents("dev-web", &["web@default"])
            .text("{workload: {name: web}, targets: [{service: {name: kubernetes.default}}]}"),
    ];
    let (world, lines) = understand(&seen.concat());
    assert_eq!((calls(&world).concat().as_str(), lines.as_str()), ("shop/dev-web -> default/kubernetes-service", ""));
}

#[test]
fn dots_become_underscores_before_and_after() {
    let seen = [
        workload("dev-my.web", "shop", &["my.web@shop"]).text(POD),
        intents("dev-web", &["web@shop"]).text("{workload: {name: my_web}}"),
    ];
    assert_eq!(calls(&understand(&seen.concat()).0), ["shop/dev-my_web -> "]);
}

#[test]
fn an_annotation_is_not_renamed() {
    let body =
        "{template: {metadata: {annotations: {intents.otterize.com/workload-name: web}}, spec: {containers: []}}}";
    let seen = [
        workload("dev-w7", "shop", &["w7@shop"]).text(body),
        intents("dev-web", &["web@shop"]).text("{workload: {name: web}}"),
    ];
    let (world, lines) = understand(&seen.concat());
    assert_eq!((calls(&world).concat().as_str(), lines.as_str()), ("shop/web -> ", ""));
}

#[test]
fn the_same_layer_wins_and_otherwise_it_is_ambiguous() {
    let api = |prefix: &'static str, name: &'static str| Seen {
        kind: "Deployment",
        name,
        namespace: "shop",
        before: &["api@shop"],
        layer: (prefix, ""),
    };
    let web = |prefix: &'static str| Seen {
        kind: "ClientIntents",
        name: "x",
        namespace: "shop",
        before: &["web@shop"],
        layer: (prefix, ""),
    };
    let body = "{workload: {name: api}}";
    let seen = [api("a-", "a-api").text(POD), api("b-", "b-api").text(POD), web("b-").text(body)];
    let (world, lines) = understand(&seen.concat());
    assert_eq!((calls(&world).concat().as_str(), lines.as_str()), ("shop/b-api -> ", ""));

    let seen = [api("a-", "a-api").text(POD), api("b-", "b-api").text(POD), web("c-").text(body)];
    let (world, lines) = understand(&seen.concat());
    assert_eq!(calls(&world), [""; 0]);
    assert_eq!(
        lines,
        "error ambiguous-name spec.workload.name: ClientIntents shop/x: `api` can mean Deployment shop/a-api or Deployment shop/b-api, which had that name before kustomize changed it (write the name as it will be deployed)\n"
    );
}

#[test]
fn one_name_of_two_kinds_is_not_ambiguous() {
    let seen = [
        workload("dev-web", "shop", &["web@shop"]).text(POD),
        Seen { kind: "StatefulSet", name: "dev-web", namespace: "shop", before: &["web@shop"], layer: ("dev-", "") }
            .text(POD),
        intents("dev-web", &["web@shop"])
            .text("{workload: {name: web, kind: StatefulSet}, targets: [{kubernetes: {name: web}}]}"),
    ];
    let (world, lines) = understand(&seen.concat());
    assert_eq!(calls(&world), ["shop/dev-web-statefulset -> shop/dev-web"]);
    assert_eq!(
        lines,
        "warning same-name-two-kinds spec.targets[0].kubernetes.name: server dev-web in namespace shop means each of Deployment and StatefulSet, which share the name (give its `kind`)\n"
    );
}

#[test]
fn an_old_namespace_means_the_new_one_where_that_is_sure() {
    let web = intents("dev-web", &["web@old"]);
    let body = "{workload: {name: web}, targets: [{kubernetes: {name: db.old}}, {kubernetes: {name: db.default}}, {kubernetes: {name: db.split}}]}";
    let seen = [
        workload("dev-web", "shop", &["web@old"]).text(POD),
        workload("dev-a", "one", &["a@split"]).text(POD),
        workload("dev-b", "two", &["b@split"]).text(POD),
        workload("dev-c", "shop", &["c@default"]).text(POD),
        web.text(body),
    ];
    assert_eq!(calls(&understand(&seen.concat()).0), ["shop/dev-web -> shop/db, default/db, split/db"]);
}

#[test]
fn a_namespace_left_behind_is_no_local_one() {
    let seen = [
        workload("dev-web", "shop", &["web@shop"]).text(POD),
        workload("prod-db", "prod", &["db@shop"]).text(POD),
        intents("dev-web", &["web@shop"])
            .text("{workload: {name: web}, targets: [{kubernetes: {name: db}}, {kubernetes: {name: db.shop}}]}"),
    ];
    assert_eq!(calls(&understand(&seen.concat()).0), ["shop/dev-web -> shop/db, prod/prod-db"]);
}

#[test]
fn protected_services_and_called_by_are_references_too() {
    let protected = |name: &'static str| Seen {
        kind: "ProtectedService",
        name,
        namespace: "shop",
        before: &["p@shop"],
        layer: ("dev-", ""),
    };
    let called = "{template: {metadata: {annotations: {intents.otterize.com/called-by: '[{\"name\": \"web.shop\", \"kind\": \"Deployment\"}]'}}, spec: {containers: []}}}";
    let seen = [
        workload("dev-web", "shop", &["web@shop"]).text(POD),
        workload("dev-api", "shop", &["api@shop"]).text(called),
        Seen { kind: "Service", name: "dev-cache", namespace: "shop", before: &["cache@shop"], layer: ("dev-", "") }
            .text(SERVICE),
        protected("dev-p1").text("{name: api, kind: Deployment}"),
        protected("dev-p2").text("{name: cache}"),
        protected("dev-p3").text("{name: cache, kind: Service}"),
    ];
    let (world, lines) = understand(&seen.concat());
    let names: Vec<String> = world.protected_services.iter().map(|p| p.protected.name_with_kind()).collect();
    assert_eq!(names, ["dev-api-deployment", "dev-cache", "dev-cache-service"]);
    assert_eq!(world.workloads[1].called_by[0].client.name_with_kind(), "dev-web-deployment");
    assert_eq!(
        lines,
        "warning server-not-found spec.name: protected workload dev-cache in namespace shop is not in the input (a Service of that name is there: write `kind: Service` to protect the pods behind it)\n"
    );
}

#[test]
fn workloads_of_the_configuration_are_references_too() {
    let seen = [
        workload("dev-nginx", "ingress", &["nginx@default", "nginx@ingress"]).text(POD),
        workload("dev-a", "shop", &["twice@shop"]).text(POD),
        workload("dev-b", "shop", &["twice@shop"]).text(POD),
    ];
    let (world, _) = understand(&seen.concat());
    for (before, after) in [
        ("nginx ingress Deployment", "dev-nginx ingress Deployment"),
        ("nginx default Deployment", "dev-nginx ingress Deployment"),
        ("dev-nginx ingress Deployment", "dev-nginx ingress Deployment"),
        ("nginx ingress DaemonSet", "nginx ingress DaemonSet"),
        ("twice shop Deployment", "twice shop Deployment"),
        ("nginx elsewhere Deployment", "nginx elsewhere Deployment"),
    ] {
        let parts: Vec<&str> = before.split(' ').collect();
        let known = format!("[{{name: {}, namespace: {}, kind: {}}}]", parts[0], parts[1], parts[2]);
        for field in ["ingressControllerConfigs", "prometheusServerConfigs"] {
            let mut config = config(&[(field, &known)]);
            use_deployed_names(&mut config, &world);
            let known = config.ingress_controller_configs.first().or(config.prometheus_server_configs.first()).unwrap();
            assert_eq!(format!("{} {} {}", known.name, known.namespace, known.kind), after);
        }
    }
}

#[test]
fn renamed_duplicates_are_found() {
    let seen = [
        workload("dev-web", "shop", &["web@shop"]).text(POD),
        intents("dev-a", &["a@shop"]).text("{workload: {name: web}}"),
        intents("dev-b", &["b@shop"]).text("{workload: {name: dev-web}}"),
    ];
    assert_eq!(
        understand(&seen.concat()).1,
        "error duplicate-intents spec.workload.name: ClientIntents shop/dev-b: Intents for client dev-web already exist in resource dev-a (put all calls of a client into one object)\n"
    );
}
