//! `docs/findings.md`: a section for each finding code. Its example is run, and must give that finding with that severity.
//!
//! | part of a section | meaning |
//! |---|---|
//! | the first line | generated: severity and description |
//! | `yaml` or `json` | the example: `example.yaml`, or the file that a comment in the first line names |
//! | ``With `...`:`` | the command, or arguments for `enforce-intents check example.yaml` |
//! | `text` | generated: the line that the program prints |
//! | `Fix: ...` | what to do |

use crate::page::{Runner as _, blocks, path_of};
use crate::{Shell, empty_folder, expect, read};
use enforce_intents::diag::{Code, Severity};
use std::collections::BTreeSet;

const PAGE: &str = "docs/findings.md";
/// A defect of the program: no input is known that shows it.
const WITHOUT_EXAMPLE: [Code; 1] = [Code::OutputMismatch];

#[test]
fn every_finding_is_explained_and_its_example_gives_it() {
    let page = read(PAGE);
    let mut sections = page.split("\n### `");
    let mut updated = sections.next().unwrap().to_owned();
    let mut seen = BTreeSet::new();
    for section in sections {
        let (name, body) = section.split_once("`\n").unwrap();
        let code = Code::parse(name).unwrap_or_else(|| panic!("{PAGE}: there is no finding {name}"));
        assert!(seen.insert(code), "{PAGE} has {name} twice");
        // What follows the last section of a group belongs to the next group.
        let (body, rest) = body.find("\n## ").map_or((body, ""), |end| body.split_at(end));
        updated.push_str(&format!("\n### `{name}`\n{}{rest}", section_of(code, body)));
    }
    let missing: Vec<&str> = Code::ALL.iter().filter(|code| !seen.contains(code)).map(|code| code.name()).collect();
    assert_eq!(missing, Vec::<&str>::new(), "{PAGE} does not explain them");
    expect(PAGE, &updated);
}

/// The section as it has to be.
fn section_of(code: Code, body: &str) -> String {
    let mut paragraphs: Vec<&str> = body.trim().split("\n\n").collect();
    if ["Error", "Warning", "Info"].iter().any(|severity| paragraphs[0].starts_with(severity)) {
        paragraphs.remove(0);
    }
    paragraphs.retain(|paragraph| !paragraph.starts_with("```text\n"));
    let fix = paragraphs.iter().position(|paragraph| paragraph.starts_with("Fix: "));
    let fix = fix.unwrap_or_else(|| panic!("{PAGE}: {} has no `Fix: `", code.name()));
    let head = headline(code);
    let line = (!WITHOUT_EXAMPLE.contains(&code)).then(|| format!("```text\n{}\n```", printed_line(code, body)));
    if let Some(line) = &line {
        paragraphs.insert(fix, line);
    }
    format!("\n{head}\n\n{}\n", paragraphs.join("\n\n"))
}

fn headline(code: Code) -> String {
    let severity = match code.default_severity() {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
        Severity::Info => "Info",
    };
    let fixed = if code.can_be_changed() { "" } else { " (fixed)" };
    format!("{severity}{fixed}. {}", code.description())
}

/// Runs the example and gives the line of the finding.
fn printed_line(code: Code, body: &str) -> String {
    let name = code.name();
    let shell = Shell { folder: empty_folder(&format!("findings/{name}")) };
    let mut examples = 0;
    for block in blocks(name, body).iter().filter(|block| matches!(block.language.as_str(), "yaml" | "json")) {
        examples += 1;
        let file = path_of(&block.text);
        // JSON has no comments.
        let without_path = if block.language == "json" { block.text.split_once('\n').unwrap().1 } else { &block.text };
        shell.write(file.unwrap_or("example.yaml"), without_path);
    }
    assert!(examples > 0, "{PAGE}: {name} has no example");
    let arguments = body.split_once("\nWith `").map_or("", |(_, rest)| rest.split_once("`:").unwrap().0);
    let command = if arguments.contains("enforce-intents") {
        arguments.to_owned()
    } else {
        format!("enforce-intents check example.yaml {arguments}")
    };
    let printed = shell.bash(&["-c"], &command);
    let start = format!("{}[{name}]: ", code.default_severity().as_str());
    let line = printed.all.lines().find(|line| line.starts_with(&start));
    line.unwrap_or_else(|| panic!("{PAGE}: the example of {name} does not give it:\n{}", printed.all)).to_owned()
}
