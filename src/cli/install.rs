//! `install`: copies the program into a folder, for images that have neither a shell nor `cp` (`spec/krm.md` 6.2).

use super::streams::complain;
use super::{FAULTY, GOOD};
use std::io;
use std::path::{Path, PathBuf};

/// Arguments of `install`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Folder that gets the program, for example a volume that another container mounts
    #[arg(value_name = "DIRECTORY")]
    directory: PathBuf,
}

/// Copies the program, as executable as it is, and gives the exit code.
pub(super) fn run(arguments: Arguments) -> u8 {
    match copy_to(&arguments.directory) {
        Ok(()) => GOOD,
        Err(error) => {
            complain(&format!("cannot install into {}: {error}", arguments.directory.display()));
            FAULTY
        }
    }
}

fn copy_to(directory: &Path) -> io::Result<()> {
    let program = std::env::current_exe()?;
    let target = directory.join("enforce-intents");
    // Written beside its place first: a container that starts meanwhile finds the whole program or none.
    let unfinished = directory.join(".enforce-intents.unfinished");
    std::fs::copy(program, &unfinished)?;
    std::fs::rename(unfinished, target)
}
