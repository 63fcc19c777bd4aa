//! `completions`: what bash, zsh and fish need to complete commands and flags.

use super::streams::print;
use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

/// Arguments of `completions`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The shell that will read it
    #[arg(value_name = "SHELL", value_parser = ["bash", "zsh", "fish"])]
    shell: String,
}

/// Prints the script and gives the exit code.
pub(super) fn run(arguments: Arguments) -> u8 {
    let shell = match arguments.shell.as_str() {
        "zsh" => Shell::Zsh,
        "fish" => Shell::Fish,
        _ => Shell::Bash,
    };
    let mut script = Vec::new();
    generate(shell, &mut super::Arguments::command(), env!("CARGO_PKG_NAME"), &mut script);
    print(&String::from_utf8_lossy(&script))
}
