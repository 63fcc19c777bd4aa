//! Parser events to nodes. The only file that names the YAML parser.

use super::tree::{CollectionStyle, NONE, NodeData, NodeId, Properties, ScalarStyle, Shape, Tree};
use granit_parser::{Event, Options, Parser, ScalarStyle as ParsedStyle, Span, StructureStyle};

/// Why a text is not YAML that can be worked on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// Byte offset of the fault.
    pub offset: usize,
    /// What is wrong, lower case.
    pub message: String,
}

/// One YAML document of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The root node.
    pub root: NodeId,
    /// Whether it starts with `---`.
    pub has_start_marker: bool,
}

/// Reads all documents of a text into one tree.
///
/// # Errors
/// [`SyntaxError`] with the byte offset when the text is not YAML, nests too deeply, or refers to an anchor that is not there.
pub fn parse(text: &str) -> Result<(Tree, Vec<Document>), SyntaxError> {
    let mut options = Options::default();
    options.emit_anchor_events = true;
    options.set_emit_comments(false);
    let mut builder = Builder {
        text,
        tree: Tree::default(),
        open: Vec::new(),
        anchors: Vec::new(),
        documents: Vec::new(),
        last_closed_end: 0,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    while let Some(result) = parser.next_event() {
        let (event, span) = result.map_err(|error| SyntaxError {
            offset: error.marker().byte_offset().unwrap_or(0),
            message: error.info().to_lowercase(),
        })?;
        builder.event(&event, span);
    }
    Ok((builder.tree, builder.documents))
}

struct Builder<'a> {
    text: &'a str,
    tree: Tree,
    /// Open collections.
    open: Vec<u32>,
    /// Anchor id -> node.
    anchors: Vec<u32>,
    documents: Vec<Document>,
    /// End of the node that was finished last.
    last_closed_end: u32,
}

impl Builder<'_> {
    fn event(&mut self, event: &Event<'_>, span: Span) {
        let (start, end) = span.byte_range().map_or((0, 0), |range| (to_u32(range.start), to_u32(range.end)));
        match event {
            Event::DocumentStart(explicit, _) => {
                let root = NodeId(to_u32(self.tree.nodes.len()));
                self.documents.push(Document { root, has_start_marker: *explicit });
            }
            Event::Scalar(value, style, anchor, tag) => {
                let style = match style {
                    ParsedStyle::SingleQuoted => ScalarStyle::SingleQuoted,
                    ParsedStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
                    ParsedStyle::Literal => ScalarStyle::Literal,
                    ParsedStyle::Folded => ScalarStyle::Folded,
                    _ => ScalarStyle::Plain,
                };
                let id =
                    self.push(Shape::Scalar(style), start, end, *anchor, tag.as_ref().map(|tag| tag.original()), span);
                let raw = self.text.get(start as usize..end as usize).unwrap_or_default();
                let spelled = match style {
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                        raw.get(1..raw.len().saturating_sub(1)).unwrap_or(raw)
                    }
                    _ => raw,
                };
                let is_absent = style == ScalarStyle::Plain && start == end;
                if !is_absent && spelled != value.as_ref() {
                    let link = to_u32(self.tree.decoded.len());
                    self.tree.decoded.push(value.as_ref().into());
                    self.edit(id, |node| node.link = link);
                }
                self.close(id, end);
            }
            Event::SequenceStart(style, anchor, tag) => {
                let id = self.push(
                    Shape::Sequence(collection(*style)),
                    start,
                    end,
                    *anchor,
                    tag.as_ref().map(|tag| tag.original()),
                    span,
                );
                self.open.push(id);
            }
            Event::MappingStart(style, anchor, tag) => {
                let id = self.push(
                    Shape::Mapping(collection(*style)),
                    start,
                    end,
                    *anchor,
                    tag.as_ref().map(|tag| tag.original()),
                    span,
                );
                self.open.push(id);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(id) = self.open.pop() {
                    self.close(id, end);
                }
            }
            Event::Alias(anchor) => {
                let id = self.push(Shape::Alias, start, end, 0, None, span);
                let link = self.anchors.get(*anchor).copied().unwrap_or(NONE);
                self.edit(id, |node| node.link = link);
                let properties = self.tree.nodes.get(link as usize).map_or(NONE, |node| node.properties);
                if let Some(properties) = self.tree.properties.get_mut(properties as usize) {
                    properties.is_aliased = true;
                }
                self.close(id, end);
            }
            Event::Anchor(_, name) => {
                let last = self.tree.nodes.len().saturating_sub(1);
                let Some(properties) = self.tree.nodes.get(last).map(|node| node.properties) else { return };
                if let Some(properties) = self.tree.properties.get_mut(properties as usize) {
                    properties.anchor = Some(name.to_string());
                    properties.start = properties.start.min(start);
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, shape: Shape, start: u32, end: u32, anchor: usize, tag: Option<String>, span: Span) -> u32 {
        let id = to_u32(self.tree.nodes.len());
        let properties = if anchor == 0 && tag.is_none() {
            NONE
        } else {
            let tag_start = span.tag_start().and_then(|marker| marker.byte_offset()).map_or(start, to_u32);
            self.tree.properties.push(Properties { start: tag_start.min(start), tag, anchor: None, is_aliased: false });
            to_u32(self.tree.properties.len() - 1)
        };
        if anchor != 0 {
            if self.anchors.len() <= anchor {
                self.anchors.resize(anchor + 1, NONE);
            }
            if let Some(slot) = self.anchors.get_mut(anchor) {
                *slot = id;
            }
        }
        self.tree.nodes.push(NodeData { start, end, subtree_end: id + 1, link: NONE, properties, shape });
        id
    }

    fn edit(&mut self, id: u32, change: impl FnOnce(&mut NodeData)) {
        if let Some(node) = self.tree.nodes.get_mut(id as usize) {
            change(node);
        }
    }

    /// Finishes a node. The parser ends block collections at the next token, so theirs is the last child's end.
    fn close(&mut self, id: u32, end: u32) {
        let subtree_end = to_u32(self.tree.nodes.len());
        let last_child_end = self.last_closed_end;
        let mut closed_end = end;
        self.edit(id, |node| {
            node.subtree_end = subtree_end;
            if matches!(node.shape, Shape::Mapping(CollectionStyle::Block) | Shape::Sequence(CollectionStyle::Block)) {
                closed_end = last_child_end.max(node.start);
            }
            node.end = closed_end;
        });
        self.last_closed_end = closed_end;
    }
}

fn collection(style: StructureStyle) -> CollectionStyle {
    match style {
        StructureStyle::Block => CollectionStyle::Block,
        StructureStyle::Flow => CollectionStyle::Flow,
    }
}

/// Offsets are 32 bits wide; longer texts are refused before they are parsed.
fn to_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
