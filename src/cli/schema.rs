//! `schema`: the JSON Schema of the functionConfig. `fn-config/` ships what this prints, for editors.

use super::streams::print;
use enforce_intents::config::schema::schema;
use enforce_intents::report::json;

/// Prints it.
pub(super) fn run() -> u8 {
    print(&json::pretty(&schema()))
}
