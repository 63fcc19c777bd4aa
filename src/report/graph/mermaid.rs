//! Mermaid's `flowchart`, as GitHub and GitLab draw it in Markdown.

use super::words::cut;
use super::{Picture, Style, counts};
use crate::verify::graph::{EdgeKind, NodeKind};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Mermaid's own limits, which GitHub does not let a diagram change: `maxEdges` and `maxTextSize`.
const MAX_EDGES: usize = 500;
const MAX_TEXT: usize = 50_000;

/// Longest label of a node and of an edge.
const LONGEST: usize = 60;

/// The flowchart.
#[must_use]
pub fn text(picture: &Picture<'_>) -> String {
    let mut text = format!(
        "%% {}\n%% -->: allowed, -.-x: denied, -.->: unknown, -.-o: open but not declared\n",
        counts(picture.graph)
    );
    text.push_str("flowchart LR\n");
    nodes(picture, &mut text);
    edges(picture, &mut text);
    styles(picture, &mut text);
    if let Some(fault) = fault(picture, &text) {
        text.insert_str(0, &format!("%% {fault}\n"));
    }
    text
}

/// What viewers will refuse, if anything.
#[must_use]
pub fn fault(picture: &Picture<'_>, text: &str) -> Option<String> {
    let edges = picture.graph.edges.len();
    if edges > MAX_EDGES {
        return Some(format!(
            "{edges} edges: mermaid draws {MAX_EDGES} unless its maxEdges is raised, which GitHub does not allow"
        ));
    }
    let length = text.chars().count();
    (length > MAX_TEXT).then(|| {
        format!("{length} characters: mermaid reads {MAX_TEXT} unless its maxTextSize is raised, which GitHub does not allow")
    })
}

fn nodes(picture: &Picture<'_>, text: &mut String) {
    let mut namespaces: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
    for (index, node) in picture.graph.nodes.iter().enumerate() {
        let words = picture.node_words(node);
        let detail = if words.detail.is_empty() { String::new() } else { format!("<br/>{}", label(&words.detail)) };
        let (open, close) = match node.kind {
            _ if words.is_group => ("([", "])"),
            NodeKind::Missing { .. } => ("{{", "}}"),
            _ => ("[", "]"),
        };
        let line = format!("n{index}{open}\"{}{detail}\"{close}", label(&words.name));
        namespaces.entry(words.namespace).or_default().push(line);
    }
    for (number, (namespace, lines)) in namespaces.into_iter().enumerate() {
        // Writing to a string cannot fail.
        let indent = match namespace {
            Some(namespace) => {
                let _ = writeln!(text, "  subgraph s{number}[\"{}\"]", label(&namespace));
                "    "
            }
            None => "  ",
        };
        for line in lines {
            let _ = writeln!(text, "{indent}{line}");
        }
        if indent.len() > 2 {
            text.push_str("  end\n");
        }
    }
}

fn edges(picture: &Picture<'_>, text: &mut String) {
    for edge in &picture.graph.edges {
        let arrow = match Style::of(edge) {
            Style::Allowed if edge.kind == EdgeKind::Traffic => "==>",
            Style::Allowed => "-->",
            Style::Denied => "-.-x",
            Style::Unknown => "-.->",
            Style::Open => "-.-o",
        };
        let ports = picture.edge_label(edge);
        let ports = if ports.is_empty() { ports } else { format!("|\"{}\"|", label(&ports)) };
        let _ = writeln!(text, "  n{} {arrow}{ports} n{}", edge.from, edge.to);
    }
}

fn styles(picture: &Picture<'_>, text: &mut String) {
    for style in Style::ALL {
        let own = (0..).zip(&picture.graph.edges).filter(|(_, edge)| Style::of(edge) == style);
        let own: Vec<String> = own.map(|(index, _): (usize, _)| index.to_string()).collect();
        if !own.is_empty() {
            let _ = writeln!(text, "  linkStyle {} stroke:{}", own.join(","), style.colour());
        }
    }
    let mut class = |name: &str, style: &str, nodes: Vec<usize>| {
        if !nodes.is_empty() {
            let ids: Vec<String> = nodes.into_iter().map(|node| format!("n{node}")).collect();
            let _ = writeln!(text, "  classDef {name} {style}\n  class {} {name}", ids.join(","));
        }
    };
    let of = |is_wanted: fn(&crate::verify::graph::Node) -> bool| -> Vec<usize> {
        (0..).zip(&picture.graph.nodes).filter(|(_, node)| is_wanted(node)).map(|(index, _)| index).collect()
    };
    class("unprotected", "stroke:#b7791f,stroke-width:2px,stroke-dasharray:4 3", of(|node| node.is_open_to_all));
    class("missing", "stroke-dasharray:2 3", of(|node| matches!(node.kind, NodeKind::Missing { .. })));
}

/// Text inside quotes: whatever means something to mermaid, to HTML or to its Markdown is written as a character entity. A colon,
/// too: mermaid takes `style a:#35;` for a style wherever it stands and drops the semicolon.
fn label(text: &str) -> String {
    let mut label = String::new();
    for character in cut(text, LONGEST).chars() {
        if character.is_alphanumeric() || " -./,()[]{}=+@\u{2026}".contains(character) {
            label.push(character);
        } else {
            let _ = write!(label, "#{};", u32::from(character));
        }
    }
    label
}
