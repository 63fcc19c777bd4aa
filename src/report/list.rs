//! `list`: who can reach whom, in netpol-analyzer's text (`connectivity/README.md`), JSON, CSV and Markdown.

use super::json;
use crate::model::policy::Direction;
use crate::model::value::Value;
use crate::verify::connections::{ConnectionSet, PROTOCOLS};
use crate::verify::exposure::{DirectionExposure, ExposedWorkload};
use crate::verify::listing::{Listing, end_text};
use crate::verify::reach::{End, Reachability};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// What there is to print: the connections, and the exposures if they were asked for.
#[derive(Clone, Copy)]
pub struct List<'a> {
    /// The world that was judged.
    pub reach: &'a Reachability<'a>,
    /// The connections, sorted.
    pub connections: &'a Listing,
    /// The exposed workloads; `None` if nobody asked.
    pub exposures: Option<&'a [ExposedWorkload]>,
}

/// One line of the exposure report.
struct ExposureLine {
    workload: String,
    peer: String,
    connections: String,
}

/// Lines of the form `SRC => DST : CONNECTIONS`, and netpol-analyzer's exposure report.
///
/// # Errors
/// Those of the output.
pub fn text(list: List<'_>, output: &mut dyn Write) -> io::Result<()> {
    for one in list.connections.iter() {
        writeln!(output, "{} => {} : {}", one.source, one.destination, one.connections_text)?;
    }
    if list.exposures.is_some() {
        let separator = if list.connections.iter().next().is_some() { "\n" } else { "" };
        write!(output, "{separator}{}", exposure_text(list))?;
    }
    Ok(())
}

fn exposure_text(list: List<'_>) -> String {
    let width = list.exposures.unwrap_or_default().iter();
    let width = width.map(|one| end_text(list.reach, End::Workload(one.workload)).len()).max().unwrap_or_default();
    let mut text = String::from("Exposure Analysis Result:\n");
    let mut separator = "";
    for (direction, arrow) in [(Direction::Egress, "=>"), (Direction::Ingress, "<=")] {
        let lines = exposure_lines(list, direction);
        if lines.is_empty() {
            continue;
        }
        text.push_str(&format!("{separator}{} Exposure:\n", direction.as_str()));
        for line in lines {
            text.push_str(&format!("{:width$} \t{arrow} \t{} : {}\n", line.workload, line.peer, line.connections));
        }
        separator = "\n";
    }
    let unprotected = unprotected(list);
    if !unprotected.is_empty() {
        text.push_str("\nWorkloads not protected by network policies:\n");
        for (workload, direction) in unprotected {
            text.push_str(&format!("{workload} is not protected on {}\n", direction.as_str()));
        }
    }
    text
}

/// The lines of one direction, sorted, connections with external addresses among them.
fn exposure_lines(list: List<'_>, direction: Direction) -> Vec<ExposureLine> {
    let mut external: BTreeMap<usize, Vec<(&str, &str)>> = BTreeMap::new();
    for one in list.connections.iter() {
        match (direction, one.ends) {
            (Direction::Egress, (End::Workload(own), End::External(_))) => {
                external.entry(own).or_default().push((one.destination, one.connections_text));
            }
            (Direction::Ingress, (End::External(_), End::Workload(own))) => {
                external.entry(own).or_default().push((one.source, one.connections_text));
            }
            _ => {}
        }
    }
    let mut lines = Vec::new();
    for exposed in list.exposures.unwrap_or_default() {
        let end = End::Workload(exposed.workload);
        let workload = end_text(list.reach, end);
        let exposure = exposed.direction(direction);
        let line = |peer: String, connections: String| ExposureLine { workload: workload.clone(), peer, connections };
        if !exposure.is_isolated {
            lines.push(line("entire-cluster".to_owned(), ConnectionSet::all().to_string()));
        }
        lines.extend(exposure.peers.iter().map(|(peer, set)| line(peer.to_string(), set.to_string())));
        let external = external.get(&exposed.workload).map(Vec::as_slice).unwrap_or_default();
        lines.extend(external.iter().map(|(peer, connections)| line((*peer).to_owned(), (*connections).to_owned())));
    }
    lines.sort_by(|a, b| (&a.workload, &a.peer).cmp(&(&b.workload, &b.peer)));
    lines
}

fn unprotected(list: List<'_>) -> Vec<(String, Direction)> {
    let mut found = Vec::new();
    for exposed in list.exposures.unwrap_or_default() {
        for direction in [Direction::Egress, Direction::Ingress] {
            if !exposed.direction(direction).is_isolated {
                found.push((end_text(list.reach, End::Workload(exposed.workload)), direction));
            }
        }
    }
    found.sort_by_cached_key(|(workload, direction)| format!("{workload} is not protected on {}", direction.as_str()));
    found
}

impl ExposedWorkload {
    fn direction(&self, direction: Direction) -> &DirectionExposure {
        match direction {
            Direction::Egress => &self.egress,
            Direction::Ingress => &self.ingress,
        }
    }
}

