//! `man`: the manual pages, made from the description of the arguments.

use super::streams::complain;
use super::{FAULTY, GOOD};
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use std::io;
use std::path::{Path, PathBuf};

/// Arguments of `man`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Directory that gets the pages, for example ~/.local/share/man/man1; made where it is not there
    #[arg(value_name = "DIRECTORY")]
    directory: PathBuf,
}

/// Writes `enforce-intents.1` and a page for each command, and gives the exit code.
pub(super) fn run(arguments: Arguments) -> u8 {
    match write_pages(&arguments.directory) {
        Ok(()) => GOOD,
        Err(error) => {
            complain(&format!("cannot write manual pages into {}: {error}", arguments.directory.display()));
            FAULTY
        }
    }
}

fn write_pages(directory: &Path) -> io::Result<()> {
    std::fs::create_dir_all(directory)?;
    let mut program = super::Arguments::command().disable_help_subcommand(true);
    // Flags and help of every command, and the names that its own page goes by.
    program.build();
    for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
        write_page(directory, &format!("{}-{}", program.get_name(), command.get_name()), command)?;
    }
    write_page(directory, program.get_name(), &program)
}

/// One page. The name comes from the caller, since clap knows a command by its last word.
fn write_page(directory: &Path, name: &str, command: &Command) -> io::Result<()> {
    let mut page = Vec::new();
    let version = concat!("enforce-intents ", env!("CARGO_PKG_VERSION"));
    Man::new(command.clone()).title(name.to_uppercase()).source(version).manual("enforce-intents").render(&mut page)?;
    std::fs::write(directory.join(format!("{name}.1")), page)
}
