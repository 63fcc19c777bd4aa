//! Time for all pairs of generated bundles, and how it grows (`make bench`; targets: 1,000 workloads with as many policies in
//! under one second, 5,000 in under ten).
//!
//! Three shapes: `chain` is closed but for a few calls per workload, each policy with ingress and egress rules; `open` has policies for
//! ingress alone, so that every workload can send to the outside; `shared` has namespace-wide rules and expressions.

#![allow(clippy::print_stdout, reason = "a program that prints a table")]

#[path = "../tests/scaling/shapes.rs"]
mod shapes;

use enforce_intents::config::Config;
use enforce_intents::diag::Severity;
use enforce_intents::report::check::{self, Check, Gate};
use enforce_intents::report::human;
use enforce_intents::source::{SourceOrigin, SourceText};
use enforce_intents::verify::reach::Reachability;
use enforce_intents::{Bundle, Settings, Subject, bundle as read_bundle, read, understand, verify};
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

const SIZES: [usize; 4] = [100, 400, 1_000, 5_000];
const SHAPES: [&str; 3] = ["chain", "open", "shared"];

/// Calls per workload in `chain` and `open`.
const CALLS: usize = 4;
/// Workloads per namespace.
const PER_NAMESPACE: usize = 50;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    match arguments.next().as_deref() {
        Some("pairs") => pairs(),
        Some("check") => check(arguments.next().as_deref()),
        _ => {
            pairs();
            check(None);
        }
    }
}

/// Sizes of the bundles for `check`, which have much of one thing.
const CHECK_SIZES: [usize; 4] = [500, 1_000, 2_000, 4_000];

/// Time of every stage of `check`, and how the whole grows from the first to the last size.
fn check(only: Option<&str>) {
    println!("\n{:<46}{:>6}{:>9}{:>9}{:>9}{:>9}{:>9}", "check", "n", "compile", "resolve", "judge", "report", "growth");
    for (name, _, items) in shapes::CASES.iter().filter(|(name, ..)| only.is_none_or(|only| name.contains(only))) {
        let mut first = None;
        for size in CHECK_SIZES {
            let stages = check_stages(&items(size));
            let all: Duration = stages.iter().sum();
            let growth = all.as_secs_f64() / first.get_or_insert(all).as_secs_f64() / (size / CHECK_SIZES[0]) as f64;
            print!("{name:<46}{size:>6}");
            stages.iter().for_each(|stage| print!("{:>8.1}m", stage.as_secs_f64() * 1e3));
            println!("{growth:>9.1}");
        }
    }
}

/// Reading, understanding and planning; resolving the policies; judging; every form of the report.
fn check_stages(items: &str) -> [Duration; 4] {
    let text = format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}");
    let start = Instant::now();
    let set = vec![("profile".to_owned(), "v2".to_owned())];
    let settings = Settings { set, ..Settings::default() };
    let source = SourceText { origin: SourceOrigin::Stdin, text: text.into() };
    let Bundle { config, world, findings, package, .. } = read_bundle(vec![source], settings, Subject::Rendered);
    let compile = start.elapsed();
    let Some(world) = world else {
        println!("{:?}", findings.0.first());
        return [compile, Duration::ZERO, Duration::ZERO, Duration::ZERO];
    };
    let start = Instant::now();
    let reach = Reachability::new(&world, &config);
    let resolve = start.elapsed();
    let start = Instant::now();
    let judged = verify::check::check(&reach, &config);
    let judge = start.elapsed();
    let start = Instant::now();
    let findings = verify::check::merged(findings, config.apply_rules(judged.findings));
    let gate = Gate { least: Severity::Warning, denied: true, unknown: true };
    let all = Check { package: &package, reach: Some(&reach), intents: &judged.intents, findings: &findings, gate };
    for form in [check::human, check::markdown, check::json, check::sarif, check::junit] {
        black_box(form(all));
    }
    black_box(check::notes(&package, &findings));
    let _ = human::write_excerpts(&package, &findings, Severity::Warning, Vec::<u8>::new());
    [compile, resolve, judge, start.elapsed()]
}

fn pairs() {
    println!(
        "{:<8}{:>10}{:>10}{:>12}{:>12}{:>12}",
        "shape", "workloads", "policies", "read", "all pairs", "connections"
    );
    for shape in SHAPES {
        for size in SIZES {
            let start = Instant::now();
            let text = SourceText { origin: SourceOrigin::Stdin, text: bundle(shape, size).into() };
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
