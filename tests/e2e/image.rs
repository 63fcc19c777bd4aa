//! The image behind kpt, kustomize and kubectl: byte for byte what the program gives.

use super::containers::{FUNCTION, Podman, SIDECAR, StandIn};
use super::sandbox::{
    Manifests, command, command_with, copy_wiring, folder, output, read, repository, succeed, success, text, tree,
    write,
};
use crate::trial;
use libtest_mimic::Trial;
use std::path::{Path, PathBuf};

pub(crate) fn trials(manifests: &Manifests) -> Vec<Trial> {
    let mut trials = Vec::new();
    for profile in ["classic", "v2"] {
        let manifests = manifests.clone();
        let name = manifests.name;
        trials.push(trial(format!("image::kustomize_{name}_{profile}"), {
            let manifests = manifests.clone();
            move || kustomize(&manifests, profile)
        }));
        trials.push(trial(format!("image::kpt_{name}_{profile}"), move || kpt(&manifests, profile)));
    }
    trials
}

/// What holds for the images themselves.
pub(crate) fn images() -> Vec<Trial> {
    vec![
        trial("image::is_what_the_dockerfile_says".into(), || {
            let inspect = |image: &str, format: &str| {
                success(Podman::shared().command(&["image", "inspect", "--format", format, image], repository()))
            };
            assert_eq!(
                inspect(FUNCTION, "{{.Config.User}} {{json .Config.Entrypoint}} {{json .Config.Cmd}}"),
                "65534:65534 [\"/usr/local/bin/enforce-intents\"] null\n"
            );
            assert_eq!(inspect(SIDECAR, "{{.Config.User}}"), "999:999\n");
            for (image, title) in [(FUNCTION, "enforce-intents"), (SIDECAR, "enforce-intents-cmp")] {
                let label = |name: &str| {
                    inspect(image, &format!("{{{{index .Config.Labels \"org.opencontainers.image.{name}\"}}}}"))
                };
                assert_eq!(label("title").trim(), title);
                assert_eq!(label("version").trim(), format!("v{}", env!("CARGO_PKG_VERSION")));
                assert_eq!(label("licenses").trim(), "Apache-2.0");
                assert_eq!(inspect(image, "{{.Created.Unix}}"), "0\n", "the image has a time of its own");
            }
        }),
        trial("image::is_the_same_when_built_again".into(), || {
            success(Podman::shared().configured(command(
                "make",
                &["image", "LOCAL=1", "PROFILE=dev", "TAG=e2e-again"],
                repository(),
            )));
            for image in [FUNCTION, SIDECAR] {
                let id = |image: &str| {
                    success(Podman::shared().command(&["image", "inspect", "--format", "{{.Id}}", image], repository()))
                };
                assert_eq!(id(image), id(&format!("{image}-again")), "{image}");
            }
        }),
        trial("image::prints_help_for_kpt_fn_doc".into(), || {
            let help = success(
                Podman::shared().command(&["run", "--rm", "--network", "none", FUNCTION, "--help"], repository()),
            );
            assert!(help.contains("KRM function"), "{help}");
        }),
        trial("image::a_failing_function_fails_the_build".into(), || {
            let (overlay, _) = overlay(&Manifests::available().remove(0), "classic", "image/failing");
            let intents = overlay.join("../base/clientintents.yaml");
            write(&intents, &read(&intents).replace("kind: CronJob", "kidn: CronJob"));
            use_image(&overlay.join("enforce-intents.yaml"), "exec:\n        path: enforce-intents\n");
            let stand_in = StandIn::new(overlay.join("../bin"));
            let failed =
                output(kustomize_build("kustomize", &["build", "--enable-alpha-plugins", "."], &overlay, &stand_in));
            assert!(!failed.status.success() && failed.stdout.is_empty());
            assert!(text(&failed.stderr).contains("kidn"), "{}", text(&failed.stderr));
        }),
    ]
}

fn kustomize(manifests: &Manifests, profile: &str) {
    let name = format!("image/kustomize-{}-{profile}", manifests.name);
    let (overlay, by_program) = overlay(manifests, profile, &name);
    use_image(&overlay.join("enforce-intents.yaml"), "exec:\n        path: enforce-intents\n");
    // The program needs --enable-exec, which kubectl has not; the image does not.
    for (tool, arguments) in [
        ("kustomize", ["build", "--enable-alpha-plugins", "."]),
        ("kubectl", ["kustomize", "--enable-alpha-plugins", "."]),
    ] {
        let stand_in = StandIn::new(overlay.join("..").join(tool));
        let by_image = success(kustomize_build(tool, &arguments, &overlay, &stand_in));
        assert!(by_image == by_program, "{tool} gives other output with the image");
        stand_in.assert_one_run_of(FUNCTION);
    }
}

fn kustomize_build(tool: &str, arguments: &[&str], overlay: &Path, stand_in: &StandIn) -> std::process::Command {
    Podman::shared().configured(command_with(tool, arguments, overlay, &[&stand_in.folder]))
}

/// An overlay that runs the program, and what kustomize makes of it.
fn overlay(manifests: &Manifests, profile: &str, name: &str) -> (PathBuf, String) {
    let root = folder(name);
    let resources: String = manifests.copy_to(&root.join("base")).iter().map(|file| format!("- {file}\n")).collect();
    write(&root.join("base/kustomization.yaml"), &format!("resources:\n{resources}"));
    let overlay = root.join("overlay");
    copy_wiring("kustomize", &overlay, profile);
    let by_program = succeed("kustomize", &["build", "--enable-alpha-plugins", "--enable-exec", "."], &overlay);
    assert!(by_program.contains("kind: NetworkPolicy"), "no policies");
    (overlay, by_program)
}

/// Names the image instead of the program, in the way that the documentation says.
fn use_image(function_config: &Path, program: &str) {
    let wiring = read(function_config);
    assert!(wiring.contains(program), "the wiring does not run the program:\n{wiring}");
    write(function_config, &wiring.replace(program, &format!("container:\n        image: {FUNCTION}\n")));
}

fn kpt(manifests: &Manifests, profile: &str) {
    let by = |what: &str| {
        let package = folder(&format!("image/kpt-{}-{profile}/{what}", manifests.name));
        manifests.copy_to(&package);
        copy_wiring("kpt", &package, profile);
        package
    };
    let by_program = by("program");
    succeed("kpt", &["fn", "render", "--allow-exec"], &by_program);

    let by_image = by("image");
    let kptfile = by_image.join("Kptfile");
    let wiring = read(&kptfile);
    let line =
        wiring.lines().find(|line| line.contains("exec: enforce-intents ")).expect("the wiring runs the program");
    write(&kptfile, &wiring.replace(line, &format!("    image: {FUNCTION}")));
    let stand_in = StandIn::new(folder(&format!("image/kpt-{}-{profile}/bin", manifests.name)));
    let arguments = ["fn", "render", "--image-pull-policy", "never"];
    let mut render = Podman::shared().configured(command_with("kpt", &arguments, &by_image, &[&stand_in.folder]));
    // The variable's name until and from v1.0.0-beta.59.
    render.env("KPT_FN_RUNTIME", "podman").env("KRM_FN_RUNTIME", "podman");
    success(render);
    stand_in.assert_one_run_of(FUNCTION);

    let without_kptfile = |package: &Path| -> Vec<(String, String)> {
        tree(package).into_iter().filter(|(path, _)| path != "Kptfile").collect()
    };
    assert!(without_kptfile(&by_program) == without_kptfile(&by_image), "the image writes another package");
    assert!(tree(&by_image).iter().any(|(path, _)| path.contains("networkpolicy_")), "no policies");
}
