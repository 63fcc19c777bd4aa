//! The program as people run it: arguments, streams, exit codes, and what the documentation says about them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// What one run gave.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs the program in the repository, with nothing of the caller's environment.
fn run(arguments: &[&str], environment: &[(&str, &str)], stdin: &str) -> Run {
    let mut child = command(arguments, environment).stdin(Stdio::piped()).spawn().unwrap();
    // A program that has seen enough may close its input.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn command(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_enforce-intents"));
    command
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn repository_file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A deployment `name`, as YAML of one line.
fn deployment(name: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}}}, spec: {{template: {{spec: {{containers: []}}}}}}}}"
    )
}

/// Intents of `client` that call `server`, as YAML of one line.
fn intents(client: &str, server: &str) -> String {
    format!(
        "{{apiVersion: k8s.otterize.com/v2beta1, kind: ClientIntents, metadata: {{name: {client}}}, spec: {{workload: {{name: {client}}}, targets: [{{kubernetes: {{name: {server}}}}}]}}}}"
    )
}

fn manifests() -> String {
    [deployment("web"), deployment("api"), intents("web", "api")].join("\n---\n")
}

fn resource_list(items: &[String]) -> String {
    let items: String = items.iter().map(|item| format!("- {item}\n")).collect();
    format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}")
}

#[test]
fn the_readme_shows_what_the_tutorial_renders() {
    let readme = repository_file("README.md");
    let command = "cargo run --release --locked -- render testdata/examples/tutorial\n";
    assert!(readme.contains(command), "the README's first command has changed");
    let output = run(&["render", "testdata/examples/tutorial"], &[], "");
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
    let (before, rest) = readme.split_once("<!-- output -->\n```yaml\n").unwrap();
    let (shown, after) = rest.split_once("```\n<!-- /output -->").unwrap();
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        let updated = format!("{before}<!-- output -->\n```yaml\n{}```\n<!-- /output -->{after}", output.stdout);
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"), updated).unwrap();
        return;
    }
    assert_eq!(shown, output.stdout, "UPDATE_EXPECTED=1 cargo test --test cli writes the README anew");
}

#[test]
fn the_shipped_schema_is_the_printed_one() {
    let output = run(&["schema"], &[], "");
    assert_eq!(output.code, Some(0));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fn-config/enforce-intents.schema.json");
        std::fs::write(file, &output.stdout).unwrap();
    }
    let shipped = repository_file("fn-config/enforce-intents.schema.json");
    assert!(output.stdout == shipped, "UPDATE_EXPECTED=1 cargo test --test cli writes the schema anew");
    let schema: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(schema["properties"]["spec"]["properties"]["profile"]["default"], "classic");
}

