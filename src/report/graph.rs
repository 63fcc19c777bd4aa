//! `graph`: who calls whom as a picture, in text for other tools to draw (mermaid, dot) or drawn (svg, html).

mod declaration;
pub mod dot;
mod drawing;
mod evidence;
pub mod html;
mod layout;
pub mod mermaid;
pub mod svg;
mod words;

use self::declaration::Details;
use crate::model::policy::NetworkPolicy;
use crate::read::package::Package;
use crate::verify::graph::{Edge, EdgeKind, Graph};
use crate::verify::reach::Reachability;
use crate::verify::reach::decisions::Verdict;

/// What there is to draw.
pub struct Picture<'a> {
    graph: &'a Graph,
    reach: &'a Reachability<'a>,
    package: &'a Package,
    policy_text: fn(&NetworkPolicy) -> String,
    details: Details,
}

impl<'a> Picture<'a> {
    /// A graph, the world that was judged, and what was read, for files and lines. `policy_text` writes a policy out that is not
    /// in the input.
    #[must_use]
    pub fn new(
        graph: &'a Graph,
        reach: &'a Reachability<'a>,
        package: &'a Package,
        policy_text: fn(&NetworkPolicy) -> String,
    ) -> Self {
        let details = Details::read(package, reach.world());
        Self { graph, reach, package, policy_text, details }
    }
}

/// How an edge is drawn. No two differ in colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Style {
    Allowed,
    Denied,
    Unknown,
    Open,
}

impl Style {
    const ALL: [Self; 4] = [Self::Allowed, Self::Denied, Self::Unknown, Self::Open];

    fn of(edge: &Edge) -> Self {
        match (edge.kind, edge.verdict) {
            (EdgeKind::Undeclared, _) => Self::Open,
            (_, Verdict::Allowed) => Self::Allowed,
            (_, Verdict::Denied) => Self::Denied,
            (_, Verdict::Unknown) => Self::Unknown,
        }
    }

    /// Its name in classes of CSS, and for people.
    fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Unknown => "unknown",
            Self::Open => "open",
        }
    }

    /// What a legend says.
    fn meaning(self) -> &'static str {
        match self {
            Self::Allowed => "declared and allowed",
            Self::Denied => "declared but denied",
            Self::Unknown => "declared, not known",
            Self::Open => "open, not declared",
        }
    }

    /// A colour that can be read on white and on black.
    fn colour(self) -> &'static str {
        match self {
            Self::Allowed => "#2e8b57",
            Self::Denied => "#d1372c",
            Self::Unknown => "#b7791f",
            Self::Open => "#7c6fb0",
        }
    }
}

/// How many edges of each style there are, in words: `16 allowed, 1 denied`.
fn counts(graph: &Graph) -> String {
    let count = |style: Style| graph.edges.iter().filter(|edge| Style::of(edge) == style).count();
    let parts = Style::ALL.into_iter().map(|style| (style, count(style))).filter(|(_, count)| *count > 0);
    let parts: Vec<String> = parts.map(|(style, count)| format!("{count} {}", style.name())).collect();
    if parts.is_empty() { "no calls".to_owned() } else { parts.join(", ") }
}
