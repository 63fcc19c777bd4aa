//! Time and memory of the function, beside what bounds it from below and what else does such work (`make bench`).
//!
//! `benches/README.md` explains the table. With arguments the program is one of its own contenders.

#![allow(clippy::print_stdout, clippy::expect_used, clippy::panic, reason = "a program that prints a table, or fails")]

#[path = "support/bundle.rs"]
mod bundle;
#[path = "support/measure.rs"]
mod measure;
#[path = "support/tools.rs"]
mod tools;

use enforce_intents::read::lane::Lane;
use enforce_intents::read::prune::needed_to_compile;
use enforce_intents::{Settings, compile, read, verify, write};
use measure::{Contender, Figures, median, race};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Megabytes of the generated ResourceLists, and how often each is run.
const SIZES: [(usize, usize); 3] = [(1, 9), (20, 5), (100, 3)];
/// Beyond this many megabytes the typed round trip and Go's reader take too long for a table.
const SLOW_LIMIT: usize = 20;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.first().map(String::as_str) {
        Some("parse") => bare_parse(),
        Some("typed") => typed_round_trip(),
        Some("sizes") => sizes(&folder()),
        Some("stages") => stages(),
        Some("startup") => startup(&folder()),
        Some("tools") => with_tools(&folder()),
        _ => {
            sizes(&folder());
            stages();
            startup(&folder());
            with_tools(&folder());
        }
    }
}

/// Contender: every event of the parser, nothing kept.
fn bare_parse() {
    let text = input();
    let mut options = granit_parser::Options::default();
    options.set_emit_comments(false);
    let mut parser = granit_parser::Parser::new_from_str_with_options(&text, options);
    let mut events = 0usize;
    while let Some(event) = parser.next_event() {
        event.expect("the input is YAML");
        events += 1;
    }
    println!("{events}");
}

/// Contender: values of a serde library, printed again.
fn typed_round_trip() {
    let value: yaml_serde::Value = yaml_serde::from_str(&input()).expect("the input is YAML");
    let text = yaml_serde::to_string(&value).expect("what was read can be printed");
    std::io::stdout().write_all(text.as_bytes()).expect("stdout");
}

fn input() -> String {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("UTF-8 on stdin");
    text
}

/// A folder for inputs and outputs.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

fn sizes(folder: &Path) {
    let program = env!("CARGO_BIN_EXE_enforce-intents");
    let own = std::env::current_exe().expect("this program");
    let own = own.to_string_lossy();
    println!("file to file              size      wall       cpu    memory      rate   / cat  / parse");
    let mut per_megabyte: Vec<(String, Vec<f64>)> = Vec::new();
    for (megabytes, rounds) in SIZES {
        let list = folder.join(format!("list-{megabytes}.yaml"));
        tools::write(&list, &bundle::resource_list(megabytes * 1_000_000));
        let bytes = std::fs::metadata(&list).expect("it was written").len();
        let mut contenders = vec![
            Contender::new("cat", "cat", &[]),
            Contender::new("bare parse", &own, &["parse"]),
            Contender::new("ours", program, &[]),
            Contender::new("ours, parser lane", program, &["--lane", "parser"]),
        ];
        if megabytes <= SLOW_LIMIT {
            contenders.push(Contender::new("typed round trip", &own, &["typed"]));
            contenders.extend(package_for_kpt(megabytes, folder));
        }
        let figures = race(&contenders, &list, folder, rounds);
        let (cat, parse) = (wall(&figures, 0), wall(&figures, 1));
        for (contender, figures) in contenders.iter().zip(&figures) {
            let wall = figures.wall.as_secs_f64();
            println!(
                "{:<20}{:>7} MB{:>10}{:>10}{:>10}{:>5.1} MB/s{:>8.1}{:>9.2}",
                contender.name,
                megabytes,
                milliseconds(figures.wall),
                figures.cpu.map_or_else(|| "?".to_owned(), milliseconds),
                figures.memory.map_or_else(|| "?".to_owned(), |memory| format!("{:.2}x", memory as f64 / bytes as f64)),
                bytes as f64 / 1e6 / wall,
                wall / cat,
                wall / parse,
            );
            match per_megabyte.iter_mut().find(|(name, _)| *name == contender.name) {
                Some((_, times)) => times.push(wall / megabytes as f64),
                None => per_megabyte.push((contender.name.clone(), vec![wall / megabytes as f64])),
            }
        }
        println!();
    }
    println!("time per megabyte, the largest size over the smallest");
    for (name, times) in per_megabyte {
        if let (Some(first), Some(last)) = (times.first(), times.last()) {
            println!("{name:<20}{:>8.2}", last / first);
        }
    }
    println!();
}

