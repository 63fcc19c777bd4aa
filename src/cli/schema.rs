//! `schema`: the JSON Schema of the functionConfig, and its reference. `fn-config/` and `docs/` ship what this prints.

use super::streams::print;
use enforce_intents::config::{reference, schema};
use enforce_intents::report::json;

/// Arguments of `schema`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, Default)]
enum Format {
    /// JSON Schema, for editors
    #[default]
    Json,
    /// A reference to read: every field with its type, default and an example
    Markdown,
}

/// Prints it.
pub(super) fn run(arguments: Arguments) -> u8 {
    match arguments.format {
        Format::Json => print(&json::pretty(&schema::schema())),
        Format::Markdown => print(&reference::markdown()),
    }
}
