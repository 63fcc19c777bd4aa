//! What a person or a tool sees. Decides nothing: every renderer takes findings as they are and only words them.

pub mod check;
pub mod diff;
pub mod explain;
pub mod graph;
pub mod human;
pub mod json;
pub mod krm;
pub mod list;
pub mod list_explain;
pub mod suggest;
#[cfg(test)]
mod tests;

use crate::diag::{Finding, Findings};
use crate::read::package::Package;
use std::cmp::Reverse;

/// Findings in the order in which they are shown: errors first, then by place in the input; those without a place lead,
/// because they are about the whole of it. Orchestrators show the first few only (`spec/krm.md` 3).
fn in_order(findings: &Findings) -> Vec<&Finding> {
    let mut sorted: Vec<&Finding> = findings.0.iter().collect();
    sorted.sort_by_key(|finding| {
        (Reverse(finding.severity), finding.in_source, finding.place, finding.code, &finding.message)
    });
    sorted
}

/// A text with more characters than this is cut: names in hostile input have no limit.
const LONGEST_LINE: usize = 1000;

/// Text of the input as part of one line: what would break the line or drive the terminal is written as an escape.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(LONGEST_LINE));
    for (index, character) in text.chars().enumerate() {
        if index == LONGEST_LINE {
            line.push_str("...");
            break;
        }
        if character.is_control() || is_format_control(character) {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

/// Characters that reorder or break a line without being control characters.
fn is_format_control(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// What the finding says and what to do about it, in one line.
fn sentence(finding: &Finding) -> String {
    match &finding.help {
        Some(help) => one_line(&format!("{}; {help}", finding.message)),
        None => one_line(&finding.message),
    }
}

/// Where the finding is, in one line: file and line, resource, field; as much of it as is known.
fn whereabouts(package: &Package, finding: &Finding) -> String {
    let mut parts: Vec<String> = Vec::new();
    if let Some((source, offset)) = finding.in_source
        && let Some(text) = package.sources.get(source.0 as usize)
        && let Some(position) = package.position(source, offset)
    {
        parts.push(format!("{}:{}:{}", text.origin, position.line, position.column));
    }
    if let Some(place) = finding.place
        && let Some(resource) = package.resource(place.resource)
        && let Some(location) = package.locate(place)
    {
        match &location.file {
            Some(file) if !location.line_is_within_resource => parts.push(format!("{file}:{}", location.line)),
            Some(file) => parts.push(file.clone()),
            None => {}
        }
        // kpt and kustomize have reformatted the files, so a line of the file would be a guess.
        let line = if location.line_is_within_resource { format!("line {} of ", location.line) } else { String::new() };
        parts.push(format!("{line}{}", resource.title()));
        if !location.field.is_empty() {
            parts.push(location.field);
        }
    }
    one_line(&parts.join(", "))
}
