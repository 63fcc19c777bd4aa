//! Lines to nodes: a stack of open block collections, and for every line the rule of which of them it goes on with (rule I4).

use super::block_scalar::{self, BlockScalar};
use super::builder::{Builder, Scalar};
use super::bytes;
use super::eight_bytes::skip_spaces;
use super::flow;
use super::scalar::{self, Stop};
use super::{KEY_LIMIT, NESTING_LIMIT};
use crate::read::document::Document;
use crate::read::prune::Selection;
use crate::read::tree::{CollectionStyle, NodeId, STAND_INS, Shape, Tree};

const MAPPING: Shape = Shape::Mapping(CollectionStyle::Block);
const SEQUENCE: Shape = Shape::Sequence(CollectionStyle::Block);

/// An open block collection.
#[derive(Clone, Debug)]
struct Frame {
    node: u32,
    shape: Shape,
    column: usize,
    /// Behind the `:` or `-` that still has no value.
    pending: Option<usize>,
    /// Whether its elements are objects: the value of the root's `items`.
    is_items: bool,
}

/// Where a value ended, and what the line has behind it.
struct Ended {
    /// The start of the next line.
    next_line: usize,
    /// Whether deeper lines would go on with it.
    is_continuable: bool,
}

pub(super) struct Lexer<'t> {
    bytes: &'t [u8],
    builder: Builder<'t>,
    open: Vec<Frame>,
    /// The same of a flow collection while it is read.
    open_flow: Vec<flow::Open>,
    documents: Vec<Document>,
    /// Whether the document that is being read has its root.
    has_root: bool,
    /// Whether the last token was a plain scalar that deeper lines go on with.
    is_continuable: bool,
    /// Whether the last key of a root mapping was `items`.
    is_items_key: bool,
}

/// So few that they are still at hand when they are read.
const CHECKED_AT_ONCE: usize = 1 << 14;

impl<'t> Lexer<'t> {
    /// A lexer at the start of a text that ends with a line break.
    pub(super) fn new(text: &'t str, selection: Option<Selection>) -> Self {
        Self {
            bytes: text.as_bytes(),
            builder: Builder::new(text, selection),
            open: Vec::new(),
            open_flow: Vec::new(),
            documents: Vec::new(),
            has_root: false,
            is_continuable: false,
            is_items_key: false,
        }
    }

    /// A lexer at the dash of an item of the first document, at that column. Right only if another one arrives there.
    pub(super) fn between_items(text: &'t str, selection: Option<Selection>, column: usize) -> Self {
        let mut lexer = Self::new(text, selection);
        for (shape, column, is_items) in [(MAPPING, 0, false), (SEQUENCE, column, true)] {
            let node = lexer.builder.open(shape, 0);
            lexer.open.push(Frame { node, shape, column, pending: None, is_items });
        }
        lexer.start_document(0, false);
        lexer.has_root = true;
        lexer.is_items_key = true;
        lexer
    }

    /// Reads lines from `start` on until a line starts at `end` or behind it; gives where that is. The bytes up to `end` are looked
    /// at shortly before they are read.
    pub(super) fn lines(&mut self, start: usize, end: usize) -> Option<usize> {
        let (mut position, mut checked) = (start, start);
        while position < end {
            if position >= checked {
                checked = self.check(checked, position.saturating_add(CHECKED_AT_ONCE).min(end))?;
            }
            position = self.line(position)?;
        }
        self.check(checked, end)?;
        Some(position)
    }

    /// Looks at bytes; gives the end.
    fn check(&self, start: usize, end: usize) -> Option<usize> {
        bytes::are_plain(self.bytes, start..end).then_some(end)
    }

