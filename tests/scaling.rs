//! No stage is quadratic: four times the input takes about four times the processor time, whatever there is much of.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failing test may panic")]

use enforce_intents::source::{SourceOrigin, SourceText};
use enforce_intents::{Settings, process, render};
use std::fmt::Write as _;
use std::hint::black_box;

/// A quadratic stage gives 16, `n log n` less than 5; the rest is room for caches and allocators.
const MOST: f64 = 9.0;

/// Processor time of this thread in nanoseconds, which a busy machine does not stretch.
fn processor_time() -> u64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    times.split_whitespace().next().unwrap().parse().unwrap()
}

/// The items of a list with `n` of something.
type Items = fn(usize) -> String;

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

fn each(n: usize, mut item: impl FnMut(usize) -> String) -> String {
    (0..n).map(&mut item).collect()
}

/// What there can be much of, with the smaller number.
const CASES: &[(&str, usize, Items)] = &[
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
];

fn seconds(list: &str, is_render: bool) -> f64 {
    let best = (0..3).map(|_| {
        let set = [("profile", "v2"), ("enableEgressNetworkPolicyCreation", "true")];
        let set = set.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        let settings = Settings { set, ..Settings::default() };
        let before = processor_time();
        if is_render {
            black_box(render(vec![SourceText { origin: SourceOrigin::Stdin, text: list.to_owned() }], settings));
        } else {
            black_box(process(list.as_bytes().to_vec(), settings));
        }
        processor_time() - before
    });
    best.min().unwrap() as f64 / 1e9
}

#[test]
fn time_grows_with_the_input() {
    let mut table = String::new();
    let mut is_good = true;
    for (what, n, items) in CASES {
        for is_render in [false, true] {
            let list = |n| format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{}", items(n));
            let small = seconds(&list(*n), is_render);
            let large = seconds(&list(4 * n), is_render);
            let ratio = large / small.max(0.002);
            is_good &= ratio < MOST;
            writeln!(table, "{ratio:5.1}x from {n} to {} {what} (render: {is_render}, {small:.3} s)", 4 * n).unwrap();
        }
    }
    assert!(is_good, "more than {MOST}x the time:\n{table}");
}
