//! Writes a generated ResourceList to a file: `cargo bench --bench bundle -- MEGABYTES FILE`.

#![allow(clippy::print_stderr, reason = "a program that talks to its user")]

#[path = "support/bundle.rs"]
mod bundle;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [megabytes, file] = arguments.as_slice() else {
        eprintln!("usage: cargo bench --bench bundle -- MEGABYTES FILE");
        return ExitCode::from(2);
    };
    let written = megabytes.parse::<usize>().map_err(|error| error.to_string()).and_then(|megabytes| {
        std::fs::write(file, bundle::resource_list(megabytes * 1_000_000)).map_err(|error| error.to_string())
    });
    if let Err(error) = written {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
