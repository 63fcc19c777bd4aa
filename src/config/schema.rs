//! The JSON Schema of the functionConfig, from the same table that validates it.

use super::aliases;
use super::fields::FIELDS;
use super::formats::Format;
use super::raw::{API_VERSION, KIND};
use super::shape::{Key, Shape};
use crate::diag::Code;
use crate::model::value::Value;

/// Names of all fields of `spec`, in the order of the documentation.
pub fn field_names() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|field| field.name)
}

/// The schema (draft 2020-12) of a whole `EnforceIntents` object.
#[must_use]
pub fn schema() -> Value {
    let fields = FIELDS.iter().map(|field| {
        let mut schema = vec![("description".to_owned(), Value::string(field.description))];
        schema.extend(of_shape(field.shape));
        if !field.default.is_empty() {
            schema.push(("default".to_owned(), default_value(field.default)));
        }
        (field.name, Value::Map(schema))
    });
    let chart = aliases::ALIASES.iter().filter_map(|(name, ours, _)| {
        let field = FIELDS.iter().find(|field| field.name == *ours)?;
        let mut schema = vec![
            ("description".to_owned(), Value::string(format!("The chart's name for {ours}."))),
            ("deprecated".to_owned(), Value::Bool(true)),
        ];
        if !matches!(field.shape, Shape::Choice(_)) {
            schema.extend(of_shape(field.shape));
        }
        Some((*name, Value::Map(schema)))
    });
    let ignored = aliases::WITHOUT_EFFECT.iter().map(|name| {
        let description = Value::string("A switch of the operator's chart without effect at build time.");
        (*name, Value::map([("description", description), ("deprecated", Value::Bool(true))]))
    });
    let spec = Value::map([
        ("type", strings(["object", "null"])),
        ("additionalProperties", Value::Bool(false)),
        ("properties", Value::map(fields.chain(chart).chain(ignored))),
    ]);
    Value::map([
        ("$schema", Value::string("https://json-schema.org/draft/2020-12/schema")),
        ("title", Value::string(KIND)),
        ("description", Value::string("The functionConfig of enforce-intents. Everything below spec is optional.")),
        ("type", Value::string("object")),
        ("additionalProperties", Value::Bool(false)),
        ("required", strings(["apiVersion", "kind"])),
        (
            "properties",
            Value::map([
                ("apiVersion", Value::map([("const", Value::string(API_VERSION))])),
                ("kind", Value::map([("const", Value::string(KIND))])),
                ("metadata", Value::map([("type", Value::string("object"))])),
                ("spec", spec),
            ]),
        ),
    ])
}

/// The keywords that describe a shape. Values are read by their text, so numbers and booleans may be quoted.
fn of_shape(shape: Shape) -> Vec<(String, Value)> {
    let keywords: Vec<(&str, Value)> = match shape {
        Shape::Boolean => vec![(
            "enum",
            Value::List(vec![Value::Bool(true), Value::Bool(false), Value::string("true"), Value::string("false")]),
        )],
        Shape::Choice(choices) => {
            let mut values: Vec<Value> = choices.iter().map(|choice| Value::string(*choice)).collect();
            // Words that some YAML readers take for booleans.
            if choices.contains(&"off") {
                values.push(Value::Bool(false));
            }
            if choices.contains(&"true") {
                values.push(Value::Bool(true));
            }
            vec![("enum", Value::List(values))]
        }
        Shape::Integer { min, max } => vec![(
            "anyOf",
            Value::List(vec![
                Value::map([
                    ("type", Value::string("integer")),
                    ("minimum", Value::Integer(min)),
                    ("maximum", Value::Integer(max)),
                ]),
                Value::map([("type", Value::string("string")), ("pattern", Value::string("^[+-]?[0-9]+$"))]),
            ]),
        )],
        Shape::Text(format) => text_keywords(format),
        Shape::List(item) => {
            vec![("type", Value::string("array")), ("items", Value::Map(of_shape(*item)))]
        }
        Shape::Object(keys) => object_keywords(keys),
        Shape::Map(Format::RuleCode, value) => {
            let codes = Code::ALL.iter().filter(|code| code.can_be_changed());
            let codes = codes.map(|code| {
                let mut schema = vec![("description".to_owned(), Value::string(code.description()))];
                schema.extend(of_shape(*value));
                (code.name(), Value::Map(schema))
            });
            vec![
                ("type", Value::string("object")),
                ("additionalProperties", Value::Bool(false)),
                ("properties", Value::map(codes)),
            ]
        }
        Shape::Map(_, value) => {
            vec![("type", Value::string("object")), ("additionalProperties", Value::Map(of_shape(*value)))]
        }
        Shape::Either(single, other) => {
            let mut either = vec![Value::Map(of_shape(*single)), Value::Map(of_shape(*other))];
            if matches!(single, Shape::Text(Format::PortAndProtocol)) {
                either.push(Value::map([("type", Value::string("integer"))]));
            }
            vec![("anyOf", Value::List(either))]
        }
    };
    keywords.into_iter().map(|(keyword, value)| (keyword.to_owned(), value)).collect()
}

