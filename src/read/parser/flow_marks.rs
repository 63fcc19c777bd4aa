//! `?` and `:` in flow style, which Go's YAML library, and with it kustomize and kpt, reads in its own way.

use super::{Builder, SyntaxError};
use crate::read::tree::{CollectionStyle, ScalarStyle, Shape};

impl Builder<'_> {
    /// In flow style, Go's YAML library takes a `?` or `:` at the start of a key or an element for a mark, blank or not.
    pub(super) fn check_start_in_flow(&self, start: usize) -> Result<(), SyntaxError> {
        let mark = match self.text.as_bytes().get(start) {
            Some(b'?') => '?',
            Some(b':') => ':',
            _ => return Ok(()),
        };
        if !self.is_in_flow() || self.is_value() {
            return Ok(());
        }
        let message = format!(
            "text without quotes starts with `{mark}`, which kustomize and kpt do not read as a part of it: quote it"
        );
        Err(SyntaxError { offset: start, message })
    }

    /// In flow style, Go's YAML library takes a colon without a blank behind it for a part of the text before it, also where that ends:
    /// `{a:}` has the key `a:`. `behind` is where the value would stand that such a colon does not have.
    pub(super) fn check_colon_in_flow(&self, behind: usize) -> Result<(), SyntaxError> {
        let is_text = self.tree.nodes.last().is_some_and(|key| {
            let between = self.text.get(key.end as usize..behind).and_then(|between| between.strip_suffix(':'));
            let is_plain = key.shape == Shape::Scalar(ScalarStyle::Plain) && key.start < key.end;
            is_plain && between.is_some_and(|between| between.trim().is_empty())
        });
        let is_end = self.text.get(behind..).is_some_and(|rest| rest.starts_with([',', ']', '}']));
        if !is_text || !is_end || !self.is_in_flow() || !self.is_value() {
            return Ok(());
        }
        let message = "no blank follows the colon, which kustomize and kpt read as a part of the text: add one, or quote the text";
        Err(SyntaxError { offset: behind.saturating_sub(1), message: message.to_owned() })
    }

    /// Whether the node that was announced is the value of a key.
    fn is_value(&self) -> bool {
        self.open.last().is_some_and(|frame| matches!(frame.shape, Shape::Mapping(_)) && frame.children % 2 == 1)
    }

    /// Whether what comes next is in braces or brackets.
    pub(super) fn is_in_flow(&self) -> bool {
        self.open.last().is_some_and(|frame| {
            matches!(frame.shape, Shape::Mapping(CollectionStyle::Flow) | Shape::Sequence(CollectionStyle::Flow))
        })
    }
}
