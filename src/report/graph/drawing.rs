//! A picture as boxes and lines: what is drawn, how large it is, and where the layout puts it.

use super::layout::{Input, InputBox, InputEdge, Layout, Region, layout};
use super::words::{NodeWords, cut};
use super::{Picture, Style};
use crate::verify::graph::NodeKind;
use std::collections::BTreeMap;

/// Longest name and detail of a node, in characters.
const LONGEST_NAME: usize = 30;
/// Longest label of an edge.
const LONGEST_LABEL: usize = 30;
/// With more edges than this labels are shown for the selected ones only, and need no room.
const MAX_LABELLED: usize = 80;
/// With more edges than this none is drawn before something is selected.
pub(super) const MAX_DRAWN: usize = 4_000;

/// What is drawn.
pub(super) struct Drawing {
    pub(super) layout: Layout,
    /// The nodes in words.
    pub(super) words: Vec<NodeWords>,
    /// The namespaces, in the order of the layout's groups.
    pub(super) namespaces: Vec<String>,
    /// The labels of the edges, cut.
    pub(super) labels: Vec<String>,
    /// Whether labels are shown from the start.
    pub(super) is_labelled: bool,
}

impl Drawing {
    /// Lays the picture out.
    pub(super) fn new(picture: &Picture<'_>) -> Self {
        let graph = picture.graph;
        let words: Vec<NodeWords> = graph.nodes.iter().map(|node| picture.node_words(node)).collect();
        let names: BTreeMap<&String, usize> =
            words.iter().filter_map(|words| words.namespace.as_ref()).map(|name| (name, 0)).collect();
        let namespaces: Vec<String> = names.into_keys().cloned().collect();
        let number: BTreeMap<&String, usize> = namespaces.iter().zip(0..).collect();
        let boxes = graph.nodes.iter().zip(&words).map(|(node, words)| {
            let group = words.namespace.as_ref().and_then(|name| number.get(name));
            let region = match (group, &node.kind) {
                (Some(&group), _) => Region::Group(group),
                (None, NodeKind::Internet(_) | NodeKind::ApiServer | NodeKind::Beyond) => Region::Right,
                (None, _) => Region::Left,
            };
            let name = width(&cut(&words.name, LONGEST_NAME), 13);
            let detail = width(&cut(&words.detail, LONGEST_NAME), 11);
            InputBox { width: (name.max(detail) + 28).max(112), height: 46, region }
        });
        let is_labelled = graph.edges.len() <= MAX_LABELLED;
        let labels: Vec<String> =
            graph.edges.iter().map(|edge| cut(&picture.edge_label(edge), LONGEST_LABEL)).collect();
        let edges = graph.edges.iter().zip(&labels).map(|(edge, label)| {
            let label_width = if is_labelled && !label.is_empty() { width(label, 11) + 8 } else { 0 };
            let class = Style::ALL.iter().zip(0..).find(|(style, _)| **style == Style::of(edge));
            InputEdge { from: edge.from, to: edge.to, label_width, class: class.map_or(0, |(_, class)| class) }
        });
        // Lines that are not drawn need no room.
        let edges: Vec<InputEdge> = edges.filter(|_| graph.edges.len() <= MAX_DRAWN).collect();
        let column_gap = edges.iter().map(|edge| edge.label_width + 36).max().unwrap_or_default().clamp(76, 240);
        let input = Input { boxes: boxes.collect(), groups: namespaces.len(), edges, column_gap };
        let layout = layout(&input);
        Self { layout, words, namespaces, labels, is_labelled }
    }
}

/// How wide a text is at most in a sans-serif font of that size, in pixels: nobody knows which font will be there.
pub(super) fn width(text: &str, size: i32) -> i32 {
    let tenths: i32 = text.chars().map(advance).sum();
    (tenths * size + 9) / 10
}

/// The advance of a character in tenths of the font size, rather too much than too little.
fn advance(character: char) -> i32 {
    match character {
        'i' | 'j' | 'l' | 't' | 'f' | '.' | ',' | ':' | ';' | '|' | '\'' | ' ' => 4,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 9,
        'A'..='Z' => 7,
        character if character.is_ascii() => 6,
        '\u{0300}'..='\u{036F}' => 0,
        character if character < '\u{1100}' => 7,
        _ => 11,
    }
}

/// The style of every edge, with what else its classes say.
pub(super) fn edge_classes(picture: &Picture<'_>) -> Vec<String> {
    let class = |edge| {
        let traffic = if edge_is_traffic(edge) { " traffic" } else { "" };
        format!("edge {}{traffic}", Style::of(edge).name())
    };
    picture.graph.edges.iter().map(class).collect()
}

fn edge_is_traffic(edge: &crate::verify::graph::Edge) -> bool {
    edge.kind == crate::verify::graph::EdgeKind::Traffic
}
