//! No stage is quadratic: four times the input takes about four times the processor time, whatever there is much of.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failing test may panic")]

mod scaling {
    pub(crate) mod shapes;
}

use enforce_intents::diag::Severity;
use enforce_intents::read::lane::Lane;
use enforce_intents::report::check::{Check, Gate};
use enforce_intents::report::{self, human};
use enforce_intents::source::{SourceOrigin, SourceText};
use enforce_intents::verify::{self, reach::Reachability};
use enforce_intents::{Settings, Subject, bundle, process, render};
use scaling::shapes;
use std::fmt::Write as _;
use std::hint::black_box;

/// A quadratic stage gives 16, `n log n` less than 5; the rest is room for caches and allocators.
const MOST: f64 = 9.0;

/// Processor time of this thread in nanoseconds, which a busy machine does not stretch.
fn processor_time() -> u64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    times.split_whitespace().next().unwrap().parse().unwrap()
}

/// What is done with a bundle.
#[derive(Clone, Copy, Debug)]
enum Run {
    Function,
    Render,
    Check,
}

/// The best of some runs.
fn seconds(list: &str, run: Run, runs: usize) -> f64 {
    let best = (0..runs).map(|_| {
        let set = [("profile", "v2"), ("enableEgressNetworkPolicyCreation", "true")];
        let set = set.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        // What a second thread does would not be counted.
        let settings = Settings { set, lane: Lane::FastAlone, ..Settings::default() };
        let sources = vec![SourceText { origin: SourceOrigin::Stdin, text: list.to_owned().into() }];
        let before = processor_time();
        match run {
            Run::Function => drop(black_box(process(list.as_bytes().to_vec(), settings))),
            Run::Render => drop(black_box(render(sources, settings))),
            Run::Check => check(sources, settings),
        }
        processor_time() - before
    });
    best.min().unwrap() as f64 / 1e9
}

/// All of `check`: judging, and what people and programs are told.
fn check(sources: Vec<SourceText>, settings: Settings) {
    let bundle = bundle(sources, settings, Subject::Rendered);
    let reach = bundle.world.as_ref().map(|world| Reachability::new(world, &bundle.config));
    let report = reach.as_ref().map(|reach| verify::check::check(reach, &bundle.config)).unwrap_or_default();
    let findings = verify::check::merged(bundle.findings, bundle.config.apply_rules(report.findings));
    let gate = Gate { least: Severity::Warning, denied: true, unknown: true };
    let (package, intents) = (&bundle.package, report.intents.as_slice());
    let check = Check { package, reach: reach.as_ref(), intents, findings: &findings, gate };
    black_box((report::check::human(check), report::check::notes(package, &findings), report::check::json(check)));
    human::write_excerpts(package, &findings, Severity::Warning, Vec::<u8>::new()).unwrap();
}

#[test]
fn time_grows_with_the_input() {
    let mut table = String::new();
    let mut is_good = true;
    for (what, n, items) in shapes::CASES {
        for run in [Run::Function, Run::Render, Run::Check] {
            let list = |n| format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{}", items(n));
            let (small_list, large_list) = (list(*n), list(4 * n));
            // What looks bad once is measured again.
            let measure = |runs| {
                let (small, large) = (seconds(&small_list, run, 2 * runs), seconds(&large_list, run, runs));
                (small, large / small.max(0.002))
            };
            let (mut small, mut ratio) = measure(1);
            if ratio >= MOST {
                (small, ratio) = measure(3);
            }
            is_good &= ratio < MOST;
            writeln!(table, "{ratio:5.1}x from {n} to {} {what} ({run:?}, {small:.3} s)", 4 * n).unwrap();
        }
    }
    println!("{table}");
    assert!(is_good, "more than {MOST}x the time:\n{table}");
}
