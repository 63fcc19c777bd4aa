//! The functionConfig's JSON Schema, from the same table that validation uses.

use super::aliases;
use super::fields::{FIELDS, Field};
use super::formats::Format;
use super::raw::{API_VERSION, KIND};
use super::shape::{Key, Shape};
use super::value::{Origin, Raw, RawShape};
use crate::diag::Code;
use crate::model::value::Value;

/// Names of all fields of `spec`, in the order of the documentation.
pub fn field_names() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|field| field.name)
}

/// The schema (draft 2020-12) of an `EnforceIntents` object.
#[must_use]
pub fn schema() -> Value {
    let mut properties: Vec<(&str, Value)> = FIELDS.iter().map(|field| (field.name, of_field(field))).collect();
    properties.extend(aliases::names().map(|(name, meaning)| (name, of_chart_name(name, meaning))));
    let spec = Value::map([
        ("type", Value::List(vec![Value::string("object"), Value::string("null")])),
        ("additionalProperties", Value::Bool(false)),
        ("properties", Value::map(properties)),
    ]);
    Value::map([
        ("$schema", Value::string("https://json-schema.org/draft/2020-12/schema")),
        ("title", Value::string(KIND)),
        ("description", Value::string("The functionConfig of enforce-intents. Everything below spec is optional.")),
        ("type", Value::string("object")),
        ("additionalProperties", Value::Bool(false)),
        ("required", Value::List(vec![Value::string("apiVersion"), Value::string("kind")])),
        (
            "properties",
            Value::map([
                ("apiVersion", Value::map([("const", Value::string(API_VERSION))])),
                ("kind", Value::map([("const", Value::string(KIND))])),
                ("metadata", type_of("object")),
                ("spec", spec),
            ]),
        ),
    ])
}

fn of_field(field: &Field) -> Value {
    let mut entries = vec![("description".to_owned(), Value::string(field.description))];
    entries.extend(of_shape(field.shape));
    if let Some(default) = default(field) {
        entries.push(("default".to_owned(), default));
    }
    Value::Map(entries)
}

/// A name of the operator's chart: any value, because validation knows the details.
fn of_chart_name(name: &str, meaning: Option<&str>) -> Value {
    let description = match meaning {
        Some(ours) => format!("The chart's older name of {ours}."),
        None => format!("The chart's {name} has no effect at build time."),
    };
    Value::map([("description", Value::string(description)), ("deprecated", Value::Bool(true))])
}

/// Scalars may be quoted: they are read by their text.
fn of_shape(shape: Shape) -> Vec<(String, Value)> {
    let entries =
        |entries: Vec<(&str, Value)>| entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let words = |words: &[&str]| words.iter().map(|word| Value::string(*word)).collect::<Vec<_>>();
    match shape {
        Shape::Boolean => {
            let mut values = vec![Value::Bool(true), Value::Bool(false)];
            values.extend(words(&["true", "false"]));
            entries(vec![("enum", Value::List(values))])
        }
        Shape::Choice(choices) => {
            // A YAML 1.1 reader makes a boolean of an unquoted `off` or `true`.
            let mut values = words(choices);
            values.extend(choices.contains(&"off").then_some(Value::Bool(false)));
            values.extend(choices.contains(&"true").then_some(Value::Bool(true)));
            entries(vec![("enum", Value::List(values))])
        }
        Shape::Integer { min, max } => {
            let number = Value::map([
                ("type", Value::string("integer")),
                ("minimum", Value::Integer(min)),
                ("maximum", Value::Integer(max)),
            ]);
            let text = Value::map([("type", Value::string("string")), ("pattern", Value::string("^-?[0-9]+$"))]);
            entries(vec![("anyOf", Value::List(vec![number, text]))])
        }
        Shape::Text(format) => of_format(format),
        Shape::List(item) => entries(vec![("type", Value::string("array")), ("items", Value::Map(of_shape(*item)))]),
        Shape::Object(keys) => of_object(keys),
        Shape::Map(key, value) => entries(vec![
            ("type", Value::string("object")),
            ("propertyNames", Value::Map(of_format(key))),
            ("additionalProperties", Value::Map(of_shape(*value))),
        ]),
        Shape::Either(single, other) => {
            let both = vec![Value::Map(of_shape(*single)), Value::Map(of_shape(*other))];
            entries(vec![("anyOf", Value::List(both))])
        }
    }
}

fn of_object(keys: &[Key]) -> Vec<(String, Value)> {
    let properties = keys.iter().map(|key| {
        let mut entries = vec![("description".to_owned(), Value::string(key.description))];
        entries.extend(of_shape(key.shape));
        (key.name, Value::Map(entries))
    });
    let required: Vec<Value> = keys.iter().filter(|key| key.is_required).map(|key| Value::string(key.name)).collect();
    vec![
        ("type".to_owned(), Value::string("object")),
        ("additionalProperties".to_owned(), Value::Bool(false)),
        ("required".to_owned(), Value::List(required)),
        ("properties".to_owned(), Value::map(properties)),
    ]
}

/// Formats are left to validation, except the codes: an editor can offer them.
fn of_format(format: Format) -> Vec<(String, Value)> {
    match format {
        Format::RuleCode => {
            let codes = Code::ALL.iter().filter(|code| code.can_be_changed());
            vec![("enum".to_owned(), Value::List(codes.map(|code| Value::string(code.name())).collect()))]
        }
        // A port alone is a number in YAML.
        Format::PortAndProtocol => {
            let types = ["string", "integer"].map(Value::string);
            vec![("type".to_owned(), Value::List(types.into()))]
        }
        _ => vec![("type".to_owned(), Value::string("string"))],
    }
}

fn type_of(name: &str) -> Value {
    Value::map([("type", Value::string(name))])
}

/// The default with the type that the shape gives it. `None` for a field that is unset by default.
fn default(field: &Field) -> Option<Value> {
    let text = field.default;
    match field.shape {
        _ if text.is_empty() => None,
        Shape::Boolean => Some(Value::Bool(text == "true")),
        Shape::Integer { .. } => text.parse().ok().map(Value::Integer),
        Shape::List(_) | Shape::Object(_) | Shape::Map(..) => {
            Some(Raw::from_flow_text(text, Origin::Setting).as_ref().map_or(Value::Null, plain))
        }
        Shape::Choice(_) | Shape::Text(_) | Shape::Either(..) => Some(Value::string(text.trim_matches('"'))),
    }
}

fn plain(raw: &Raw) -> Value {
    match &raw.shape {
        RawShape::Null => Value::Null,
        RawShape::Text { text, .. } => Value::string(&**text),
        RawShape::List(items) => Value::List(items.iter().map(plain).collect()),
        RawShape::Map(entries) => Value::map(entries.iter().map(|entry| (&*entry.key, plain(&entry.value)))),
    }
}
