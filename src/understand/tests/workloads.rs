//! Which objects are workloads, who they are, and what is wrong with them.

use super::{config, understand, understand_with};
use crate::config::Config;
use crate::model::world::World;
use std::fmt::Write as _;

fn object(api_version: &str, kind: &str, body: &str) -> String {
    format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: my.w, namespace: shop}}\n{body}\n---\n")
}

fn read(manifests: &str, config: &Config) -> (World, String) {
    let (world, lines) = understand_with(manifests, config);
    let mut kept = String::new();
    for line in lines.lines().filter(|line| !line.contains("no-client-intents")) {
        let _ = writeln!(kept, "{line}");
    }
    (world, kept)
}

/// `kind path name-with-kind` of every workload.
fn identities(world: &World) -> Vec<String> {
    world
        .workloads
        .iter()
        .map(|workload| {
            let kind = workload.identity.kind.as_deref().unwrap_or("-");
            format!("{} {} {} {kind}", workload.kind, workload.template_path.join("."), workload.identity.name)
        })
        .collect()
}

const TEMPLATE: &str = "spec: {template: {spec: {containers: [{name: c, image: i}]}}}";

#[test]
fn kinds_with_pods() {
    let kinds =
        config(&[("workloadKinds", "[{apiVersion: example.com/v1, kind: Fleet, podTemplate: spec.pods.template}]")]);
    for (api_version, kind, body, expected) in [
        ("apps/v1", "Deployment", TEMPLATE, "Deployment spec.template my_w Deployment"),
        ("extensions/v1beta1", "Deployment", TEMPLATE, "Deployment spec.template my_w Deployment"),
        ("apps/v1beta2", "StatefulSet", TEMPLATE, "StatefulSet spec.template my_w StatefulSet"),
        ("apps/v1", "DaemonSet", "spec: {template: {}}", "DaemonSet spec.template my_w DaemonSet"),
        ("apps/v1", "ReplicaSet", TEMPLATE, "ReplicaSet spec.template my_w ReplicaSet"),
        ("v1", "ReplicationController", TEMPLATE, "ReplicationController spec.template my_w ReplicationController"),
        ("batch/v1", "Job", TEMPLATE, "Job spec.template my_w Job"),
        (
            "batch/v1beta1",
            "CronJob",
            "spec: {jobTemplate: {spec: {template: {}}}}",
            "CronJob spec.jobTemplate.spec.template my_w CronJob",
        ),
        ("v1", "Pod", "spec: {containers: []}", "Pod  my_w Pod"),
        ("argoproj.io/v1alpha1", "Rollout", TEMPLATE, "Rollout spec.template my_w Rollout"),
        ("serving.knative.dev/v1", "Service", TEMPLATE, "Service spec.template my_w Service"),
        ("apps.openshift.io/v1", "DeploymentConfig", TEMPLATE, "DeploymentConfig spec.template my_w DeploymentConfig"),
        ("example.com/v1", "Deployment", TEMPLATE, "Deployment spec.template my_w Deployment"),
        ("example.com/v1", "Fleet", "spec: {pods: {template: {}}}", "Fleet spec.pods.template my_w Fleet"),
        ("example.com/v1", "Deployment", "spec: {template: {spec: {}}}", ""),
        ("example.com/v1", "Deployment", "spec: {template: {spec: {containers: {}}}}", ""),
        ("v1", "PodTemplate", "template: {spec: {containers: []}}", ""),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "spec: {names: {kind: X}}", ""),
    ] {
        let (world, lines) = read(&object(api_version, kind, body), &kinds);
        assert_eq!(
            (identities(&world).concat().as_str(), lines.as_str()),
            (expected, ""),
            "{api_version} {kind} {body}"
        );
    }
}

