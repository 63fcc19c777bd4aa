//! Values as JSON text.

use crate::model::value::Value;
use std::io;

/// The value as JSON: two spaces per level, a line per entry, short lists of scalars in one line, a line break at the end.
#[must_use]
pub fn pretty(value: &Value) -> String {
    let mut text = pretty_at(value, 0);
    text.push('\n');
    text
}

/// The same inside of other JSON, `depth` levels deep and without the line break.
pub(super) fn pretty_at(value: &Value, depth: usize) -> String {
    let mut text = String::new();
    write(value, depth, &mut text);
    text
}

/// A list of maps, which need not be in memory all at once, like [`pretty_at`].
///
/// # Errors
/// Those of the output.
pub(super) fn write_list(
    items: impl Iterator<Item = Value>,
    depth: usize,
    output: &mut dyn io::Write,
) -> io::Result<()> {
    let (inside, outside) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    let mut is_empty = true;
    for item in items {
        let before = if is_empty { "[\n" } else { ",\n" };
        write!(output, "{before}{inside}{}", pretty_at(&item, depth + 1))?;
        is_empty = false;
    }
    if is_empty { write!(output, "[]") } else { write!(output, "\n{outside}]") }
}

/// Recursion is as deep as the value, and values are made by this program.
fn write(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Integer(value) => text.push_str(&value.to_string()),
        Value::String(value) => write_string(value, text),
        Value::List(items) if is_short(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                write(item, depth, text);
            }
            text.push(']');
        }
        Value::List(items) => {
            write_between('[', ']', items, depth, text, |item, text| write(item, depth + 1, text));
        }
        Value::Map(entries) if entries.is_empty() => text.push_str("{}"),
        Value::Map(entries) => write_between('{', '}', entries, depth, text, |(key, value), text| {
            write_string(key, text);
            text.push_str(": ");
            write(value, depth + 1, text);
        }),
    }
}

/// Whether a list fits into one line: scalars only, and few characters.
fn is_short(items: &[Value]) -> bool {
    let length = |item: &Value| match item {
        Value::Null | Value::Bool(_) | Value::Integer(_) => Some(8),
        Value::String(text) => Some(text.len() + 4),
        Value::List(_) | Value::Map(_) => None,
    };
    items.iter().try_fold(0, |sum, item| Some(sum + length(item)?)).is_some_and(|sum: usize| sum <= 80)
}

fn write_between<T>(
    open: char,
    close: char,
    parts: &[T],
    depth: usize,
    text: &mut String,
    mut write_part: impl FnMut(&T, &mut String),
) {
    text.push(open);
    for (index, part) in parts.iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&"  ".repeat(depth + 1));
        write_part(part, text);
    }
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push(close);
}

fn write_string(value: &str, text: &mut String) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            character if character < ' ' => text.push_str(&format!("\\u{:04x}", u32::from(character))),
            character => text.push(character),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::pretty;
    use crate::model::value::Value;

    #[test]
    fn prints_every_kind_of_value() {
        let value = Value::map([
            ("text", Value::string("a \"b\" \\ \n\u{1} é")),
            ("list", Value::List(vec![Value::Integer(-1), Value::Bool(true), Value::Null])),
            ("empty", Value::List(vec![Value::List(vec![]), Value::Map(vec![])])),
        ]);
        let expected = "{\n  \"text\": \"a \\\"b\\\" \\\\ \\n\\u0001 é\",\n  \"list\": [-1, true, null],\n  \"empty\": [\n    [],\n    {}\n  ]\n}\n";
        assert_eq!(pretty(&value), expected);
    }
}
