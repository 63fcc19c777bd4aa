//! Parser events to nodes. The only file that names the YAML parser.
//!
//! The parser's spans have quirks that later stages must not see (`spec/yaml.md` 6.24-26): an absent value is a `~` of no
//! length somewhere near where it would stand, a block sequence starts at its first element, a block scalar at its content,
//! and block collections end at the next token. What `NodeData` in `tree` promises instead is made here, with the help
//! of `layout`.

pub use super::document::{Document, SyntaxError};

mod flow_marks;

use super::document::Failure;
use super::layout;
use super::line_breaks::LineBreaks;
use super::prune::{Forgetting, Selection};
use super::tabs;
use super::tree::{CollectionStyle, NONE, NodeData, NodeId, Properties, ScalarStyle, Shape, Tree, to_u32};
use granit_parser::{Event, Options, Parser, ScalarStyle as ParsedStyle, ScanError, Span, StructureStyle, Tag};
use std::borrow::Cow;
use std::ops::Range;

/// Flow and block collections may each nest this deep.
pub const NESTING_LIMIT: usize = 255;

/// A document may stand for this many nodes with its aliases followed, or ten times those that are written out.
const EXPANDED_NODES: u64 = 1_000_000;

/// Reads all documents of a text into one tree and keeps every node.
///
/// # Errors
/// [`SyntaxError`] with the byte offset when the text is not YAML, nests too deeply, refers to an anchor that is not there,
/// grows out of bounds through its aliases, or would be read differently by readers of YAML 1.1.
pub fn parse(text: &str) -> Result<(Tree, Vec<Document>), SyntaxError> {
    parse_keeping(text, None)
}

/// Like [`parse`], but of objects only what is needed is kept ([`super::prune`]). Objects are documents, and members of a
/// document's `items`. Those with anchors or aliases are always kept whole, since a change of one
/// object may concern another through them.
///
/// # Errors
/// As for [`parse`].
pub fn parse_keeping(text: &str, selection: Option<Selection>) -> Result<(Tree, Vec<Document>), SyntaxError> {
    if text.len() >= NONE as usize {
        return Err(SyntaxError { offset: 0, message: "the text is larger than 4 GiB".to_owned() });
    }
    match parse_as_is(text, text, selection) {
        Err(Failure { syntax, behind_tabs: Some(offset) }) => {
            // All nodes are kept, to tell which are inside of flow collections.
            tabs::parse_with_tabs_in_flow(text, syntax, offset, |patched| parse_as_is(text, patched, None))
        }
        result => result.map_err(|error| error.syntax),
    }
}

/// Reads `patched`, of which the tree is that of `text`: they differ in blanks only.
fn parse_as_is(text: &str, patched: &str, selection: Option<Selection>) -> Result<(Tree, Vec<Document>), Failure> {
    let mut options = Options::default();
    options.emit_anchor_events = true;
    options.block_scalar_eof_without_line_feed = true;
    options.flow_nesting_limit = NESTING_LIMIT;
    options.block_nesting_limit = NESTING_LIMIT;
    options.set_emit_comments(false);
    let mut builder = Builder::new(text, selection);
    let mut parser = Parser::new_from_str_with_options(patched, options);
    while let Some(result) = parser.next_event() {
        let (event, span) = result.map_err(|error| Failure {
            syntax: syntax_error(text, &error),
            behind_tabs: matches!(error.kind(), granit_parser::ErrorKind::TabInBlockIndentation)
                .then(|| error.marker().byte_offset().unwrap_or(0)),
        })?;
        builder.event(event, span)?;
    }
    builder.breaks.check_gap(text, builder.position, text.len())?;
    Ok((builder.tree, builder.documents))
}

/// The parser's error in our words where its own need explanation.
fn syntax_error(text: &str, error: &ScanError) -> SyntaxError {
    use granit_parser::ErrorKind;
    let mut offset = error.marker().byte_offset().unwrap_or(0);
    let message = match error.kind() {
        ErrorKind::RecursionLimitExceeded => format!("nested more than {NESTING_LIMIT} levels deep"),
        ErrorKind::UnknownAnchor => {
            let rest = text.get(offset..).unwrap_or_default();
            let name = rest.split(|c: char| c.is_whitespace() || ",[]{}".contains(c)).next().unwrap_or_default();
            format!("the alias {name} has no anchor before it in its document")
        }
        ErrorKind::TabInPlainScalar | ErrorKind::TabInIndentation | ErrorKind::TabInBlockIndentation => {
            offset = layout::indenting_tab(text, offset).unwrap_or(offset);
            "a tab cannot indent a line".to_owned()
        }
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => {
            format!("the control character U+{:04X} is not allowed", u32::from(*character))
        }
        _ => error.info(),
    };
    SyntaxError { offset, message }
}

