//! Reads a case, carries its change out, and compares.

use enforce_intents::config::Config;
use enforce_intents::diag::Findings;
use enforce_intents::model::place::ResourceId;
use enforce_intents::model::policy::{NetworkPolicy, Peer, PolicyPort, PolicySpec, PortValue, Protocol, Rule};
use enforce_intents::model::selector::LabelSelector;
use enforce_intents::model::value::Value;
use enforce_intents::plan::{GeneratedObject, MapChange, Plan, PlannedObject};
use enforce_intents::read::package::Package;
use enforce_intents::source::{SourceOrigin, SourceText};
use enforce_intents::write::Written;
use enforce_intents::{read, verify, write};
use std::path::Path;

/// What `change.txt` says.
#[derive(Default)]
struct Change {
    lines: Vec<String>,
    config: Config,
    results: Vec<Value>,
    error: Option<String>,
}

/// Runs one case.
pub(crate) fn run(case: &Path) -> Result<(), String> {
    let change = Change::parse(&read_file(&case.join("change.txt"))?)?;
    let mut before = vec![read_file(&case.join("before.yaml"))?];
    before.extend(read_file(&case.join("before-2.yaml")));
    let package = package(&before)?;
    let plan = change.plan(&package)?;
    match (write(&package, &plan, &change), &change.error) {
        (Err(findings), Some(error)) => {
            let messages: Vec<String> = findings.0.iter().map(|finding| finding.message.clone()).collect();
            if messages.iter().any(|message| message.contains(error)) {
                Ok(())
            } else {
                Err(format!("no finding says {error:?}: {messages:?}"))
            }
        }
        (Ok(written), Some(error)) => Err(format!("written, though it should fail with {error:?}:\n{}", written.text)),
        (Err(findings), None) => Err(format!("{findings:?}")),
        (Ok(written), None) => {
            compare(&case.join("after.yaml"), &written.text)?;
            let findings = verify::output::verify(&package, &plan, &change.config, &written);
            if !findings.0.is_empty() {
                return Err(format!("verify: {findings:?}"));
            }
            change_again(&change, &plan, &written.text)
        }
    }
}

fn compare(path: &Path, actual: &str) -> Result<(), String> {
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        return std::fs::write(path, actual).map_err(|error| error.to_string());
    }
    let expected = read_file(path)?;
    if expected == actual { Ok(()) } else { Err(format!("--- expected\n{expected}--- actual\n{actual}")) }
}

/// A change that was made is not made again.
fn change_again(change: &Change, plan: &Plan, output: &str) -> Result<(), String> {
    let only_maps = Plan { map_changes: plan.map_changes.clone(), ..Plan::default() };
    if only_maps != *plan || !change.results.is_empty() {
        return Ok(());
    }
    let package = package(&[output.to_owned()])?;
    let again = write(&package, &change.plan(&package)?, change).map_err(|findings| format!("{findings:?}"))?;
    if again.text == output { Ok(()) } else { Err(format!("a second run changes more:\n{}", again.text)) }
}

fn read_file(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn package(texts: &[String]) -> Result<Package, String> {
    let first = texts.first().map(String::as_str).unwrap_or_default();
    if first.contains("ResourceList") {
        return read::resource_list::read(first.as_bytes().to_vec())
            .map(|(package, _)| package)
            .map_err(|findings| format!("{findings:?}"));
    }
    let source = |(index, text): (usize, &String)| SourceText {
        origin: SourceOrigin::File(format!("{index}.yaml").into()),
        text: text.clone().into(),
    };
    let (package, findings) = read::stream::read(texts.iter().enumerate().map(source).collect());
    if findings.has_errors() { Err(format!("{findings:?}")) } else { Ok(package) }
}

fn write(package: &Package, plan: &Plan, change: &Change) -> Result<Written, Findings> {
    if package.resource_list.is_some() {
        write::resource_list(package, plan, &change.config, &change.results)
    } else {
        write::manifest_stream(package, plan)
    }
}

impl Change {
    fn parse(text: &str) -> Result<Self, String> {
        let mut change = Self::default();
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            match line.split_once(' ') {
                Some(("result", message)) => {
                    change
                        .results
                        .push(Value::map([("message", Value::string(message)), ("severity", Value::string("info"))]));
                }
                Some(("error", message)) => change.error = Some(message.to_owned()),
                Some(("policyPath", path)) => change.config.policy_path = Some(path.to_owned()),
                _ => change.lines.push(line.to_owned()),
            }
        }
        Ok(change)
    }

    fn plan(&self, package: &Package) -> Result<Plan, String> {
        let mut plan = Plan::default();
        for line in &self.lines {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["+", key, "=", value] => {
                    last(&mut plan)?.set.insert(key, value.trim_matches('"'));
                }
                ["-", key] => {
                    last(&mut plan)?.remove.insert((*key).to_owned());
                }
                ["new", name] => {
                    plan.new_objects.push(PlannedObject { object: policy(name, 80).into(), package_of: None })
                }
                ["new", name, "in", "the", "package", "of", of] => {
                    let package_of = Some(find(package, of)?);
                    plan.new_objects.push(PlannedObject { object: policy(name, 80).into(), package_of });
                }
                ["update", of, "to", port] => {
                    let id = find(package, of)?;
                    let port = port.parse().map_err(|_| format!("not a port: {line}"))?;
                    let name = of.split_once('/').map_or("", |(_, name)| name);
                    plan.updates.push((id, policy(&format!("shop/{name}"), port).into()));
                }
                ["remove", of] => plan.removals.push(find(package, of)?),
                [of, path] => plan.map_changes.push(MapChange {
                    resource: find(package, of)?,
                    path: path.split('.').map(|key| key.to_owned().into()).collect(),
                    set: Default::default(),
                    remove: Default::default(),
                }),
                _ => return Err(format!("not understood: {line}")),
            }
        }
        Ok(plan)
    }
}

fn last(plan: &mut Plan) -> Result<&mut MapChange, String> {
    plan.map_changes.last_mut().ok_or_else(|| "an entry before any map".to_owned())
}

fn find(package: &Package, of: &str) -> Result<ResourceId, String> {
    let (of, skipped) = of.strip_suffix("#2").map_or((of, 0), |of| (of, 1));
    let mut found =
        package.iter().filter(|(_, resource)| format!("{}/{}", resource.kind, resource.name) == of).skip(skipped);
    found.next().map(|(id, _)| id).ok_or_else(|| format!("there is no {of}"))
}

fn policy(name: &str, port: u16) -> GeneratedObject {
    let (namespace, name) = name.split_once('/').unwrap_or(("shop", name));
    let selector = |value: &str| LabelSelector::from_labels([("app".to_owned(), value.to_owned())].into());
    let rule = Rule {
        peers: vec![Peer::Pods { pod_selector: Some(selector("client")), namespace_selector: None }],
        ports: vec![PolicyPort::new(Protocol::Tcp, PortValue::Number(port))],
    };
    GeneratedObject::NetworkPolicy(NetworkPolicy {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        labels: [("intents.otterize.com/network-policy".to_owned(), "true".to_owned())].into(),
        annotations: Default::default(),
        spec: PolicySpec { pod_selector: selector("server"), ingress: Some(vec![rule]), egress: None },
    })
}
