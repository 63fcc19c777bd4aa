//! Plain values: what we generate, on its way to YAML or JSON.

/// A value of an object that we generate. Maps keep the order in which they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// A string, quoted on output where any YAML reader could take it for something else.
    String(String),
    /// A list.
    List(Vec<Value>),
    /// A map in writing order, with distinct keys.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// A string.
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    /// A map of entries.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}
