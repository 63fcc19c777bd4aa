use crate::config::Config;
use crate::plan::Plan;
use crate::read::stream::read;
use crate::source::{SourceOrigin, SourceText};
use crate::verify::output::verify;
use crate::write::manifest_stream;

/// What is printed of a text that another one follows, found right when it is read again.
fn printed(text: &str) -> String {
    let source = |text: &str| SourceText { origin: SourceOrigin::Stdin, text: text.to_owned().into() };
    let (package, found) = read(vec![source(text), source("kind: Last\n")]);
    assert_eq!(found.0, []);
    let plan = Plan::default();
    let written = manifest_stream(&package, &plan).unwrap_or_else(|found| panic!("{text:?}: {found:?}"));
    assert_eq!(verify(&package, &plan, &Config::default(), &written).0, [], "{text:?}");
    written.text.strip_suffix("---\nkind: Last\n").unwrap().to_owned()
}

/// The line break that a text lacks does not change the value of a block scalar at its end.
#[test]
fn block_scalars_at_the_end_of_a_text_keep_their_value() {
    for (text, expected) in [
        ("a: |\n  x", "a: |-\n  x\n"),
        ("a: >2+\n  x", "a: >2-\n  x\n"),
        ("a: |-\n  x", "a: |-\n  x\n"),
        ("a: |\n  x\n     ", "a: |-\n  x\n     \n"),
        ("a: |\n  x\n  # text", "a: |-\n  x\n  # text\n"),
        ("a: |\n  x\n# c", "a: |\n  x\n# c\n"),
        ("a: |+\n  x\n\n# c", "a: |+\n  x\n\n# c\n"),
        ("a: |\n  x\n ", "a: |\n  x\n \n"),
        ("a: |+\n  x\n ", "a: |+\n  x\n"),
        ("a: |+\n\n ", "a: |+\n\n"),
        ("a: |+ # c", "a: |+ # c\n"),
        ("? a: |\n    x", "? a: |-\n    x\n"),
    ] {
        assert_eq!(printed(&format!("kind: First\n{text}")), format!("kind: First\n{expected}"), "{text:?}");
    }
}

/// Members of lists are moved to the left margin, whatever their lines are.
#[test]
fn members_of_lists_say_what_they_said() {
    for (member, expected) in [
        ("- kind: A\n  a:\n  - >-\n\n # c\n  - b\n", "kind: A\na:\n- >-\n\n# c\n- b\n"),
        ("- kind: A\n  a: |\n    x\r    y\r\n    z\n", "kind: A\na: |\n  x\r  y\r\n  z\n"),
        ("- kind: A\n  a: |+\n    x\n       \n", "kind: A\na: |+\n  x\n     \n"),
        ("- kind: A\n  a: >+\n    x\n       \n\n", "kind: A\na: >+\n  x\n     \n\n"),
        ("- kind: A\n  a: |\n    x\n       \n", "kind: A\na: |\n  x\n     \n"),
        ("- kind: A\n  a: |\n    x\n# c", "kind: A\na: |\n  x\n"),
        ("[\"kind\":\"A\"]\n", "{\"kind\":\"A\"}\n"),
    ] {
        let items = if member.starts_with('[') { " " } else { "\n" };
        let text = format!("apiVersion: v1\nkind: List\nitems:{items}{member}");
        assert_eq!(printed(&text), expected, "{member:?}");
    }
}
