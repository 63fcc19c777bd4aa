//! The checks of one case of each kind.

use super::bundle::Bundle;
use enforce_intents::diag::Code;
use enforce_intents::model::policy::{Direction, Protocol};
use enforce_intents::report;
use enforce_intents::verify::difference::difference;
use enforce_intents::verify::exposure::exposures;
use enforce_intents::verify::faults::faults;
use enforce_intents::verify::listing::{ListFilter, list};
use enforce_intents::verify::reach::decisions::Verdict;
use enforce_intents::verify::reach::{End, Reachability};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::Path;

fn expected(folder: &Path, file: &str) -> Option<String> {
    std::fs::read_to_string(folder.join(file)).ok()
}

fn compare(what: &str, actual: &str, expected: &str) -> Result<(), String> {
    if actual.trim_end() == expected.trim_end() {
        return Ok(());
    }
    let (ours, theirs): (BTreeSet<&str>, BTreeSet<&str>) = (actual.lines().collect(), expected.lines().collect());
    let lines = |mark: char, lines: Vec<&&str>| lines.iter().map(|line| format!("{mark} {line}\n")).collect::<String>();
    Err(format!(
        "{what} differs (- expected, + ours):\n{}{}",
        lines('-', theirs.difference(&ours).collect()),
        lines('+', ours.difference(&theirs).collect())
    ))
}

fn list_text(reach: &Reachability<'_>) -> String {
    let connections = list(reach, &ListFilter::default());
    let list = report::list::List { reach, connections: &connections, exposures: None };
    printed(|output| report::list::text(list, output))
}

/// What a report writes.
fn printed(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut output = Vec::new();
    write(&mut output).unwrap();
    String::from_utf8(output).unwrap()
}

fn exposure_text(reach: &Reachability<'_>) -> String {
    let (connections, exposures) = (list(reach, &ListFilter::default()), exposures(reach, &ListFilter::default()));
    let list = report::list::List { reach, connections: &connections, exposures: Some(&exposures) };
    let text = printed(|output| report::list::text(list, output));
    text.split_at(text.find("Exposure Analysis Result:").unwrap()).1.to_owned()
}

/// netpol-analyzer's own cases: list, exposure, explanation, and the list as JSON.
pub(crate) fn case(folder: &Path) -> Result<(), String> {
    let bundle = Bundle::read(&folder.join("input"), &[]);
    let reach = Reachability::new(&bundle.world, &bundle.config);
    compare("list", &list_text(&reach), &expected(folder, "expected.txt").unwrap())?;
    if let Some(text) = expected(folder, "expected_exposure.txt") {
        compare("exposure", &exposure_text(&reach), &text)?;
    }
    if let Some(text) = expected(folder, "expected_explain.txt") {
        let ours = printed(|output| report::list_explain::text(&reach, &ListFilter::default(), output));
        compare("explanation", &ours, &text)?;
    }
    if let Some(text) = expected(folder, "expected.json") {
        let connections = list(&reach, &ListFilter::default());
        let ours = report::list::List { reach: &reach, connections: &connections, exposures: None };
        let ours = printed(|output| report::list::json(ours, output));
        let [ours, theirs] = [&ours, &text].map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap());
        if ours != theirs {
            return Err(format!("JSON differs:\n{ours}\n{theirs}"));
        }
    }
    Ok(())
}

/// The scenarios of the Kubernetes end-to-end tests, as single facts.
pub(crate) fn e2e(folder: &Path) -> Result<(), String> {
    let settings = [("podAddresses".to_owned(), "match".to_owned())];
    let bundle = Bundle::read(&folder.join("input"), &settings);
    facts(&bundle, &expected(folder, "expected.txt").unwrap())
}

