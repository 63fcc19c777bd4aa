//! `graph` on bundles of our own: `testdata/graph/<case>/input.yaml`, with what each format gives beside it.
//!
//! A first line `# settings: key=value key=value` in the input sets fields; `as-is` among them judges the manifests as they stand.
//! `UPDATE_EXPECTED=1` writes the expected files anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failing test may panic"
)]

use enforce_intents::report::graph::{Picture, dot, html, mermaid, svg};
use enforce_intents::source::{SourceOrigin, SourceText};
use enforce_intents::verify::check::check;
use enforce_intents::verify::graph::{Undeclared, graph};
use enforce_intents::verify::listing::ListFilter;
use enforce_intents::verify::reach::Reachability;
use enforce_intents::write::network_policy_text;
use enforce_intents::{Settings, Subject};
use std::path::{Path, PathBuf};

type Writer = fn(&Picture<'_>) -> String;

const FORMATS: [(&str, Writer); 4] =
    [("mermaid", mermaid::text), ("dot", dot::text), ("svg", svg::text), ("html", html::text)];

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/graph");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 2);
    cases
}

fn source(name: &str, text: &str) -> SourceText {
    SourceText { origin: SourceOrigin::File(name.into()), text: text.to_owned().into() }
}

/// Draws a bundle. `draw` is called with the picture.
fn draw<T>(
    sources: Vec<SourceText>,
    settings: &str,
    undeclared: Undeclared,
    draw: impl FnOnce(&Picture<'_>) -> T,
) -> T {
    let set = settings.split_whitespace().filter_map(|pair| pair.split_once('='));
    let set = set.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let is_as_is = settings.split_whitespace().any(|word| word == "as-is");
    let subject = if is_as_is { Subject::AsIs } else { Subject::Rendered };
    let bundle = enforce_intents::bundle(sources, Settings { set, ..Settings::default() }, subject);
    let world = bundle.world.unwrap_or_else(|| panic!("{:#?}", bundle.findings));
    let reach = Reachability::new(&world, &bundle.config);
    let report = check(&reach, &bundle.config);
    let graph = graph(&reach, &report, &ListFilter::default(), undeclared);
    draw(&Picture::new(&graph, &reach, &bundle.package, network_policy_text))
}

fn settings(input: &str) -> &str {
    input.lines().next().unwrap().strip_prefix("# settings: ").unwrap_or_default()
}

/// The page without its style and script, which are files of their own, and without their hashes.
fn without_files(page: &str) -> String {
    let mut page = page.to_owned();
    for (start, end) in [("content=\"default-src", "\">"), ("<style>", "</style>"), ("<script>", "</script>")] {
        let from = page.find(start).unwrap() + start.len();
        let to = from + page[from..].find(end).unwrap();
        page.replace_range(from..to, "...");
    }
    page
}

#[test]
fn pictures_are_as_expected() {
    let mut wrong = String::new();
    for case in cases() {
        let input = std::fs::read_to_string(case.join("input.yaml")).unwrap();
        for (format, write) in FORMATS {
            let ours = draw(vec![source("input.yaml", &input)], settings(&input), Undeclared::Grouped, write);
            let ours = if format == "html" { without_files(&ours) } else { ours };
            let file = case.join(format!("expected.{format}"));
            if std::env::var_os("UPDATE_EXPECTED").is_some() {
                std::fs::write(&file, &ours).unwrap();
            }
            if std::fs::read_to_string(&file).unwrap_or_default() != ours {
                wrong.push_str(&format!("--- {}\n{ours}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Documents in files of their own, so that lines do not depend on the order.
#[test]
fn the_order_of_the_input_does_not_matter() {
    for case in cases() {
        let input = std::fs::read_to_string(case.join("input.yaml")).unwrap();
        let mut files: Vec<SourceText> =
            input.split("\n---\n").enumerate().map(|(index, text)| source(&format!("{index}.yaml"), text)).collect();
        for undeclared in [Undeclared::Grouped, Undeclared::All, Undeclared::Hidden] {
            let all = |files: &[SourceText]| {
                draw(files.to_vec(), settings(&input), undeclared, |picture| FORMATS.map(|(_, write)| write(picture)))
            };
            let expected = all(&files);
            for turn in 1..=4 {
                let middle = turn * 5 % files.len();
                files.rotate_left(middle);
                files.reverse();
                assert_eq!(all(&files), expected, "{} in another order", case.display());
            }
        }
    }
}

#[test]
fn markup_is_well_formed_and_names_are_text() {
    for case in cases() {
        let input = std::fs::read_to_string(case.join("input.yaml")).unwrap();
        let (svg, page) = draw(vec![source("input.yaml", &input)], settings(&input), Undeclared::All, |picture| {
            (svg::text(picture), html::text(picture))
        });
        let svg = roxmltree::Document::parse(&svg).unwrap();
        let nodes = |document: &roxmltree::Document<'_>| {
            let has_class = |node: &roxmltree::Node<'_, '_>| {
                node.attribute("class").is_some_and(|class| class.starts_with("node")) && node.attribute("id").is_some()
            };
            document.descendants().filter(has_class).count()
        };
        let start = page.find("<svg id=\"drawing\"").unwrap();
        let end = start + page[start..].find("</svg>\n<aside").unwrap() + "</svg>".len();
        let drawing = roxmltree::Document::parse(&page[start..end]).unwrap();
        assert_eq!(nodes(&svg), nodes(&drawing));

        let start = page.find("id=\"data\">").unwrap() + "id=\"data\">".len();
        let end = start + page[start..].find("</script>").unwrap();
        let data: serde_json::Value = serde_json::from_str(&page[start..end]).unwrap();
        assert_eq!(data["nodes"].as_array().unwrap().len(), nodes(&svg));
        for edge in data["edges"].as_array().unwrap() {
            for end in ["from", "to"] {
                assert!((edge[end].as_u64().unwrap() as usize) < nodes(&svg));
            }
        }
        // The data and the script, and nothing that a name brought in.
        let page = page.to_lowercase();
        assert_eq!(page.matches("<script").count(), 2, "{}", case.display());
        assert_eq!(page.matches("</script").count(), 2, "{}", case.display());
        assert_eq!(page.matches("<!--").count(), 0);
        assert!(
            !page.contains("http://")
                || page.matches("http://").count() == page.matches("http://www.w3.org/2000/svg").count()
        );
        assert!(!page.contains("https://"));
    }
}

/// What the Content-Security-Policy allows is exactly the style and the script of the page.
#[test]
fn the_page_allows_its_own_script_only() {
    let input = std::fs::read_to_string(cases()[0].join("input.yaml")).unwrap();
    let page = draw(vec![source("input.yaml", &input)], settings(&input), Undeclared::Grouped, html::text);
    let between = |start: &str, end: &str| {
        let from = page.find(start).unwrap() + start.len();
        &page[from..from + page[from..].find(end).unwrap()]
    };
    let policy = between("content=\"", "\">");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for (directive, text) in
        [("script-src", between("<script>", "</script>")), ("style-src", between("<style>", "</style>"))]
    {
        let hash = policy.split(&format!("{directive} 'sha256-")).nth(1).unwrap().split('\'').next().unwrap();
        assert_eq!(
            decode_base64(hash),
            <sha2::Sha256 as sha2::Digest>::digest(text.as_bytes()).to_vec(),
            "{directive}"
        );
    }
}

fn decode_base64(text: &str) -> Vec<u8> {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for digit in text.trim_end_matches('=').chars() {
        bits = (bits << 6 | digits.find(digit).unwrap() as u32) & 0xFFFF;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xFF) as u8);
        }
    }
    bytes
}

/// Namespaces too large for layers, and more calls than can be drawn: everything is still there, if not every line.
#[test]
fn large_bundles_are_drawn() {
    let mut input = String::new();
    for workload in 0..1000 {
        let (namespace, name) = (workload % 2, workload);
        input.push_str(&format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: w{name}, namespace: n{namespace}, labels: {{app: w{name}}}}}\nspec: {{containers: [{{name: c, image: i}}]}}\n"
        ));
        input.push_str(&format!("---\napiVersion: k8s.otterize.com/v2beta1\nkind: ClientIntents\nmetadata: {{name: w{name}, namespace: n{namespace}}}\nspec:\n  workload: {{name: w{name}}}\n  targets:\n"));
        for step in 1..=5 {
            let server = (workload * 7 + step * 61) % 1000;
            input.push_str(&format!("  - kubernetes: {{name: w{server}.n{}}}\n", server % 2));
        }
    }
    draw(vec![source("input.yaml", &input)], "as-is", Undeclared::All, |picture| {
        let svg = svg::text(picture);
        let document = roxmltree::Document::parse(&svg).unwrap();
        let of_class =
            |class: &str| document.descendants().filter(|node| node.attribute("class") == Some(class)).count();
        // The legend has one, too.
        assert_eq!(of_class("node unprotected"), 1000 + 1);
        assert_eq!(of_class("frame"), 2);
        assert!(svg.contains("class=\"edges bundles\""));
        let text = mermaid::text(picture);
        assert!(text.starts_with("%% 5000 edges: mermaid draws 500"), "{}", text.lines().next().unwrap());
        assert!(html::text(picture).contains("\"drawn\":false"));
    });
}