/// A JSON array of `{src, dst, all, conns}` with the port ranges per protocol; with exposures an object that has it as
/// `connections`.
///
/// # Errors
/// Those of the output.
pub fn json(list: List<'_>, output: &mut dyn Write) -> io::Result<()> {
    let connections = list.connections.iter().map(|one| {
        let ends = [("src", Value::string(&**one.source)), ("dst", Value::string(&**one.destination))];
        Value::map(ends.into_iter().chain(connection_fields(one.connections)))
    });
    if list.exposures.is_none() {
        json::write_list(connections, 0, output)?;
        return writeln!(output);
    }
    let lines = |direction| {
        let lines = exposure_lines(list, direction);
        Value::List(
            lines
                .into_iter()
                .map(|line| {
                    Value::map([
                        ("workload", Value::string(line.workload)),
                        ("peer", Value::string(line.peer)),
                        ("conn", Value::string(line.connections)),
                    ])
                })
                .collect(),
        )
    };
    let unprotected = unprotected(list).into_iter().map(|(workload, direction)| {
        Value::map([("workload", Value::string(workload)), ("direction", Value::string(direction.as_str()))])
    });
    let exposure = Value::map([
        ("egress", lines(Direction::Egress)),
        ("ingress", lines(Direction::Ingress)),
        ("unprotected", Value::List(unprotected.collect())),
    ]);
    write!(output, "{{\n  \"connections\": ")?;
    json::write_list(connections, 1, output)?;
    writeln!(output, ",\n  \"exposure\": {}\n}}", json::pretty_at(&exposure, 1))
}

/// `all` and `conns`: whether it is every connection, and if not the port ranges per protocol.
pub(super) fn connection_fields(set: &ConnectionSet) -> [(&'static str, Value); 2] {
    let range =
        |&(first, last): &(u16, u16)| Value::List(vec![Value::Integer(first.into()), Value::Integer(last.into())]);
    let protocols = PROTOCOLS.iter().filter(|&&protocol| !set.is_all() && !set.ports(protocol).is_empty());
    let conns = protocols
        .map(|&protocol| (protocol.as_str(), Value::List(set.ports(protocol).ranges().iter().map(range).collect())));
    [("all", Value::Bool(set.is_all())), ("conns", Value::map(conns))]
}

/// A table `src,dst,conn`, and with exposures more tables below it.
///
/// # Errors
/// Those of the output.
pub fn csv(list: List<'_>, output: &mut dyn Write) -> io::Result<()> {
    output.write_all(csv_row(&["src", "dst", "conn"]).as_bytes())?;
    for one in list.connections.iter() {
        output.write_all(csv_row(&[one.source, one.destination, one.connections_text]).as_bytes())?;
    }
    if list.exposures.is_some() {
        output.write_all(csv_row(&["Exposure Analysis Result:", "", ""]).as_bytes())?;
        for direction in [Direction::Egress, Direction::Ingress] {
            let lines = exposure_lines(list, direction);
            if lines.is_empty() {
                continue;
            }
            output.write_all(csv_row(&[&format!("{} Exposure:", direction.as_str()), "", ""]).as_bytes())?;
            output.write_all(csv_row(&exposure_header(direction)).as_bytes())?;
            for line in lines {
                output.write_all(csv_row(&[&line.workload, &line.peer, &line.connections]).as_bytes())?;
            }
        }
    }
    Ok(())
}

/// The workload always comes first.
fn exposure_header(direction: Direction) -> [&'static str; 3] {
    match direction {
        Direction::Egress => ["src", "dst", "conn"],
        Direction::Ingress => ["dst", "src", "conn"],
    }
}

/// One row of comma-separated values, quoted where it must be.
pub(super) fn csv_row(fields: &[&str]) -> String {
    let quote = |field: &&str| {
        if field.contains([',', '"', '\n', '\r']) || field.starts_with([' ', '\t']) {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            (*field).to_owned()
        }
    };
    format!("{}\n", fields.iter().map(quote).collect::<Vec<_>>().join(","))
}

/// A Markdown table, and with exposures more tables below it.
///
/// # Errors
/// Those of the output.
pub fn markdown(list: List<'_>, output: &mut dyn Write) -> io::Result<()> {
    output.write_all(b"| src | dst | conn |\n|-----|-----|------|\n")?;
    for one in list.connections.iter() {
        writeln!(output, "| {} | {} | {} |", one.source, one.destination, one.connections_text)?;
    }
    if list.exposures.is_some() {
        output.write_all(b"## Exposure Analysis Result:\n")?;
        for direction in [Direction::Egress, Direction::Ingress] {
            let lines = exposure_lines(list, direction);
            if lines.is_empty() {
                continue;
            }
            let [first, second, third] = exposure_header(direction);
            writeln!(output, "### {} Exposure:\n| {first} | {second} | {third} |", direction.as_str())?;
            output.write_all(b"|-----|-----|------|\n")?;
            for line in lines {
                writeln!(output, "| {} | {} | {} |", line.workload, line.peer, line.connections)?;
            }
            writeln!(output)?;
        }
    }
    Ok(())
}
