//! Every value of every object may be of any type: nothing panics, and the objects beside it are read all the same.

use super::{deployment, understand};
use serde_json::{Value, json};

/// One object of every kind that is read, with every field that is looked at.
fn objects() -> Vec<Value> {
    let pod = json!({
        "metadata": {
            "labels": {"app": "a"},
            "annotations": {
                "intents.otterize.com/called-by": "[{\"name\": \"a.b\", \"kind\": \"Deployment\"}]",
                "prometheus.io/scrape": "true"
            }
        },
        "spec": {
            "hostNetwork": false,
            "containers": [{"name": "c", "image": "i", "ports": [{"name": "p", "containerPort": 80, "protocol": "TCP"}]}],
            "initContainers": [{"name": "i", "restartPolicy": "Always", "ports": []}]
        }
    });
    let metadata = json!({"name": "odd", "namespace": "shop", "annotations": {
        "internal.config.kubernetes.io/previousNames": "a,b",
        "internal.config.kubernetes.io/previousNamespaces": "shop,shop",
        "internal.config.kubernetes.io/previousKinds": "X,X"
    }, "ownerReferences": [{"kind": "ReplicaSet", "name": "r"}]});
    let object = |api_version: &str, kind: &str, body: Value| {
        let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": metadata});
        let fields = body.as_object().cloned().unwrap_or_default();
        object.as_object_mut().unwrap().extend(fields);
        object
    };
    let internet = json!({"domains": ["a.example"], "ips": ["192.0.2.0/24"], "ports": [443]});
    vec![
        object("v1", "Namespace", json!({})),
        object(
            "apps/v1",
            "Deployment",
            json!({"spec": {"replicas": 1, "template": pod, "selector": {
            "matchLabels": {"a": "b"}, "matchExpressions": [{"key": "k", "operator": "In", "values": ["v"]}]}}}),
        ),
        object("batch/v1", "CronJob", json!({"spec": {"jobTemplate": {"spec": {"template": pod}}}})),
        object(
            "v1",
            "Pod",
            json!({"spec": pod["spec"], "status": {"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}]}}),
        ),
        object(
            "v1",
            "Service",
            json!({"spec": {"type": "NodePort", "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"],
            "selector": {"a": "b"}, "ports": [{"name": "n", "port": 80, "targetPort": "p", "protocol": "TCP"}]}}),
        ),
        object("v1", "Endpoints", json!({"subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 1}]}]})),
        object(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            json!({"endpoints": [{"addresses": ["10.0.0.1"]}], "ports": [{"port": 1}]}),
        ),
        object(
            "k8s.otterize.com/v1beta1",
            "ClientIntents",
            json!({"spec": {"service": {"name": "odd", "kind": "Deployment"}, "calls": [
            {"name": "a.b", "kind": "Deployment", "type": "http", "HTTPResources": [{"path": "/", "methods": ["GET"]}]},
            {"name": "k", "type": "kafka", "kafkaTopics": [{"name": "t", "operations": ["all"]}]},
            {"name": "d", "type": "database", "databaseResources": [{"databaseName": "d", "operations": ["ALL"]}]},
            {"type": "internet", "internet": internet}]},
            "status": {"resolvedIPs": [{"dns": "a.example", "ips": ["192.0.2.1"]}]}}),
        ),
        object(
            "k8s.otterize.com/v2beta1",
            "ClientIntents",
            json!({"spec": {"workload": {"name": "odd2", "kind": "Deployment"}, "targets": [
            {"kubernetes": {"name": "a.b", "kind": "Deployment", "http": [{"path": "/", "methods": ["GET"]}]}},
            {"service": {"name": "s"}}, {"kafka": {"name": "k", "topics": [{"name": "t", "operations": ["all"]}]}},
            {"sql": {"name": "d", "privileges": [{"databaseName": "d", "operations": ["ALL"]}]}},
            {"azure": {"scope": "s", "roles": ["r"], "keyVaultPolicy": {}}}, {"internet": internet}]}}),
        ),
        object("k8s.otterize.com/v2beta1", "ProtectedService", json!({"spec": {"name": "odd", "kind": "Deployment"}})),
    ]
}

/// Pointers to every value below a value.
fn pointers(value: &Value, prefix: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let pointer = format!("{prefix}/{key}");
        pointers(child, &pointer, found);
        found.push(pointer);
    }
}

#[test]
fn the_objects_are_good_as_they_are() {
    let text: String = objects().iter().map(|object| format!("{object}\n---\n")).collect();
    let (world, lines) = understand(&text);
    assert!(!lines.contains("error"), "{lines}");
    assert_eq!((world.workloads.len(), world.client_intents.len(), world.protected_services.len()), (3, 2, 1));
}

#[test]
fn wrong_types_anywhere_sink_nothing_else() {
    let beside = format!(
        "{}{}apiVersion: k8s.otterize.com/v2beta1\nkind: ClientIntents\nmetadata: {{name: good, namespace: good}}\nspec: {{workload: {{name: web}}, targets: [{{kubernetes: {{name: api}}}}]}}\n---\n",
        deployment("good", "web"),
        deployment("good", "api"),
    );
    let wrong = [json!(null), json!(-1), json!("odd text"), json!(["a"]), json!({"a": "b"})];
    for object in objects() {
        let mut places = Vec::new();
        pointers(&object, "", &mut places);
        for place in places {
            for value in &wrong {
                let mut changed = object.clone();
                *changed.pointer_mut(&place).unwrap() = value.clone();
                let (world, lines) = understand(&format!("{beside}{changed}\n"));
                let intents = world.client_intents.iter().find(|intents| intents.name == "good");
                assert_eq!(intents.map(|intents| intents.targets.len()), Some(1), "{place} {value}: {lines}");
                assert!(world.workloads.iter().filter(|workload| workload.namespace == "good").count() == 2);
            }
        }
    }
}
