//! What is about to be written: values that we generate and copies of nodes, in one form.

use crate::model::value::Value;

/// A value on its way to text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A scalar.
    Scalar(Token),
    /// A list.
    List(Vec<Piece>),
    /// A map in writing order.
    Map(Vec<(Token, Piece)>),
}

/// A scalar on its way to text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A string of ours, quoted where it is written.
    Text(String),
    /// Text that is written as it is, for copies, numbers and booleans: the spelling, and the value it stands for.
    Spelled {
        /// What is written. It never spans lines and is safe inside flow collections.
        spelling: String,
        /// The decoded value, for comparing keys.
        value: String,
    },
}

impl Token {
    /// A spelling that is its own value.
    pub(super) fn verbatim(spelling: impl Into<String>) -> Self {
        let spelling = spelling.into();
        Self::Spelled { value: spelling.clone(), spelling }
    }

    /// The decoded value.
    pub(super) fn value(&self) -> &str {
        match self {
            Self::Text(value) | Self::Spelled { value, .. } => value,
        }
    }
}

impl Piece {
    /// A string of ours.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Scalar(Token::Text(text.into()))
    }
}

impl From<&Value> for Piece {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Scalar(Token::verbatim("null")),
            Value::Bool(value) => Self::Scalar(Token::verbatim(value.to_string())),
            Value::Integer(value) => Self::Scalar(Token::verbatim(value.to_string())),
            Value::String(text) => Self::text(text.clone()),
            Value::List(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Map(entries) => {
                Self::Map(entries.iter().map(|(key, value)| (Token::Text(key.clone()), Self::from(value))).collect())
            }
        }
    }
}
