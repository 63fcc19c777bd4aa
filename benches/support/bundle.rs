//! Generated ResourceLists in the form in which kpt and kustomize print them (`DESIGN.md` 3): shared by benches and tests.
//!
//! One unit is a small team's share of a cluster: two Deployments with comments, their Services, the ClientIntents of one, a ConfigMap
//! with block scalars; every tenth unit has a CustomResourceDefinition, every twentieth a Namespace. Everything follows from the
//! number of the unit, so that the same size always gives the same bytes.

use std::fmt::Write as _;

/// Units per namespace.
const UNITS_PER_NAMESPACE: usize = 20;
/// Units per CustomResourceDefinition.
const UNITS_PER_CRD: usize = 10;
/// Properties of a CustomResourceDefinition.
const CRD_PROPERTIES: usize = 120;

/// A ResourceList of at least that many bytes.
pub(crate) fn resource_list(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 100_000);
    text.push_str("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n");
    let mut unit = 0;
    while text.len() < bytes {
        write_unit(&mut text, unit);
        unit += 1;
    }
    text.push_str(
        "functionConfig:\n  apiVersion: fn.kpt.dev/v1alpha1\n  kind: EnforceIntents\n  metadata:\n    name: enforce\n",
    );
    text
}

/// The same items as one file per unit, for tools that read directories: names and texts.
#[allow(dead_code, reason = "not every user needs files")]
pub(crate) fn files(bytes: usize) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let (mut written, mut unit) = (0, 0);
    while written < bytes {
        let mut items = String::new();
        write_unit(&mut items, unit);
        let mut file = String::with_capacity(items.len());
        for line in items.lines() {
            match line.strip_prefix("- ") {
                Some(first) => {
                    let _ = writeln!(file, "{}{first}", if file.is_empty() { "" } else { "---\n" });
                }
                None => {
                    let _ = writeln!(file, "{}", line.strip_prefix("  ").unwrap_or(line));
                }
            }
        }
        written += file.len();
        files.push((format!("unit-{unit}.yaml"), file));
        unit += 1;
    }
    files
}

fn write_unit(text: &mut String, unit: usize) {
    let namespace = format!("team-{}", unit / UNITS_PER_NAMESPACE);
    let mut index = 0;
    if unit.is_multiple_of(UNITS_PER_NAMESPACE) {
        let _ = write!(text, "- apiVersion: v1\n  kind: Namespace\n  metadata:\n    name: {namespace}\n");
        annotations(text, unit, &mut index);
        text.push_str("    labels:\n      pod-security.kubernetes.io/enforce: baseline\n");
    }
    for role in ["web", "api"] {
        deployment(text, unit, role, &namespace, &mut index);
        service(text, unit, role, &namespace, &mut index);
    }
    client_intents(text, unit, &namespace, &mut index);
    config_map(text, unit, &namespace, &mut index);
    if unit.is_multiple_of(UNITS_PER_CRD) {
        custom_resource_definition(text, unit, &mut index);
    }
}

fn annotations(text: &mut String, unit: usize, index: &mut usize) {
    let _ = write!(
        text,
        "    annotations:\n      config.kubernetes.io/index: '{index}'\n      config.kubernetes.io/path: 'unit-{unit}.yaml'\n      internal.config.kubernetes.io/index: '{index}'\n      internal.config.kubernetes.io/path: 'unit-{unit}.yaml'\n      internal.config.kubernetes.io/seqindent: 'compact'\n"
    );
    *index += 1;
}

fn head(text: &mut String, api_version: &str, kind: &str, name: &str, namespace: &str) {
    let _ = write!(
        text,
        "- apiVersion: {api_version}\n  kind: {kind}\n  metadata:\n    name: {name}\n    namespace: {namespace}\n"
    );
}

