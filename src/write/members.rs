//! Members of Lists as documents of their own: the same text, moved to the left margin.

use super::draft::{Draft, EditFault};
use super::edit::{Edit, EditConflict, EditSet};
use super::emit::{Quoting, double_quoted, scalar};
use super::entry::{block_column, content_end, is_block_collection, keeps_blank_lines, last_leaf, reject_complex_keys};
use super::flow_mapping::{blank_behind, quoting_of};
use super::items::{dash_of, with_head_comments};
use super::lines::{blanks, column, line_ending, line_start, next_line, skip_foot};
use crate::read::package::Resource;
use crate::read::tree::{CollectionStyle, Node, Shape};
use std::ops::Range;

/// A member and the text that belongs to it.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Comments above the dash, line by line.
    head: Range<usize>,
    /// From after the dash to the end of its lines.
    body: Range<usize>,
    /// How far its lines are indented.
    indent: usize,
    /// How far they are indented when it stands alone: not at all, but that a key like `... a` would be a marker there.
    margin: usize,
}

/// Finds a member's text, and adds the edits that make it stand alone: `apiVersion` and `kind` that it has from its list.
///
/// # Errors
/// A member that is an alias and would get such fields: they are not those of the object that it stands for. One with a collection for
/// a key.
pub(super) fn prepare<'t>(draft: &mut Draft<'t>, resource: &Resource, node: Node<'t>) -> Result<Member, EditFault> {
    if node.shape() == Shape::Alias && !says_what_it_is(resource, node) {
        let message = "it is an alias of an object without `apiVersion` and `kind`";
        return Err(EditFault::cannot_edit(node, message, "write the object out, or give it `apiVersion` and `kind`"));
    }
    reject_complex_keys(node.entries().map(|(key, _)| key))?;
    draft.separated.push(node.id().0..node.subtree_end().0);
    let lacks_braces = lacks_braces(node);
    if lacks_braces {
        draft.edits.push(Edit::insert(node.start(), "{"));
    }
    draft.edits.extend(inherited_fields(resource, node));
    if lacks_braces {
        draft.edits.push(Edit::insert(node.end(), format!("{}}}", blank_behind(node))));
    }
    let text = draft.text;
    // Neither the dash nor comments are part of the text before the member, however much that looks like them.
    let before = draft.node_before(node).filter(|before| before.end() <= node.outer_start());
    let end_before = before.map_or(0, Node::end);
    let dash = dash_before(text, node).filter(|dash| end_before <= *dash);
    let has_key_like_marker = node.entries().any(|(key, _)| is_marker(text.get(key.start()..).unwrap_or_default()));
    let margin = usize::from(has_key_like_marker);
    Ok(match dash {
        Some(dash) => {
            let dash_column = column(text, dash);
            let keeps = last_leaf(node).is_none_or(keeps_blank_lines);
            let end = skip_foot(text, next_line(text, content_end(node)), dash_column, keeps);
            let after_dash = dash + 1 + blanks(text, dash + 1);
            let start = if is_line_end(text, after_dash) { next_line(text, after_dash) } else { after_dash };
            let line = line_start(text, dash);
            let indent = if is_block_collection(node) { block_column(node) } else { dash_column + 2 };
            let head = with_head_comments(text, line, dash_column, end_before)..line;
            Member { head, body: start..end, indent, margin }
        }
        None => Member { head: 0..0, body: node.outer_start()..node.end(), indent: 0, margin },
    })
}

/// Whether it is `a: b` right inside of `[...]`, which is not the same outside.
fn lacks_braces(node: Node<'_>) -> bool {
    node.shape() == Shape::Mapping(CollectionStyle::Flow)
        && !node.source().get(node.start()..).is_some_and(|text| text.starts_with('{'))
}

/// Whether a member has `apiVersion` or `kind` of its own, or its list gives it none.
fn says_what_it_is(resource: &Resource, node: Node<'_>) -> bool {
    let has = |key: &str| node.get(key).is_some_and(|value| !value.is_blank());
    has("kind") || has("apiVersion") || resource.kind.is_empty()
}

/// The dash of a member of a block sequence; none in flow style.
fn dash_before(text: &str, node: Node<'_>) -> Option<usize> {
    let line = line_start(text, node.outer_start());
    let prefix = text.get(line..node.outer_start())?;
    match prefix.rfind('-') {
        Some(dash) if prefix.bytes().all(|byte| matches!(byte, b' ' | b'-' | b'\t')) => Some(line + dash),
        None if prefix.trim().is_empty() => {
            // The dash stands on a line above, with nothing or a comment behind it.
            let above = line_start(text, line.checked_sub(1)?);
            let mut candidate = above;
            loop {
                let indent = blanks(text, candidate);
                if text.get(candidate + indent..)?.starts_with('-') {
                    return dash_of(text, node, indent);
                }
                if !text.get(candidate + indent..)?.starts_with(['#', '\n', '\r', '&', '!']) {
                    return None;
                }
                candidate = line_start(text, candidate.checked_sub(1)?);
            }
        }
        _ => None,
    }
}

