//! What a text says, as a list of words in which two parsers can be compared. All tags count as one.

use enforce_intents::read::parser::{self, SyntaxError};
use enforce_intents::read::tree::{Node, NodeId, Shape};
use saphyr_parser::{Event, Parser};
use std::collections::BTreeMap;

/// As our reader has it. Only the words of one text can be compared with each other.
pub(crate) fn ours(text: &str) -> Result<Vec<String>, SyntaxError> {
    let (tree, documents) = parser::parse(text)?;
    let mut words = Words::default();
    for document in documents {
        words.add("document".to_owned());
        words.node(tree.node(text, document.root));
    }
    Ok(words.words)
}

#[derive(Default)]
struct Words {
    words: Vec<String>,
    /// Anchors are counted, since the parsers name them differently.
    anchors: BTreeMap<NodeId, usize>,
}

impl Words {
    fn add(&mut self, word: String) {
        self.words.push(word);
    }

    fn node(&mut self, node: Node<'_>) {
        let mut properties = String::new();
        if node.anchor().is_some() {
            let count = self.anchors.len() + 1;
            self.anchors.insert(node.id(), count);
            properties = format!(" &{count}");
        }
        if node.tag().is_some() {
            properties.push_str(" !");
        }
        match node.shape() {
            Shape::Alias => self.add(format!("*{}", self.anchors[&node.resolve().unwrap().id()])),
            Shape::Scalar(_) => self.add(scalar(node.as_str().unwrap(), &properties)),
            Shape::Mapping(_) | Shape::Sequence(_) => {
                let bracket = if matches!(node.shape(), Shape::Mapping(_)) { '{' } else { '[' };
                self.add(format!("{bracket}{properties}"));
                for child in node.children() {
                    self.node(child);
                }
                self.add("end".to_owned());
            }
        }
    }
}

/// The other parser writes absent values as `~`.
fn scalar(value: &str, properties: &str) -> String {
    let value = if value.is_empty() { "~" } else { value };
    format!("{value:?}{properties}")
}

/// As the other parser has it; `None` if it refuses the text.
pub(crate) fn theirs(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut anchors = BTreeMap::new();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let mut properties = |anchor: usize, has_tag: bool| {
            let mut properties = String::new();
            if anchor != 0 {
                let count = anchors.len() + 1;
                anchors.insert(anchor, count);
                properties = format!(" &{count}");
            }
            if has_tag {
                properties.push_str(" !");
            }
            properties
        };
        match event.ok()?.0 {
            Event::DocumentStart(_) => words.push("document".to_owned()),
            Event::Alias(anchor) => words.push(format!("*{}", anchors[&anchor])),
            Event::Scalar(value, _, anchor, tag) => words.push(scalar(&value, &properties(anchor, tag.is_some()))),
            Event::SequenceStart(anchor, tag) => words.push(format!("[{}", properties(anchor, tag.is_some()))),
            Event::MappingStart(anchor, tag) => words.push(format!("{{{}", properties(anchor, tag.is_some()))),
            Event::SequenceEnd | Event::MappingEnd => words.push("end".to_owned()),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
    }
    Some(words)
}
