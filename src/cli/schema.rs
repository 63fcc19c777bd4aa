//! `schema`: the JSON Schema of the functionConfig, the same file that `fn-config/` ships for editors.

use super::streams::print;

/// The schema.
pub(super) const SCHEMA: &str = include_str!("../../fn-config/enforce-intents.schema.json");

/// Prints it.
pub(super) fn run() -> u8 {
    print(SCHEMA)
}