#[test]
fn odd_objects_do_not_sink_the_run() {
    for (manifest, expected) in [
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {generateName: w-}\nspec: {template: {}}\n",
            "warning name-missing : Deployment without name: has no metadata.name, so its pods have no identity (give it a name: generated names cannot be matched by intents)\n",
        ),
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\n",
            "warning no-pod-template metadata.name: Deployment w: has no pod template to label\n",
        ),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: w}\nspec: {workloadRef: {name: web}}\n",
            "info no-pod-template metadata.name: Rollout w: takes its pods from workload web, which gets the labels instead (intents must name web, not the Rollout)\n",
        ),
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec: {template: text}\n",
            "error invalid-field spec.template: Deployment w: `template` must be a mapping, not a single value\nwarning no-pod-template metadata.name: Deployment w: has no pod template to label\n",
        ),
        ("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n", ""),
        ("apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\n", ""),
        ("some: thing\n", ""),
        ("apiVersion: example.com/v1\nkind: Odd\nmetadata: [a]\nspec: [text]\n", ""),
        (
            "apiVersion: example.com/v1\nkind: Odd\nmetadata: {name: [a], labels: x}\nspec: {template: {spec: text}}\nstatus: 1\n",
            "",
        ),
    ] {
        let (world, lines) = read(manifest, &Config::default());
        assert_eq!((world.workloads.len(), lines.as_str()), (0, expected), "{manifest}");
    }
}

#[test]
fn names_from_annotations() {
    let annotated = |annotations: &str| {
        object(
            "apps/v1",
            "Deployment",
            &format!("spec: {{template: {{metadata: {{annotations: {{{annotations}}}}}}}}}"),
        )
    };
    let custom = config(&[("workloadNameOverrideAnnotationName", "example.com/name")]);
    for (annotations, config, expected) in [
        ("intents.otterize.com/workload-name: web.v7", &Config::default(), "web.v7 -"),
        ("intents.otterize.com/service-name: web", &Config::default(), "web -"),
        (
            "intents.otterize.com/service-name: old, intents.otterize.com/workload-name: new",
            &Config::default(),
            "new -",
        ),
        ("intents.otterize.com/workload-name: web", &custom, "my_w Deployment"),
        ("example.com/name: web", &custom, "web -"),
        ("intents.otterize.com/service-name: web", &custom, "web -"),
    ] {
        let (world, lines) = read(&annotated(annotations), config);
        assert_eq!(identities(&world), [format!("Deployment spec.template {expected}")], "{annotations}");
        assert_eq!(lines, "");
    }
}

#[test]
fn annotations_beside_the_template_are_said() {
    let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w, namespace: shop, annotations: {intents.otterize.com/workload-name: web}}\nspec: {template: {}}\n";
    let (world, lines) = read(manifest, &Config::default());
    assert_eq!(identities(&world), ["Deployment spec.template w Deployment"]);
    assert_eq!(
        lines,
        "warning misplaced-annotation metadata.annotations[intents.otterize.com/workload-name]: Deployment shop/w: annotation `intents.otterize.com/workload-name` has no effect here (write it into the metadata of the pod template)\n"
    );
}

#[test]
fn illegal_names_are_errors() {
    let annotated = object(
        "apps/v1",
        "Deployment",
        "spec: {template: {metadata: {annotations: {intents.otterize.com/workload-name: my web}}}}",
    );
    let (_, lines) = read(&annotated, &Config::default());
    assert_eq!(
        lines,
        "error invalid-identity metadata.name: Deployment shop/my.w: its name `my web` from its annotation cannot be written as a label value: `my web-shop-027daa` (use letters, digits, `-`, `_` and `.` in the annotation, beginning with a letter or digit)\n"
    );
    let image = object(
        "batch/v1",
        "Job",
        "spec: {template: {spec: {containers: [{name: c, image: registry.example/team/app:1}]}}}",
    );
    let (_, lines) = read(&image, &config(&[("useImageNameForJobs", "true")]));
    assert_eq!(
        lines,
        "error invalid-identity metadata.name: Job shop/my.w: its name `team/app` from its images cannot be written as a label value: `team/app-shop-ddd608` (name the workload with the workload-name annotation on its pod template)\n"
    );
}

