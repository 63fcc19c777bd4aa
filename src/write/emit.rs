//! The one place that prints YAML and JSON: only what we generate, and copies that replace aliases.
//!
//! Block text has kyaml's form: two spaces per map, list dashes at the column of the key they belong to.

use super::piece::{Piece, Token};
use std::borrow::Cow;

/// How our own strings are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// Plain where no YAML reader can take it for anything else, else double quotes.
    Yaml,
    /// Always double quotes.
    Json,
}

/// Longer keys need the explicit form `? key`; YAML readers stop looking for the colon after 1024 characters.
const LONGEST_SIMPLE_KEY: usize = 1000;

/// A document in block style, with a line ending at the end.
pub(super) fn block_document(piece: &Piece<'_>) -> String {
    let mut output = String::new();
    block(piece, 0, "\n", &mut output);
    output.push('\n');
    output
}

/// Prints a value in block style. The first line continues the current one, which stands at `column`; the others are
/// indented to it. There is no line ending after the last line.
pub(super) fn block(piece: &Piece<'_>, column: usize, line_ending: &str, output: &mut String) {
    match piece {
        Piece::Map(entries) if !entries.is_empty() => {
            for (index, (key, value)) in entries.iter().enumerate() {
                if index > 0 {
                    new_line(column, line_ending, output);
                }
                block_entry(key, value, column, column + 2, line_ending, output);
            }
        }
        Piece::List(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    new_line(column, line_ending, output);
                }
                output.push_str("- ");
                block(item, column + 2, line_ending, output);
            }
        }
        _ => flow(piece, Quoting::Yaml, output),
    }
}

/// Prints `key: value` in block style at `column`; a map below it gets `child_column`.
pub(super) fn block_entry(
    key: &Token<'_>,
    value: &Piece<'_>,
    column: usize,
    child_column: usize,
    line_ending: &str,
    output: &mut String,
) {
    let key = spelling(key, Quoting::Yaml);
    if key.len() > LONGEST_SIMPLE_KEY {
        output.push_str("? ");
        output.push_str(&key);
        new_line(column, line_ending, output);
    } else {
        output.push_str(&key);
    }
    output.push(':');
    block_value(value, column, child_column, line_ending, output);
}

/// Prints what follows a key's colon in block style: the value on the same line, or on lines of its own.
pub(super) fn block_value(
    value: &Piece<'_>,
    column: usize,
    child_column: usize,
    line_ending: &str,
    output: &mut String,
) {
    match value {
        Piece::Map(entries) if !entries.is_empty() => {
            new_line(child_column, line_ending, output);
            block(value, child_column, line_ending, output);
        }
        Piece::List(items) if !items.is_empty() => {
            new_line(column, line_ending, output);
            block(value, column, line_ending, output);
        }
        _ => {
            output.push(' ');
            flow(value, Quoting::Yaml, output);
        }
    }
}

/// Prints a value on one line, in flow style.
pub(super) fn flow(piece: &Piece<'_>, quoting: Quoting, output: &mut String) {
    match piece {
        Piece::Null => output.push_str("null"),
        Piece::Bool(value) => output.push_str(if *value { "true" } else { "false" }),
        Piece::Integer(value) => output.push_str(&value.to_string()),
        Piece::Scalar(token) => output.push_str(&spelling(token, quoting)),
        Piece::List(items) => {
            output.push('[');
            for (index, item) in items.iter().enumerate() {
                output.push_str(if index > 0 { ", " } else { "" });
                flow(item, quoting, output);
            }
            output.push(']');
        }
        Piece::Map(entries) => {
            output.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                output.push_str(if index > 0 { ", " } else { "" });
                flow_entry(key, value, quoting, output);
            }
            output.push('}');
        }
    }
}

/// Prints `key: value` in flow style.
pub(super) fn flow_entry(key: &Token<'_>, value: &Piece<'_>, quoting: Quoting, output: &mut String) {
    let key = spelling(key, quoting);
    output.push_str(if key.len() > LONGEST_SIMPLE_KEY { "? " } else { "" });
    output.push_str(&key);
    output.push_str(": ");
    flow(value, quoting, output);
}

