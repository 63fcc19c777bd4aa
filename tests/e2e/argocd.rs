//! Argo CD's plugin contract without Argo CD: the commands of `fn-config/argocd`, in the sidecar's image, as its server runs them.
//!
//! No shell, no network, no standard input, a user that is not root, nothing to write to but /tmp, files without their executable
//! bits, and the variables that Argo CD sets.

use super::containers::{Podman, SIDECAR};
use super::sandbox::{
    Manifests, command, copy_wiring, folder, output, read, repository, run, succeed, success, text, tree, write,
};
use crate::trial;
use libtest_mimic::Trial;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use yaml_serde::Value;

const VARIABLES: [(&str, &str); 4] = [
    ("ARGOCD_APP_NAME", "mail"),
    ("ARGOCD_APP_NAMESPACE", "shop"),
    ("KUBE_VERSION", "1.33"),
    ("KUBE_API_VERSIONS", "v1,apps/v1,batch/v1"),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("argocd::kustomize".into(), || {
            let application = kustomize_application("argocd/kustomize");
            let overlay = application.join("overlay");
            let expected = succeed("kustomize", &["build", "--enable-alpha-plugins", "--enable-exec", "."], &overlay);
            assert_eq!(stream_of(generate("kustomize", &application, "overlay", &VARIABLES)), expected);
        }),
        trial("argocd::directory".into(), || {
            let application = directory_application("argocd/directory");
            let expected = rendered(&application, &["render", "--namespace", "shop", "."]);
            assert_eq!(stream_of(generate("directory", &application, "", &VARIABLES)), expected);
        }),
        trial("argocd::parameters".into(), || {
            let application = directory_application("argocd/parameters");
            let parameters = r#"[{"name":"profile","string":"v2"},{"name":"mode","string":"defaultShadow"},{"name":"enforcedNamespaces","array":["shop"]}]"#;
            let variables = [VARIABLES.as_slice(), &[("ARGOCD_APP_PARAMETERS", parameters)]].concat();
            let set = ["--set", "profile=v2", "--set", "mode=defaultShadow", "--set", "enforcedNamespaces=shop"];
            let expected = rendered(&application, &[["render", "."].as_slice(), &set].concat());
            let stream = stream_of(generate("directory", &application, "", &variables));
            assert_eq!(stream, expected);
            assert!(stream.contains("intents.otterize.com/service:"), "not the profile of the parameters");
        }),
        trial("argocd::helm".into(), || {
            let application = chart_application("argocd/helm");
            let template = ["template", "mail", ".", "--namespace", "shop", "--include-crds", "--kube-version", "1.33"];
            let manifests = succeed("helm", &template, &application);
            write(&application.join("../manifests.yaml"), &manifests);
            let expected = rendered(&application, &["render", "--namespace", "shop", "../manifests.yaml"]);
            let stream = stream_of(generate("helm", &application, "", &VARIABLES));
            assert_eq!(stream, expected);
            for part in
                ["kind: CustomResourceDefinition", "helm.sh/hook: pre-upgrade", "name: access-to-mail-queue-from-shop"]
            {
                assert!(stream.contains(part), "{part} is missing in\n{stream}");
            }
        }),
        trial("argocd::announced_parameters_are_fields".into(), || {
            let schema = succeed("enforce-intents", &["schema"], repository());
            let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
            let text = schema.to_string();
            for plugin in ["directory", "helm"] {
                let parameters = &plugin_file(plugin)["spec"]["parameters"]["static"];
                let names = parameters.as_sequence().unwrap().iter().map(|one| one["name"].as_str().unwrap());
                for name in names {
                    assert!(text.contains(&format!("\"{name}\":")), "{plugin}: {name} is no field");
                }
            }
        }),
        trial("argocd::files_fit_together".into(), files_fit_together),
        trial("argocd::the_program_installs_itself".into(), || {
            let application = folder("argocd/install");
            std::fs::set_permissions(&application, std::fs::Permissions::from_mode(0o777)).unwrap();
            let mount = format!("{}:/custom-tools", application.display());
            let patch = yaml(&read(&repository().join("fn-config/argocd/without-sidecar/repo-server.yaml")));
            let container = &patch["spec"]["template"]["spec"]["initContainers"][0];
            let arguments = strings(&container["args"]);
            let mut call =
                vec!["run", "--rm", "--network", "none", "--read-only", "--cap-drop", "all", "--volume", &mount];
            call.push(super::containers::FUNCTION);
            call.extend(arguments.iter().map(String::as_str));
            success(Podman::shared().command(&call, &application));
            let version = success(command("./enforce-intents", &["--version"], &application));
            assert_eq!(version, format!("enforce-intents {}\n", env!("CARGO_PKG_VERSION")));
        }),
    ];
    trials.extend(failures());
    trials
}