#[test]
fn help_and_version_succeed_whatever_stdin_holds() {
    let list = resource_list(&[]);
    for arguments in [&["--help"][..], &["-h"], &["render", "--help"], &["--version"]] {
        let output = run(arguments, &[], &list);
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(!output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn wrong_arguments_are_2() {
    for arguments in [
        &["--unknown"][..],
        &["rendr"],
        &["--set", "profile"],
        &["--set", "=v2"],
        &["render", "--namespace"],
        &["--set", "profile=v2", "render"],
    ] {
        let output = run(arguments, &[], "");
        assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(output.stderr.starts_with("error: "), "{arguments:?}: {}", output.stderr);
    }
}

#[test]
fn a_failing_render_prints_nothing() {
    let twice = [intents("web", "api"), intents("web", "api").replace("{name: web}, spec", "{name: other}, spec")];
    for (input, says) in [
        (String::new(), "empty-input"),
        ("# only a comment\n".to_owned(), "empty-input"),
        ("{apiVersion: kpt.dev/v1, kind: Kptfile, metadata: {name: a}}".to_owned(), "empty-input"),
        ("a: [\n".to_owned(), "invalid-input"),
        (twice.join("\n---\n"), "duplicate-intents"),
        (intents("web", "a.b.c"), "invalid-intents"),
    ] {
        let output = run(&["render"], &[], &input);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{input}\n{}", output.stderr);
        assert!(output.stderr.contains(&format!("error[{says}]: ")), "{input}\n{}", output.stderr);
    }
    let output = run(&["render", "testdata/examples/tutorial", "no/such/file.yaml"], &[], "");
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    assert!(output.stderr.contains("error[invalid-input]: no/such/file.yaml"), "{}", output.stderr);
}

#[test]
fn a_failing_function_run_gives_its_input_back_with_results() {
    let input = resource_list(&[deployment("web"), intents("web", "a.b.c")]);
    let output = run(&[], &[], &input);
    assert_eq!(output.code, Some(1));
    let (items, results) = output.stdout.split_once("results:").unwrap();
    assert_eq!(items, input);
    assert!(results.contains("severity: error"), "{results}");
    assert_eq!(output.stderr.lines().filter(|line| line.starts_with("error[invalid-intents]: ")).count(), 1);
    assert!(output.stderr.contains("line 1 of ClientIntents web"), "{}", output.stderr);
}

#[test]
fn a_function_run_without_an_envelope_prints_nothing() {
    for input in ["", "a: [\n", "kind: List\n", "apiVersion: v1\nkind: ConfigMap\n", "{}\n---\n{}\n"] {
        let output = run(&[], &[], input);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{input}");
        assert_eq!(output.stderr.lines().count(), 1, "{input}: {}", output.stderr);
        assert!(output.stderr.starts_with("error[invalid-input]: "), "{input}: {}", output.stderr);
    }
}

#[test]
fn settings_win_over_the_file_and_the_file_over_the_input() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-settings");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("config.yaml");
    std::fs::write(&file, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {profile: v2}\n").unwrap();
    let file = file.to_str().unwrap();
    let own = "{apiVersion: fn.kpt.dev/v1alpha1, kind: EnforceIntents, metadata: {name: a}, spec: {profile: classic, policyNameSuffix: -x}}";
    let stream = format!("{}\n---\n{own}\n", manifests());
    let list = format!(
        "{}functionConfig: {own}\n",
        resource_list(&[deployment("web"), deployment("api"), intents("web", "api")])
    );
    for (arguments, input) in [(&["render"][..], &stream), (&[], &list)] {
        let names = |extra: &[&str]| {
            let output = run(&[arguments, extra].concat(), &[], input);
            assert_eq!(output.code, Some(0), "{}", output.stderr);
            output
                .stdout
                .split_once("kind: NetworkPolicy")
                .unwrap()
                .1
                .split_once("name: ")
                .unwrap()
                .1
                .lines()
                .next()
                .unwrap()
                .to_owned()
        };
        assert_eq!(names(&[]), "access-to-api-from-default-x");
        assert_eq!(names(&["--config", file]), "api-access-x");
        assert_eq!(names(&["--config", file, "--set", "policyNameSuffix=-y"]), "api-access-y");
        assert_eq!(names(&["--config", file, "--set", "profile=classic"]), "access-to-api-from-default-x");
    }
    let output = run(&["render", "--config", "no/such/file.yaml"], &[], &stream);
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    let output = run(&["render"], &[], &format!("{stream}---\n{}\n", own.replace("name: a", "name: b")));
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "two functionConfigs");
}

#[test]
fn render_listens_to_argo_cd_and_the_function_does_not() {
    let environment =
        [("ARGOCD_APP_NAMESPACE", "shop"), ("ARGOCD_APP_PARAMETERS", r#"[{"name":"profile","string":"v2"}]"#)];
    let output = run(&["render"], &environment, &manifests());
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stdout.contains("  name: api-access\n  namespace: shop\n"), "{}", output.stdout);
    assert!(output.stderr.contains("note: namespace=shop from ARGOCD_APP_NAMESPACE\n"), "{}", output.stderr);
    let output = run(&["render", "--namespace", "other"], &environment, &manifests());
    assert!(output.stdout.contains("  namespace: other\n"), "{}", output.stdout);
    let list = resource_list(&[deployment("web"), deployment("api"), intents("web", "api")]);
    let output = run(&[], &environment, &list);
    assert!(output.stdout.contains("name: access-to-api-from-default\n"), "{}", output.stdout);
    let output = run(&["render"], &[("ARGOCD_APP_PARAMETERS", "[{}]")], &manifests());
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let many: Vec<String> = (0..2000).map(|index| deployment(&format!("web-{index}"))).collect();
    let many = many.join("\n---\n");
    let mut child = command(&["render"], &[]).stdin(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(many.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(!stderr.contains("error"), "{stderr}");
}

#[test]
fn faults_are_shown_where_they_are() {
    let input = format!(
        "{}\n---\n{}\n---\napiVersion: k8s.otterize.com/v2beta1\nkind: ClientIntents\nmetadata:\n  name: web\nspec:\n  workload:\n    name: web\n  targets:\n  - kubernetes:\n      name: apo\n",
        deployment("web"),
        deployment("api"),
    );
    let output = run(&["render", "-", "--namespace", "shop"], &[], &input);
    assert_eq!(output.code, Some(0));
    let expected = "\
warning[server-not-found]: server apo in namespace shop is not in the input
  --> <stdin>:14:13
   |
14 |       name: apo
   |             ^^^
   |
   = note: at `spec.targets[0].kubernetes.name` of ClientIntents web
   = help: did you mean `api`?

";
    assert_eq!(output.stderr, expected);
    let output = run(&[], &[], &resource_list(&[deployment("web"), deployment("api"), intents("web", "apo")]));
    assert_eq!(output.code, Some(0));
    let line = "warning[server-not-found]: server apo in namespace default is not in the input; did you mean `api`? (line 1 of ClientIntents web, spec.targets[0].kubernetes.name)\n";
    assert!(output.stderr.contains(line), "{}", output.stderr);
}
