//! Bundles with much of one thing.

/// The items of a list with `n` of something.
pub(crate) type Items = fn(usize) -> String;

fn deployment(name: &str, labels: &str) -> String {
    format!(
        "- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {{name: {name}, namespace: shop}}\n  spec:\n    template:\n      metadata:\n        labels:\n          app: {name}\n{labels}      spec: {{containers: [{{name: c, ports: [{{containerPort: 80}}]}}]}}\n"
    )
}

fn intents(client: &str, targets: &[String]) -> String {
    let targets: String = targets.iter().map(|target| format!("    - kubernetes: {{name: {target}}}\n")).collect();
    format!(
        "- apiVersion: k8s.otterize.com/v2beta1\n  kind: ClientIntents\n  metadata: {{name: {client}, namespace: shop}}\n  spec:\n    workload: {{name: {client}}}\n    targets:\n{targets}"
    )
}

fn service(name: &str, app: &str) -> String {
    format!(
        "- apiVersion: v1\n  kind: Service\n  metadata: {{name: {name}, namespace: shop}}\n  spec: {{type: LoadBalancer, selector: {{app: {app}}}, ports: [{{port: 80}}]}}\n"
    )
}

/// A policy with a selector by labels (`app: x`, or nothing for all pods) and the rest of its `spec`.
fn policy(name: &str, labels: &str, rules: &str) -> String {
    format!(
        "- {{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: {name}, namespace: shop}}, spec: {{podSelector: {{matchLabels: {{{labels}}}}}, {rules}}}}}\n"
    )
}

fn each(n: usize, mut item: impl FnMut(usize) -> String) -> String {
    (0..n).map(&mut item).collect()
}

