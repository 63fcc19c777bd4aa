//! A drawing as SVG: complete as it is, and the same body inside the page of [`super::html`].

use super::drawing::{Drawing, MAX_DRAWN, edge_classes, width};
use super::layout::{Path, Rectangle};
use super::words::cut;
use super::{Picture, Style, counts};
use crate::verify::graph::NodeKind;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Colours and dashes, light and dark.
pub(super) const STYLE: &str = include_str!("svg.css");

/// Height of the legend.
const LEGEND: i32 = 44;
/// Width that the legend needs.
const LEGEND_WIDTH: i32 = 920;

/// A picture that any browser shows, with a legend.
#[must_use]
pub fn text(picture: &Picture<'_>) -> String {
    let drawing = Drawing::new(picture);
    let (width, height) = (drawing.layout.width.max(LEGEND_WIDTH), drawing.layout.height + LEGEND);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">"
    );
    let _ = writeln!(text, "<title>{}</title>", escaped(&counts(picture.graph)));
    let _ = writeln!(text, "<style>\n{STYLE}</style>");
    let _ = writeln!(text, "<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>");
    body(picture, &drawing, &mut text);
    legend(drawing.layout.height, &mut text);
    text.push_str("</svg>\n");
    text
}

/// Everything inside the `svg` element. Edges have the ids `e0`, `e1`, ..., nodes `n0`, `n1`, ...
pub(super) fn body(picture: &Picture<'_>, drawing: &Drawing, text: &mut String) {
    markers(text);
    frames(drawing, text);
    if picture.graph.edges.len() > MAX_DRAWN {
        bundles(picture, drawing, text);
    } else {
        edges(picture, drawing, text);
    }
    nodes(picture, drawing, text);
}

/// The heads of the edges: a different form for each style.
fn markers(text: &mut String) {
    text.push_str("<defs>\n");
    for style in Style::ALL {
        let form = match style {
            Style::Allowed => "<path class=\"solid\" d=\"M1 1 L9 5 L1 9 Z\"/>",
            Style::Denied => "<path d=\"M1 1 L9 9 M1 9 L9 1\"/>",
            Style::Unknown => "<path d=\"M1 1 L9 5 L1 9\"/>",
            Style::Open => "<circle cx=\"5\" cy=\"5\" r=\"3.5\"/>",
        };
        let _ = writeln!(
            text,
            "<marker id=\"head-{name}\" class=\"head {name}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"9\" markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">{form}</marker>",
            name = style.name()
        );
    }
    text.push_str("</defs>\n");
}

fn frames(drawing: &Drawing, text: &mut String) {
    text.push_str("<g class=\"frames\">\n");
    for (index, (name, frame)) in drawing.namespaces.iter().zip(&drawing.layout.groups).enumerate() {
        let room = usize::try_from((frame.width - 24) / 8).unwrap_or_default();
        let _ = writeln!(
            text,
            "<g class=\"frame\" id=\"g{index}\"><rect {} rx=\"12\"/><text x=\"{}\" y=\"{}\">{}</text><title>namespace {}</title></g>",
            rectangle(*frame),
            frame.x + 14,
            frame.y + 21,
            escaped(&cut(name, room.max(8))),
            escaped(name)
        );
    }
    text.push_str("</g>\n");
}

fn edges(picture: &Picture<'_>, drawing: &Drawing, text: &mut String) {
    text.push_str("<g class=\"edges\">\n");
    let classes = edge_classes(picture);
    for (index, ((edge, path), class)) in picture.graph.edges.iter().zip(&drawing.layout.paths).zip(classes).enumerate()
    {
        let way = path_data(path);
        let _ = writeln!(
            text,
            "<g class=\"{class}\" id=\"e{index}\"><path class=\"line\" d=\"{way}\" marker-end=\"url(#head-{})\"/><path class=\"hit\" d=\"{way}\"/><title>{}</title></g>",
            Style::of(edge).name(),
            escaped(&picture.edge_title(edge))
        );
    }
    text.push_str("</g>\n");
    text.push_str(if drawing.is_labelled { "<g class=\"labels\">\n" } else { "<g class=\"labels on-demand\">\n" });
    for (index, ((label, path), edge)) in
        drawing.labels.iter().zip(&drawing.layout.paths).zip(&picture.graph.edges).enumerate()
    {
        if !label.is_empty() {
            let room = width(label, 11) + 2;
            let _ = writeln!(
                text,
                "<g class=\"label {}\" id=\"l{index}\"><rect x=\"{}\" y=\"{}\" width=\"{room}\" height=\"14\" rx=\"3\"/><text x=\"{}\" y=\"{}\">{}</text></g>",
                Style::of(edge).name(),
                path.label.x - room / 2,
                path.label.y - 7,
                path.label.x,
                path.label.y + 4,
                escaped(label)
            );
        }
    }
    text.push_str("</g>\n");
}

