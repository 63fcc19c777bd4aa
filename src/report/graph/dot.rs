//! Graphviz's language.

use super::words::cut;
use super::{Picture, Style, counts};
use crate::verify::graph::{EdgeKind, NodeKind};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Longest label of a node and of an edge.
const LONGEST: usize = 60;

/// The graph, a cluster for each namespace.
#[must_use]
pub fn text(picture: &Picture<'_>) -> String {
    let mut text = format!("// {}\n", counts(picture.graph));
    text.push_str("digraph intents {\n  rankdir=LR;\n  graph [fontname=\"sans-serif\", fontsize=12, ranksep=1.2];\n");
    text.push_str("  node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11];\n");
    text.push_str("  edge [fontname=\"sans-serif\", fontsize=9];\n");
    nodes(picture, &mut text);
    for edge in &picture.graph.edges {
        let style = Style::of(edge);
        let (line, head) = match style {
            Style::Allowed => ("solid", "normal"),
            Style::Denied => ("dashed", "tee"),
            Style::Unknown => ("dotted", "normal"),
            Style::Open => ("dashed", "odot"),
        };
        let width = if edge.kind == EdgeKind::Traffic { 2 } else { 1 };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "  n{} -> n{} [label=\"{}\", style={line}, arrowhead={head}, penwidth={width}, color=\"{}\", tooltip=\"{}\"];",
            edge.from,
            edge.to,
            escaped(&picture.edge_label(edge), LONGEST),
            style.colour(),
            escaped(&picture.edge_title(edge), usize::MAX)
        );
    }
    text.push_str("}\n");
    text
}

fn nodes(picture: &Picture<'_>, text: &mut String) {
    let mut namespaces: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
    for (index, node) in picture.graph.nodes.iter().enumerate() {
        let words = picture.node_words(node);
        let name = escaped(&words.name, LONGEST);
        let detail = escaped(&words.detail, LONGEST);
        let separator = if detail.is_empty() { "" } else { "\\n" };
        let more = match node.kind {
            _ if words.is_group => ", shape=ellipse, style=solid",
            NodeKind::Missing { .. } => ", style=\"rounded,dotted\"",
            _ if node.is_open_to_all => ", style=\"rounded,dashed\", color=\"#b7791f\"",
            _ => "",
        };
        namespaces
            .entry(words.namespace)
            .or_default()
            .push(format!("n{index} [label=\"{name}{separator}{detail}\"{more}];"));
    }
    for (number, (namespace, lines)) in namespaces.into_iter().enumerate() {
        if let Some(namespace) = &namespace {
            let label = escaped(namespace, LONGEST);
            let _ = writeln!(text, "  subgraph cluster_{number} {{\n    label=\"{label}\"; style=rounded; color=gray;");
        }
        let indent = if namespace.is_some() { "    " } else { "  " };
        for line in lines {
            let _ = writeln!(text, "{indent}{line}");
        }
        if namespace.is_some() {
            text.push_str("  }\n");
        }
    }
}

/// Text inside quotes. Graphviz takes backslashes for escapes and decodes entities of HTML.
fn escaped(text: &str, longest: usize) -> String {
    cut(text, longest).replace('&', "&amp;").replace('\\', "\\\\").replace('"', "\\\"")
}
