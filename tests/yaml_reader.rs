//! The YAML reader against another parser, and its spans against the text, on nasty texts and on mutants of them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failing test may panic"
)]

#[path = "yaml_reader/events.rs"]
mod events;
#[path = "yaml_reader/spans.rs"]
mod spans;
#[path = "yaml_reader/texts.rs"]
mod texts;

use enforce_intents::read::parser;
use texts::{Mutants, NASTY};

/// Mutants per text. Enough to meet every quirk of the parser's spans now and then; `spans::check` was run on millions.
const MUTANTS: usize = 40;

#[test]
fn another_parser_reads_the_same() {
    let mut compared = 0;
    for text in NASTY.iter().map(|text| (*text).to_owned()).chain(texts::files()) {
        let ours = events::ours(&text).unwrap_or_else(|error| panic!("{error} in {text:?}"));
        // The other parser ends block scalars at the end of the text differently.
        let theirs = if text.ends_with('\n') { events::theirs(&text) } else { None };
        let Some(theirs) = theirs else { continue };
        assert_eq!(ours, theirs, "{text:?}");
        compared += 1;
    }
    assert!(compared > 50, "the other parser reads only {compared} of the texts");
}

#[test]
fn another_parser_reads_mutants_the_same() {
    let mut compared = 0;
    for text in NASTY {
        for mutant in Mutants::of(text).take(MUTANTS).filter(|mutant| mutant.ends_with('\n')) {
            // The other parser takes `? , : b` in brackets for one pair.
            if mutant.split('?').skip(1).any(|rest| rest.trim_start().starts_with(',')) {
                continue;
            }
            let (Ok(ours), Some(theirs)) = (events::ours(&mutant), events::theirs(&mutant)) else { continue };
            assert_eq!(ours, theirs, "{mutant:?}");
            compared += 1;
        }
    }
    assert!(compared > 400, "only {compared} mutants could be compared");
}

#[test]
fn spans_hold_what_they_promise() {
    for text in NASTY {
        spans::check(text, true);
        for mutant in Mutants::of(text).take(MUTANTS) {
            if parser::parse(&mutant).is_ok() {
                spans::check(&mutant, true);
            }
        }
    }
    for text in texts::files() {
        spans::check(&text, text.len() < 2000);
    }
}
