//! The jobs of `fn-config/ci` and `fn-config/flux`, step by step, in a repository with an overlay.

use super::containers::{FUNCTION, Podman, StandIn};
use super::sandbox::{Manifests, command_with, copy_wiring, folder, output, read, repository, succeed, text, write};
use crate::trial;
use libtest_mimic::Trial;
use std::path::{Path, PathBuf};
use yaml_serde::Value;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("pipelines::github".into(), || {
            let root = checkout("pipelines/github");
            steps("ci/github.yaml", &root, &str::to_owned).unwrap_or_else(|fault| panic!("{fault}"));
        }),
        trial("pipelines::github_notices_a_skipped_function".into(), || {
            let root = checkout("pipelines/github-skipped");
            let fault = steps("ci/github.yaml", &root, &|step| step.replace(" --enable-exec", "")).unwrap_err();
            assert!(fault.contains("error[not-rendered]"), "{fault}");
        }),
        trial("pipelines::gitlab".into(), || {
            let root = checkout("pipelines/gitlab");
            let job = read(&repository().join("fn-config/ci/gitlab.yaml"));
            let job: Value = yaml_serde::from_str(&job).unwrap();
            let lines = job["policies"]["script"].as_sequence().unwrap().iter().map(|line| line.as_str().unwrap());
            let script: Vec<&str> = lines.collect();
            bash(&script.join("\n"), &root, &[]).unwrap_or_else(|fault| panic!("{fault}"));
        }),
        trial("pipelines::flux".into(), || {
            let root = checkout("pipelines/flux");
            let remote = folder("pipelines/flux-remote");
            succeed("git", &["init", "--quiet", "--bare", "--initial-branch", "main", "."], &remote);
            let git = |arguments: &[&str]| succeed("git", arguments, &root);
            git(&["init", "--quiet", "--initial-branch", "main", "."]);
            git(&["add", "."]);
            git(&["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "Start"]);
            git(&["remote", "add", "origin", remote.to_str().unwrap()]);
            git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
            for _ in 0..2 {
                steps("flux/render.yaml", &root, &str::to_owned).unwrap_or_else(|fault| panic!("{fault}"));
                assert_eq!(succeed("git", &["log", "--format=%s", "main"], &remote), "Render 1234\nStart\n");
            }
            let flux = read(&repository().join("fn-config/flux/kustomization.yaml"));
            let flux: Value = yaml_serde::from_str(&flux).unwrap();
            let applied = root.join(flux["spec"]["path"].as_str().unwrap()).join("manifests.yaml");
            assert!(read(&applied).contains("kind: NetworkPolicy"), "Flux gets no policies");
        }),
        trial("pipelines::a_person_is_told_what_is_waited_for".into(), || {
            let printed = succeed("python3", &["-c", AT_A_TERMINAL], &folder("pipelines/terminal"));
            let note = "note: reading manifests from the terminal, up to ctrl-d";
            assert!(printed.starts_with(note) && printed.contains("error[empty-input]"), "{printed}");
        }),
    ]
}

/// Runs `render` as a person does who names no path, and presses ctrl-d.
const AT_A_TERMINAL: &str = r#"
import os, pty
process, terminal = pty.fork()
if process == 0:
    os.execvp("enforce-intents", ["enforce-intents", "render"])
os.write(terminal, b"\x04")
printed = b""
try:
    while part := os.read(terminal, 4096):
        printed += part
except OSError:
    pass
print(printed.decode())
"#;

/// A repository with `overlays/base` and `overlays/production`.
fn checkout(name: &str) -> PathBuf {
    let root = folder(name);
    let files = Manifests::available().remove(0).copy_to(&root.join("overlays/base"));
    let resources: String = files.iter().map(|file| format!("- {file}\n")).collect();
    write(&root.join("overlays/base/kustomization.yaml"), &format!("resources:\n{resources}"));
    copy_wiring("kustomize", &root.join("overlays/production"), "v2");
    root
}

/// Runs the steps of a workflow's only job, each as changed; the error is what the first failing one printed.
fn steps(workflow: &str, root: &Path, changed: &dyn Fn(&str) -> String) -> Result<(), String> {
    let workflow: Value = yaml_serde::from_str(&read(&repository().join("fn-config").join(workflow))).unwrap();
    let (_, job) = workflow["jobs"].as_mapping().unwrap().iter().next().unwrap();
    assert!(workflow["env"]["IMAGE"].as_str().is_some(), "the workflow names no image");
    assert_eq!(job["defaults"]["run"]["shell"].as_str(), Some("bash"));
    let temporary = folder(&format!("{}-temporary", root.file_name().unwrap().to_str().unwrap()));
    let added_paths = temporary.join("path");
    write(&added_paths, "");
    let environment = [
        ("IMAGE", FUNCTION),
        ("RUNNER_TEMP", temporary.to_str().unwrap()),
        ("GITHUB_PATH", added_paths.to_str().unwrap()),
        ("GITHUB_SHA", "1234"),
    ];
    let mut run = 0;
    for script in job["steps"].as_sequence().unwrap().iter().filter_map(|step| step["run"].as_str()) {
        let on_path: String =
            read(&added_paths).lines().map(|folder| format!("export PATH={folder}:$PATH\n")).collect();
        bash(&format!("{on_path}{}", changed(script)), root, &environment)?;
        run += 1;
    }
    assert!(run > 1, "the workflow has no steps");
    Ok(())
}

/// As GitHub and GitLab start it.
fn bash(script: &str, folder: &Path, environment: &[(&str, &str)]) -> Result<(), String> {
    let stand_in = StandIn::new(super::sandbox::folder(&format!(
        "pipelines/bin-{}",
        folder.file_name().unwrap().to_str().unwrap()
    )));
    let arguments = ["-eo", "pipefail", "-c", script];
    let mut command = Podman::shared().configured(command_with("bash", &arguments, folder, &[&stand_in.folder]));
    command.envs(environment.iter().copied());
    let output = output(command);
    let printed = format!("{script}\n{}{}", text(&output.stdout), text(&output.stderr));
    if output.status.success() { Ok(()) } else { Err(printed) }
}
