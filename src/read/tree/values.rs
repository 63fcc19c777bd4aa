//! Scalars as Go's YAML reader takes them: null, booleans, integers.

use super::{Node, ScalarStyle, Shape};

impl<'t> Node<'t> {
    /// The text of a scalar that is not simply a string: plain without a tag, or tagged as one of YAML's other types.
    fn unquoted(self) -> Option<&'t str> {
        let node = self.resolve()?;
        match node.tag() {
            None if node.shape() == Shape::Scalar(ScalarStyle::Plain) => node.as_str(),
            Some("!!bool" | "!!int" | "!!float" | "!!null") => node.as_str(),
            _ => None,
        }
    }

    /// Whether it is null: an absent value, or plain `~`, `null`, `Null`, `NULL`, or tagged `!!null`. Aliases followed.
    #[must_use]
    pub fn is_null(self) -> bool {
        let is_tagged = self.resolve().is_some_and(|node| node.tag() == Some("!!null"));
        is_tagged || matches!(self.unquoted(), Some("" | "~" | "null" | "Null" | "NULL"))
    }

    /// Whether nothing is said: null, or an empty string that has no tag of its own.
    #[must_use]
    pub fn is_blank(self) -> bool {
        let is_tagged = || !self.resolve().is_some_and(|node| matches!(node.tag(), None | Some("!!str")));
        self.is_null() || (self.as_str() == Some("") && !is_tagged())
    }

    /// A boolean as Go's YAML reader sees it (YAML 1.1: `yes`, `on`, ... are booleans), only if it is not a string by its quotes
    /// or tag.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self.unquoted()? {
            "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => Some(true),
            "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    /// Whether the API server gets a string: it is quoted, or neither null, boolean nor number to Go's YAML reader. For judging what
    /// somebody wrote; [`Self::is_string`] is stricter.
    ///
    /// That reader takes a lone `y` or `n` for a boolean, too. Most others do not, and kustomize quotes them, so they count as strings.
    #[must_use]
    pub fn is_string_in_go(self) -> bool {
        let is_lone_letter = || self.as_str().is_some_and(|text| text.len() == 1);
        self.is_scalar()
            && !self.is_null()
            && (self.as_bool().is_none() || is_lone_letter())
            && self.as_integer().is_none()
            && !self.unquoted().is_some_and(is_decimal)
    }

    /// Whether it is this string for every YAML reader in the chain: `true` without quotes is not the string "true". For what we
    /// write: whatever looks like a number or date to any reader is taken for one.
    #[must_use]
    pub fn is_string(self, wanted: &str) -> bool {
        if self.as_str() != Some(wanted) {
            return false;
        }
        let Some(node) = self.resolve() else { return false };
        match node.tag() {
            Some("!!str" | "!") => true,
            Some(_) => false,
            None => node.shape() != Shape::Scalar(ScalarStyle::Plain) || node.is_plain_string(wanted),
        }
    }

    /// Whether a plain scalar is a string to YAML 1.1 and 1.2 readers alike: no null, boolean, number or date.
    fn is_plain_string(self, text: &str) -> bool {
        let is_number_like = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
            && text.bytes().all(|byte| byte.is_ascii_hexdigit() || b"+-._xXoOtTzZ: infINFanAN".contains(&byte));
        !self.is_null() && self.as_bool().is_none() && !is_number_like && text != "=" && text != "<<"
    }

    /// An integer as Go's YAML reader sees it (`0644`, `0o17`, `0x1F`, `0b1`, `1_000`, `8e1`), only if it is not a string by
    /// its quotes or tag.
    #[must_use]
    pub fn as_integer(self) -> Option<i64> {
        parse_integer(self.unquoted()?)
    }
}

/// Whether a plain scalar is a floating-point number in YAML 1.1.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && unsigned.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-_".contains(&byte))
        && unsigned.replace('_', "").parse::<f64>().is_ok()
}

/// An integer by the rules of Go's YAML reader: those of Go's `ParseInt` with base 0 after all underscores are taken out, then
/// decimal fractions and exponents whose value is whole.
fn parse_integer(text: &str) -> Option<i64> {
    if !text.starts_with(['+', '-', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) {
        return None;
    }
    // Nearly all numbers are ports.
    if text.len() < 19 && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let compact = text.replace('_', "").to_ascii_lowercase();
    let (is_negative, digits) = match compact.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, compact.strip_prefix('+').unwrap_or(&compact)),
    };
    let (radix, digits) = match digits.get(..2) {
        Some("0x") => (16, digits.get(2..)?),
        Some("0o") => (8, digits.get(2..)?),
        Some("0b") => (2, digits.get(2..)?),
        Some(_) if digits.starts_with('0') && digits.bytes().all(|byte| (b'0'..=b'7').contains(&byte)) => (8, digits),
        _ if digits.bytes().all(|byte| byte.is_ascii_digit()) => (10, digits),
        _ => return whole_float(&compact),
    };
    // The parser of the standard library takes a sign here, too.
    if !digits.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = i128::from_str_radix(digits, radix).ok()?;
    i64::try_from(if is_negative { -magnitude } else { magnitude }).ok()
}

/// A number with a fraction or exponent, if its value is whole.
fn whole_float(text: &str) -> Option<i64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'+' | b'-'));
    let value: f64 = text.parse().ok().filter(|_| is_number)?;
    // Beyond 2^53 not every integer is a float, and nothing that we read is as large.
    (value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0).then_some(value as i64)
}
