//! The program's output on `testdata/yaml`, read by PyYAML: a reader of YAML 1.1 as Go's is.

use crate::trial;
use libtest_mimic::Trial;
use std::path::Path;
use std::process::Command;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("PyYAML reads what was planned".to_owned(), pyyaml_reads_what_was_planned)]
}

fn pyyaml_reads_what_was_planned() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = std::fs::read_dir(root.join("testdata/yaml")).unwrap().map(|entry| entry.unwrap().path());
    let is_case = |name: &str| name.ends_with(".yaml") && !name.ends_with(".refused.yaml");
    let mut files: Vec<_> = entries.filter(|path| is_case(path.to_str().unwrap())).collect();
    files.sort();
    let output = Command::new("python3")
        .arg(root.join("tests/e2e/yaml11.py"))
        .arg(env!("CARGO_BIN_EXE_enforce-intents"))
        .args(&files)
        .output()
        .expect("python3 with PyYAML (`make tools`)");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
}
