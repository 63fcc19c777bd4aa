//! `explain`: the verdict for one pair, and what decides it.

use super::FAULTY;
use super::bundles::{Namespace, Options, is_ingress_controller, no_workload};
use super::streams::{complain, print};
use enforce_intents::model::address::address;
use enforce_intents::model::policy::{PortValue, Protocol};
use enforce_intents::report::explain::{self, Question};
use enforce_intents::verify::addresses::AddressRange;
use enforce_intents::verify::reach::{End, Reachability};
use std::net::IpAddr;
use std::path::PathBuf;

/// Arguments of `explain`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Who connects: [NAMESPACE/]NAME[KIND], an IP address, or `ingress-controller`
    #[arg(value_name = "SRC")]
    source: String,
    /// To whom: [NAMESPACE/]NAME[KIND] or an IP address
    #[arg(value_name = "DST")]
    destination: String,
    /// Files and directories; `-` or nothing at all is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only this port: 80, UDP/53, or a name that the destination gives a port
    #[arg(long, value_name = "PORT", value_parser = asked_port)]
    port: Option<AskedPort>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    namespace: Namespace,
    #[command(flatten)]
    options: Options,
}

/// A port with its protocol, if the question has one.
type AskedPort = (Option<Protocol>, PortValue);

#[derive(clap::ValueEnum, Clone, Copy, Debug, Default)]
enum Format {
    #[default]
    Human,
    /// The same as human
    Txt,
    /// The same in a code block
    Markdown,
    Json,
}

/// Prints the answer. The exit code tells whether there is one, not which.
pub(super) fn run(arguments: Arguments) -> u8 {
    try_run(arguments).unwrap_or_else(|code| code)
}

fn try_run(arguments: Arguments) -> Result<u8, u8> {
    let judged = arguments.options.load()?.in_namespace(arguments.namespace).read(&arguments.paths);
    let reach = judged.reachability()?;
    let refuse = |message: String| {
        complain(&message);
        FAULTY
    };
    let source = match arguments.source.as_str() {
        text if is_ingress_controller(text) => End::IngressController,
        text => end(&reach, text).map_err(refuse)?,
    };
    let destination = end(&reach, &arguments.destination).map_err(refuse)?;
    let port = arguments.port.map(|asked| port(&reach, destination, asked).map_err(refuse)).transpose()?;
    let question = Question { reach: &reach, package: &judged.bundle.package, source, destination, port };
    let text = match arguments.format {
        Format::Human | Format::Txt => explain::human(question),
        Format::Markdown => format!("```text\n{}```\n", explain::human(question)),
        Format::Json => explain::json(question),
    };
    Ok(print(&text))
}

/// The one end that a text names.
fn end(reach: &Reachability<'_>, text: &str) -> Result<End, String> {
    if let Some(address) = address(text) {
        return Ok(End::External(match address {
            IpAddr::V4(address) => AddressRange::V4(address, address),
            IpAddr::V6(address) => AddressRange::V6(address, address),
        }));
    }
    match reach.find(text).as_slice() {
        [workload] => Ok(End::Workload(*workload)),
        [] => Err(no_workload(reach, text)),
        several => {
            let names: Vec<String> =
                several.iter().filter_map(|index| reach.workload(*index)).map(ToString::to_string).collect();
            Err(format!("`{text}` names several workloads: {}", names.join(", ")))
        }
    }
}

/// `80`, `UDP/53`, `53/UDP`, or a port's name.
fn asked_port(text: &str) -> Result<AskedPort, String> {
    let (protocol, port) = match text.split_once('/') {
        None => (None, text),
        Some((first, second)) => {
            match (Protocol::parse(&first.to_uppercase()), Protocol::parse(&second.to_uppercase())) {
                (Some(protocol), _) => (Some(protocol), second),
                (None, Some(protocol)) => (Some(protocol), first),
                (None, None) => return Err("write 80 or UDP/53".into()),
            }
        }
    };
    match port.parse() {
        Ok(number @ 1..) => Ok((protocol, PortValue::Number(number))),
        _ if port.bytes().all(|byte| byte.is_ascii_digit()) => Err("a port is a number from 1 to 65535".into()),
        _ => Ok((protocol, PortValue::Name(port.into()))),
    }
}

/// The number of a port, looked up at the destination if it was asked for by its name.
fn port(reach: &Reachability<'_>, destination: End, (protocol, port): AskedPort) -> Result<(Protocol, u16), String> {
    let name = match port {
        PortValue::Number(number) => return Ok((protocol.unwrap_or(Protocol::Tcp), number)),
        PortValue::Name(name) => name,
    };
    let End::Workload(workload) = destination else {
        return Err(format!("`{name}` is no port number, and only workloads have names for their ports"));
    };
    let protocols = protocol.map_or(vec![Protocol::Tcp, Protocol::Udp, Protocol::Sctp], |protocol| vec![protocol]);
    protocols
        .into_iter()
        .find_map(|protocol| Some((protocol, reach.port_number(workload, &name, protocol)?)))
        .ok_or_else(|| format!("the destination has no port named `{name}`"))
}
