//! The shapes of configuration values: one description for validation and for the JSON Schema.

use super::formats::Format;
use super::value::{Origin, Raw, RawEntry, RawShape};
use crate::diag::suggest::nearest;
use crate::diag::{Finding, Findings};

/// What a value must look like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// `true` or `false`; YAML 1.1's other words for them are taken by their meaning.
    Boolean,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// An integer in a range.
    Integer {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// A text of that format.
    Text(Format),
    /// A list.
    List(&'static Self),
    /// A map with these keys.
    Object(&'static [Key]),
    /// A map with any keys of a format.
    Map(Format, &'static Self),
    /// A single value of the first shape, or a map or list of the second.
    Either(&'static Self, &'static Self),
}

/// A key of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) is_required: bool,
    pub(super) description: &'static str,
}

/// A value that has its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    Boolean(bool),
    Integer(i64),
    Text(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl Checked {
    /// The boolean; false if it is none.
    pub(super) fn boolean(&self) -> bool {
        matches!(self, Self::Boolean(true))
    }

    /// The integer; 0 if it is none.
    pub(super) fn integer(&self) -> i64 {
        if let Self::Integer(integer) = self { *integer } else { 0 }
    }

    /// The text; empty if it is none.
    pub(super) fn text(&self) -> &str {
        if let Self::Text(text) = self { text } else { "" }
    }

    /// The items of a list.
    pub(super) fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// The entries of a map.
    pub(super) fn entries(&self) -> &[(String, Self)] {
        if let Self::Map(entries) = self { entries } else { &[] }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The text of a key; empty if absent.
    pub(super) fn text_of(&self, key: &str) -> String {
        self.get(key).map(|value| value.text().to_owned()).unwrap_or_default()
    }
}

/// The value if it has the shape; `None` if it is null or a fault was reported. `path` is its name in messages.
pub(super) fn check(raw: &Raw, shape: Shape, path: &str, findings: &mut Findings) -> Option<Checked> {
    if let RawShape::Text { text, is_flat: true } = &raw.shape
        && matches!(shape, Shape::List(_) | Shape::Object(_) | Shape::Map(..))
    {
        return check_flat(raw, text, shape, path, findings);
    }
    match (&raw.shape, shape) {
        (RawShape::Null, _) => None,
        (RawShape::Text { is_flat: true, .. }, Shape::Either(_, list @ Shape::List(_))) => {
            check(raw, *list, path, findings)
        }
        (RawShape::Text { .. }, Shape::Either(single, _)) => check(raw, *single, path, findings),
        (_, Shape::Either(_, other)) => check(raw, *other, path, findings),
        (RawShape::Text { text, .. }, Shape::Boolean) => {
            let value = boolean(text);
            if value.is_none() {
                let fault = raw.origin.fault(format_args!("`{path}` must be true or false, not `{text}`"));
                findings.push(fault);
            }
            value.map(Checked::Boolean)
        }
        (RawShape::Text { text, .. }, Shape::Choice(choices)) => choice(raw.origin, text, choices, path, findings),
        (RawShape::Text { text, .. }, Shape::Integer { min, max }) => {
            let value = text.parse::<i64>().ok().filter(|value| (min..=max).contains(value));
            if value.is_none() {
                findings.push(
                    raw.origin.fault(format_args!("`{path}` must be a number from {min} to {max}, not `{text}`")),
                );
            }
            value.map(Checked::Integer)
        }
        (RawShape::Text { text, .. }, Shape::Text(format)) => match format.check(text) {
            Ok(()) => Some(Checked::Text(text.clone())),
            Err(fault) => {
                let message = format!("`{path}` must be {}, not `{text}`", format.expected());
                let mut finding = raw.origin.fault(message);
                finding.help = fault.help;
                findings.push(finding);
                None
            }
        },
        (RawShape::List(items), Shape::List(item)) => check_list(items, *item, path, findings),
        (RawShape::Map(entries), Shape::Object(keys)) => check_object(raw, entries, keys, path, findings),
        (RawShape::Map(entries), Shape::Map(format, value)) => check_map(entries, format, *value, path, findings),
        (found, _) => {
            let found = match found {
                RawShape::Map(_) => "a map",
                RawShape::List(_) => "a list",
                RawShape::Text { .. } | RawShape::Null => "a single value",
            };
            findings.push(raw.origin.fault(format_args!("`{path}` must be {}, not {found}", shape.expected())));
            None
        }
    }
}

impl Shape {
    /// In words, for messages.
    pub(super) fn expected(self) -> String {
        match self {
            Self::Boolean => "true or false".into(),
            Self::Choice(choices) => format!("one of {}", choices.join(", ")),
            Self::Integer { min, max } => format!("a number from {min} to {max}"),
            Self::Text(format) => format.expected().into(),
            Self::List(_) => "a list".into(),
            Self::Object(keys) => {
                format!("a map with {}", keys.iter().map(|key| key.name).collect::<Vec<_>>().join(", "))
            }
            Self::Map(..) => "a map".into(),
            Self::Either(single, other) => format!("{} or {}", single.expected(), other.expected()),
        }
    }
}

/// `--set` and ConfigMaps have texts only: a list is separated by commas, anything else is written in YAML's flow style.
fn check_flat(raw: &Raw, text: &str, shape: Shape, path: &str, findings: &mut Findings) -> Option<Checked> {
    if let Some(parsed) = Raw::from_flow_text(text, raw.origin) {
        return check(&parsed, shape, path, findings);
    }
    let Shape::List(item) = shape else {
        let message = format!("`{path}` must be {}, not `{text}`", shape.expected());
        findings.push(raw.origin.fault(message).with_help(format!("write {path}.KEY=VALUE, or the map in braces")));
        return None;
    };
    let items: Vec<Raw> = text
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(|item| Raw { shape: RawShape::Text { text: item.to_owned(), is_flat: false }, origin: raw.origin })
        .collect();
    check_list(&items, *item, path, findings)
}

fn check_list(items: &[Raw], item: Shape, path: &str, findings: &mut Findings) -> Option<Checked> {
    let checked: Vec<Option<Checked>> = items
        .iter()
        .enumerate()
        .map(|(index, raw)| {
            let path = format!("{path}[{index}]");
            if matches!(raw.shape, RawShape::Null) {
                findings.push(raw.origin.fault(format_args!("`{path}` must be {}, not null", item.expected())));
            }
            check(raw, item, &path, findings)
        })
        .collect();
    checked.into_iter().collect::<Option<Vec<_>>>().map(Checked::List)
}

fn check_object(
    raw: &Raw,
    entries: &[RawEntry],
    keys: &'static [Key],
    path: &str,
    findings: &mut Findings,
) -> Option<Checked> {
    let mut is_good = true;
    let mut checked = Vec::new();
    for entry in entries {
        let Some(key) = keys.iter().find(|key| key.name == entry.key) else {
            findings.push(unknown_key(entry, keys.iter().map(|key| key.name), path));
            is_good = false;
            continue;
        };
        if matches!(entry.value.shape, RawShape::Null) {
            continue;
        }
        match check(&entry.value, key.shape, &format!("{path}.{}", key.name), findings) {
            Some(value) => checked.push((entry.key.clone(), value)),
            None => is_good = false,
        }
    }
    for key in keys.iter().filter(|key| key.is_required) {
        let is_there =
            entries.iter().any(|entry| entry.key == key.name && !matches!(entry.value.shape, RawShape::Null));
        if !is_there {
            findings.push(raw.origin.fault(format_args!("`{path}.{}` is required", key.name)));
            is_good = false;
        }
    }
    is_good.then_some(Checked::Map(checked))
}

fn check_map(
    entries: &[RawEntry],
    format: Format,
    value: Shape,
    path: &str,
    findings: &mut Findings,
) -> Option<Checked> {
    let mut is_good = true;
    let mut checked = Vec::new();
    for entry in entries {
        if let Err(fault) = format.check(&entry.key) {
            let message = format!("a key of `{path}` must be {}, not `{}`", format.expected(), entry.key);
            let mut finding = entry.key_origin.fault(message);
            finding.help = fault.help;
            findings.push(finding);
            is_good = false;
        }
        let path = format!("{path}.{}", entry.key);
        if matches!(entry.value.shape, RawShape::Null) {
            findings.push(entry.value.origin.fault(format_args!("`{path}` must be {}, not null", value.expected())));
        }
        match check(&entry.value, value, &path, findings) {
            Some(value) => checked.push((entry.key.clone(), value)),
            None => is_good = false,
        }
    }
    is_good.then_some(Checked::Map(checked))
}

/// An unknown key, with a suggestion.
pub(super) fn unknown_key(entry: &RawEntry, known: impl Iterator<Item = &'static str>, path: &str) -> Finding {
    let known: Vec<&str> = known.collect();
    let name = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
    let help = match nearest(&entry.key, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.len() <= 12 => format!("known fields: {}", known.join(", ")),
        None => "`enforce-intents schema` lists the fields".to_owned(),
    };
    entry.key_origin.fault(format_args!("unknown field `{name}`")).with_help(help)
}

fn choice(
    origin: Origin,
    text: &str,
    choices: &'static [&'static str],
    path: &str,
    findings: &mut Findings,
) -> Option<Checked> {
    if choices.contains(&text) {
        return Some(Checked::Text(text.to_owned()));
    }
    // Some tools turn an unquoted `off` into `false` on its way here.
    if text == "false" && choices.contains(&"off") {
        return Some(Checked::Text("off".to_owned()));
    }
    let mut finding = origin.fault(format_args!("`{path}` must be one of {}, not `{text}`", choices.join(", ")));
    finding.help = nearest(text, choices.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    findings.push(finding);
    None
}

/// A boolean by its text: YAML 1.1's words mean what they say, quoted or not.
fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}