/// One line for all edges of a style between two namespaces, where there are too many to draw.
fn bundles(picture: &Picture<'_>, drawing: &Drawing, text: &mut String) {
    let number: BTreeMap<&String, usize> = drawing.namespaces.iter().zip(0..).collect();
    let group = |node: usize| drawing.words.get(node).and_then(|words| number.get(words.namespace.as_ref()?).copied());
    let mut counts: BTreeMap<(usize, usize, Style), usize> = BTreeMap::new();
    for edge in &picture.graph.edges {
        if let (Some(from), Some(to)) = (group(edge.from), group(edge.to))
            && from != to
        {
            *counts.entry((from, to, Style::of(edge))).or_default() += 1;
        }
    }
    text.push_str("<g class=\"edges bundles\">\n");
    for ((from, to, style), count) in counts {
        let (Some(a), Some(b)) = (drawing.layout.groups.get(from), drawing.layout.groups.get(to)) else { continue };
        let middle = |frame: &Rectangle| (frame.x + frame.width / 2, frame.y + 15);
        let ((ax, ay), (bx, by)) = (middle(a), middle(b));
        let bend = if from < to { -80 } else { 80 };
        let (x, y) = ((ax + bx) / 2, (ay + by) / 2 + bend);
        let _ = writeln!(
            text,
            "<g class=\"edge {name}\"><path class=\"line\" d=\"M{ax} {ay} Q{x} {y} {bx} {by}\" marker-end=\"url(#head-{name})\"/><g class=\"label {name}\"><text x=\"{x}\" y=\"{}\">{count}</text></g><title>{} \u{2192} {}: {count} {name}</title></g>",
            (ay + by) / 2 + bend / 2,
            escaped(drawing.namespaces.get(from).map(String::as_str).unwrap_or_default()),
            escaped(drawing.namespaces.get(to).map(String::as_str).unwrap_or_default()),
            name = style.name()
        );
    }
    text.push_str("</g>\n");
}

fn nodes(picture: &Picture<'_>, drawing: &Drawing, text: &mut String) {
    text.push_str("<g class=\"nodes\">\n");
    for (index, ((node, words), frame)) in
        picture.graph.nodes.iter().zip(&drawing.words).zip(&drawing.layout.boxes).enumerate()
    {
        let class = match node.kind {
            _ if words.is_group => "node group",
            NodeKind::Missing { .. } => "node missing",
            _ if node.is_open_to_all => "node unprotected",
            _ => "node",
        };
        let radius = if words.is_group { frame.height / 2 } else { 6 };
        let middle = frame.x + frame.width / 2;
        let name_y = frame.y + if words.detail.is_empty() { 28 } else { 20 };
        let _ = writeln!(
            text,
            "<g class=\"{class}\" id=\"n{index}\"><rect {} rx=\"{radius}\"/><text class=\"name\" x=\"{middle}\" y=\"{name_y}\">{}</text><text class=\"detail\" x=\"{middle}\" y=\"{}\">{}</text><title>{}</title></g>",
            rectangle(*frame),
            escaped(&cut(&words.name, 30)),
            frame.y + 36,
            escaped(&cut(&words.detail, 30)),
            escaped(&picture.node_title(node))
        );
    }
    text.push_str("</g>\n");
}

fn legend(top: i32, text: &mut String) {
    text.push_str("<g class=\"legend\">\n");
    let (mut x, y) = (24, top + LEGEND / 2 - 4);
    for style in Style::ALL {
        let name = style.name();
        let _ = writeln!(
            text,
            "<g class=\"edge {name}\"><path class=\"line\" d=\"M{x} {y} H{}\" marker-end=\"url(#head-{name})\"/></g><text x=\"{}\" y=\"{}\">{}</text>",
            x + 38,
            x + 46,
            y + 4,
            style.meaning()
        );
        x += 190;
    }
    let _ = writeln!(
        text,
        "<g class=\"node unprotected\"><rect x=\"{x}\" y=\"{}\" width=\"26\" height=\"16\" rx=\"4\"/></g><text x=\"{}\" y=\"{}\">unprotected</text>",
        y - 8,
        x + 34,
        y + 4
    );
    text.push_str("</g>\n");
}

fn rectangle(frame: Rectangle) -> String {
    format!("x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", frame.x, frame.y, frame.width, frame.height)
}

/// The way in SVG's language.
pub(super) fn path_data(path: &Path) -> String {
    let mut data = format!("M{} {}", path.start.x, path.start.y);
    for [first, second, end] in &path.curves {
        let _ = write!(data, " C{} {} {} {} {} {}", first.x, first.y, second.x, second.y, end.x, end.y);
    }
    data
}

/// Text of elements and attributes. Characters that XML cannot have are replaced.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{FFFE}' | '\u{FFFF}' => escaped.push('\u{FFFD}'),
            control if control.is_control() && !"\n\t".contains(control) => escaped.push('\u{FFFD}'),
            other => escaped.push(other),
        }
    }
    escaped
}