fn is_line_end(text: &str, position: usize) -> bool {
    text.get(position..).is_none_or(|rest| rest.is_empty() || rest.starts_with(['\n', '\r']))
}

/// `apiVersion` and `kind` of a member of a typed list: what is blank is filled in, what is missing comes before its first key.
fn inherited_fields(resource: &Resource, node: Node<'_>) -> Vec<Edit> {
    if says_what_it_is(resource, node) || !matches!(node.shape(), Shape::Mapping(_)) {
        return Vec::new();
    }
    let quoting = quoting_of(node);
    let spelled = |text: &str| match quoting {
        Quoting::Json if !is_block_collection(node) => double_quoted(text),
        _ => scalar(text).into_owned(),
    };
    let (mut edits, mut missing) = (Vec::new(), Vec::new());
    for (key, value) in [("apiVersion", &resource.api_version), ("kind", &resource.kind)] {
        match node.get_entry(key) {
            Some((key, blank)) if blank.is_absent() => {
                // A key may stand alone, without even a colon: in flow style, and behind a `?`, whose colon is on the next line.
                let colon = match blank.start() == key.end() {
                    true if is_block_collection(node) => {
                        let indent = " ".repeat(block_column(node));
                        format!("{}{indent}:", line_ending(node.source(), key.start()))
                    }
                    true => ":".to_owned(),
                    false => String::new(),
                };
                edits.push(Edit::insert(blank.start(), format!("{colon} {}", spelled(value))));
            }
            Some((_, blank)) => edits.push(Edit::replace(blank.outer_start()..blank.end(), spelled(value))),
            None => missing.push(format!("{}: {}", spelled(key), spelled(value))),
        }
    }
    if missing.is_empty() {
        return edits;
    }
    edits.push(if is_block_collection(node) {
        let next = format!("{}{}", line_ending(node.source(), node.start()), " ".repeat(block_column(node)));
        Edit::insert(node.start(), format!("{}{next}", missing.join(&next)))
    } else {
        let comma = if node.entries().next().is_some() { ", " } else { "" };
        let behind_brace = node.start() + usize::from(!lacks_braces(node));
        Edit::insert(behind_brace, format!("{}{comma}", missing.join(", ")))
    });
    edits
}

impl Member {
    /// The member's text with its edits, at the left margin.
    pub(super) fn print(&self, text: &str, edits: &EditSet) -> Result<String, EditConflict> {
        let mut output = String::new();
        for line in text.get(self.head.clone()).unwrap_or_default().split_inclusive('\n') {
            output.push_str(line.trim_start_matches(' '));
        }
        let body = edits.apply_within(text, self.body.clone())?;
        let starts_on_dash_line = column(text, self.body.start) > 0;
        let is_continued = |index: usize| index == 0 && starts_on_dash_line;
        // A carriage return alone ends a line, too; what follows one in front of a line feed is no line.
        for (index, line) in body.split_inclusive(['\r', '\n']).enumerate() {
            if line == "\n" {
                output.push_str(line);
            } else if is_continued(index) {
                output.extend(std::iter::repeat_n(' ', self.margin));
                output.push_str(line);
            } else {
                let moved = moved_left(line, self.indent, self.margin);
                // Without the blanks between them, two line breaks would be one.
                if output.ends_with('\r') && moved.starts_with('\n') {
                    output.push(' ');
                }
                output.push_str(&moved);
            }
        }
        Ok(output)
    }
}

/// Whether a text would begin with a mark of documents at the left margin.
fn is_marker(text: &str) -> bool {
    ["---", "..."].iter().any(|marker| {
        let behind = text.strip_prefix(marker);
        behind.is_some_and(|behind| behind.is_empty() || behind.starts_with([' ', '\t', '\n', '\r']))
    })
}

/// A line with `margin` spaces instead of its indentation. What is indented less continues a value and keeps one space more, so that it
/// cannot be taken for a key or a marker. Not so what starts with `#`: a comment behind an empty block scalar would become its text with
/// that, and in quotes no blank at the start of a line counts.
fn moved_left(line: &str, indent: usize, margin: usize) -> String {
    let spaces = line.len() - line.trim_start_matches(' ').len();
    let rest = line.get(spaces.min(indent)..).unwrap_or_default();
    let is_short = spaces < indent;
    match (is_short, rest.trim().is_empty()) {
        (true, true) => rest.to_owned(),
        (false, _) if margin > 0 || !is_marker(rest) => format!("{}{rest}", " ".repeat(margin)),
        (true, false) if rest.starts_with('#') => format!("{}{rest}", " ".repeat(margin)),
        _ => format!("{}{rest}", " ".repeat(margin + 1)),
    }
}