fn new_line(column: usize, line_ending: &str, output: &mut String) {
    output.push_str(line_ending);
    output.extend(std::iter::repeat_n(' ', column));
}

fn spelling<'p>(token: &'p Token<'_>, quoting: Quoting) -> Cow<'p, str> {
    match token {
        Token::Spelled(copy) => Cow::Borrowed(&copy.spelling),
        Token::Text(text) if quoting == Quoting::Yaml => scalar(text),
        Token::Text(text) => double_quoted(text).into(),
    }
}

/// A string on one line, plain if that is safe.
pub(super) fn scalar(text: &str) -> Cow<'_, str> {
    if is_plain(text) { text.into() } else { double_quoted(text).into() }
}

/// Whether every YAML reader in the chain takes the plain text for the same string (`spec/krm.md` 2.3(d)).
fn is_plain(text: &str) -> bool {
    const RESERVED: [&str; 12] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "~"];
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./-".contains(&byte))
        && !RESERVED.iter().any(|reserved| text.eq_ignore_ascii_case(reserved))
}

/// The text in double quotes with JSON's escapes, which YAML reads the same way.
pub(super) fn double_quoted(text: &str) -> String {
    let mut output = String::with_capacity(text.len() + 2);
    output.push('"');
    for character in text.chars() {
        match character {
            '"' => output.push_str("\\\""),
            '\\' => output.push_str("\\\\"),
            '\n' => output.push_str("\\n"),
            '\r' => output.push_str("\\r"),
            '\t' => output.push_str("\\t"),
            // YAML takes some of these for line breaks and forbids others in a stream.
            '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                output.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => output.push(character),
        }
    }
    output.push('"');
    output
}

#[cfg(test)]
mod tests {
    use super::{Quoting, block_document, double_quoted, flow, is_plain};
    use crate::model::value::Value;
    use crate::write::piece::Piece;

    fn sample() -> Value {
        Value::map([
            ("metadata", Value::map([("labels", Value::map([("a/b", Value::string("true"))]))])),
            ("empty", Value::map::<String>([])),
            ("none", Value::List(vec![])),
            (
                "list",
                Value::List(vec![
                    Value::map([("port", Value::Integer(80)), ("name", Value::string("http"))]),
                    Value::List(vec![Value::Bool(true), Value::Null]),
                ]),
            ),
        ])
    }

    #[test]
    fn block_style_is_compact() {
        let expected = "metadata:\n  labels:\n    a/b: \"true\"\nempty: {}\nnone: []\nlist:\n- port: 80\n  name: http\n- - true\n  - null\n";
        assert_eq!(block_document(&sample().into()), expected);
    }

    #[test]
    fn flow_style_is_one_line() {
        let print = |quoting| {
            let mut output = String::new();
            flow(&Piece::from(sample()), quoting, &mut output);
            output
        };
        assert_eq!(
            print(Quoting::Yaml),
            "{metadata: {labels: {a/b: \"true\"}}, empty: {}, none: [], list: [{port: 80, name: http}, [true, null]]}"
        );
        assert!(print(Quoting::Json).starts_with("{\"metadata\": {\"labels\": {\"a/b\": \"true\"}}, \"empty\": {}"));
    }

    #[test]
    fn only_safe_strings_are_plain() {
        for text in ["a", "http", "/a", "kubernetes.io/metadata.name", "yess", "a-1_b.c"] {
            assert!(is_plain(text), "{text}");
        }
        for text in [
            "",
            "y",
            "N",
            "Yes",
            "OFF",
            "true",
            "NULL",
            "nan",
            "Inf",
            "~",
            "1",
            "0x1",
            "-a",
            "a b",
            "a:",
            "a#",
            "é",
            ".5",
            "<<",
            "=",
            "_a",
            "1e3",
            "8.8.8.8/32",
            "2024-01-01",
        ] {
            assert!(!is_plain(text), "{text}");
        }
    }

    #[test]
    fn odd_characters_are_escaped() {
        assert_eq!(double_quoted("a\"\\\n\t\u{7}\u{85}\u{2028}é😀"), r#""a\"\\\n\t\u0007\u0085\u2028é😀""#);
    }
}