fn deployment(text: &mut String, unit: usize, role: &str, namespace: &str, index: &mut usize) {
    let name = format!("{role}-{unit}");
    head(text, "apps/v1", "Deployment", &name, namespace);
    annotations(text, unit, index);
    let _ = write!(
        text,
        r#"    labels:
      app.kubernetes.io/name: {name}
      app.kubernetes.io/part-of: shop
  spec:
    replicas: {replicas} # kpt-set: ${{replicas}}
    revisionHistoryLimit: 3
    # Rolling, one pod at a time: the cache of a new pod takes minutes to fill.
    strategy:
      type: RollingUpdate
      rollingUpdate:
        maxSurge: 1
        maxUnavailable: 0
    selector:
      matchLabels:
        app.kubernetes.io/name: {name}
    template:
      metadata:
        annotations:
          checksum/config: 5f2c9a{unit:06x}
          cluster-autoscaler.kubernetes.io/safe-to-evict: "true"
        labels:
          app.kubernetes.io/name: {name}
          app.kubernetes.io/part-of: shop
          tier: {role}
      spec:
        serviceAccountName: {name}
        securityContext:
          runAsNonRoot: true
          runAsUser: 10001
          fsGroup: 10001
        # The order matters: the exporter reads what the server writes.
        containers:
        - name: server
          image: registry.example.com/shop/{role}:v1.{minor}.0 # {{"$imagepolicy": "shop:{role}"}}
          imagePullPolicy: IfNotPresent
          args:
          - --port=8080
          - --log-level=info
          - "--public-url=https://{name}.example.com/"
          ports:
          - name: http
            containerPort: 8080
            protocol: TCP
          - name: metrics
            containerPort: 9090
            protocol: TCP
          env:
          - name: POD_NAME
            valueFrom:
              fieldRef:
                fieldPath: metadata.name
          - name: GREETING
            value: 'it''s open'
          - name: JAVA_TOOL_OPTIONS
            value: >-
              -XX:MaxRAMPercentage=75
              -XX:+ExitOnOutOfMemoryError
          readinessProbe:
            httpGet:
              path: /healthz
              port: http
            periodSeconds: 10
            failureThreshold: 3
          livenessProbe:
            tcpSocket:
              port: 8080
            initialDelaySeconds: 20
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 256Mi
          volumeMounts:
          - name: config
            mountPath: /etc/{role}
            readOnly: true
        volumes:
        - name: config
          configMap:
            name: config-{unit}
        - name: tmp
          emptyDir: {{}}
"#,
        replicas = 1 + unit % 5,
        minor = unit % 40,
    );
}

fn service(text: &mut String, unit: usize, role: &str, namespace: &str, index: &mut usize) {
    let name = format!("{role}-{unit}");
    head(text, "v1", "Service", &name, namespace);
    annotations(text, unit, index);
    let _ = write!(
        text,
        "  spec:\n    type: ClusterIP\n    selector:\n      app.kubernetes.io/name: {name}\n    ports:\n    - name: http\n      port: 80\n      targetPort: http\n    - name: metrics\n      port: 9090\n      targetPort: metrics\n"
    );
}

/// The web server calls the API beside it and, in the same namespace, that of the unit before.
fn client_intents(text: &mut String, unit: usize, namespace: &str, index: &mut usize) {
    let name = format!("web-{unit}");
    head(text, "k8s.otterize.com/v2beta1", "ClientIntents", &name, namespace);
    annotations(text, unit, index);
    let _ = write!(
        text,
        "  spec:\n    workload:\n      name: {name}\n      kind: Deployment\n    targets:\n    - kubernetes:\n        name: api-{unit}\n"
    );
    if !unit.is_multiple_of(UNITS_PER_NAMESPACE) {
        let _ = write!(text, "    - kubernetes:\n        name: api-{}\n", unit - 1);
    }
}

fn config_map(text: &mut String, unit: usize, namespace: &str, index: &mut usize) {
    head(text, "v1", "ConfigMap", &format!("config-{unit}"), namespace);
    annotations(text, unit, index);
    text.push_str("  data:\n    LOG_LEVEL: info\n    RETRIES: \"3\"\n    server.conf: |\n");
    for line in 0..60 {
        let _ = write!(
            text,
            "      location /shop/{unit}/{line} {{\n        proxy_pass http://upstream-{line}:8080; # kept\n      }}\n"
        );
    }
    text.push_str("\n      # the last section\n      - items: none\n    banner.txt: |-\n      Willkommen im Gesch\u{e4}ft\n\n      \u{2014} the team\n");
}

fn custom_resource_definition(text: &mut String, unit: usize, index: &mut usize) {
    let _ = write!(
        text,
        "- apiVersion: apiextensions.k8s.io/v1\n  kind: CustomResourceDefinition\n  metadata:\n    name: things{unit}.shop.example.com\n"
    );
    annotations(text, unit, index);
    let _ = write!(
        text,
        "  spec:\n    group: shop.example.com\n    names:\n      kind: Thing{unit}\n      plural: things{unit}\n    scope: Namespaced\n    versions:\n    - name: v1\n      served: true\n      storage: true\n      schema:\n        openAPIV3Schema:\n          type: object\n          properties:\n"
    );
    for property in 0..CRD_PROPERTIES {
        let _ = write!(
            text,
            "            property{property}:\n              description: 'Property {property} of a thing: the desired state as the user\n                wrote it, which may span lines.'\n              type: object\n              required:\n              - name\n              properties:\n                name:\n                  type: string\n                  pattern: \"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$\"\n                value:\n                  x-kubernetes-int-or-string: true\n                  anyOf:\n                  - type: integer\n                  - type: string\n"
        );
    }
}