    /// Whether an item at that column, in the line that comes next, would be one more of the root's `items`; if so, the item
    /// before it is complete.
    pub(super) fn is_between_items(&mut self, column: usize) -> Option<bool> {
        let is_text = self.is_continuable && self.open.last().is_some_and(|top| column > top.column);
        let is_in_items = matches!(self.open.as_slice(), [_, items, ..] if items.is_items && items.column == column);
        if is_text || !is_in_items || self.documents.len() != 1 {
            return Some(false);
        }
        while self.open.len() > 2 {
            self.close_top()?;
        }
        Some(self.open.last().is_some_and(|items| items.pending.is_none()))
    }

    /// Whether it has met more than one document.
    pub(super) fn has_more_documents(&self) -> bool {
        self.documents.len() > 1
    }

    /// Goes on with what other lexers have read from here on, one after the other: all but the last stand between two items, as this one
    /// does, and so did each at its start.
    pub(super) fn go_on_with(&mut self, later: Vec<Self>) -> Option<()> {
        if later.is_empty() {
            return Some(());
        }
        let [root, list] = [self.open.first()?.node, self.open.get(1)?.node];
        self.builder.close(list, None);
        for mut part in later {
            part.close_items()?;
            let (_, behind) = part.builder.end_of(STAND_INS - 1);
            let next = self.builder.next_id();
            self.builder.go_on_with(list, part.builder);
            let place = |node: u32| if node == 0 { root } else { node - behind + next };
            self.open = part.open.into_iter().map(|frame| Frame { node: place(frame.node), ..frame }).collect();
            self.is_continuable = part.is_continuable;
            self.is_items_key = part.is_items_key;
        }
        Some(())
    }

    /// Closes the list of items, if that is still open. Objects in it are complete; what is no object is completed here.
    fn close_items(&mut self) -> Option<()> {
        let list = STAND_INS - 1;
        while self.open.get(1).is_some_and(|items| items.node == list) {
            self.close_top()?;
        }
        self.builder.decode_children(list)
    }

    /// The tree, at the end of the text.
    pub(super) fn finish(mut self) -> Option<(Tree, Vec<Document>)> {
        self.end_document()?;
        self.builder.tree.number_parts();
        Some((self.builder.tree, self.documents))
    }

    #[inline]
    fn at(&self, position: usize) -> u8 {
        scalar::at(self.bytes, position)
    }

    /// Reads the line that starts there, with all lines that its last value takes. Gives the start of the next.
    fn line(&mut self, start: usize) -> Option<usize> {
        let mut token = skip_spaces(self.bytes, start);
        match self.at(token) {
            b'\n' => return Some(token + 1),
            b'#' => {
                self.is_continuable = false;
                return Some(scalar::next_line(self.bytes, token));
            }
            _ => {}
        }
        let mut column = token - start;
        if column == 0
            && matches!(self.bytes.get(start..start + 3), Some(b"---" | b"..."))
            && matches!(self.at(start + 3), b' ' | b'\n' | b'\t')
        {
            return self.document_start(start);
        }
        if self.is_continuable {
            if self.open.last().is_some_and(|top| column > top.column) {
                return self.continue_plain(token);
            }
            self.is_continuable = false;
        }
        let mut is_element = false;
        while self.at(token) == b'-' && matches!(self.at(token + 1), b' ' | b'\n') {
            self.open_element(token, column)?;
            is_element = true;
            let next = skip_spaces(self.bytes, token + 1);
            match self.at(next) {
                b'\n' => return Some(next + 1),
                b'#' => return Some(scalar::next_line(self.bytes, next)),
                _ => {}
            }
            column += next - token;
            token = next;
        }
        self.key_or_element(token, column, is_element)
    }

    /// `---` on a line of its own.
    fn document_start(&mut self, start: usize) -> Option<usize> {
        let behind = start + 3;
        if self.bytes.get(start..behind) != Some(b"---") {
            return None;
        }
        let next_line = scalar::end_line(self.bytes, behind)?;
        self.end_document()?;
        if let Some(previous) = self.documents.last_mut() {
            previous.text.end = start;
        }
        self.is_continuable = false;
        self.start_document(behind, true);
        Some(next_line)
    }

