//! `diff`: what changes between two bundles, in netpol-analyzer's text, Markdown, CSV and JSON.

use super::json;
use super::list::{connection_fields, csv_row};
use crate::model::value::Value;
use crate::verify::difference::Change;
use std::io::{self, Write};

/// How the two bundles are called.
#[derive(Clone, Copy, Debug)]
pub struct BundleNames<'a> {
    /// The old one.
    pub old: &'a str,
    /// The new one.
    pub new: &'a str,
}

/// netpol-analyzer's names.
pub const REFERENCES: BundleNames<'static> = BundleNames { old: "ref1", new: "ref2" };

/// A header and a line for each change; nothing if there is none.
///
/// # Errors
/// Those of the output.
pub fn text(changes: &[Change], names: BundleNames<'_>, output: &mut dyn Write) -> io::Result<()> {
    if !changes.is_empty() {
        writeln!(output, "Connectivity diff:")?;
    }
    for change in changes {
        write!(
            output,
            "diff-type: {}, source: {}, destination: {}, {}: {}, {}: {}",
            change.kind.as_str(),
            change.source,
            change.destination,
            names.old,
            change.old,
            names.new,
            change.new
        )?;
        let info = workloads_info(change);
        let separator = if info.is_empty() { "" } else { ", workloads-diff-info: " };
        writeln!(output, "{separator}{info}")?;
    }
    Ok(())
}

/// Which of the two workloads are in one bundle only.
fn workloads_info(change: &Change) -> String {
    let ends = [(change.source_is_in_one, &change.source), (change.destination_is_in_one, &change.destination)];
    let names: Vec<&str> = ends.into_iter().filter(|(is_in_one, _)| *is_in_one).map(|(_, name)| &**name).collect();
    if names.is_empty() {
        return String::new();
    }
    format!("workload {} {}", names.join(" and "), change.kind.as_str())
}

/// A Markdown table.
///
/// # Errors
/// Those of the output.
pub fn markdown(changes: &[Change], names: BundleNames<'_>, output: &mut dyn Write) -> io::Result<()> {
    writeln!(output, "| diff-type | source | destination | {} | {} | workloads-diff-info |", names.old, names.new)?;
    writeln!(output, "|-----------|--------|-------------|------|------|---------------------|")?;
    for change in changes {
        writeln!(
            output,
            "| {} | {} | {} | {} | {} | {} |",
            change.kind.as_str(),
            change.source,
            change.destination,
            change.old,
            change.new,
            workloads_info(change)
        )?;
    }
    Ok(())
}

/// A table of comma-separated values.
///
/// # Errors
/// Those of the output.
pub fn csv(changes: &[Change], names: BundleNames<'_>, output: &mut dyn Write) -> io::Result<()> {
    let header = ["diff-type", "source", "destination", names.old, names.new, "workloads-diff-info"];
    output.write_all(csv_row(&header).as_bytes())?;
    for change in changes {
        let row = csv_row(&[
            change.kind.as_str(),
            &change.source,
            &change.destination,
            &change.old.to_string(),
            &change.new.to_string(),
            &workloads_info(change),
        ]);
        output.write_all(row.as_bytes())?;
    }
    Ok(())
}

/// A JSON array of `{type, src, dst, old, new}`; `old` and `new` have `all` and `conns` as in `list`, and `text`.
///
/// # Errors
/// Those of the output.
pub fn json(changes: &[Change], output: &mut dyn Write) -> io::Result<()> {
    let connections = |set| {
        let words = ("text", Value::string(format!("{set}")));
        Value::map(connection_fields(set).into_iter().chain([words]))
    };
    let changes = changes.iter().map(|change| {
        Value::map([
            ("type", Value::string(change.kind.as_str())),
            ("src", Value::string(&*change.source)),
            ("dst", Value::string(&*change.destination)),
            ("old", connections(&change.old)),
            ("new", connections(&change.new)),
            ("srcInOneOnly", Value::Bool(change.source_is_in_one)),
            ("dstInOneOnly", Value::Bool(change.destination_is_in_one)),
        ])
    });
    json::write_list(changes, 0, output)?;
    writeln!(output)
}
