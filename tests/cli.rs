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
fn check_rendered_notices_that_the_function_did_not_run() {
    let skipped = run(&["check", "--rendered", "testdata/examples/tutorial"], &[], "");
    assert_eq!(skipped.code, Some(1), "{}", skipped.stdout);
    assert!(skipped.stderr.contains("error[not-rendered]"), "{}", skipped.stderr);
    let rendered = run(&["render", "testdata/examples/tutorial"], &[], "");
    let good = run(&["check", "--rendered", "-"], &[], &rendered.stdout);
    assert_eq!(good.code, Some(0), "{}{}", good.stdout, good.stderr);
    let other = run(&["check", "--rendered", "--set", "profile=v2", "-"], &[], &rendered.stdout);
    assert_eq!(other.code, Some(1), "{}", other.stdout);
    assert!(other.stderr.contains("error[stale-render]"), "{}", other.stderr);
    assert_eq!(run(&["check", "--rendered", "--as-is", "-"], &[], "").code, Some(2));
}

/// What was to print the manifests failed, and nobody set `pipefail`.
#[test]
fn check_fails_on_nothing() {
    for arguments in [&["check"][..], &["check", "--as-is"], &["check", "--rendered"], &["check", "--format", "json"]] {
        for input in ["", "# only a comment\n"] {
            let output = run(arguments, &[], input);
            assert_eq!(output.code, Some(1), "{arguments:?}: {}", output.stderr);
            let all = output.stdout + &output.stderr;
            assert!(all.contains("empty-input") && !all.contains("no-client-intents"), "{arguments:?}: {all}");
        }
    }
}

