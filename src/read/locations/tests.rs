use crate::model::place::{Place, ResourceId};
use crate::read::package::Package;
use crate::read::{resource_list, stream};
use crate::source::{SourceOrigin, SourceText};

/// The place of some text in a resource, in words.
fn locate(package: &Package, resource: u32, needle: &str) -> String {
    let id = ResourceId(resource);
    let text = &package.sources[package.resource(id).unwrap().source.0 as usize].text;
    let start = text.find(needle).unwrap_or(text.len()) as u32;
    let location = package.locate(Place { resource: id, start, end: start + 1 }).unwrap();
    let within = if location.line_is_within_resource { " of the resource" } else { "" };
    let file = location.file.as_deref().unwrap_or("?");
    let index = location.index.map_or("-".to_owned(), |index| index.to_string());
    format!("{file} [{index}] {}:{}{within} {}", location.line, location.column, location.field)
}

#[test]
fn on_the_command_line_places_are_lines_of_files() {
    let text = "# c\nkind: A\nspec:\n  b: [c]\n---\nkind: List\napiVersion: v1\nitems:\n- kind: D\n  é: {f: g}\n";
    let file = SourceText { origin: SourceOrigin::File("x/y.yaml".into()), text: text.to_owned().into() };
    let stdin = SourceText { origin: SourceOrigin::Stdin, text: text.replace('\n', "\r\n").into() };
    let (package, _) = stream::read(vec![file, stdin]);
    assert_eq!(locate(&package, 0, "kind: A"), "x/y.yaml [0] 2:1 kind");
    assert_eq!(locate(&package, 0, "c]"), "x/y.yaml [0] 4:7 spec.b[0]");
    assert_eq!(locate(&package, 1, "g}"), "x/y.yaml [1] 10:10 é.f");
    assert_eq!(locate(&package, 3, "g}"), "<stdin> [1] 10:10 é.f");
    assert_eq!(locate(&package, 0, "no such text"), "x/y.yaml [0] 11:1 ");
}

#[test]
fn in_function_mode_files_come_from_annotations() {
    let item = |name: &str, annotations: &str| {
        format!(
            "- # head\n  kind: A\n  metadata:\n    name: {name}\n    annotations: {{{annotations}}}\n  spec: {{b: {name}-value}}\n"
        )
    };
    let text = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n".to_owned()
        + &item(
            "kpt",
            "internal.config.kubernetes.io/path: 'a/b.yaml', config.kubernetes.io/path: old.yaml, internal.config.kubernetes.io/index: '2'",
        )
        + &item("legacy", "config.kubernetes.io/path: old.yaml, config.kubernetes.io/index: 1")
        + &item("kustomize", "config.kubernetes.io/index: '0'")
        + &item("origin", "config.kubernetes.io/origin: \"path: c.yaml\\nrepo: https://example.com/x\\n\"")
        + &item("generated", "config.kubernetes.io/origin: \"configuredIn: kustomization.yaml\\n\"")
        + &item("odd", "config.kubernetes.io/origin: '{', internal.config.kubernetes.io/index: x")
        + "- &base\n  kind: B\n  spec: [d]\n- kind: C\n  other: *base\n";
    let (package, findings) = resource_list::read(text.into_bytes()).unwrap();
    assert!(findings.0.is_empty());
    for (index, name, expected) in [
        (0, "kpt-value", "a/b.yaml [2] 5:13 of the resource spec.b"),
        (1, "legacy-value", "old.yaml [1] 5:13 of the resource spec.b"),
        (2, "kustomize-value", "? [0] 5:13 of the resource spec.b"),
        (3, "origin-value", "c.yaml [-] 5:13 of the resource spec.b"),
        (4, "generated-value", "? [-] 5:13 of the resource spec.b"),
        (5, "odd-value", "? [-] 5:13 of the resource spec.b"),
        // Reached through an alias: the text is the other resource's.
        (7, "d]", "? [-] 3:10 of the resource spec[0]"),
        // Outside any resource: the resource itself.
        (0, "items", "a/b.yaml [2] 1:3 of the resource "),
    ] {
        assert_eq!(locate(&package, index, name), expected, "{name}");
    }
    assert!(package.locate(Place { resource: ResourceId(99), start: 0, end: 0 }).is_none());
}

#[test]
fn lines_that_tools_put_there_for_functions_are_not_counted() {
    let item = |annotations: &str| {
        format!("- kind: A\n  metadata:\n    name: a\n{annotations}    labels:\n      b: c\n  spec: end\n")
    };
    let of_kpt = "      internal.config.kubernetes.io/path: 'a.yaml'\n      internal.config.kubernetes.io/index: '0'\n";
    for (annotations, expected) in [
        (String::new(), "6:9"),
        (format!("    annotations:\n{of_kpt}"), "6:9"),
        (format!("    annotations:\n      mine: x\n{of_kpt}"), "8:9"),
        (format!("    annotations:\n{of_kpt}      mine: |\n        x\n        y\n"), "10:9"),
        ("    annotations: {internal.config.kubernetes.io/index: '0'}\n".to_owned(), "7:9"),
    ] {
        let text = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n".to_owned() + &item(&annotations);
        let (package, _) = resource_list::read(text.into_bytes()).unwrap();
        let found = locate(&package, 0, "end");
        assert!(found.contains(&format!(" {expected} of")), "{found}\n{annotations}");
    }
}