/// Lines of the form `src => dst : PROTO port : allow|deny|unknown`. An end is a workload or an address; `a => a` is about two
/// replicas of a.
fn facts(bundle: &Bundle, facts: &str) -> Result<(), String> {
    let reach = Reachability::new(&bundle.world, &bundle.config);
    let mut wrong = String::new();
    for fact in facts.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let parts: Vec<&str> = fact.split([':', '>']).map(|part| part.trim().trim_end_matches('=').trim()).collect();
        let [source, destination, port, verdict] = parts[..] else { return Err(format!("no fact: {fact}")) };
        let (protocol, port) = port.split_once(' ').unwrap();
        let (protocol, port) = (Protocol::parse(protocol).unwrap(), port.parse().unwrap());
        let ours = verdict_of(&reach, end(&reach, source), end(&reach, destination), protocol, port);
        let ours = match ours {
            Verdict::Allowed => "allow",
            Verdict::Denied => "deny",
            Verdict::Unknown => "unknown",
        };
        if ours != verdict {
            wrong.push_str(&format!("{fact}, but ours is {ours}\n"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

fn verdict_of(reach: &Reachability<'_>, from: End, to: End, protocol: Protocol, port: u16) -> Verdict {
    let segments = reach.explain(from, to);
    let mut verdicts = segments
        .iter()
        .filter(|segment| segment.connections.contains(protocol, port))
        .map(enforce_intents::verify::reach::decisions::Segment::verdict);
    let first = verdicts.next().unwrap();
    // Also the answer without reasons must be the same.
    if verdicts.next().is_none() {
        assert_eq!(reach.between(from, to).contains(protocol, port), first == Verdict::Allowed);
    }
    first
}

fn end(reach: &Reachability<'_>, text: &str) -> End {
    // Colons separate the parts of a fact, so IPv6 addresses are written with dots.
    let address = text.parse::<IpAddr>().ok().or_else(|| text.replace('.', ":").parse().ok());
    if let Some(address) = address {
        use enforce_intents::verify::addresses::AddressRange;
        return End::External(match address {
            IpAddr::V4(address) => AddressRange::V4(address, address),
            IpAddr::V6(address) => AddressRange::V6(address, address),
        });
    }
    match reach.find(text)[..] {
        [one] => End::Workload(one),
        _ => panic!("no single workload {text}"),
    }
}

/// Two bundles and their difference.
pub(crate) fn diff(folder: &Path) -> Result<(), String> {
    let [old, new] = ["input1", "input2"].map(|input| Bundle::read(&folder.join(input), &[]));
    let [old, new] = [&old, &new].map(|bundle| Reachability::new(&bundle.world, &bundle.config));
    let changes = difference(&old, &new);
    let ours = printed(|output| report::diff::text(&changes, report::diff::REFERENCES, output));
    compare("diff", &ours, &expected(folder, "expected.txt").unwrap())
}

/// Bundles with something invalid: a finding that names it, and the rest is judged all the same.
pub(crate) fn negative(folder: &Path) -> Result<(), String> {
    let bundle = Bundle::read(&folder.join("input"), &[]);
    let reach = Reachability::new(&bundle.world, &bundle.config);
    let found: Vec<Code> = bundle
        .findings
        .0
        .iter()
        .chain(&faults(&reach).0)
        .map(|finding| finding.code)
        .filter(|&code| is_about_input(code))
        .collect();
    if found.is_empty() {
        return Err("nothing was found".into());
    }
    let workloads = 0..reach.workloads().len();
    let is_isolated = |workload| reach.is_isolated(workload, Direction::Ingress);
    if list_text(&reach).is_empty() && !workloads.clone().all(is_isolated) {
        return Err("the rest was not judged".into());
    }
    Ok(())
}

fn is_about_input(code: Code) -> bool {
    code.name().contains("policy")
        || matches!(code, Code::DuplicateNamespace | Code::PodsDiffer | Code::PortNameOnBlock | Code::InvalidInput)
}

/// The project's own cases.
pub(crate) fn own(folder: &Path) -> Result<(), String> {
    let settings: Vec<(String, String)> = expected(folder, "settings.txt")
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let bundle = Bundle::read(&folder.join("input.yaml"), &settings);
    let reach = Reachability::new(&bundle.world, &bundle.config);
    let mut checked = 0;
    if let Some(text) = expected(folder, "facts.txt") {
        facts(&bundle, &text)?;
        checked += 1;
    }
    if let Some(text) = expected(folder, "list.txt") {
        compare("list", &list_text(&reach), &text)?;
        checked += 1;
    }
    if let Some(text) = expected(folder, "exposure.txt") {
        compare("exposure", &exposure_text(&reach), &text)?;
        checked += 1;
    }
    if let Some(text) = expected(folder, "findings.txt") {
        let all = bundle.findings.0.iter().chain(&faults(&reach).0).cloned().collect::<Vec<_>>();
        let mut ours: Vec<(usize, String)> = all
            .iter()
            .filter(|finding| is_about_input(finding.code))
            .map(|finding| {
                let line = finding.place.and_then(|place| bundle.package.locate(place)).map_or(0, |at| at.line);
                (line, format!("{line}: {}: {}\n", finding.code.name(), finding.message))
            })
            .collect();
        ours.sort();
        let ours: String = ours.into_iter().map(|(_, line)| line).collect();
        compare("findings", &ours, &text)?;
        checked += 1;
    }
    if checked > 0 { Ok(()) } else { Err("the case expects nothing".into()) }
}