#[test]
fn policies_whose_intents_are_elsewhere_can_be_judged_as_they_stand() {
    let rendered = run(&["render", "testdata/examples/tutorial", "--set", "clientIntents=localConfig"], &[], "").stdout;
    for command in ["check", "list"] {
        let output = run(&[command], &[], &rendered);
        assert_eq!(output.code, Some(1), "{}", output.stderr);
        let help = "or judge the policies as they stand, with --as-is\n";
        assert!(output.stderr.contains("error[intents-hidden]") && output.stderr.contains(help), "{}", output.stderr);
        assert_eq!(run(&[command, "--as-is"], &[], &rendered).code, Some(0));
    }
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

#[test]
fn list_explain_and_diff_judge_what_render_would_print() {
    let tutorial = "testdata/examples/tutorial";
    let shown = |arguments: &[&str]| {
        let output = run(arguments, &[], "");
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        output.stdout
    };
    let namespace = "otterize-tutorial-npol";
    let to_server = ["--workload", "server", "--direction", "ingress"];
    let expected = format!("{namespace}/client[Deployment] => {namespace}/server[Deployment] : All Connections\n");
    assert_eq!(shown(&[&["list", tutorial], &to_server[..]].concat()), expected);
    let as_is = shown(&[&["list", tutorial, "--as-is", "--format", "csv"], &to_server[..]].concat());
    assert_eq!(as_is.lines().count(), 1 + 3, "{as_is}");
    let json = shown(&["list", tutorial, "--format", "json", "--exposure"]);
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");

    let denied = shown(&["explain", "client-other", "server", tutorial]);
    assert!(denied.contains("All Connections: denied\n"), "{denied}");
    assert!(denied.contains("access-to-server-from-otterize-tutorial-npol (generated) isolates it"), "{denied}");
    let allowed = shown(&["explain", "client", "otterize-tutorial-npol/server[Deployment]", "--port", "80", tutorial]);
    assert!(allowed.contains("TCP 80: allowed\n"), "{allowed}");
    let partly = shown(&["explain", "ingress-controller", "booking", "testdata/examples/gateway-api"]);
    assert!(
        partly.contains("TCP 8080: allowed\n") && partly.contains("\nTo allow the rest: name the controller "),
        "{partly}"
    );
    let outside = shown(&["explain", "192.0.2.1", "server", tutorial, "--format", "json"]);
    assert!(outside.contains("\"denied\""), "{outside}");
}

#[test]
fn explain_says_which_end_it_does_not_know() {
    let two = [deployment("web"), deployment("web").replace("Deployment", "StatefulSet")].join("\n---\n");
    for (ends, says) in [
        (["wbe", "web[Deployment]"], "error: no workload is named `wbe`; did you mean `web`?\n"),
        (
            ["web[Deployment]", "web"],
            "error: `web` names several workloads: default/web[Deployment], default/web[StatefulSet]\n",
        ),
    ] {
        let output = run(&["explain", ends[0], ends[1], "--namespace-of-none"], &[], &two);
        assert_eq!(output.code, Some(2));
        let output = run(&["explain", ends[0], ends[1]], &[], &two);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
        assert!(output.stderr.ends_with(says), "{}", output.stderr);
    }
    for (port, fault) in [
        ("0", "a port is a number from 1 to 65535"),
        ("tcp/99999", "a port is a number from 1 to 65535"),
        ("web/80", "write 80 or UDP/53"),
    ] {
        let output = run(&["explain", "web[Deployment]", "web[StatefulSet]", "--port", port], &[], &two);
        assert_eq!(output.code, Some(2), "{port}");
        assert!(output.stderr.contains(fault), "{}", output.stderr);
    }
    let output = run(&["explain", "web[Deployment]", "web[StatefulSet]", "--port", "htp"], &[], &two);
    assert!(output.stderr.ends_with("error: the destination has no port named `htp`\n"), "{}", output.stderr);
}

/// Manifests without a namespace, as charts print them. `list` and `graph` take `--namespace` as a filter.
#[test]
fn every_command_puts_manifests_into_the_namespace_that_is_named() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-namespace");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("manifests.yaml");
    std::fs::write(&file, manifests()).unwrap();
    let file = file.to_str().unwrap();
    for (arguments, says) in [
        (&["render", file, "--namespace", "mail"][..], "name: access-to-api-from-mail\n"),
        (&["check", file, "--namespace", "mail"], "allowed: mail/web => mail/api"),
        (&["explain", "mail/web", "mail/api", file, "--namespace", "mail"], "All Connections: allowed\n"),
        (&["diff", file, file, "--namespace", "mail"], ""),
        (
            &["list", file, "--set", "namespace=mail", "--namespace", "mail"],
            "mail/web[Deployment] => mail/api[Deployment]",
        ),
        (&["graph", file, "--set", "namespace=mail", "--namespace", "mail"], "[\"mail\"]"),
    ] {
        let output = run(arguments, &[], "");
        assert_eq!(
            (output.code, output.stderr.contains("warning[")),
            (Some(0), false),
            "{arguments:?}: {}",
            output.stderr
        );
        assert!(output.stdout.contains(says), "{arguments:?}: {}", output.stdout);
    }
    for command in ["list", "graph"] {
        let output = run(&[command, file, "--namespace", "mail"], &[], "");
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
        let expected = "error: no workload is in namespace `mail`; manifests without a namespace are in `default`, and with `--set namespace=mail` in `mail`\n";
        assert!(output.stderr.ends_with(expected), "{}", output.stderr);
    }
}

/// Both are rendered again, which hides how their policies differ.
#[test]
fn diff_says_that_it_does_not_compare_the_policies_that_are_there() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-diff-profiles");
    std::fs::create_dir_all(&folder).unwrap();
    let file = |profile: &str| {
        let rendered = run(&["render", "testdata/examples/tutorial", "--set", &format!("profile={profile}")], &[], "");
        let path = folder.join(profile).with_extension("yaml");
        std::fs::write(&path, rendered.stdout).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (classic, v2) = (file("classic"), file("v2"));
    let output = run(&["diff", &classic, &v2], &[], "");
    let expected = format!(
        "note: {v2} has policies of another run, which are rendered again; --as-is compares them as they stand\n"
    );
    assert_eq!((output.code, output.stdout.as_str(), output.stderr), (Some(0), "", expected));
    for silent in [&["diff", &classic, &classic][..], &["diff", &classic, &v2, "--as-is"]] {
        let output = run(silent, &[], "");
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{silent:?}");
    }
}