/// kpt reads the same resources from files and prints them, with Go's YAML library.
fn package_for_kpt(megabytes: usize, folder: &Path) -> Option<Contender> {
    std::process::Command::new("kpt").arg("version").output().ok()?;
    let package = folder.join(format!("package-{megabytes}"));
    for (name, text) in bundle::files(megabytes * 1_000_000) {
        tools::write(&package.join(name), &text);
    }
    Some(Contender::new("kpt fn source", "kpt", &["fn", "source", &package.to_string_lossy()]))
}

fn wall(figures: &[Figures], index: usize) -> f64 {
    figures.get(index).map_or(f64::NAN, |figures| figures.wall.as_secs_f64())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// The stages of one run, in this process.
fn stages() {
    let bytes = bundle::resource_list(20_000_000).into_bytes();
    println!("stages, 20 MB: medians of 5");
    for (name, lane) in [("fast lane", Lane::Fast), ("parser lane", Lane::Parser)] {
        let mut times: [Vec<Duration>; 4] = Default::default();
        for _ in 0..5 {
            let input = bytes.clone();
            let mut start = Instant::now();
            let mut lap = |times: &mut Vec<Duration>| {
                times.push(start.elapsed());
                start = Instant::now();
            };
            let [reading, compiling, writing, verifying] = &mut times;
            let read = read::resource_list::read_with(input, Some(needed_to_compile), lane);
            let (mut package, _) = read.unwrap_or_else(|findings| panic!("{findings:?}"));
            lap(reading);
            let compiled = compile(&mut package, Settings::default());
            lap(compiling);
            let edits = write::resource_list_edits(&package, &compiled.plan, &compiled.config, &[]);
            let edits = edits.unwrap_or_else(|findings| panic!("{findings:?}"));
            lap(writing);
            let found = verify::output::verify_edits(&package, &compiled.plan, &compiled.config, &edits);
            assert!(found.0.is_empty(), "{found:?}");
            lap(verifying);
        }
        let names = ["read", "understand and plan", "write", "verify"];
        for (stage, times) in names.iter().zip(times) {
            println!("{name:<14}{stage:<22}{:>10}", milliseconds(median(times).unwrap_or_default()));
        }
    }
    println!();
}

/// A small package: what a run costs that has nothing to do.
fn startup(folder: &Path) {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/examples/tutorial");
    let mut list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n".to_owned();
    for name in ["manifests.yaml", "clientintents.yaml"] {
        let text = std::fs::read_to_string(examples.join(name)).expect("the tutorial is there");
        for document in text.split("---\n").filter(|document| !document.trim().is_empty()) {
            for (index, line) in document.lines().enumerate() {
                list.push_str(if index == 0 { "- " } else { "  " });
                list.push_str(line);
                list.push('\n');
            }
        }
    }
    let input = folder.join("tutorial.yaml");
    tools::write(&input, &list);
    let program = env!("CARGO_BIN_EXE_enforce-intents");
    let contenders = [
        Contender::new("/bin/true", "/bin/true", &[]),
        Contender::new("ours, tutorial", program, &[]),
        Contender::new("ours, --version", program, &["--version"]),
    ];
    let figures = race(&contenders, &input, folder, 51);
    println!("start-up: medians of 51, /usr/bin/time included");
    for (contender, one) in contenders.iter().zip(&figures) {
        let ratio = one.wall.as_secs_f64() / wall(&figures, 0);
        println!("{:<20}{:>10}{ratio:>8.2}x", contender.name, milliseconds(one.wall));
    }
    println!();
}

fn with_tools(folder: &Path) {
    let corpus =
        std::env::var_os("ENFORCE_INTENTS_CORPUS").map(|corpus| Path::new(&corpus).join("apps/microservices-demo"));
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/examples/shop");
    let package = match corpus.filter(|corpus| corpus.is_dir()) {
        Some(corpus) => {
            let package = folder.join("boutique");
            for file in std::fs::read_dir(corpus.join("input")).expect("a readable folder") {
                let path = file.expect("a readable folder").path();
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                tools::write(&package.join(path.file_name().unwrap_or_default()), &text);
            }
            let intents = std::fs::read_to_string(corpus.join("clientintents.yaml")).unwrap_or_default();
            tools::write(&package.join("clientintents.yaml"), &intents);
            package
        }
        None => shop,
    };
    let program = Path::new(env!("CARGO_BIN_EXE_enforce-intents"));
    println!("with the tools: medians of 7, {}", package.file_name().unwrap_or_default().to_string_lossy());
    for figures in tools::tools(program, &package, folder, 7) {
        let (ours, replay) = (figures.ours.wall, figures.replay.wall);
        println!(
            "{:<12}ours {:>10}   replay {:>10}   {:.2}x",
            figures.tool,
            milliseconds(ours),
            milliseconds(replay),
            ours.as_secs_f64() / replay.as_secs_f64()
        );
    }
}