    fn start_document(&mut self, text_start: usize, has_start_marker: bool) {
        let root = NodeId(self.builder.next_id());
        self.documents.push(Document { root, has_start_marker, text: text_start..self.bytes.len() });
        self.has_root = false;
    }

    /// Closes what is open. A document that consists of its marker has a root that is absent.
    fn end_document(&mut self) -> Option<()> {
        while !self.open.is_empty() {
            self.close_top()?;
        }
        if let Some(document) = self.documents.last()
            && !self.has_root
        {
            self.builder.absent(document.text.start);
        }
        Some(())
    }

    #[inline]
    fn close_top(&mut self) -> Option<()> {
        let frame = self.open.pop()?;
        if let Some(position) = frame.pending {
            self.builder.absent(position);
        }
        self.builder.close(frame.node, None);
        if self.open.last().is_none_or(|parent| parent.is_items) {
            self.builder.finish_object(frame.node)?;
        }
        Some(())
    }

    /// Opens a collection, as the value that is pending or as the root of a document.
    fn open_collection(&mut self, shape: Shape, start: usize, column: usize) -> Option<()> {
        if self.open.len() >= NESTING_LIMIT {
            return None;
        }
        let mut is_items = false;
        if let Some(parent) = self.open.last_mut() {
            parent.pending = None;
            is_items = shape == SEQUENCE && self.is_items_key && self.open.len() == 1;
        } else {
            // Of block collections, only mappings at the first column are roots here (rule I3).
            if column != 0 || shape != MAPPING || self.has_root {
                return None;
            }
            if self.documents.is_empty() {
                self.start_document(0, false);
            }
            self.has_root = true;
        }
        let node = self.builder.open(shape, start);
        self.open.push(Frame { node, shape, column, pending: None, is_items });
        Some(())
    }

    /// Makes room for an element whose dash is at that column.
    fn open_element(&mut self, dash: usize, column: usize) -> Option<()> {
        while self.open.last().is_some_and(|top| top.column > column) {
            self.close_top()?;
        }
        let top = self.open.last()?;
        if top.shape == SEQUENCE && top.column == column {
            if let Some(position) = top.pending {
                self.builder.absent(position);
            }
        } else if top.pending.is_some() {
            // Deeper, or a sequence at the column of the key that it belongs to.
            self.open_collection(SEQUENCE, dash, column)?;
        } else {
            return None;
        }
        self.open.last_mut()?.pending = Some(dash + 1);
        Some(())
    }

    /// Makes room for a key at that column.
    fn open_entry(&mut self, key: usize, column: usize) -> Option<()> {
        loop {
            let Some(top) = self.open.last() else { return self.open_collection(MAPPING, key, column) };
            // A sequence at the column of its key ends with the next key.
            if top.column > column || (top.column == column && top.shape == SEQUENCE) {
                self.close_top()?;
            } else {
                break;
            }
        }
        let top = self.open.last()?;
        if top.column < column {
            return if top.pending.is_some() { self.open_collection(MAPPING, key, column) } else { None };
        }
        if let Some(position) = top.pending {
            self.builder.absent(position);
        }
        Some(())
    }