/// What must fail: with a reason on stderr, and without a stream that Argo CD could take for an application with nothing in it.
fn failures() -> Vec<Trial> {
    let failure = |name: &'static str,
                   plugin: &'static str,
                   make: fn(&str) -> PathBuf,
                   spoil: fn(&Path),
                   reason: &'static str| {
        trial(format!("argocd::fails::{name}"), move || {
            let application = make(&format!("argocd/fails/{name}"));
            spoil(&application);
            let path = if plugin == "kustomize" { "overlay" } else { "" };
            let variables: Vec<_> =
                VARIABLES.into_iter().filter(|(key, _)| name != "helm_no_name" || *key != "ARGOCD_APP_NAME").collect();
            let output = generate(plugin, &application, path, &variables);
            let stderr = text(&output.stderr);
            assert!(!output.status.success(), "it succeeded:\n{}", text(&output.stdout));
            assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
            assert!(stderr.contains(reason), "{stderr}");
        })
    };
    vec![
        failure(
            "kustomize_missing_file",
            "kustomize",
            kustomize_application,
            |application| std::fs::remove_file(application.join("base/web.yaml")).unwrap(),
            "web.yaml",
        ),
        failure(
            "kustomize_faulty_intents",
            "kustomize",
            kustomize_application,
            |application| spoil_intents(&application.join("base")),
            "kidn",
        ),
        failure("directory_faulty_intents", "directory", directory_application, spoil_intents, "kidn"),
        failure(
            "directory_without_manifests",
            "directory",
            directory_application,
            |application| {
                tree(application).iter().for_each(|(path, _)| std::fs::remove_file(application.join(path)).unwrap())
            },
            "nothing would be left to apply",
        ),
        failure(
            "directory_broken_yaml",
            "directory",
            directory_application,
            |application| write(&application.join("web.yaml"), "kind: [Deployment\n"),
            "web.yaml",
        ),
        failure(
            "helm_broken_template",
            "helm",
            chart_application,
            |application| write(&application.join("templates/broken.yaml"), "{{ fail \"no such luck\" }}\n"),
            "no such luck",
        ),
        failure(
            "helm_empty_chart",
            "helm",
            chart_application,
            |application| {
                std::fs::remove_dir_all(application.join("templates")).unwrap();
                std::fs::remove_dir_all(application.join("crds")).unwrap();
            },
            "nothing would be left to apply",
        ),
        failure(
            "helm_no_chart",
            "helm",
            chart_application,
            |application| std::fs::remove_file(application.join("Chart.yaml")).unwrap(),
            "helm failed (exit status: 1), so nothing is rendered",
        ),
        failure("helm_no_name", "helm", chart_application, |_| {}, "$(ARGOCD_APP_NAME) is not set"),
    ]
}

fn spoil_intents(folder: &Path) {
    let intents = folder.join("clientintents.yaml");
    write(&intents, &read(&intents).replace("kind: CronJob", "kidn: CronJob"));
}

