//! `graph`: who calls whom as a picture.

use super::FAULTY;
use super::bundles::{Options, no_namespace, no_workload};
use super::streams::{complain, print, report as report_line};
use enforce_intents::report::graph::{Picture, dot, html, mermaid, svg};
use enforce_intents::verify;
use enforce_intents::verify::graph::Undeclared;
use enforce_intents::verify::listing::ListFilter;
use enforce_intents::write::network_policy_text;
use std::path::PathBuf;

/// Arguments of `graph`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Files and directories; `-` or nothing at all is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Only this workload and whom it has to do with: [NAMESPACE/]NAME[KIND]. May be repeated
    #[arg(long = "workload", value_name = "WORKLOAD")]
    workloads: Vec<String>,
    /// Only workloads in this namespace and whom they have to do with. May be repeated
    #[arg(long = "namespace", value_name = "NAMESPACE")]
    namespaces: Vec<String>,
    /// What is open to protected workloads although nobody declared it
    #[arg(long, value_enum, default_value_t)]
    undeclared: UndeclaredArgument,
    #[command(flatten)]
    options: Options,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, Default)]
enum Format {
    /// For Markdown on GitHub and GitLab
    #[default]
    Mermaid,
    /// For Graphviz
    Dot,
    /// A picture
    Svg,
    /// A page to search and click through, in one file
    Html,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, Default)]
enum UndeclaredArgument {
    /// One edge where all workloads of a namespace have the same
    #[default]
    Grouped,
    /// An edge each
    All,
    /// Not shown
    Hidden,
}

/// Prints the picture and gives the exit code.
pub(super) fn run(arguments: Arguments) -> u8 {
    try_run(arguments).unwrap_or_else(|code| code)
}

fn try_run(arguments: Arguments) -> Result<u8, u8> {
    let judged = arguments.options.load()?.read(&arguments.paths);
    let reach = judged.reachability()?;
    let filter = ListFilter { workloads: arguments.workloads, namespaces: arguments.namespaces, direction: None };
    let unknown = filter.workloads.iter().find(|text| reach.find(text).is_empty());
    let unknown = unknown.map(|text| no_workload(&reach, text));
    if let Some(message) = unknown.or_else(|| filter.namespaces.iter().find_map(|name| no_namespace(&reach, name))) {
        complain(&message);
        return Err(FAULTY);
    }
    let undeclared = match arguments.undeclared {
        UndeclaredArgument::Grouped => Undeclared::Grouped,
        UndeclaredArgument::All => Undeclared::All,
        UndeclaredArgument::Hidden => Undeclared::Hidden,
    };
    let report = verify::check::check(&reach, &judged.bundle.config);
    let graph = verify::graph::graph(&reach, &report, &filter, undeclared);
    if graph.left_out > 0 {
        let left_out = graph.left_out;
        report_line(&format!(
            "warning: {left_out} undeclared connections are left out; `--undeclared grouped` has fewer\n"
        ));
    }
    let picture = Picture::new(&graph, &reach, &judged.bundle.package, network_policy_text);
    let text = match arguments.format {
        Format::Mermaid => {
            let text = mermaid::text(&picture);
            if let Some(fault) = mermaid::fault(&picture, &text) {
                report_line(&format!("warning: {fault}; choose a namespace, or another format\n"));
            }
            text
        }
        Format::Dot => dot::text(&picture),
        Format::Svg => svg::text(&picture),
        Format::Html => html::text(&picture),
    };
    Ok(print(&text).max(judged.code))
}
