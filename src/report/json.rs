//! Plain values as JSON text.

use crate::model::value::Value;

/// A JSON document: indented by two spaces, with a line break at the end.
#[must_use]
pub fn document(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text.push('\n');
    text
}

fn write(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Integer(number) => text.push_str(&number.to_string()),
        Value::String(string) => write_string(string, text),
        Value::List(items) if items.is_empty() => text.push_str("[]"),
        Value::Map(entries) if entries.is_empty() => text.push_str("{}"),
        Value::List(items) => {
            text.push('[');
            for (number, item) in items.iter().enumerate() {
                new_line(number, indent + 1, text);
                write(item, indent + 1, text);
            }
            close(indent, ']', text);
        }
        Value::Map(entries) => {
            text.push('{');
            for (number, (key, item)) in entries.iter().enumerate() {
                new_line(number, indent + 1, text);
                write_string(key, text);
                text.push_str(": ");
                write(item, indent + 1, text);
            }
            close(indent, '}', text);
        }
    }
}

fn new_line(number: usize, indent: usize, text: &mut String) {
    text.push_str(if number > 0 { ",\n" } else { "\n" });
    text.push_str(&"  ".repeat(indent));
}

fn close(indent: usize, bracket: char, text: &mut String) {
    text.push('\n');
    text.push_str(&"  ".repeat(indent));
    text.push(bracket);
}

fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            control if u32::from(control) < 0x20 || control == '\u{7f}' => {
                text.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            // Script readers of JSON inside HTML end lines at these.
            '\u{2028}' | '\u{2029}' => text.push_str(&format!("\\u{:04x}", u32::from(character))),
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::document;
    use crate::model::value::Value;

    #[test]
    fn writes_every_kind_of_value() {
        let value = Value::map([
            ("empty", Value::List(Vec::new())),
            ("list", Value::List(vec![Value::Integer(-1), Value::Null, Value::Bool(true)])),
            ("text", Value::string("a \"b\" \\ \n\t\u{1} é \u{2028}")),
            ("none", Value::Map(Vec::new())),
        ]);
        let expected = "{\n  \"empty\": [],\n  \"list\": [\n    -1,\n    null,\n    true\n  ],\n  \"text\": \"a \\\"b\\\" \\\\ \\n\\t\\u0001 é \\u2028\",\n  \"none\": {}\n}\n";
        assert_eq!(document(&value), expected);
        let read: serde_json::Value = serde_json::from_str(&document(&value)).expect("valid JSON");
        assert_eq!(read["text"], "a \"b\" \\ \n\t\u{1} é \u{2028}");
    }
}
