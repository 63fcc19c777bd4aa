//! `schema`: the JSON Schema of the functionConfig, the same text that `fn-config/` ships for editors.

use super::streams::print;
use enforce_intents::config;

/// Prints it.
pub(super) fn run() -> u8 {
    print(&config::schema::text())
}