#[test]
fn diff_can_fail_on_what_changes() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-diff");
    std::fs::create_dir_all(&folder).unwrap();
    let (open, closed) = (folder.join("open.yaml"), folder.join("closed.yaml"));
    std::fs::write(&open, [deployment("web"), deployment("api")].join("\n---\n")).unwrap();
    std::fs::write(&closed, manifests()).unwrap();
    let (open, closed) = (open.to_str().unwrap(), closed.to_str().unwrap());
    let (missing, broken) = (folder.join("missing.yaml"), folder.join("broken.yaml"));
    std::fs::write(&broken, "a: b: c\n").unwrap();
    let (missing, broken) = (missing.to_str().unwrap(), broken.to_str().unwrap());
    for (arguments, code) in [
        (&["diff", open, closed][..], 0),
        (&["diff", open, closed, "--narrows"], 0),
        (&["diff", open, closed, "--fail-on", "added"], 0),
        (&["diff", open, closed, "--fail-on", "removed"], 1),
        (&["diff", open, closed, "--fail-on", "any"], 1),
        (&["diff", open, closed, "--fail-on", "any", "--as-is"], 0),
        (&["diff", closed, open, "--narrows"], 1),
        (&["diff", closed, open, "--fail-on", "added"], 1),
        (&["diff", open], 2),
        (&["diff", open, missing], 1),
        (&["diff", broken, closed], 1),
    ] {
        let output = run(arguments, &[], "");
        assert_eq!(output.code, Some(code), "{arguments:?}: {}", output.stderr);
        let is_unread = arguments.contains(&missing) || arguments.contains(&broken);
        assert_eq!(output.stderr.contains("error: nothing is compared"), is_unread, "{arguments:?}: {}", output.stderr);
        assert!(!is_unread || output.stdout.is_empty(), "{arguments:?}: {}", output.stdout);
    }
    let output = run(&["diff", open, closed, "--format", "txt"], &[], "");
    let expected = "Connectivity diff:\ndiff-type: removed, source: 0.0.0.0-255.255.255.255[External], destination: default/api[Deployment], ref1: All Connections, ref2: No Connections\n";
    assert_eq!(output.stdout, expected);
}

#[test]
fn a_broken_file_is_left_out_of_what_is_judged_as_it_stands() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-broken");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.yaml"), manifests()).unwrap();
    std::fs::write(folder.join("b.yaml"), "a: [\n").unwrap();
    let folder = folder.to_str().unwrap();
    let output = run(&["list", folder], &[], "");
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    let output = run(&["list", folder, "--as-is"], &[], "");
    assert_eq!(output.code, Some(1));
    assert!(output.stdout.contains("default/web[Deployment] => default/api[Deployment] : All Connections\n"));
}

#[test]
fn check_judges_every_declared_call() {
    let output = run(&["check", "testdata/examples/tutorial"], &[], "");
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(
        output.stdout.starts_with("allowed: otterize-tutorial-npol/client => otterize-tutorial-npol/server ("),
        "{}",
        output.stdout
    );
    assert!(output.stdout.contains("\n1/1 declared call allowed; 0 errors, "), "{}", output.stdout);
    let blocked = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: none}, spec: {podSelector: {}, policyTypes: [Egress]}}";
    let input = format!("{}\n---\n{blocked}\n", manifests());
    let output = run(&["check"], &[], &input);
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    assert!(output.stdout.starts_with("denied: "), "{}", output.stdout);
    assert!(output.stderr.contains("error[intent-denied]"), "{}", output.stderr);
    let output = run(&["check", "--format", "json"], &[], &input);
    let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((output.code, &report["intents"][0]["verdict"]), (Some(1), &serde_json::json!("denied")));
    // Manifests without a namespace are a warning.
    let codes = [&["check"][..], &["check", "--strict"]].map(|arguments| run(arguments, &[], &manifests()).code);
    assert_eq!(codes, [Some(0), Some(1)]);
    let output = run(&["check"], &[], "a: [\n");
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
}