/// What there can be much of, with the smaller number.
pub(crate) const CASES: &[(&str, usize, Items)] = &[
    ("clients of one server each", 100, |n| {
        each(n, |i| deployment(&format!("w{i}"), "") + &intents(&format!("w{i}"), &[format!("w{}", (i + 1) % n)]))
    }),
    ("clients of one server", 150, |n| {
        deployment("hub", "")
            + &service("hub", "hub")
            + &each(n, |i| deployment(&format!("w{i}"), "") + &intents(&format!("w{i}"), &["hub".into()]))
    }),
    ("servers of one client", 150, |n| {
        let names: Vec<String> = (0..n).map(|i| format!("s{i}")).collect();
        deployment("w", "") + &intents("w", &names) + &each(n, |i| deployment(&format!("s{i}"), ""))
    }),
    ("missing servers of one client", 600, |n| {
        let names: Vec<String> = (0..n).map(|i| format!("s{i}")).collect();
        deployment("w", "") + &intents("w", &names)
    }),
    ("missing servers elsewhere", 600, |n| {
        let names: Vec<String> = (0..n).map(|i| format!("s{i}.elsewhere")).collect();
        each(n, |i| deployment(&format!("w{i}"), "")) + &intents("w0", &names)
    }),
    ("objects for one client", 300, |n| {
        deployment("w", "")
            + &each(n, |i| intents("w", &["s".into()]).replace("{name: w, ", &format!("{{name: c{i}, ")))
    }),
    ("calls of what is not there", 200, |n| each(n, |i| intents(&format!("c{i}"), &[format!("s{i}")]))),
    ("labels of a pod", 4000, |n| {
        deployment("w", &each(n, |i| format!("          k{i}: v\n"))) + &intents("w", &["w".into()])
    }),
    ("labels in flow style", 4000, |n| {
        let labels = each(n, |i| format!(", k{i}: v"));
        let text = deployment("w", "").replace("labels:\n          app: w", &format!("labels: {{app: w{labels}}}"));
        text + &intents("w", &["w".into()])
    }),
    ("merged labels", 2000, |n| {
        let shared = each(n, |i| format!(", k{i}: v"));
        format!("- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: c, labels: &l {{a: b{shared}}}}}}}\n")
            + &deployment("w", "          <<: *l\n")
            + &intents("w", &["w".into()])
    }),
    ("Services of one workload", 300, |n| {
        deployment("w", "") + &each(n, |i| service(&format!("s{i}"), "w")) + &intents("v", &["w".into()])
    }),
    ("hand-written policies", 300, |n| {
        let policy = |i| {
            format!(
                "- {{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p{i}, namespace: shop}}, spec: {{podSelector: {{matchLabels: {{app: w{i}}}}}, ingress: [{{}}]}}}}\n"
            )
        };
        deployment("w", "") + &each(n, policy) + &intents("w", &["w".into()])
    }),
    ("stale policies", 300, |n| {
        let policy = |i| {
            format!(
                "- {{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: x{i}-access, namespace: shop, labels: {{intents.otterize.com/network-policy: x{i}-shop-a1b2c3}}}}, spec: {{podSelector: {{}}}}}}\n"
            )
        };
        deployment("w", "") + &each(n, policy) + &intents("w", &["w".into()])
    }),
    ("anchors and aliases", 3000, |n| {
        let data = each(n, |i| format!("    a{i}: &a{i} v\n    b{i}: *a{i}\n"));
        format!("- apiVersion: v1\n  kind: ConfigMap\n  metadata: {{name: c}}\n  data:\n{data}")
            + &deployment("w", "")
            + &intents("w", &["w".into()])
    }),
    ("shared labels", 200, |n| {
        let shared = |i: usize| {
            deployment(&format!("w{i}"), "")
                .replace("  spec:\n", &format!("  spec:\n    selector: {{matchLabels: &l{i} {{app: w{i}}}}}\n"))
                .replace(&format!("labels:\n          app: w{i}"), &format!("labels: *l{i}"))
        };
        each(n, shared) + &intents("w0", &["w1".into()])
    }),
    ("items without an edit", 1000, |n| {
        each(n, |i| format!("- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: c{i}}}, data: {{a: b}}}}\n"))
            + &intents("w", &["w".into()])
    }),
    ("characters of a line", 400_000, |n| {
        format!("- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: c}}, data: {{a: \"{}\"}}}}\n", "x ".repeat(n))
            + &intents("w", &["w".into()])
    }),
    ("comment lines", 20_000, |n| deployment("w", "") + &intents("w", &["w".into()]) + &"  # c\n".repeat(n)),
    ("empty lines", 40_000, |n| deployment("w", "") + &intents("w", &["w".into()]) + &"\n".repeat(n)),
    ("nested sequences", 4000, |n| {
        format!("- apiVersion: v1\n  kind: X\n  metadata: {{name: x}}\n  a:\n{}", "  - - - x\n".repeat(n))
            + &intents("w", &["w".into()])
    }),
    ("allowed calls beside a hand-written policy", 100, |n| {
        deployment("hub", "")
            + &policy("p", "app: hub", "ingress: [{from: [{podSelector: {}}]}]")
            + &each(n, |i| deployment(&format!("w{i}"), "") + &intents(&format!("w{i}"), &["hub".into()]))
    }),
    ("calls that a hand-written policy refuses", 100, |n| {
        deployment("hub", "")
            + &policy("p", "app: hub", "policyTypes: [Ingress]")
            + &each(n, |i| {
                deployment(&format!("w{i}"), "")
                    + &policy(&format!("out{i}"), &format!("app: w{i}"), "policyTypes: [Egress]")
                    + &intents(&format!("w{i}"), &["hub".into()])
            })
    }),
    ("policies on one workload", 100, |n| {
        let one = |i: usize| {
            deployment(&format!("w{i}"), "")
                + &policy(
                    &format!("p{i}"),
                    "app: hub",
                    &format!(
                        "ingress: [{{from: [{{podSelector: {{matchLabels: {{app: w{i}}}}}}}], ports: [{{port: 80}}]}}]"
                    ),
                )
                + &intents(&format!("w{i}"), &["hub".into()])
        };
        deployment("hub", "") + &each(n, one)
    }),
    ("redundant policies", 100, |n| {
        let one = |i: usize| {
            policy(
                &format!("p{i}"),
                "app: hub",
                &format!("ingress: [{{ports: [{{protocol: TCP, port: {}}}]}}]", 1 + i % 50_000),
            )
        };
        deployment("hub", "") + &each(n, one) + &intents("hub", &["hub".into()])
    }),
    ("rules of one policy", 150, |n| {
        let rules = each(n, |i| {
            format!(
                "{{from: [{{podSelector: {{matchLabels: {{app: w{i}}}}}}}], ports: [{{protocol: TCP, port: 80}}]}}, "
            )
        });
        deployment("hub", "")
            + &each(n, |i| deployment(&format!("w{i}"), "") + &intents(&format!("w{i}"), &["hub".into()]))
            + &policy("p", "app: hub", &format!("ingress: [{rules}]"))
    }),
    ("peers of one rule", 150, |n| {
        let peers = each(n, |i| format!("{{podSelector: {{matchLabels: {{app: w{i}}}}}}}, "));
        deployment("hub", "")
            + &each(n, |i| deployment(&format!("w{i}"), ""))
            + &policy("p", "app: hub", &format!("ingress: [{{from: [{peers}], ports: [{{protocol: TCP, port: 80}}]}}]"))
            + &intents("w0", &["hub".into()])
    }),
    ("ports of one rule", 100, |n| {
        let ports = each(n, |i| format!("{{protocol: TCP, port: {}}}, ", 1 + i % 60_000));
        deployment("hub", "")
            + &policy("p", "app: hub", &format!("ingress: [{{from: [{{podSelector: {{}}}}], ports: [{ports}]}}]"))
            + &intents("hub", &["hub".into()])
    }),
    ("named ports", 150, |n| {
        let ports = each(n, |i| format!(", {{name: p{i}, containerPort: {}}}", 1000 + i % 60_000));
        let names = each(n, |i| format!("{{protocol: TCP, port: p{i}}}, "));
        deployment("hub", "").replace("{containerPort: 80}", &format!("{{containerPort: 80}}{ports}"))
            + &policy("p", "app: hub", &format!("ingress: [{{from: [{{podSelector: {{}}}}], ports: [{names}]}}]"))
            + &intents("hub", &["hub".into()])
    }),
    ("named ports that are not there", 100, |n| {
        let ports = each(n, |i| format!(", {{name: p{i}, containerPort: {}}}", 1000 + i % 60_000));
        let names = each(n, |i| format!("{{protocol: TCP, port: q{i}}}, "));
        deployment("hub", "").replace("{containerPort: 80}", &format!("{{containerPort: 80}}{ports}"))
            + &policy("p", "app: hub", &format!("ingress: [{{from: [{{podSelector: {{}}}}], ports: [{names}]}}]"))
            + &intents("hub", &["hub".into()])
    }),
    ("ports of one Service", 150, |n| {
        let own = each(n, |i| format!(", {{name: p{i}, containerPort: {}}}", 1000 + i % 60_000));
        let ports = each(n, |i| format!(", {{name: p{i}, port: {}, targetPort: p{i}}}", 1000 + i % 60_000));
        deployment("hub", "").replace("{containerPort: 80}", &format!("{{containerPort: 80}}{own}"))
            + &service("hub", "hub").replace("{port: 80}", &format!("{{name: a, port: 80}}{ports}"))
            + &intents("hub", &["hub".into()]).replace("kubernetes:", "service:")
    }),
    ("address blocks", 100, |n| {
        let one = |i: usize| {
            deployment(&format!("w{i}"), "")
                + &policy(
                    &format!("p{i}"),
                    &format!("app: w{i}"),
                    &format!(
                        "ingress: [{{from: [{{ipBlock: {{cidr: 10.{}.{}.0/24}}}}], ports: [{{protocol: TCP, port: 80}}]}}]",
                        i / 256,
                        i % 256
                    ),
                )
        };
        each(n, one) + &intents("w0", &["w1".into()])
    }),
    ("address blocks of one rule", 250, |n| {
        let blocks = each(n, |i| format!("{{ipBlock: {{cidr: 10.{}.{}.0/24}}}}, ", i * 2 / 256, i * 2 % 256));
        deployment("w", "")
            + &policy("p", "app: w", &format!("ingress: [{{from: [{blocks}], ports: [{{protocol: TCP, port: 80}}]}}]"))
            + &intents("w", &["w".into()])
    }),
    ("exceptions of a block", 500, |n| {
        let except = each(n, |i| format!("10.{}.{}.0/24, ", i * 2 / 256, i * 2 % 256));
        deployment("w", "")
            + &policy(
                "p",
                "app: w",
                &format!(
                    "egress: [{{to: [{{ipBlock: {{cidr: 10.0.0.0/8, except: [{except}]}}}}], ports: [{{protocol: TCP, port: 80}}]}}]"
                ),
            )
            + &intents("w", &["w".into()])
    }),
    ("namespaces", 100, |n| {
        each(n, |i| {
            format!("- {{apiVersion: v1, kind: Namespace, metadata: {{name: n{i}, labels: {{team: t{i}}}}}}}\n")
                + &deployment(&format!("w{i}"), "").replace("namespace: shop", &format!("namespace: n{i}"))
                + &policy(&format!("p{i}"), &format!("app: w{i}"), &format!("ingress: [{{from: [{{namespaceSelector: {{matchLabels: {{team: t{}}}}}}}], ports: [{{protocol: TCP, port: 80}}]}}]", (i + 1) % n)).replace("namespace: shop", &format!("namespace: n{i}"))
        }) + &intents("w0", &["w1.n1".into()]).replace("namespace: shop", "namespace: n0")
    }),
    ("namespaces without manifest", 100, |n| {
        each(n, |i| {
            deployment(&format!("w{i}"), "").replace("namespace: shop", &format!("namespace: n{i}"))
                + &intents(&format!("w{i}"), &[format!("w{}.n{}", (i + 1) % n, (i + 1) % n)])
                    .replace("namespace: shop", &format!("namespace: n{i}"))
        })
    }),
    ("selectors without pods", 100, |n| {
        each(n, |i| {
            deployment(&format!("w{i}"), "")
                + &policy(
                    &format!("p{i}"),
                    &format!("app: server{i}"),
                    "ingress: [{from: [{podSelector: {matchLabels: {app: nobody}}}]}]",
                )
        }) + &intents("w0", &["w1".into()])
    }),
    ("names with a slip", 100, |n| {
        each(n, |i| deployment(&format!("server{i}"), "") + &intents(&format!("server{i}"), &[format!("servr{i}")]))
    }),
    ("clients with a slip", 100, |n| {
        each(n, |i| deployment(&format!("server{i}"), "") + &intents(&format!("servr{i}"), &["server0".into()]))
    }),
    ("Services in front of nothing", 100, |n| {
        each(n, |i| {
            deployment(&format!("w{i}"), "")
                + &service(&format!("s{i}"), &format!("x{i}"))
                + &intents(&format!("w{i}"), &[format!("s{i}")]).replace("kubernetes:", "service:")
        })
    }),
    ("Ingresses", 100, |n| {
        each(n, |i| {
            deployment(&format!("w{i}"), "")
                + &service(&format!("w{i}"), &format!("w{i}")).replace("LoadBalancer", "ClusterIP")
                + &format!(
                    "- {{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: i{i}, namespace: shop}}, spec: {{defaultBackend: {{service: {{name: w{i}, port: {{number: 80}}}}}}}}}}\n"
                )
                + &policy(
                    &format!("p{i}"),
                    &format!("app: w{i}"),
                    "ingress: [{from: [{namespaceSelector: {}}], ports: [{protocol: TCP, port: 80}]}]",
                )
        }) + &intents("w0", &["w1".into()])
    }),
    ("paths of one Ingress", 250, |n| {
        let paths = each(n, |i| {
            format!("{{path: /{i}, pathType: Prefix, backend: {{service: {{name: w, port: {{number: 80}}}}}}}}, ")
        });
        deployment("w", "")
            + &service("w", "w")
            + &format!(
                "- {{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: i, namespace: shop}}, spec: {{rules: [{{http: {{paths: [{paths}]}}}}]}}}}\n"
            )
            + &policy("p", "app: w", "ingress: [{from: [{podSelector: {}}], ports: [{protocol: TCP, port: 80}]}]")
            + &intents("w", &["w".into()])
    }),
    ("monitors", 100, |n| {
        each(n, |i| {
            deployment(&format!("w{i}"), "")
                + &service(&format!("w{i}"), &format!("w{i}"))
                    .replace("namespace: shop", &format!("namespace: shop, labels: {{app: w{i}}}"))
                    .replace("{port: 80}", "{name: http, port: 80}")
                    .replace("LoadBalancer", "ClusterIP")
                + &format!(
                    "- {{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {{name: m{i}, namespace: shop}}, spec: {{selector: {{matchLabels: {{app: w{i}}}}}, endpoints: [{{port: http}}]}}}}\n"
                )
                + &format!(
                    "- {{apiVersion: monitoring.coreos.com/v1, kind: PodMonitor, metadata: {{name: m{i}, namespace: shop}}, spec: {{selector: {{matchLabels: {{app: w{i}}}}}, podMetricsEndpoints: [{{targetPort: 80}}]}}}}\n"
                )
                + &policy(
                    &format!("p{i}"),
                    &format!("app: w{i}"),
                    "ingress: [{from: [{namespaceSelector: {}}], ports: [{protocol: TCP, port: 80}]}]",
                )
        }) + &intents("w0", &["w1".into()])
    }),
    ("pods of one owner", 100, |n| {
        each(n, |i| {
            format!(
                "- {{apiVersion: v1, kind: Pod, metadata: {{name: w-{i}, namespace: shop, labels: {{app: w, pod: p{i}}}, ownerReferences: [{{apiVersion: apps/v1, kind: StatefulSet, name: w, controller: true, uid: u}}]}}, spec: {{containers: [{{name: c, ports: [{{containerPort: 80}}]}}]}}}}\n"
            ) + &policy(
                &format!("p{i}"),
                &format!("pod: p{i}"),
                &format!("ingress: [{{from: [{{podSelector: {{matchLabels: {{app: w{i}}}}}}}]}}]"),
            )
        }) + &deployment("v", "")
            + &intents("v", &["w".into()])
    }),
    ("workloads on the node's network", 100, |n| {
        each(n, |i| {
            deployment(&format!("w{i}"), "").replace("spec: {containers", "spec: {hostNetwork: true, containers")
                + &policy(
                    &format!("p{i}"),
                    &format!("app: x{i}"),
                    &format!("ingress: [{{from: [{{podSelector: {{matchLabels: {{app: w{i}}}}}}}]}}]"),
                )
        }) + &intents("w0", &["w1".into()])
    }),
    ("policies of one name", 150, |n| {
        deployment("w", "") + &each(n, |_| policy("p", "app: w", "ingress: [{}]")) + &intents("w", &["w".into()])
    }),
    ("called-by annotations", 100, |n| {
        each(n, |i| {
            deployment(&format!("w{i}"), "").replace(
                "namespace: shop}",
                &format!("namespace: shop, annotations: {{intents.otterize.com/called-by-w{}: '{{}}'}}}}", (i + 1) % n),
            )
        })
    }),
    ("virtual host names", 100, |n| {
        each(n, |i| {
            deployment(&format!("w{i}"), "").replace(
                "{name: c, ports",
                &format!("{{name: c, env: [{{name: A, value: 'http://w{}:80/'}}], ports", (i + 1) % n),
            ) + &service(&format!("w{i}"), &format!("w{i}"))
        }) + &intents("w0", &["w1".into()])
    }),
];
