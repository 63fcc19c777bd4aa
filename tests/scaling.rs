//! No stage is quadratic: four times the input takes about four times the processor time, whatever there is much of.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failing test may panic")]

mod scaling {
    pub(crate) mod shapes;
}

use enforce_intents::source::{SourceOrigin, SourceText};
use enforce_intents::{Settings, process, render};
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
    for (what, n, items) in shapes::CASES {
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
