//! What is about to be written: values that we generate and copies of nodes, in one form. Borrowed from the plan where possible.

use crate::model::value::Value;
use std::borrow::Cow;

/// A value on its way to text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'p> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// Any other scalar.
    Scalar(Token<'p>),
    /// A list.
    List(Vec<Piece<'p>>),
    /// A map in writing order.
    Map(Vec<(Token<'p>, Piece<'p>)>),
}

/// A key or a scalar on its way to text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token<'p> {
    /// A string of ours, quoted where it is written.
    Text(Cow<'p, str>),
    /// A copy.
    Spelled(Box<Spelled>),
}

/// A scalar that is written as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spelled {
    /// What is written. It never spans lines and is safe inside flow collections.
    pub(super) spelling: String,
    /// The decoded value, for comparing keys.
    pub(super) value: String,
}

impl<'p> Token<'p> {
    /// A string of ours.
    pub(super) fn text(text: impl Into<Cow<'p, str>>) -> Self {
        Self::Text(text.into())
    }

    /// The decoded value.
    pub(super) fn value(&self) -> &str {
        match self {
            Self::Text(value) => value,
            Self::Spelled(copy) => &copy.value,
        }
    }
}

impl<'p> Piece<'p> {
    /// A string of ours.
    pub(super) fn text(text: impl Into<Cow<'p, str>>) -> Self {
        Self::Scalar(Token::text(text))
    }
}

impl From<Value> for Piece<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Integer(value) => Self::Integer(value),
            Value::String(text) => Self::text(text),
            Value::List(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Map(entries) => {
                Self::Map(entries.into_iter().map(|(key, value)| (Token::text(key), Self::from(value))).collect())
            }
        }
    }
}
