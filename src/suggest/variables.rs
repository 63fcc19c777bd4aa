//! Variables of a container, and what texts become with them.

use super::names::Names;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Longer values are not put into other texts.
const LONGEST_VALUE: usize = 1024;

/// A text does not grow by more than this.
const MOST_GROWTH: usize = 4096;

/// The environment of one container, and the variables that Kubernetes adds for the Services of its namespace.
pub(super) struct Variables<'n, 'w> {
    names: &'n Names<'w>,
    namespace: &'n str,
    values: BTreeMap<String, String>,
}

impl<'n, 'w> Variables<'n, 'w> {
    pub(super) fn new(names: &'n Names<'w>, namespace: &'n str) -> Self {
        Self { names, namespace, values: BTreeMap::new() }
    }

    /// Later values win, as in a container.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        if value.len() <= LONGEST_VALUE {
            self.values.insert(name.to_owned(), value.to_owned());
        } else {
            self.values.remove(name);
        }
    }

    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some(value) = self.values.get(name) {
            return Some(Cow::Borrowed(value));
        }
        let service = self.names.service_of_variable(self.namespace, name)?;
        match name.ends_with("_HOST") {
            true => Some(Cow::Borrowed(&service.name)),
            false => service.ports.first().map(|port| Cow::Owned(port.port.to_string())),
        }
    }

    /// The text with `$(A)`, `${A}`, `${A:-default}` and Spring's `${A:default}` replaced; `$A` too in commands. What is not
    /// known stays as it is.
    pub(super) fn expand<'t>(&self, text: &'t str, is_command: bool) -> Cow<'t, str> {
        if !text.contains('$') {
            return Cow::Borrowed(text);
        }
        let mut output = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find('$') {
            output.push_str(rest.get(..start).unwrap_or_default());
            rest = rest.get(start..).unwrap_or_default();
            let found = self.reference(rest, is_command).filter(|_| output.len() < text.len() + MOST_GROWTH);
            match found {
                Some((length, value)) => {
                    output.push_str(&value);
                    rest = rest.get(length..).unwrap_or_default();
                }
                // Kubernetes reads `$$(A)` as the text `$(A)`.
                None => {
                    let length = if rest.starts_with("$$") { 2 } else { 1 };
                    output.push_str(rest.get(..length).unwrap_or_default());
                    rest = rest.get(length..).unwrap_or_default();
                }
            }
        }
        output.push_str(rest);
        Cow::Owned(output)
    }

    /// The length of the reference at the start of the text, and its value.
    fn reference<'s>(&'s self, text: &'s str, is_command: bool) -> Option<(usize, Cow<'s, str>)> {
        let bytes = text.as_bytes();
        let close = match bytes.get(1)? {
            b'(' => Some(b')'),
            b'{' => Some(b'}'),
            _ if is_command => None,
            _ => return None,
        };
        let first = if close.is_some() { 2 } else { 1 };
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        let is_shell_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        let after = bytes.get(first..)?;
        let length = match close {
            Some(_) => after.iter().take_while(is_name).count(),
            None => after.iter().take_while(is_shell_name).count(),
        };
        let end = first + length;
        let value = self.get(text.get(first..end)?);
        let Some(close) = close else { return value.map(|value| (end, value)) };
        if bytes.get(end) == Some(&close) {
            return value.map(|value| (end + 1, value));
        }
        // `${A:-default}` and `${A:default}`.
        if close != b'}' || bytes.get(end) != Some(&b':') {
            return None;
        }
        let body = text.get(end + 1..)?;
        let length = body.bytes().take(LONGEST_VALUE).position(|byte| matches!(byte, b'}' | b'$' | b'\n'))?;
        if body.as_bytes().get(length) != Some(&b'}') {
            return None;
        }
        let default = body.get(..length)?;
        let default = default.strip_prefix(['-', '=']).unwrap_or(default);
        Some((end + 1 + length + 1, value.unwrap_or(Cow::Borrowed(default))))
    }
}
