//! Findings for people: one plain line each for the stderr of a KRM function, source excerpts with carets on the
//! command line. The only file that names the terminal renderer.

use super::{in_order, one_line, sentence, whereabouts};
use crate::diag::{Finding, Findings, Severity};
use crate::model::place::Place;
use crate::read::package::Package;
use crate::source::{LineColumn, SourceText};
use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use anstream::AutoStream;
use anstream::stream::{AsLockedWrite, RawStream};
use std::io::{self, Write as _};
use std::ops::Range;

/// A line longer than this is not shown: an excerpt of a JSON file of one line would be no help.
const LONGEST_EXCERPT: usize = 2000;

/// One line per finding of at least that severity: `error[code]: message; help (file:line, resource, field)`.
#[must_use]
pub fn lines(package: &Package, findings: &Findings, least: Severity) -> String {
    let mut lines = String::new();
    for finding in in_order(findings).into_iter().filter(|finding| finding.severity >= least) {
        let whereabouts = match whereabouts(package, finding) {
            words if words.is_empty() => words,
            words => format!(" ({words})"),
        };
        let (severity, code, sentence) = (finding.severity.as_str(), finding.code.name(), sentence(finding));
        lines.push_str(&format!("{severity}[{code}]: {sentence}{whereabouts}\n"));
    }
    lines
}

/// Writes the findings of at least that severity with excerpts of the lines that they are about. Colours only if `stream`
/// is a terminal that shows them and `NO_COLOR` is not set.
///
/// # Errors
/// Those of the stream.
pub fn write_excerpts<S: RawStream + AsLockedWrite>(
    package: &Package,
    findings: &Findings,
    least: Severity,
    stream: S,
) -> io::Result<()> {
    let mut stream = AutoStream::auto(stream);
    let renderer = Renderer::styled();
    for finding in in_order(findings).into_iter().filter(|finding| finding.severity >= least) {
        let excerpts = excerpts(package, finding);
        if let (true, Some(help)) = (excerpts.is_empty(), &finding.help) {
            // Below a title alone, the renderer would draw the margin of an excerpt that is not there.
            let help = Group::with_title(Level::HELP.secondary_title(one_line(help)));
            writeln!(stream, "{}\n{}\n", renderer.render(&[title(finding)]), renderer.render(&[help]))?;
        } else {
            writeln!(stream, "{}\n", renderer.render(&[group(package, finding, excerpts)]))?;
        }
    }
    stream.flush()
}

/// Severity, code and message.
fn title(finding: &Finding) -> Group<'_> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    Group::with_title(level.primary_title(one_line(&finding.message)).id(finding.code.name()))
}

/// The lines of the manifests that a finding is about.
fn excerpts<'p>(package: &'p Package, finding: &'p Finding) -> Vec<Element<'p>> {
    let in_source = finding.in_source.and_then(|(source, offset)| {
        let text = package.sources.get(source.0 as usize)?;
        let at = package.position(source, offset)?;
        Some(excerpt(text, offset..offset, at, AnnotationKind::Primary, None))
    });
    let at_place = finding.place.and_then(|place| excerpt_of_place(package, place, AnnotationKind::Primary, None));
    let related = finding
        .related
        .iter()
        .filter_map(|(place, text)| excerpt_of_place(package, *place, AnnotationKind::Context, Some(text)));
    in_source.into_iter().chain(at_place).chain(related).collect()
}

fn group<'p>(package: &'p Package, finding: &'p Finding, excerpts: Vec<Element<'p>>) -> Group<'p> {
    let mut group = title(finding).elements(excerpts);
    if let Some(words) = finding.place.and_then(|place| field_words(package, place)) {
        group = group.element(Level::NOTE.message(words));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(one_line(help)));
    }
    group
}

/// The field that a place is in, with its object: an excerpt alone does not tell which of many objects it is.
fn field_words(package: &Package, place: Place) -> Option<String> {
    let field = package.locate(place)?.field;
    let title = package.resource(place.resource)?.title();
    (!field.is_empty()).then(|| one_line(&format!("at `{field}` of {title}")))
}

fn excerpt_of_place<'p>(
    package: &'p Package,
    place: Place,
    kind: AnnotationKind,
    label: Option<&'p str>,
) -> Option<Element<'p>> {
    let id = package.resource(place.resource)?.source;
    let source = package.sources.get(id.0 as usize)?;
    let position = package.position(id, place.start as usize)?;
    Some(excerpt(source, place.start as usize..place.end as usize, position, kind, label))
}

/// The line in which `span` starts, with carets below as much of the span as that line has.
fn excerpt<'p>(
    source: &'p SourceText,
    span: Range<usize>,
    position: LineColumn,
    kind: AnnotationKind,
    label: Option<&'p str>,
) -> Element<'p> {
    let (line_start, text) = line_around(&source.text, span.start);
    let origin = source.origin.to_string();
    if text.len() > LONGEST_EXCERPT {
        return Element::Origin(Origin::path(origin).line(position.line).char_column(position.column));
    }
    let start = span.start.saturating_sub(line_start).min(text.len());
    let end = span.end.saturating_sub(line_start).clamp(start, text.len());
    let annotation: Annotation<'p> = kind.span(start..end).label(label.map(one_line));
    Snippet::source(text).line_start(position.line).path(origin).fold(false).annotation(annotation).into()
}

/// The line that the offset is in, without its line break, and where it starts.
fn line_around(text: &str, offset: usize) -> (usize, &str) {
    let (before, after) = text.split_at_checked(offset).unwrap_or((text, ""));
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = after.find('\n').map_or(text.len(), |length| before.len() + length);
    let line = text.get(start..end).unwrap_or_default();
    (start, line.strip_suffix('\r').unwrap_or(line))
}
