//! Time for all pairs of generated bundles, and how it grows (`make bench`; targets: 1,000 workloads with as many policies in
//! under one second, 5,000 in under ten).
//!
//! Three shapes: `chain` is closed but for a few calls per workload, each policy with ingress and egress rules; `open` has policies for
//! ingress alone, so that every workload can send to the outside; `shared` has namespace-wide rules and expressions.

#![allow(clippy::print_stdout, reason = "a program that prints a table")]

use enforce_intents::config::Config;
use enforce_intents::source::{SourceOrigin, SourceText};
use enforce_intents::verify::reach::Reachability;
use enforce_intents::{read, understand};
use std::fmt::Write as _;
use std::time::Instant;

const SIZES: [usize; 4] = [100, 400, 1_000, 5_000];
const SHAPES: [&str; 3] = ["chain", "open", "shared"];

/// Calls per workload in `chain` and `open`.
const CALLS: usize = 4;
/// Workloads per namespace.
const PER_NAMESPACE: usize = 50;

fn main() {
    println!(
        "{:<8}{:>10}{:>10}{:>12}{:>12}{:>12}",
        "shape", "workloads", "policies", "read", "all pairs", "connections"
    );
    for shape in SHAPES {
        for size in SIZES {
            let start = Instant::now();
            let text = SourceText { origin: SourceOrigin::Stdin, text: bundle(shape, size) };
            let (package, _) = read::stream::read(vec![text]);
            let config = Config::default();
            let (world, _) = understand::understand(&package, &config);
            let reading = start.elapsed();
            let start = Instant::now();
            let reach = Reachability::new(&world, &config);
            let mut connections = 0usize;
            reach.for_each_connection(&mut |_, _, _| connections += 1);
            let judging = start.elapsed();
            println!(
                "{shape:<8}{size:>10}{:>10}{:>10.0?}{:>12.1?}{connections:>12}",
                world.policies.len(),
                reading,
                judging
            );
        }
    }
}

fn bundle(shape: &str, size: usize) -> String {
    let mut text = String::new();
    for namespace in 0..size.div_ceil(PER_NAMESPACE) {
        let _ = write!(
            text,
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: n{namespace}\n  labels: {{team: t{}}}\n---\n",
            namespace % 7
        );
    }
    for workload in 0..size {
        let namespace = workload / PER_NAMESPACE;
        let _ = write!(
            text,
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: w{workload}, namespace: n{namespace}}}\nspec:\n  selector: {{matchLabels: {{app: w{workload}}}}}\n  template:\n    metadata: {{labels: {{app: w{workload}, tier: t{}}}}}\n    spec:\n      containers:\n      - name: c\n        image: c\n        ports: [{{name: http, containerPort: {}}}]\n---\n",
            workload % 5,
            8000 + workload % 10
        );
        let _ = write!(
            text,
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p{workload}, namespace: n{namespace}}}\nspec:\n  podSelector: {{matchLabels: {{app: w{workload}}}}}\n{}---\n",
            rules(shape, workload, size)
        );
    }
    text
}

fn rules(shape: &str, workload: usize, size: usize) -> String {
    let peer = |other: usize| {
        format!(
            "    - namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: n{}}}}}\n      podSelector: {{matchLabels: {{app: w{other}}}}}\n",
            other / PER_NAMESPACE
        )
    };
    let callers: String = (1..=CALLS).map(|step| peer((workload + size - step * 7 % size) % size)).collect();
    let called: String = (1..=CALLS).map(|step| peer((workload + step * 7) % size)).collect();
    let team = workload % 7;
    match shape {
        "chain" => format!(
            "  policyTypes: [Ingress, Egress]\n  ingress:\n  - from:\n{callers}    ports: [{{port: http}}]\n  egress:\n  - to:\n{called}"
        ),
        "open" => format!("  policyTypes: [Ingress]\n  ingress:\n  - from:\n{callers}    ports: [{{port: http}}]\n"),
        _ => format!(
            "  policyTypes: [Ingress]\n  ingress:\n  - from:\n    - podSelector: {{}}\n  - from:\n    - namespaceSelector: {{matchExpressions: [{{key: team, operator: NotIn, values: [t{team}]}}]}}\n      podSelector: {{matchLabels: {{tier: t1}}}}\n    ports: [{{port: http}}, {{port: 9000, endPort: 9010}}]\n"
        ),
    }
}
