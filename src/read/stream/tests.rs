use super::{Lane, read, read_with};
use crate::read::package::{Package, Role};
use crate::read::prune::needed_to_compile;
use crate::source::{SourceOrigin, SourceText};

fn source(name: &str, text: &str) -> SourceText {
    let origin = if name == "-" { SourceOrigin::Stdin } else { SourceOrigin::File(name.into()) };
    SourceText { origin, text: text.to_owned().into() }
}

/// Every resource in words: role, apiVersion, title.
fn resources(package: &Package) -> Vec<String> {
    let words = |resource: &crate::read::package::Resource| {
        let role = match resource.role {
            Role::Item => "item".to_owned(),
            Role::FunctionConfig => "config".to_owned(),
            Role::Document(index) => format!("{index}"),
            Role::ListMember(index) => format!("in {index}"),
        };
        format!("{role}: {} {}", resource.api_version, resource.title())
    };
    package.resources.iter().map(words).collect()
}

#[test]
fn documents_and_members_become_resources() {
    for (text, expected) in [
        ("apiVersion: v1\nkind: A\n---\napiVersion: v1\nkind: B\n", &["0: v1 A", "1: v1 B"] as &[&str]),
        ("# c\n---\n# d\n---\napiVersion: v1\nkind: A\n---\n\n---\nnull\n--- ~\n...\n", &["1: v1 A"]),
        ("", &[]),
        ("# c\n", &[]),
        ("{\"apiVersion\": \"v1\",\n\t\"kind\": \"A\"}", &["0: v1 A"]),
        (
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A}\n- apiVersion: v1\n  kind: List\n  items: [{apiVersion: v1, kind: B}, \
             {apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: C}]}, {kind: D}]\n- {kind: E}\n---\nkind: F\n",
            &["in 0: v1 A", "in 0: v1 B", "in 0: v1 C", "in 0:  D", "in 0:  E", "1:  F"],
        ),
        (
            "apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- metadata: {name: a}\n- {kind: B, metadata: {name: b}}\n- {apiVersion: v1, kind: C}\n",
            &["in 0: apps/v1 Deployment a", "in 0:  B b", "in 0: v1 C"],
        ),
        ("apiVersion: v1\nkind: List\n", &[]),
        ("apiVersion: v1\nkind: List\nitems: null\n", &[]),
        ("apiVersion: v1\nkind: PodList\n", &["0: v1 PodList"]),
        ("apiVersion: e.com/v1\nkind: AllowList\nspec: {items: []}\n", &["0: e.com/v1 AllowList"]),
        (
            "kind: ResourceList\nfunctionConfig: {kind: G}\nitems:\n- {kind: A}\n- {apiVersion: v1, kind: List, items: [{kind: B}]}\n---\nkind: C\n",
            &["in 0:  A", "in 0:  B", "config:  G", "1:  C"],
        ),
        ("apiVersion: v1\nkind: List\nitems:\n- &a {kind: A}\n- *a\n", &["in 0:  A", "in 0:  A"]),
        ("a: b\n", &["0:  an object without kind"]),
    ] {
        let (package, findings) = read(vec![source("-", text)]);
        assert_eq!(resources(&package), expected, "{text}");
        assert!(findings.0.is_empty(), "{findings:?}");
    }
}

#[test]
fn faults_of_one_text_leave_the_others() {
    let (package, findings) = read(vec![
        source("a.yaml", "kind: A\n"),
        source("b.yaml", "kind: B\n---\na: b: c\n"),
        source("c.yaml", "- op: replace\n---\nreplicas: 1\n---\nkind: C\n"),
        source("-", "x\n---\nkind: D\n---\napiVersion: v1\nkind: List\nitems: [y]\n"),
        source("d.yaml", "kind: ResourceList\nitems:\n- kind: E\n- kind: ResourceList\n  items: [kind: F]\n"),
    ]);
    assert_eq!(resources(&package), ["0:  A", "2:  C", "1:  D", "in 0:  E"]);
    let lines: Vec<_> = findings
        .0
        .iter()
        .map(|finding| {
            let (source, offset) = finding.in_source.unwrap();
            format!("{} {}:{offset}: {}", finding.severity.as_str(), source.0, finding.message)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "error 1:16: not valid YAML: mapping values are not allowed in this context",
            "warning 2:0: document 1 of c.yaml has a sequence, not an object",
            "warning 2:18: document 2 of c.yaml has a mapping without apiVersion and kind, not an object",
            "error 3:0: document 1 of <stdin> has a scalar, not an object",
            "error 3:52: document 3 of <stdin> has a scalar, not an object",
            "error 4:38: document 1 of d.yaml has a ResourceList in a list",
        ]
    );
    assert_eq!((package.sources.len(), package.trees.len(), package.documents.len()), (5, 5, 5));
}

#[test]
fn members_of_lists_are_pruned_like_documents() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, data: {a: b}}\n---\n{apiVersion: v1, kind: Secret, data: {a: b}}\n";
    for (selection, expected) in [(None, false), (Some(needed_to_compile as _), true)] {
        let (package, _) = read_with(vec![source("-", text)], selection, Lane::Parser);
        assert_eq!(
            package.iter().filter(|(id, _)| package.node(*id).unwrap().is_pruned()).count(),
            if expected { 2 } else { 0 }
        );
    }
}

/// Lists in lists are walked without recursion.
#[test]
fn lists_nest_as_deep_as_aliases_make_them() {
    let mut text = "l0: &l0 {kind: A}\n".to_owned();
    for level in 1..400 {
        text.push_str(&format!("l{level}: &l{level} {{apiVersion: v1, kind: List, items: [*l{}]}}\n", level - 1));
    }
    text.push_str("apiVersion: v1\nkind: List\nitems: [*l399]\n");
    let (package, findings) = read(vec![source("-", &text)]);
    assert!(findings.0.is_empty(), "{findings:?}");
    assert_eq!(resources(&package), ["in 0:  A"]);
}
