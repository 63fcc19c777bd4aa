//! One page with the drawing and everything known about its parts, for any browser: no network, no other files.
//!
//! Names from the input reach the page in two ways only: escaped as text of the SVG, and in a block of JSON that the script reads
//! and puts into the page as text. A Content-Security-Policy lets nothing run but that script.

use super::drawing::{Drawing, MAX_DRAWN};
use super::svg::{self, escaped};
use super::{Picture, Style, counts, evidence};
use crate::model::value::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page. `#edge-3` or `#node-5` after its address selects that part of it.
#[must_use]
pub fn text(picture: &Picture<'_>) -> String {
    let drawing = Drawing::new(picture);
    let style = format!("{}{STYLE}", svg::STYLE);
    let mut text = String::from("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; form-action 'none'\">",
        hash(SCRIPT),
        hash(&style)
    );
    text.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    text.push_str("<meta name=\"color-scheme\" content=\"light dark\">\n");
    let _ = writeln!(text, "<title>Who calls whom: {}</title>", escaped(&counts(picture.graph)));
    let _ = writeln!(text, "<style>{style}</style>\n</head>\n<body>");
    controls(picture, &drawing, &mut text);
    let (width, height) = (drawing.layout.width, drawing.layout.height);
    let _ = writeln!(
        text,
        "<main>\n<svg id=\"drawing\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" aria-label=\"Workloads and their calls\">"
    );
    svg::body(picture, &drawing, &mut text);
    text.push_str("</svg>\n<aside id=\"panel\" aria-live=\"polite\"></aside>\n</main>\n");
    text.push_str("<noscript>The drawing is complete; rules and lines need JavaScript.</noscript>\n");
    text.push_str("<script type=\"application/json\" id=\"data\">");
    write(&data(picture, &drawing), &mut text);
    let _ = writeln!(text, "</script>\n<script>{SCRIPT}</script>\n</body>\n</html>");
    text
}

/// Search, filters, zoom.
fn controls(picture: &Picture<'_>, drawing: &Drawing, text: &mut String) {
    text.push_str("<header>\n<h1>Who calls whom</h1>\n");
    text.push_str("<input id=\"search\" type=\"search\" placeholder=\"Search workloads  ( / )\" aria-label=\"Search workloads\" autocomplete=\"off\" spellcheck=\"false\">\n");
    text.push_str("<select id=\"namespace\" aria-label=\"Namespace\"><option value=\"\">all namespaces</option>");
    for (index, namespace) in drawing.namespaces.iter().enumerate() {
        let _ = write!(text, "<option value=\"{index}\">{}</option>", escaped(namespace));
    }
    text.push_str("</select>\n<div class=\"styles\" role=\"group\" aria-label=\"Shown calls\">\n");
    for style in Style::ALL {
        let count = picture.graph.edges.iter().filter(|edge| Style::of(edge) == style).count();
        let name = style.name();
        let _ = writeln!(
            text,
            "<button type=\"button\" class=\"style {name}\" data-style=\"{name}\" aria-pressed=\"true\" title=\"{}\"><svg width=\"34\" height=\"10\" viewBox=\"0 0 34 10\" aria-hidden=\"true\"><g class=\"edge {name}\"><path class=\"line\" d=\"M1 5 H32\" marker-end=\"url(#head-{name})\"/></g></svg>{count} {name}</button>",
            style.meaning()
        );
    }
    text.push_str("</div>\n<div class=\"zoom\" role=\"group\" aria-label=\"Zoom\">");
    text.push_str("<button type=\"button\" id=\"zoom-out\" aria-label=\"Zoom out\">\u{2212}</button>");
    text.push_str("<button type=\"button\" id=\"zoom-fit\" aria-label=\"Show everything\">fit</button>");
    text.push_str("<button type=\"button\" id=\"zoom-in\" aria-label=\"Zoom in\">+</button></div>\n</header>\n");
}

fn data(picture: &Picture<'_>, drawing: &Drawing) -> Value {
    let Value::Map(mut entries) = evidence::data(picture) else { return Value::Null };
    let namespaces = drawing.namespaces.iter().map(Value::string).collect();
    entries.push(("namespaces".to_owned(), Value::List(namespaces)));
    entries.push(("drawn".to_owned(), Value::Bool(picture.graph.edges.len() <= MAX_DRAWN)));
    let left_out = i64::try_from(picture.graph.left_out).unwrap_or(i64::MAX);
    entries.push(("leftOut".to_owned(), Value::Integer(left_out)));
    Value::Map(entries)
}

/// A value as JSON inside HTML: no character of it can end the element or start a comment.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Integer(number) => {
            let _ = write!(text, "{number}");
        }
        Value::String(string) => write_string(string, text),
        Value::List(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { "," });
                write(item, text);
            }
            text.push(']');
        }
        Value::Map(entries) => {
            text.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { "," });
                write_string(key, text);
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
    }
}

fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '<' | '>' | '&' | '\'' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1F}' | '\u{7F}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(character));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

/// The source expression with which a Content-Security-Policy allows exactly this text.
fn hash(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digest = Sha256::digest(text.as_bytes());
    let mut base64 = String::from("sha256-");
    for bytes in digest.chunks(3) {
        let bits = bytes.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - bytes.len()));
        for digit in 0..4 {
            let index = usize::try_from(bits >> (18 - 6 * digit) & 63).unwrap_or_default();
            let digit = DIGITS.get(index).filter(|_| digit <= bytes.len());
            base64.push(digit.map_or('=', |&digit| char::from(digit)));
        }
    }
    base64
}

#[cfg(test)]
mod tests {
    use super::{hash, write_string};

    #[test]
    fn hashes_are_in_base64() {
        assert_eq!(hash(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(hash("abc"), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    }

    #[test]
    fn json_cannot_end_its_element() {
        let mut text = String::new();
        write_string("</script><!-- \" \\ \u{2028}\n é", &mut text);
        assert_eq!(text, r#""\u003c/script\u003e\u003c!-- \" \\ \u2028\u000a é""#);
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), "</script><!-- \" \\ \u{2028}\n é");
    }
}