fn text_keywords(format: Format) -> Vec<(&'static str, Value)> {
    let pattern = match format {
        Format::Namespace => "^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$",
        Format::NamespaceOrAll => "^(\\*|[a-z0-9]([-a-z0-9]*[a-z0-9])?)$",
        Format::Kind => "^[A-Z][A-Za-z0-9]*$",
        Format::PolicyPath => "^(?!/)(?!(.*/)?\\.\\.?/).*\\.ya?ml$",
        _ => return vec![("type", Value::string("string"))],
    };
    vec![("type", Value::string("string")), ("pattern", Value::string(pattern))]
}

fn object_keywords(keys: &'static [Key]) -> Vec<(&'static str, Value)> {
    let properties = keys.iter().map(|key| {
        let mut schema = vec![("description".to_owned(), Value::string(key.description))];
        schema.extend(of_shape(key.shape));
        (key.name, Value::Map(schema))
    });
    let required: Vec<Value> = keys.iter().filter(|key| key.is_required).map(|key| Value::string(key.name)).collect();
    let mut keywords = vec![
        ("type", Value::string("object")),
        ("additionalProperties", Value::Bool(false)),
        ("properties", Value::map(properties)),
    ];
    if !required.is_empty() {
        keywords.push(("required", Value::List(required)));
    }
    keywords
}

fn strings<const N: usize>(texts: [&str; N]) -> Value {
    Value::List(texts.into_iter().map(Value::string).collect())
}

/// A default of the table: a boolean, an integer, an empty collection, a list of words, or a text.
fn default_value(text: &str) -> Value {
    if let Some(items) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return Value::List(items.split(", ").filter(|item| !item.is_empty()).map(Value::string).collect());
    }
    match text {
        "{}" => Value::Map(Vec::new()),
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match text.parse() {
            Ok(integer) => Value::Integer(integer),
            Err(_) => Value::string(text.trim_matches('"')),
        },
    }
}

#[cfg(test)]
mod tests {
    /// `enforce-intents schema > fn-config/enforce-intents.schema.json` writes it.
    #[test]
    fn the_shipped_file_is_this_schema() {
        let shipped = include_str!("../../fn-config/enforce-intents.schema.json");
        assert!(
            shipped == crate::report::json::pretty(&super::schema()),
            "fn-config/enforce-intents.schema.json is not what `schema` prints"
        );
    }

    #[test]
    fn is_json_that_describes_every_field() {
        let schema: serde_json::Value = serde_json::from_str(&crate::report::json::pretty(&super::schema())).unwrap();
        let properties = schema["properties"]["spec"]["properties"].as_object().unwrap();
        for field in super::FIELDS {
            assert!(
                properties[field.name]["description"].as_str().is_some_and(|text| text.ends_with('.')),
                "{}",
                field.name
            );
        }
        assert_eq!(properties["dnsPorts"]["default"], serde_json::json!(["UDP/53", "TCP/53"]));
        assert_eq!(properties["policyLabelValue"]["enum"], serde_json::json!(["true", "identity", true]));
        assert_eq!(properties["mode"]["default"], "defaultActive");
        assert_eq!(schema["properties"]["spec"]["additionalProperties"], false);
    }
}