    /// What a line starts with, or an element: a key with its value, or if it is an element a value alone.
    fn key_or_element(&mut self, token: usize, column: usize, is_element: bool) -> Option<usize> {
        let (key, behind) = match self.at(token) {
            b'"' | b'\'' => {
                let owner = if is_element { self.open.last()?.column } else { usize::MAX };
                let key = scalar::quoted(self.bytes, token, owner)?;
                let behind = skip_spaces(self.bytes, key.range.end);
                if self.at(behind) != b':' {
                    return if is_element { self.value(token) } else { None };
                }
                // Escapes in keys are for the parser, which also knows what a key on several lines is.
                if key.is_encoded {
                    return None;
                }
                (key, behind)
            }
            b'[' | b'{' | b'|' | b'>' if is_element => return self.value(token),
            _ => match scalar::plain(self.bytes, token)? {
                (key, Stop::Colon(behind)) => (key, behind),
                (..) if is_element => return self.value(token),
                _ => return None,
            },
        };
        if behind - token > KEY_LIMIT || !matches!(self.at(behind + 1), b' ' | b'\n') {
            return None;
        }
        self.open_entry(token, column)?;
        if self.open.len() == 1 {
            self.is_items_key = self.builder.text.get(key.range.clone()).is_some_and(is_items);
        }
        self.builder.scalar(&key);
        self.open.last_mut()?.pending = Some(behind + 1);
        let value = skip_spaces(self.bytes, behind + 1);
        match self.at(value) {
            b'\n' => Some(value + 1),
            b'#' => Some(scalar::next_line(self.bytes, value)),
            _ => self.value(value),
        }
    }

    /// A value on the line of its key or dash, other than a block collection.
    fn value(&mut self, start: usize) -> Option<usize> {
        let owner = self.open.last()?.column;
        let is_in_object = self.open.len() <= 3;
        let ended = match self.at(start) {
            b'"' | b'\'' => {
                let found = scalar::quoted(self.bytes, start, owner)?;
                let next_line = scalar::end_line(self.bytes, found.range.end)?;
                self.scalar(&found, is_in_object)?;
                Ended { next_line, is_continuable: false }
            }
            b'|' | b'>' => {
                let BlockScalar { scalar, indent, next_line } = block_scalar::read(self.bytes, start, owner)?;
                let id = self.builder.scalar(&scalar);
                if let Some(indent) = indent {
                    let value = super::decode::block(self.builder.text, scalar.range, scalar.style, Some(indent))?;
                    self.builder.set_value(id, value);
                } else if is_in_object {
                    self.builder.decode(id)?;
                }
                Ended { next_line, is_continuable: false }
            }
            b'[' | b'{' => {
                let id = self.builder.next_id();
                let elements_are_objects = self.is_items_key && self.open.len() == 1;
                let end = flow::read(self.bytes, start, &mut self.builder, &mut self.open_flow, elements_are_objects)?;
                if self.open.last().is_some_and(|top| top.is_items) {
                    self.builder.finish_object(id)?;
                }
                Ended { next_line: scalar::end_line(self.bytes, end)?, is_continuable: false }
            }
            _ => {
                let (found, stop) = scalar::plain(self.bytes, start)?;
                let ended = match stop {
                    Stop::Colon(_) => return None,
                    Stop::LineEnd(next_line) => Ended { next_line, is_continuable: true },
                    Stop::Comment(next_line) => Ended { next_line, is_continuable: false },
                };
                self.builder.scalar(&found);
                ended
            }
        };
        self.is_continuable = ended.is_continuable;
        let top = self.open.last_mut()?;
        top.pending = None;
        Some(ended.next_line)
    }

    /// Selecting looks at the values of an object's own keys, so those are worked out before the object is complete.
    fn scalar(&mut self, found: &Scalar, is_in_object: bool) -> Option<()> {
        let id = self.builder.scalar(found);
        if is_in_object { self.builder.decode(id) } else { Some(()) }
    }

    /// A further line of a plain scalar (rule I5).
    fn continue_plain(&mut self, token: usize) -> Option<usize> {
        let (line, stop) = scalar::plain_line(self.bytes, token)?;
        self.builder.extend(line.end);
        match stop {
            Stop::Colon(_) => None,
            Stop::LineEnd(next_line) => Some(next_line),
            Stop::Comment(next_line) => {
                self.is_continuable = false;
                Some(next_line)
            }
        }
    }
}

fn is_items(key: &str) -> bool {
    matches!(key, "items" | "'items'" | "\"items\"")
}
