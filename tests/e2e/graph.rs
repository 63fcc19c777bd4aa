//! The pictures in the programs that show them: the page in Chromium, where its script must run, and Graphviz.

use super::sandbox::{folder, repository, run, succeed, text, write};
use crate::trial;
use libtest_mimic::Trial;
use std::path::Path;

const PROGRAM: &str = env!("CARGO_BIN_EXE_enforce-intents");

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for case in ["calls", "hostile"] {
        trials.push(trial(format!("graph::dot-{case}"), move || {
            let drawn = draw(case, "dot", &folder(&format!("graph/dot-{case}")));
            let svg = succeed("dot", &["-Tsvg", &drawn], Path::new("."));
            assert!(svg.contains("</svg>"), "{svg}");
        }));
        trials.push(trial(format!("graph::page-{case}"), move || {
            let folder = folder(&format!("graph/page-{case}"));
            let page = draw(case, "html", &folder);
            let overview = dump(&page, "", &folder);
            assert!(overview.contains("data-style=\"allowed\""));
            let choice = dump(&page, "#node-1", &folder);
            assert!(choice.contains(">Called by ("), "{choice}");
        }));
    }
    trials.push(trial("graph::page-deep-link".to_owned(), || {
        let folder = folder("graph/page-deep-link");
        let page = draw("calls", "html", &folder);
        let data = std::fs::read_to_string(&page).unwrap();
        let data = data.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        let nodes = data["nodes"].as_array().unwrap();
        let named =
            |edge: &serde_json::Value, end: &str| nodes[edge[end].as_u64().unwrap() as usize]["reference"].clone();
        let is_meant =
            |edge: &serde_json::Value| named(edge, "from") == "shop/web" && named(edge, "to") == "shop/orders";
        let edge = data["edges"].as_array().unwrap().iter().position(is_meant).unwrap();
        let shown = dump(&page, &format!("#edge-{edge}"), &folder);
        let panel = shown.split("<aside").nth(1).unwrap().split("</aside>").next().unwrap();
        let wanted = [
            "shop/web \u{2192} shop/orders",
            "NetworkPolicy shop/orders, ingress rule 1 (input.yaml:",
            "GET POST /basket",
            "matchLabels: {app: web}",
        ];
        for text in wanted {
            assert!(panel.contains(text), "the panel lacks {text:?}:\n{panel}");
        }
        assert!(shown.contains("class=\"edge allowed near chosen\""), "the edge is not chosen");
    }));
    trials
}

/// Draws a case of `testdata/graph` and gives the path of the picture.
fn draw(case: &str, format: &str, folder: &Path) -> String {
    let input = repository().join("testdata/graph").join(case).join("input.yaml");
    std::fs::copy(input, folder.join("input.yaml")).unwrap();
    // Names that no cluster accepts are errors, and are drawn all the same.
    let drawn = text(&run(PROGRAM, &["graph", "--as-is", "--format", format, "input.yaml"], folder).stdout);
    let file = folder.join(format!("picture.{format}"));
    write(&file, &drawn);
    file.to_str().unwrap().to_owned()
}

/// The page after its script has run, which must not have failed.
fn dump(page: &str, hash: &str, folder: &Path) -> String {
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let address = format!("file://{page}{hash}");
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        &profile,
        "--enable-logging=stderr",
        "--virtual-time-budget=5000",
        "--dump-dom",
        &address,
    ];
    let output = run("chromium", &arguments, folder);
    let (shown, log) = (text(&output.stdout), String::from_utf8_lossy(&output.stderr).into_owned());
    assert!(output.status.success(), "chromium failed:\n{log}");
    assert!(shown.contains("data-ready=\"yes\""), "the script did not finish:\n{log}");
    assert!(!shown.contains("data-error="), "the script failed:\n{log}");
    assert!(!log.contains("CONSOLE"), "the page has errors:\n{log}");
    shown
}
