//! The program as people run it: arguments, streams, exit codes, and what the documentation says about them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failing test may panic"
)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

#[path = "cli/judging.rs"]
mod judging;

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

/// What cannot be read is the only thing to say: that nothing is there follows from it.
#[test]
fn a_missing_file_is_one_fault() {
    for arguments in [["render", "no-such-file"], ["check", "no-such-file"], ["list", "no-such-file"]] {
        let run = run(&arguments, &[], "");
        assert_eq!(run.code, Some(1), "{run:?}");
        let faults: Vec<&str> = run.stderr.lines().filter(|line| line.contains('[')).collect();
        let expected = "error[invalid-input]: no-such-file cannot be read: No such file or directory (os error 2)";
        assert_eq!(faults, [expected], "{}", run.stderr);
    }
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

/// The commands that `--help` lists.
fn commands() -> Vec<String> {
    let help = run(&["--help"], &[], "").stdout;
    let list = help.split_once("Commands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.map(|line| line.split_whitespace().next().unwrap().to_owned()).filter(|name| name != "help").collect()
}

#[test]
fn shells_complete_every_command() {
    assert!(commands().len() > 8, "{:?}", commands());
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&["completions", shell], &[], "");
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{shell}");
        for word in commands().iter().map(String::as_str).chain(["enforce-intents", "previous", "format"]) {
            assert!(output.stdout.contains(word), "{shell} does not complete {word}");
        }
    }
    assert_eq!(run(&["completions", "powershell"], &[], "").code, Some(2));
}

#[test]
fn bash_takes_its_completions() {
    let script = "source <(\"$1\" completions bash); COMP_WORDS=(enforce-intents re); COMP_CWORD=1; \
                  _enforce__intents enforce-intents re enforce-intents; echo \"${COMPREPLY[@]}\"";
    let output = Command::new("bash").args(["-euc", script, "bash", env!("CARGO_BIN_EXE_enforce-intents")]).output();
    let output = output.unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "render\n", "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("man");
    let output = run(&["man", folder.to_str().unwrap()], &[], "");
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
    let main = std::fs::read_to_string(folder.join("enforce-intents.1")).unwrap();
    for name in commands() {
        let page = std::fs::read_to_string(folder.join(format!("enforce-intents-{name}.1"))).unwrap();
        assert!(page.contains(&format!(".TH ENFORCE-INTENTS-{} 1", name.to_uppercase())), "{page}");
        assert!(page.contains(".SH SYNOPSIS"), "{name}");
        assert!(main.contains(&format!("enforce\\-intents\\-{name}(1)")), "{name} is not in\n{main}");
    }
    let output = run(&["man", "Cargo.toml/man"], &[], "");
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.starts_with("error: cannot write manual pages into "), "{}", output.stderr);
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
        ("---\n# only\n--- # comments\n\n# and\n...\n".to_owned(), "empty-input"),
        ("{apiVersion: kpt.dev/v1, kind: Kptfile, metadata: {name: a}}".to_owned(), "empty-input"),
        ("a: [\n".to_owned(), "invalid-input"),
        (twice.join("\n---\n"), "duplicate-intents"),
        (intents("web", "a.b.c"), "invalid-intents"),
    ] {
        let output = run(&["render"], &[], &input);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{input}\n{}", output.stderr);
        assert!(output.stderr.contains(&format!("error[{says}]: ")), "{input}\n{}", output.stderr);
    }
    let empty = "error[empty-input]: nothing would be left to apply\nhelp: name files or directories with manifests, or pipe a stream in\n\n";
    assert_eq!(run(&["render"], &[], "").stderr, empty);
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

/// Whoever names a file means something by it, so a file that says nothing is not taken for the defaults.
#[test]
fn a_configuration_file_has_one_function_config() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-config-file");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("config.yaml");
    let path = file.to_str().unwrap();
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {profile: v2}\n";
    let none = format!("error[invalid-config]: {path} has no functionConfig\n");
    let second = "error[invalid-config]: a second functionConfig: there can be one only\n";
    for (text, expected) in [
        ("", &*none),
        ("# profile: v2\n---\n", &none),
        ("profile: v2\n", &none),
        ("[]\n", &none),
        (&format!("{object}---\n{object}"), second),
        (&format!("{object}---\n"), ""),
    ] {
        std::fs::write(&file, text).unwrap();
        let output = run(&["render", "--config", path], &[], &manifests());
        assert_eq!(output.code, Some(i32::from(!expected.is_empty())), "{text}: {}", output.stderr);
        assert_eq!(output.stdout.is_empty(), !expected.is_empty(), "{text}");
        assert!(output.stderr.contains(expected), "{text}: {}", output.stderr);
    }
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
fn render_runs_a_program_and_fails_with_it() {
    let tutorial = "testdata/examples/tutorial/manifests.yaml";
    let expected = run(&["render"], &[], &repository_file(tutorial));
    assert_eq!(expected.code, Some(0), "{}", expected.stderr);
    let environment = [("ARGOCD_APP_NAME", "tutorial")];
    let output =
        run(&["render", "--run", "/bin/cat", "testdata/examples/$(ARGOCD_APP_NAME)/manifests.yaml"], &environment, "");
    assert_eq!((output.code, output.stdout), (Some(0), expected.stdout), "{}", output.stderr);

    let failing = format!("cat {tutorial}; echo oh dear >&2; exit 3");
    for (arguments, code, message) in [
        (
            ["/bin/sh", "-c", failing.as_str()].as_slice(),
            1,
            "oh dear\nerror: /bin/sh failed (exit status: 3), so nothing is rendered\n",
        ),
        (&["/bin/true"], 1, "nothing would be left to apply"),
        (&["/bin/no-such-program", "--flag"], 1, "error: cannot run /bin/no-such-program: "),
        (&["/bin/echo", "$(ARGOCD_APP_NAMESPACE)"], 1, "error: $(ARGOCD_APP_NAMESPACE) is not set\n"),
        (&["/bin/echo", "$(HOME)"], 1, "error: $(HOME) is none of the variables that Argo CD gives a plugin"),
        (&[], 2, "--run"),
    ] {
        let output = run(&[["render", "--run"].as_slice(), arguments].concat(), &environment, &manifests());
        assert_eq!((output.code, output.stdout.as_str()), (Some(code), ""), "{arguments:?} {}", output.stderr);
        assert!(output.stderr.contains(message), "{arguments:?} {}", output.stderr);
    }
    let output = run(&["render", tutorial, "--run", "/bin/cat"], &[], "");
    assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""), "{}", output.stderr);
}

#[test]
fn the_program_installs_itself() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("install");
    std::fs::create_dir_all(&folder).unwrap();
    for _ in 0..2 {
        let output = run(&["install", folder.to_str().unwrap()], &[], "");
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        let version = Command::new(folder.join("enforce-intents")).arg("--version").output().unwrap();
        assert!(version.status.success());
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "something is left beside the program");
    let output = run(&["install", "/no/such/folder"], &[], "");
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.starts_with("error: cannot install into /no/such/folder: "), "{}", output.stderr);
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

#[test]
fn a_chart_that_was_not_rendered_is_recognised() {
    let chart = "testdata/examples/helm/chart";
    let note = format!(
        "note: {chart} is a Helm chart, whose templates are not manifests: pass on what `helm template NAME {chart}` prints\n"
    );
    for command in ["render", "check", "list"] {
        for path in [chart, "testdata/examples/helm"] {
            let output = run(&[command, path], &[], "");
            assert_eq!(
                (output.code, output.stderr.matches(&note).count()),
                (Some(1), 1),
                "{command}: {}",
                output.stderr
            );
        }
    }
}