#[test]
fn jobs_are_named_after_their_images() {
    let by_image = config(&[("experimentalUseDockerImageAsServiceNameForJobs", "true")]);
    let containers = "[{name: a, image: 'registry.example/etl:1'}, {name: istio-proxy, image: x/y}, {name: my-sidecar, image: x/z}, {name: b, image: 'registry.example:5000/up'}]";
    let init = "[{name: c, image: 'registry.example/beside:1', restartPolicy: Always}]";
    let template = format!("template: {{spec: {{containers: {containers}, initContainers: {init}}}}}");
    let job = object("batch/v1", "Job", &format!("spec: {{{template}}}"));
    let cron_job = object("batch/v1", "CronJob", &format!("spec: {{jobTemplate: {{spec: {{{template}}}}}}}"));
    let (world, _) = read(&format!("{job}{cron_job}"), &by_image);
    assert_eq!(
        identities(&world),
        ["Job spec.template etl-up -", "CronJob spec.jobTemplate.spec.template my_w CronJob"]
    );
}

#[test]
fn owners_are_followed_to_the_top() {
    let dump = "\
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, metadata: {name: web-5d-x, namespace: shop, ownerReferences: [{kind: ReplicaSet, name: web-5d}]}, spec: {containers: []}}
- {apiVersion: v1, kind: Pod, metadata: {name: lost-1, namespace: shop, ownerReferences: [{kind: ReplicaSet, name: lost}]}, spec: {containers: []}}
- {apiVersion: v1, kind: Pod, metadata: {name: step, namespace: shop, ownerReferences: [{kind: Workflow, name: flow.1}]}, spec: {containers: []}}
- {apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web-5d, namespace: shop, ownerReferences: [{kind: Deployment, name: web}]}, spec: {template: {}}}
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: {}}}
- {apiVersion: v1, kind: Pod, metadata: {name: loop, namespace: shop, ownerReferences: [{kind: Pod, name: loop}]}, spec: {containers: []}}
";
    let (world, lines) = read(dump, &Config::default());
    assert_eq!(
        identities(&world),
        [
            "Pod  web Deployment",
            "Pod  lost ReplicaSet",
            "Pod  flow_1 Workflow",
            "ReplicaSet spec.template web Deployment",
            "Deployment spec.template web Deployment",
            "Pod  loop Pod"
        ]
    );
    assert_eq!(lines, "");
}

#[test]
fn containers_selectors_and_addresses() {
    let pod = "\
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: shop, labels: {app: web, debug: on, n: 1, empty: }}
spec:
  hostNetwork: true
  containers:
  - {name: c, image: i, ports: [{name: http, containerPort: 8080}, {containerPort: '9090', protocol: UDP}]}
  initContainers:
  - {name: once, image: i, ports: [{containerPort: 1}]}
  - {name: proxy, image: i, restartPolicy: Always, ports: [{containerPort: 15001}]}
status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: '2001:db8::1'}]}
";
    let (world, lines) = read(pod, &Config::default());
    assert_eq!(lines, "");
    let workload = &world.workloads[0];
    let labels: Vec<String> = workload.template_labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(labels, ["app=web", "debug=on", "empty=", "n=1"]);
    let ports: Vec<String> =
        workload.ports().map(|port| format!("{:?} {} {:?}", port.name, port.number, port.protocol)).collect();
    assert_eq!(ports, ["Some(\"http\") 8080 Tcp", "None 9090 Udp", "None 15001 Tcp"]);
    assert!(workload.host_network && workload.host_network_place.is_some());
    assert_eq!(format!("{:?}", workload.pod_addresses), "[10.0.0.1, 2001:db8::1]");
}

#[test]
fn own_selectors_of_all_forms() {
    for (kind, selector, expected) in [
        ("Deployment", "{matchLabels: {a: b}}", "{\"a\": \"b\"} 0"),
        ("Deployment", "{matchExpressions: [{key: a, operator: In, values: [b]}]}", "{} 1"),
        ("Deployment", "{}", "{} 0"),
        ("ReplicationController", "{a: b}", "{\"a\": \"b\"} 0"),
    ] {
        let api_version = if kind == "Deployment" { "apps/v1" } else { "v1" };
        let manifest =
            object(api_version, kind, &format!("spec: {{replicas: 3, selector: {selector}, template: {{}}}}"));
        let (world, lines) = read(&manifest, &Config::default());
        let selector = world.workloads[0].selector.as_ref().unwrap();
        assert_eq!(format!("{:?} {}", selector.match_labels, selector.match_expressions.len()), expected);
        assert_eq!((world.workloads[0].replicas, lines.as_str()), (Some(3), ""));
    }
}

