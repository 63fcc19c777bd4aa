//! What an output has that its baseline has not. Anything but added label lines and new policies is an error.

use crate::trial;
use libtest_mimic::Trial;

/// Every line that `output` adds to `baseline`, below the document that it is in, and every new document whole.
///
/// Both are texts with YAML documents, or files, one after the other; each must keep its place and all of its lines.
pub(crate) fn additions(baseline: &str, output: &str) -> Result<String, String> {
    let mut old = documents(baseline).into_iter().peekable();
    let mut report = String::new();
    for document in documents(output) {
        let added = old.peek().map(|before| added_lines(before, document));
        match added {
            Some(Some(lines)) => {
                old.next();
                if let Some(odd) = lines.iter().find(|line| !is_label_line(line)) {
                    return Err(format!("a line was added that is no label: {odd}\n{document}"));
                }
                if !lines.is_empty() {
                    report.push_str(&format!("# {}\n", title(document)));
                    lines.iter().for_each(|line| report.push_str(&format!("+{line}\n")));
                }
            }
            _ if document.contains("\nkind: NetworkPolicy\n") => report.push_str(&format!("---\n{document}\n")),
            _ => return Err(format!("a document was changed or is new:\n{document}")),
        }
    }
    match old.next() {
        Some(lost) => Err(format!("a document is gone or was changed:\n{lost}")),
        None => Ok(report),
    }
}

fn documents(text: &str) -> Vec<&str> {
    text.split("\n---\n").map(|document| document.trim_matches('\n')).filter(|document| !document.is_empty()).collect()
}

/// Lines of `after` that `before` has not; `None` if `before` is not contained in order.
fn added_lines<'t>(before: &str, after: &'t str) -> Option<Vec<&'t str>> {
    let mut added = Vec::new();
    let mut rest = before.lines().peekable();
    for line in after.lines() {
        if rest.peek() == Some(&line) {
            rest.next();
        } else {
            added.push(line);
        }
    }
    rest.peek().is_none().then_some(added)
}

/// A label of ours, or the start of a map that had to be made for it.
fn is_label_line(line: &str) -> bool {
    let entry = line.trim_start().trim_start_matches('"');
    entry.starts_with("intents.otterize.com/") || entry == "labels:" || entry == "metadata:"
}

/// Kind and name, from the lines that every manifest has.
fn title(document: &str) -> String {
    let value = |key: &str| document.lines().find_map(|line| line.strip_prefix(key)).unwrap_or("?");
    format!("{} {}", value("kind: "), value("  name: "))
}

/// The judge is judged too.
pub(crate) fn trials() -> Vec<Trial> {
    const BASELINE: &str = "kind: A\nmetadata:\n  name: a\n---\nkind: B\nmetadata:\n  name: b\n";
    let check = |name: &str, output: &'static str, expected: Result<&'static str, &'static str>| {
        trial(format!("additions::{name}"), move || match (additions(BASELINE, output), expected) {
            (Ok(report), Ok(expected)) => assert_eq!(report, expected),
            (Err(fault), Err(expected)) => assert!(fault.starts_with(expected), "{fault}"),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        })
    };
    vec![
        check("nothing", BASELINE, Ok("")),
        check(
            "label_and_policy",
            "kind: A\nmetadata:\n  name: a\n  labels:\n    intents.otterize.com/x: y\n---\nkind: B\nmetadata:\n  name: b\n---\napiVersion: v1\nkind: NetworkPolicy\nmetadata: {}\n",
            Ok(
                "# A a\n+  labels:\n+    intents.otterize.com/x: y\n---\napiVersion: v1\nkind: NetworkPolicy\nmetadata: {}\n",
            ),
        ),
        check("lost_document", "kind: A\nmetadata:\n  name: a\n", Err("a document is gone")),
        check("lost_line", "kind: A\nmetadata:\n---\nkind: B\nmetadata:\n  name: b\n", Err("a document was changed")),
        check(
            "odd_line",
            "kind: A\nmetadata:\n  name: a\n  other: x\n---\nkind: B\nmetadata:\n  name: b\n",
            Err("a line was added that is no label"),
        ),
    ]
}
