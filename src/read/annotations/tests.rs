use super::{
    LEGACY_PACKAGE_PATH, LOCAL_CONFIG, Notes, PACKAGE_PATH, PREFIXES, PREVIOUS_KINDS, PREVIOUS_NAMES,
    PREVIOUS_NAMESPACES, SUFFIXES,
};
use crate::model::place::ResourceId;
use crate::read::package::Package;
use crate::read::stream;
use crate::source::{SourceOrigin, SourceText};

/// A Deployment `dev-web` in namespace `shop` with those annotations.
fn package(annotations: &[(&str, &str)]) -> Package {
    let lines: String = annotations.iter().map(|(key, value)| format!("    {key}: {value}\n")).collect();
    let text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: dev-web\n  namespace: shop\n  annotations:\n{lines}"
    );
    stream::read(vec![SourceText { origin: SourceOrigin::Stdin, text: text.into() }]).0
}

const ID: ResourceId = ResourceId(0);

#[test]
fn previous_names_are_aligned_oldest_first() {
    let names = |names: &str, namespaces: &str, kinds: &str| {
        let keys = ["previousNames", "previousNamespaces", "previousKinds"]
            .map(|key| format!("internal.config.kubernetes.io/{key}"));
        let annotations: Vec<_> = keys
            .iter()
            .map(String::as_str)
            .zip([names, namespaces, kinds])
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let package = package(&annotations);
        package.notes(ID).previous_names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(
        names("web,web,x-web", "default,shop,shop", "Deployment,Deployment,Deployment"),
        "Deployment default/web, Deployment shop/web, Deployment shop/x-web"
    );
    assert_eq!(names("web", "_non_namespaceable_", "ClusterRole"), "ClusterRole web");
    // Lists of different lengths: the last value stayed; without a list the current one.
    assert_eq!(names("web,x-web", "default", ""), "Deployment default/web, Deployment default/x-web");
    assert_eq!(names("web", "default,shop", "Job"), "Job default/web, Job shop/web");
    assert_eq!(names("", "default", ""), "Deployment default/dev-web");
    assert_eq!(names("' web , '", "", ""), "Deployment shop/web");
    assert_eq!(names("", "", ""), "");
}

#[test]
fn what_kpt_and_kustomize_say_is_found() {
    let with = package(&[
        ("internal.config.kubernetes.io/package-path", "/p/q"),
        ("config.kubernetes.io/package-path", "/old"),
        ("config.kubernetes.io/local-config", "true"),
        ("internal.config.kubernetes.io/prefixes", "dev-,x-"),
        ("internal.config.kubernetes.io/suffixes", "-y"),
        ("example.com/note", "|-\n      two\n      lines"),
    ]);
    let notes = with.notes(ID);
    assert_eq!((notes.package_path, notes.is_local_config), (Some("/p/q"), true));
    assert_eq!((notes.prefixes, notes.suffixes), ("dev-,x-", "-y"));
    assert_eq!(with.annotation(ID, "example.com/note"), Some("two\nlines"));

    let without =
        package(&[("config.kubernetes.io/package-path", "/old"), ("config.kubernetes.io/local-config", "\"false\"")]);
    assert_eq!(without.notes(ID), Notes { package_path: Some("/old"), ..Notes::default() });
    assert_eq!(package(&[("example.com/note", "x")]).notes(ID), Notes::default());
    assert_eq!(without.annotation(ResourceId(7), "x"), None);
}

/// Each of them alone, and by way of a merge, is found.
#[test]
fn no_note_is_overlooked() {
    for key in
        [PREFIXES, SUFFIXES, PREVIOUS_NAMES, PREVIOUS_NAMESPACES, PREVIOUS_KINDS, PACKAGE_PATH, LEGACY_PACKAGE_PATH]
    {
        assert_ne!(package(&[("example.com/note", "x"), (key, "a")]).notes(ID), Notes::default(), "{key}");
        let merged = format!("{{{key}: a}}");
        assert_ne!(package(&[("<<", &merged)]).notes(ID), Notes::default(), "{key}");
    }
    assert!(package(&[(LOCAL_CONFIG, "\"true\"")]).notes(ID).is_local_config);
}