#[test]
fn wrong_values_leave_the_rest() {
    for (template, expected) in [
        (
            "metadata: {labels: [a]}",
            "error invalid-field spec.template.metadata.labels: Deployment shop/my.w: `labels` must be a mapping, not a list\n",
        ),
        (
            "spec: {containers: [{ports: [{containerPort: 80800}]}]}",
            "error invalid-field spec.template.spec.containers[0].ports[0].containerPort: Deployment shop/my.w: `containerPort` must be a port number from 1 to 65535, not `80800`\n",
        ),
        (
            "spec: {containers: [{ports: [{containerport: 1}]}]}",
            "warning invalid-container-port spec.template.spec.containers[0].ports[0]: Deployment shop/my.w: a container port lacks `containerPort` and is left out (did you mean `containerPort` by `containerport`?)\n",
        ),
        (
            "spec: {containers: x}",
            "error invalid-field spec.template.spec.containers: Deployment shop/my.w: `containers` must be a list, not a single value\n",
        ),
        (
            "spec: {hostNetwork: maybe}",
            "error invalid-field spec.template.spec.hostNetwork: Deployment shop/my.w: `hostNetwork` must be true or false, not `maybe`\n",
        ),
        (
            "metadata: {labels: {a: b, a: c}}",
            "error duplicate-key spec.template.metadata.labels.a: Deployment shop/my.w: key `a` stands twice in its mapping (remove one of the two)\n",
        ),
    ] {
        let (world, lines) =
            read(&object("apps/v1", "Deployment", &format!("spec: {{template: {{{template}}}}}")), &Config::default());
        assert_eq!((world.workloads.len(), lines.as_str()), (1, expected), "{template}");
    }
}

#[test]
fn called_by() {
    let annotated = |value: &str| {
        object(
            "apps/v1",
            "Deployment",
            &format!(
                "spec: {{template: {{metadata: {{annotations: {{intents.otterize.com/called-by: '{value}'}}}}}}}}"
            ),
        ) + "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: front}\nspec: {template: {}}\n"
    };
    let fault = |text: &str| {
        format!(
            "error invalid-called-by spec.template.metadata.annotations[intents.otterize.com/called-by]: Deployment shop/my.w: {text}\n"
        )
    };
    for (value, count, expected) in [
        (r#"[{"name": "web.front", "kind": "Deployment"}]"#, 1, String::new()),
        ("[]", 0, String::new()),
        (
            "web.front",
            0,
            fault(
                r#"bad called-by annotation: it is not a JSON list (write [{"name": "client.namespace", "kind": "Deployment"}])"#,
            ),
        ),
        (
            "[{",
            0,
            fault(
                r#"bad called-by annotation: it is not a JSON list (write [{"name": "client.namespace", "kind": "Deployment"}])"#,
            ),
        ),
        (r#"["web.front"]"#, 0, fault("bad called-by annotation: an entry is not an object with `name` and `kind`")),
        (
            r#"[{"name": "web", "kind": "Deployment"}]"#,
            0,
            fault("bad called-by annotation client name 'web' should be in the format 'name.namespace'"),
        ),
        (
            r#"[{"name": "web.front.x", "kind": "Deployment"}]"#,
            0,
            fault("bad called-by annotation client name 'web.front.x' should be in the format 'name.namespace'"),
        ),
        (r#"[{"name": "web.front"}]"#, 0, fault("bad called-by annotation client 'web.front': kind is required")),
        (
            r#"[{"name": "web.front", "kind": "deployment"}]"#,
            0,
            fault("bad called-by annotation client 'web.front': kind 'deployment' should start with a capital letter"),
        ),
        (
            r#"[{"name": "x"}, {"name": "web.front", "kind": "Deployment"}]"#,
            1,
            fault("bad called-by annotation client name 'x' should be in the format 'name.namespace'")
                + &fault("bad called-by annotation client 'x': kind is required"),
        ),
    ] {
        let (world, lines) = understand(&annotated(value));
        assert_eq!((world.workloads[0].called_by.len(), lines.as_str()), (count, expected.as_str()), "{value}");
    }
}