/// Runs a plugin's command in the sidecar's image, in a path of an application.
fn generate(plugin: &str, application: &Path, path: &str, variables: &[(&str, &str)]) -> Output {
    let file = plugin_file(plugin);
    let generate = &file["spec"]["generate"];
    let entry_point = serde_json::to_string(&strings(&generate["command"])).unwrap();
    let arguments = if generate.get("args").is_some() { strings(&generate["args"]) } else { Vec::new() };
    for (file, _) in tree(application) {
        std::fs::set_permissions(application.join(file), std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    let mount = format!("{}:/app:ro", application.display());
    let folder = format!("/app/{path}");
    let variables: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut call = "run --rm --network none --user 999 --read-only --cap-drop all --security-opt no-new-privileges"
        .split(' ')
        .chain(["--volume", &mount, "--workdir", &folder, "--entrypoint", &entry_point])
        .collect::<Vec<_>>();
    variables.iter().for_each(|variable| call.extend(["--env", variable]));
    call.push(SIDECAR);
    call.extend(arguments.iter().map(String::as_str));
    output(Podman::shared().command(&call, application))
}

fn stream_of(output: Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// What the program on this machine prints.
fn rendered(folder: &Path, arguments: &[&str]) -> String {
    stream_of(run("enforce-intents", arguments, folder))
}

fn kustomize_application(name: &str) -> PathBuf {
    let application = folder(name);
    let files = Manifests::available().remove(0).copy_to(&application.join("base"));
    let resources: String = files.iter().map(|file| format!("- {file}\n")).collect();
    write(&application.join("base/kustomization.yaml"), &format!("resources:\n{resources}"));
    copy_wiring("kustomize", &application.join("overlay"), "classic");
    application
}

fn directory_application(name: &str) -> PathBuf {
    let application = folder(name);
    Manifests::available().remove(0).copy_to(&application);
    application
}

fn chart_application(name: &str) -> PathBuf {
    let application = folder(name).join("chart");
    super::helm::copy_chart(&application);
    application
}

/// The Applications name the plugins, and the sidecars name their folders, which the image has.
fn files_fit_together() {
    let argocd = repository().join("fn-config/argocd");
    let plugins: Vec<String> = ["kustomize", "directory", "helm"]
        .map(|plugin| {
            let file = plugin_file(plugin);
            assert!(file["spec"].get("discover").is_none(), "{plugin} claims Applications that do not name it");
            file["metadata"]["name"].as_str().unwrap().to_owned()
        })
        .into();
    let applications = read(&argocd.join("applications.yaml"));
    let named: Vec<String> = applications
        .split("\n---\n")
        .map(|application| yaml(application)["spec"]["source"]["plugin"]["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(named, plugins);

    let sidecars = yaml(&read(&argocd.join("sidecars.yaml")));
    let template = &sidecars["spec"]["template"]["spec"];
    let volumes: Vec<&str> =
        template["volumes"].as_sequence().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    let containers = template["containers"].as_sequence().unwrap();
    assert_eq!(containers.len(), plugins.len());
    for (container, plugin) in containers.iter().zip(["kustomize", "directory", "helm"]) {
        let command = strings(&container["command"]);
        let [_, flag, config_folder] = command.as_slice() else { panic!("{command:?}") };
        assert_eq!(flag, "--config-dir-path");
        assert_eq!(config_folder, &format!("/plugins/{plugin}"));
        let mounts = container["volumeMounts"].as_sequence().unwrap();
        let own = mounts.iter().find(|mount| mount["mountPath"].as_str() == Some("/tmp")).unwrap();
        assert!(volumes.contains(&own["name"].as_str().unwrap()));
    }
}

fn plugin_file(plugin: &str) -> Value {
    yaml(&read(&repository().join("fn-config/argocd/plugins").join(plugin).join("plugin.yaml")))
}

fn yaml(text: &str) -> Value {
    yaml_serde::from_str(text).unwrap()
}

fn strings(list: &Value) -> Vec<String> {
    list.as_sequence().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}
