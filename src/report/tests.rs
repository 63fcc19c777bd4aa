//! Findings in every form, whole outputs.

use super::{human, json, krm};
use crate::diag::{Code, Finding, Findings, Severity};
use crate::model::place::{Place, ResourceId};
use crate::model::value::Value;
use crate::read::package::Package;
use crate::read::{resource_list, stream};
use crate::source::{SourceId, SourceOrigin, SourceText};

const MANIFESTS: &str = "\
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
---
apiVersion: v1
kind: Service
metadata:
  name: web # the front
";

const RESOURCE_LIST: &str = "\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- apiVersion: v1
  kind: Service
  metadata:
    name: api
    namespace: shop
    annotations:
      internal.config.kubernetes.io/path: 'app/api.yaml'
      internal.config.kubernetes.io/index: '1'
- apiVersion: v1
  kind: Service
  metadata:
    name: web
";

fn files() -> Package {
    let source = SourceText { origin: SourceOrigin::File("app.yaml".into()), text: MANIFESTS.to_owned().into() };
    stream::read(vec![source]).0
}

fn function() -> Package {
    resource_list::read(RESOURCE_LIST.as_bytes()).unwrap().0
}

/// The value at a path of keys of a resource.
fn place(package: &Package, resource: u32, keys: &[&str]) -> Place {
    let id = ResourceId(resource);
    Package::place(id, package.node(id).unwrap().path(keys).unwrap())
}

/// A warning, an error with a related place, and an info without a place, in this order.
fn three(package: &Package) -> Findings {
    let web = place(package, 1, &["metadata", "name"]);
    let api = place(package, 0, &["metadata", "name"]);
    Findings(vec![
        Finding::new(Code::ServiceNotFound, web, "Service web is odd").with_help("look again"),
        Finding::new(Code::InvalidIntents, api, "Service api is\nwrong \u{1b}[31m")
            .with_related(web, "because of this one"),
        Finding::new(Code::ConfigNoEffect, None, "nothing happens"),
    ])
}

#[test]
fn lines_tell_file_resource_and_field() {
    let package = files();
    let expected = "\
error[invalid-intents]: Service api is\\nwrong \\u{1b}[31m (app.yaml:3, Service shop/api, metadata.name)
warning[service-not-found]: Service web is odd; look again (app.yaml:8, Service web, metadata.name)
";
    assert_eq!(human::lines(&package, &three(&package), Severity::Warning), expected);
    let package = function();
    let expected = "\
error[invalid-intents]: Service api is\\nwrong \\u{1b}[31m (app/api.yaml, line 4 of Service shop/api, metadata.name)
warning[service-not-found]: Service web is odd; look again (line 4 of Service web, metadata.name)
info[config-no-effect]: nothing happens
";
    assert_eq!(human::lines(&package, &three(&package), Severity::Info), expected);
}

#[test]
fn a_fault_of_the_text_has_a_line_and_a_column() {
    let package = files();
    let finding = Finding::new(Code::InvalidInput, None, "not valid YAML");
    let findings = Findings(vec![Finding { in_source: Some((SourceId(0), 17)), ..finding }]);
    let expected = "error[invalid-input]: not valid YAML (app.yaml:2:3)\n";
    assert_eq!(human::lines(&package, &findings, Severity::Info), expected);
    let expected = "\
error[invalid-input]: not valid YAML
 --> app.yaml:2:3
  |
2 | kind: Service
  |   ^

";
    assert_eq!(excerpts(&package, &findings), expected);
}

#[test]
fn excerpts_show_the_manifest() {
    let package = files();
    let expected = "\
error[invalid-intents]: Service api is\\nwrong \\u{1b}[31m
 --> app.yaml:3:18
  |
3 | metadata: {name: api, namespace: shop}
  |                  ^^^
  |
 ::: app.yaml:8:9
  |
8 |   name: web # the front
  |         --- because of this one
  |
  = note: at `metadata.name` of Service shop/api

warning[service-not-found]: Service web is odd
 --> app.yaml:8:9
  |
8 |   name: web # the front
  |         ^^^
  |
  = note: at `metadata.name` of Service web
  = help: look again

info[config-no-effect]: nothing happens

";
    assert_eq!(excerpts(&package, &three(&package)), expected);
}

#[test]
fn help_without_an_excerpt_stands_below_its_finding() {
    let findings = Findings(vec![Finding::new(Code::InvalidConfig, None, "unknown field `x`").with_help("look again")]);
    let expected = "error[invalid-config]: unknown field `x`\nhelp: look again\n\n";
    assert_eq!(excerpts(&files(), &findings), expected);
}

#[test]
fn long_lines_and_names_are_cut() {
    let text = format!("{{\"kind\": \"{}\", \"metadata\": {{\"name\": \"web\"}}}}", "x".repeat(5000));
    let (package, _) = stream::read(vec![SourceText { origin: SourceOrigin::Stdin, text: text.into() }]);
    let name = place(&package, 0, &["metadata", "name"]);
    let findings = Findings(vec![Finding::new(Code::ServiceNotFound, name, "odd")]);
    let shown = excerpts(&package, &findings);
    assert!(shown.starts_with("warning[service-not-found]: odd\n--> <stdin>:1:5035\n"), "{shown}");
    assert!(shown.len() < 1200, "{shown}");
    assert!(human::lines(&package, &findings, Severity::Info).len() < 1200);
}

#[test]
fn results_carry_what_krm_has_a_place_for() {
    let package = function();
    let results = json::pretty(&Value::List(krm::results(&package, &three(&package))));
    let expected = r#"[
  {
    "message": "Service api is\\nwrong \\u{1b}[31m",
    "severity": "error",
    "resourceRef": {
      "apiVersion": "v1",
      "kind": "Service",
      "name": "api",
      "namespace": "shop"
    },
    "field": {
      "path": "metadata.name"
    },
    "file": {
      "path": "app/api.yaml",
      "index": 1
    },
    "tags": {
      "code": "invalid-intents",
      "line": "4",
      "column": "11"
    }
  },
  {
    "message": "because of this one",
    "severity": "info",
    "resourceRef": {
      "apiVersion": "v1",
      "kind": "Service",
      "name": "web"
    },
    "field": {
      "path": "metadata.name"
    },
    "tags": {
      "code": "invalid-intents",
      "line": "4",
      "column": "11"
    }
  },
  {
    "message": "Service web is odd; look again",
    "severity": "warning",
    "resourceRef": {
      "apiVersion": "v1",
      "kind": "Service",
      "name": "web"
    },
    "field": {
      "path": "metadata.name"
    },
    "tags": {
      "code": "service-not-found",
      "line": "4",
      "column": "11"
    }
  },
  {
    "message": "nothing happens",
    "severity": "info",
    "tags": {
      "code": "config-no-effect"
    }
  }
]
"#;
    assert_eq!(results, expected);
}

fn excerpts(package: &Package, findings: &Findings) -> String {
    let mut written = Vec::new();
    human::write_excerpts(package, findings, Severity::Info, &mut written).unwrap();
    String::from_utf8(written).unwrap()
}
