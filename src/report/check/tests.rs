//! Hostile text in every form: nothing of the input breaks out of where it stands.

use super::{Check, Gate, junit, markdown, sarif};
use crate::diag::{Code, Finding, Findings, Severity};
use crate::read::{package::Package, stream};
use crate::source::{SourceId, SourceOrigin, SourceText};

const HOSTILE: &str = "a|b <img src=x> [x](http://e) *b* @all ``c` `<d>` \u{1}\u{7f}\u{202e}&amp; ]]> \"q\" {0}";

fn package() -> Package {
    let origin = SourceOrigin::File("./a dir/é:%#?.yaml".into());
    stream::read(vec![SourceText { origin, text: "# é\nkind: X\n".into() }]).0
}

fn of(form: fn(Check<'_>) -> String, code: Code) -> String {
    let mut finding = Finding::new(code, None, HOSTILE).with_help("write `x`");
    finding.in_source = Some((SourceId(0), 4));
    let findings = Findings(vec![finding]);
    let gate = Gate { least: Severity::Error, denied: true, unknown: false };
    form(Check { package: &package(), reach: None, intents: &[], findings: &findings, gate })
}

#[test]
fn junit_stays_well_formed() {
    let text = of(junit, Code::InvalidPolicy);
    assert!(text.contains("&lt;img src=x&gt;") && text.contains("&amp;amp; ]]&gt; &quot;q&quot;"), "{text}");
    assert!(text.chars().all(|character| character == '\n' || !character.is_control()), "{text}");
    assert!(
        text.contains("<testsuites name=\"enforce-intents\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">")
    );
    assert!(of(junit, Code::UndeclaredOpen).contains("<skipped message="));
}

#[test]
fn markdown_shows_text_as_it_is() {
    let text = of(markdown, Code::InvalidPolicy);
    let expected = "a\\|b &lt;img src=x&gt; \\[x\\](http://e) \\*b\\* &#64;all \\`\\`c\\` \\`&lt;d&gt;\\`";
    assert!(text.contains(expected), "{text}");
    assert!(text.contains("write `x`"), "{text}");
}

#[test]
fn sarif_names_files_as_uris() {
    let text = of(sarif, Code::InvalidPolicy);
    assert!(text.contains("\"uri\": \"a%20dir/%C3%A9%3A%25%23%3F.yaml\""), "{text}");
    // The letter before the place is one character of two bytes.
    assert!(text.contains("\"startLine\": 1,") && text.contains("\"startColumn\": 4,"), "{text}");
}