/// An open collection.
struct Frame {
    node: u32,
    shape: Shape,
    children: u32,
    /// Anchor id, 0 for none.
    anchor: usize,
    /// Nodes below it and itself, with aliases followed.
    expanded: u64,
    /// Anchors and aliases before it.
    anchors_before: usize,
    /// Whether its elements are objects: the value of a document's `items`.
    is_items: bool,
}

/// What an alias with a certain id refers to.
#[derive(Clone, Copy)]
struct Target {
    node: u32,
    /// Size with aliases followed; `None` while the node is open.
    expanded: Option<u64>,
}

struct Builder<'a> {
    text: &'a str,
    forgetting: Forgetting,
    tree: Tree,
    open: Vec<Frame>,
    /// By anchor id.
    targets: Vec<Target>,
    /// Anchors and aliases so far.
    anchor_count: usize,
    documents: Vec<Document>,
    /// Nodes written so far in this document, kept or not.
    written: u64,
    /// End of the last token that was seen, other than the dash of a sequence's later elements and `?`, `:`, `,`.
    position: usize,
    /// End of the node that was finished last.
    last_closed_end: u32,
    breaks: LineBreaks,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, selection: Option<Selection>) -> Self {
        Self {
            text,
            forgetting: Forgetting::new(selection),
            tree: Tree::default(),
            open: Vec::new(),
            targets: Vec::new(),
            anchor_count: 0,
            documents: Vec::new(),
            written: 0,
            position: 0,
            last_closed_end: 0,
            breaks: LineBreaks::find(text),
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        let range = span.byte_range().unwrap_or(0..0);
        match event {
            Event::DocumentStart(explicit, _) => self.document_start(explicit, range),
            Event::DocumentEnd => self.document_end(range),
            Event::Scalar(value, style, anchor, tag) => self.scalar(value, style, anchor, tag.as_deref(), span, range),
            Event::SequenceStart(style, anchor, tag) => {
                self.collection(Shape::Sequence(collection_style(style)), anchor, tag.as_deref(), span, range)
            }
            Event::MappingStart(style, anchor, tag) => {
                self.collection(Shape::Mapping(collection_style(style)), anchor, tag.as_deref(), span, range)
            }
            Event::SequenceEnd | Event::MappingEnd => self.collection_end(range),
            Event::Alias(anchor) => self.alias(anchor, range),
            Event::Anchor(_, name) => self.anchor_name(name, range.start),
            _ => Ok(()),
        }
    }

    fn document_start(&mut self, explicit: bool, range: Range<usize>) -> Result<(), SyntaxError> {
        if explicit {
            self.breaks.check_gap(self.text, self.position, range.start)?;
            if let Some(previous) = self.documents.last_mut() {
                previous.text.end = previous.text.end.min(range.start);
            }
            self.position = range.end;
        } else {
            self.position = layout::skip_document_ends(self.text, self.position);
        }
        self.written = 0;
        self.documents.push(Document {
            root: NodeId(to_u32(self.tree.nodes.len())),
            has_start_marker: explicit,
            text: self.position..self.text.len(),
        });
        Ok(())
    }

    fn document_end(&mut self, range: Range<usize>) -> Result<(), SyntaxError> {
        if !range.is_empty() {
            self.breaks.check_gap(self.text, self.position, range.start)?;
            if let Some(document) = self.documents.last_mut() {
                document.text.end = range.start;
            }
            self.position = range.end;
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        value: Cow<'_, str>,
        style: ParsedStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
        mut range: Range<usize>,
    ) -> Result<(), SyntaxError> {
        let style = scalar_style(style);
        let mut decoded = None;
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let block = layout::block_scalar(self.text, self.start_of_content(&span), range, value.is_empty());
                self.breaks.check_gap(self.text, self.position, block.outer.start)?;
                self.breaks.check_block_scalar(self.text, &block)?;
                range = block.outer;
                decoded = Some(value);
            }
            ScalarStyle::Plain if range.is_empty() => {
                let has_properties = anchor != 0 || tag.is_some();
                let start = if has_properties { range.start } else { self.start_of_absent() };
                self.breaks.check_gap(self.text, self.position, start)?;
                self.check_colon_in_flow(start)?;
                range = start..start;
            }
            _ => {
                if style == ScalarStyle::Plain {
                    self.check_start_in_flow(range.start)?;
                }
                self.breaks.check_gap(self.text, self.position, range.start)?;
                self.breaks.check_token(self.text, range.end)?;
                // A borrowed value is the text itself.
                if let Cow::Owned(_) = value {
                    decoded = Some(value);
                }
            }
        }
        self.position = range.end;
        let id = self.push(Shape::Scalar(style), range.start, range.end, anchor, tag, &span);
        if let Some(decoded) = decoded {
            let link = to_u32(self.tree.decoded.len());
            self.tree.decoded.push(decoded.into());
            self.edit(id, |node| node.link = link);
        }
        self.finish(id, anchor, 1, self.anchor_count, to_u32(range.end))
    }

    fn collection(
        &mut self,
        shape: Shape,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
        range: Range<usize>,
    ) -> Result<(), SyntaxError> {
        let mut start = range.start;
        if shape == Shape::Sequence(CollectionStyle::Block) {
            start = self.start_of_content(&span);
            self.breaks.check_gap(self.text, self.position, start)?;
            self.position = start + 1;
        } else {
            self.breaks.check_gap(self.text, self.position, start)?;
            self.position = range.end;
        }
        let is_items = matches!(shape, Shape::Sequence(_)) && self.is_value_of_items();
        let anchors_before = self.anchor_count;
        let node = self.push(shape, start, range.end.max(start), anchor, tag, &span);
        self.open.push(Frame { node, shape, children: 0, anchor, expanded: 1, anchors_before, is_items });
        Ok(())
    }

    fn collection_end(&mut self, range: Range<usize>) -> Result<(), SyntaxError> {
        let Some(frame) = self.open.pop() else { return Ok(()) };
        // The parser ends block collections at the next token, and `a: b` inside `[...]` is a mapping without brackets.
        let end = if range.is_empty() {
            let start = self.tree.nodes.get(frame.node as usize).map_or(0, |node| node.start);
            self.last_closed_end.max(start)
        } else {
            self.breaks.check_gap(self.text, self.position, range.start)?;
            self.position = range.end;
            to_u32(range.end)
        };
        self.finish(frame.node, frame.anchor, frame.expanded, frame.anchors_before, end)
    }

    fn alias(&mut self, anchor: usize, range: Range<usize>) -> Result<(), SyntaxError> {
        self.breaks.check_gap(self.text, self.position, range.start)?;
        self.breaks.check_token(self.text, range.end)?;
        self.position = range.end;
        self.anchor_count += 1;
        let id = self.push_node(Shape::Alias, range.start, range.end, false);
        let target = self.targets.get(anchor).copied().unwrap_or(Target { node: NONE, expanded: None });
        let Some(expanded) = target.expanded else {
            let name = self.text.get(range.clone()).unwrap_or_default();
            let message = format!("the alias {name} stands inside the node that it refers to");
            return Err(SyntaxError { offset: range.start, message });
        };
        self.edit(id, |node| node.link = target.node);
        let position = self.tree.position_of_properties(NodeId(target.node));
        if let Some((_, properties)) = position.and_then(|position| self.tree.properties.get_mut(position)) {
            properties.is_aliased = true;
        }
        self.finish(id, 0, expanded, self.anchor_count, to_u32(range.end))
    }

    /// The anchor's name comes after the node that it belongs to. Go's YAML library, which kustomize and kpt use, takes letters and
    /// digits of ASCII, `-` and `_`; it reads `&a: b` as an anchored null key and refuses most of the rest.
    fn anchor_name(&mut self, name: Cow<'_, str>, start: usize) -> Result<(), SyntaxError> {
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            let message = format!(
                "the anchor &{name} has other characters than letters, digits, `-` and `_`, which kustomize and kpt do not read as part of a name: rename it"
            );
            return Err(SyntaxError { offset: start, message });
        }
        let last = self.tree.nodes.len().checked_sub(1).map(|last| NodeId(to_u32(last)));
        if let Some((_, properties)) = self.tree.properties.last_mut().filter(|(node, _)| Some(*node) == last) {
            properties.anchor = Some(name.into_owned());
            properties.start = properties.start.min(to_u32(start));
        }
        Ok(())
    }

    /// Where the indicators before the node that was announced end.
    fn end_of_indicators(&self) -> usize {
        let mut indicators = layout::Indicators::default();
        if let Some(frame) = self.open.last() {
            let is_first = frame.children == 0;
            indicators.is_flow = self.is_in_flow();
            match frame.shape {
                Shape::Sequence(CollectionStyle::Block) => indicators.dash = !is_first,
                Shape::Mapping(_) if frame.children % 2 == 1 => indicators.colon = true,
                Shape::Mapping(_) => (indicators.comma, indicators.question) = (!is_first, true),
                _ => indicators.comma = !is_first,
            }
        }
        layout::skip_indicators(self.text, self.position, indicators)
    }

    /// Where the absent node that was announced stands. A key behind a `?` may have no colon: one that comes first on its line belongs
    /// to the mapping at its column.
    fn start_of_absent(&self) -> usize {
        let start = self.end_of_indicators();
        let mapping = self.open.last().filter(|frame| frame.shape == Shape::Mapping(CollectionStyle::Block));
        let mapping = mapping.and_then(|frame| self.tree.nodes.get(frame.node as usize));
        let is_own = mapping.is_none_or(|mapping| layout::is_indicator_of(self.text, start, mapping.start as usize));
        if is_own { start } else { self.position }
    }

    /// Where the content of the node that was announced starts, behind indicators, comments and properties.
    fn start_of_content(&self, span: &Span) -> usize {
        let tag = span.tag_span().and_then(|span| span.byte_range());
        layout::skip_properties(self.text, self.end_of_indicators(), tag)
    }

    /// Whether the node that was announced is the value of `items` in a document's root mapping.
    fn is_value_of_items(&self) -> bool {
        let [frame] = self.open.as_slice() else { return false };
        matches!(frame.shape, Shape::Mapping(_))
            && frame.children % 2 == 1
            && self
                .tree
                .nodes
                .len()
                .checked_sub(1)
                .is_some_and(|key| self.tree.node(self.text, NodeId(to_u32(key))).as_str() == Some("items"))
    }

    fn push(&mut self, shape: Shape, start: usize, end: usize, anchor: usize, tag: Option<&Tag>, span: &Span) -> u32 {
        let has_properties = anchor != 0 || tag.is_some();
        if has_properties {
            let node = NodeId(to_u32(self.tree.nodes.len()));
            let tag_start = span.tag_start().and_then(|marker| marker.byte_offset()).unwrap_or(start);
            let tag = tag.map(|tag| match tag.core_suffix() {
                Some(suffix) => format!("!!{suffix}"),
                None => tag.original(),
            });
            let start = to_u32(tag_start.min(start));
            self.tree.properties.push((node, Properties { start, tag, anchor: None, is_aliased: false }));
        }
        if anchor != 0 {
            self.anchor_count += 1;
            if self.targets.len() <= anchor {
                self.targets.resize(anchor + 1, Target { node: NONE, expanded: None });
            }
            if let Some(target) = self.targets.get_mut(anchor) {
                target.node = to_u32(self.tree.nodes.len());
            }
        }
        self.push_node(shape, start, end, has_properties)
    }

    fn push_node(&mut self, shape: Shape, start: usize, end: usize, has_properties: bool) -> u32 {
        let id = to_u32(self.tree.nodes.len());
        let (start, end) = (to_u32(start), to_u32(end));
        self.tree.nodes.push(NodeData { start, end, link: NONE, shape, has_properties, is_pruned: false });
        self.written += 1;
        id
    }

    fn edit(&mut self, id: u32, change: impl FnOnce(&mut NodeData)) {
        if let Some(node) = self.tree.nodes.get_mut(id as usize) {
            change(node);
        }
    }

    /// Completes a node and tells its parent.
    fn finish(
        &mut self,
        id: u32,
        anchor: usize,
        expanded: u64,
        anchors_before: usize,
        end: u32,
    ) -> Result<(), SyntaxError> {
        let subtree_end = to_u32(self.tree.nodes.len());
        self.last_closed_end = end;
        self.edit(id, |node| {
            if node.is_collection() {
                node.link = subtree_end;
            }
            node.end = end;
        });
        if anchor != 0
            && let Some(target) = self.targets.get_mut(anchor)
        {
            target.expanded = Some(expanded);
        }
        let mut total = expanded;
        let mut is_object = self.open.is_empty();
        if let Some(parent) = self.open.last_mut() {
            parent.children += 1;
            parent.expanded = parent.expanded.saturating_add(expanded);
            total = parent.expanded;
            is_object = parent.is_items;
        }
        if total > EXPANDED_NODES && total / 10 > self.written {
            let offset = self.tree.nodes.get(id as usize).map_or(0, |node| node.start as usize);
            let message = "the document grows out of bounds through its aliases".to_owned();
            return Err(SyntaxError { offset, message });
        }
        if is_object && self.anchor_count == anchors_before {
            self.forgetting.forget(&mut self.tree, self.text, NodeId(id));
        }
        Ok(())
    }
}

fn collection_style(style: StructureStyle) -> CollectionStyle {
    match style {
        StructureStyle::Block => CollectionStyle::Block,
        StructureStyle::Flow => CollectionStyle::Flow,
    }
}

fn scalar_style(style: ParsedStyle) -> ScalarStyle {
    match style {
        ParsedStyle::SingleQuoted => ScalarStyle::SingleQuoted,
        ParsedStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
        ParsedStyle::Literal => ScalarStyle::Literal,
        ParsedStyle::Folded => ScalarStyle::Folded,
        _ => ScalarStyle::Plain,
    }
}

#[cfg(test)]
mod tests;
