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
        let names = package(&annotations).previous_names(ID);
        names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
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
    assert_eq!(with.package_path(ID), Some("/p/q"));
    assert!(with.is_local_config(ID));
    assert_eq!(with.name_prefixes(ID), ["dev-", "x-"]);
    assert_eq!(with.name_suffixes(ID), ["-y"]);
    assert_eq!(with.annotation(ID, "example.com/note"), Some("two\nlines"));

    let without =
        package(&[("config.kubernetes.io/package-path", "/old"), ("config.kubernetes.io/local-config", "\"false\"")]);
    assert_eq!(without.package_path(ID), Some("/old"));
    assert!(!without.is_local_config(ID));
    assert!(without.name_prefixes(ID).is_empty());
    assert_eq!(without.annotation(ResourceId(7), "x"), None);
}
