use super::{Lane, read, read_with};
use crate::diag::{Findings, Severity};
use crate::read::package::{Package, Role};

/// Every finding in a line: severity, code, message, help.
fn lines(findings: &Findings) -> Vec<String> {
    let line = |finding: &crate::diag::Finding| {
        let help = finding.help.as_deref().map(|help| format!("; {help}")).unwrap_or_default();
        format!("{} {}: {}{help}", finding.severity.as_str(), finding.code.name(), finding.message)
    };
    findings.0.iter().map(line).collect()
}

fn resources(package: &Package) -> Vec<String> {
    let line = |resource: &crate::read::package::Resource| match resource.role {
        Role::FunctionConfig => format!("functionConfig: {}", resource.title()),
        _ => resource.title(),
    };
    package.resources.iter().map(line).collect()
}

const HEAD: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";

#[test]
fn what_is_no_resource_list_is_refused() {
    let only_list = "a function reads one ResourceList; `render` reads manifests";
    let only_one = "a function reads one ResourceList; `render` reads streams of manifests";
    let cases: &[(&[u8], &str)] = &[
        (b"", "the input is empty, not a ResourceList"),
        (b" \n\n", "the input is empty, not a ResourceList"),
        (b"\xEF\xBB\xBF", "the input is empty, not a ResourceList"),
        (b"# nothing\n", "the input is empty, not a ResourceList"),
        (b"---\n", &format!("the input is null, not a ResourceList; {only_list}")),
        (b"- a\n", &format!("the input is a sequence, not a ResourceList; {only_list}")),
        (b"hello\n", &format!("the input is a scalar, not a ResourceList; {only_list}")),
        (b"a: b\n", &format!("the input has no kind, so it is no ResourceList; {only_list}")),
        (b"kind: [x]\n", &format!("the input has no kind, so it is no ResourceList; {only_list}")),
        (b"kind: Pod\napiVersion: v1\n", &format!("the input is of kind \"Pod\", not a ResourceList; {only_list}")),
        (b"kind: ResourceList\n", "the ResourceList has no apiVersion; write config.kubernetes.io/v1"),
        (
            b"kind: ResourceList\napiVersion: config.kubernetes.io/v2\n",
            "the ResourceList has the unknown apiVersion \"config.kubernetes.io/v2\" (line 2, column 13); write config.kubernetes.io/v1",
        ),
        (
            b"kind: ResourceList\napiVersion: config.kubernetes.io/v1bta1\n",
            "the ResourceList has the unknown apiVersion \"config.kubernetes.io/v1bta1\" (line 2, column 13); write config.kubernetes.io/v1beta1",
        ),
        (b"a: b\n---\nc: d\n", &format!("the input has 2 documents, the second from line 2; {only_one}")),
        (b"a: b\n---\n", &format!("the input has 2 documents, the second from line 2; {only_one}")),
        (b"a: b\n---\n---\n---\n", &format!("the input has 4 documents, the second from line 2; {only_one}")),
        (b"a: {b\n", "the input is not valid YAML: line 1, column 4: unclosed bracket '{'"),
        (b"a: \xFF\n", "the input is not UTF-8 text: byte 0xFF at offset 3 (line 1, column 4)"),
        (
            "é: b\nc: é".as_bytes().split_last().unwrap().1,
            "the input is not UTF-8 text: byte 0xC3 at offset 9 (line 2, column 4)",
        ),
        (
            b"\xFF\xFEa\0:\0",
            "the input is not UTF-8 text: byte 0xFF at offset 0 (line 1, column 1); it looks like UTF-16: save it as UTF-8",
        ),
    ];
    for (input, expected) in cases {
        let findings = read(input.to_vec()).expect_err(&String::from_utf8_lossy(input));
        assert_eq!(lines(&findings), [format!("error invalid-input: {expected}")]);
    }
}

#[test]
fn every_fault_of_the_envelope_is_named() {
    let input = format!(
        "{HEAD}kind: ResourceList\nitems: x\n\"items\": []\nresults: {{}}\nfunctionConfig: {{}}\nfunctionConfig: {{}}\n"
    );
    let findings = read(input.into_bytes()).unwrap_err();
    assert_eq!(
        lines(&findings),
        [
            "error duplicate-key: the ResourceList has the key `kind` twice, again at line 3, column 1; remove one of the two",
            "error duplicate-key: the ResourceList has the key `items` twice, again at line 5, column 1; remove one of the two",
            "error duplicate-key: the ResourceList has the key `functionConfig` twice, again at line 8, column 1; remove one of the two",
            "error invalid-input: `items` of the ResourceList is a scalar, not a sequence (line 4, column 8)",
            "error invalid-input: `results` of the ResourceList is a mapping, not a sequence (line 6, column 10)",
        ]
    );
    for items in ["&x {}", "!!null x\nother: &x []\nresults: *x"] {
        let findings = read(format!("{HEAD}items: {items}\n").into_bytes()).unwrap_err();
        assert_eq!(findings.0.len(), 1, "{findings:?}");
    }
    let aliased = format!("x: &x []\n{HEAD}items: *x\n");
    assert_eq!(
        lines(&read(aliased.into_bytes()).unwrap_err()),
        ["error invalid-input: `items` of the ResourceList is an alias, not a sequence (line 4, column 8)"]
    );
}

/// Every prefix of a ResourceList is read or refused; what is read lacks items, never shows others.
#[test]
fn truncated_input_does_no_harm() {
    let whole = format!(
        "{HEAD}items:\n- apiVersion: v1\n  kind: Service\n  metadata: {{name: 'a', namespace: \"b\"}}\n- apiVersion: apps/v1\n  \
         kind: Deployment\n  metadata:\n    name: c\n    annotations:\n      d: |\n        e\nfunctionConfig:\n  kind: EnforceIntents\n"
    );
    let (package, _) = read(whole.clone().into_bytes()).unwrap();
    assert_eq!(resources(&package), ["Service b/a", "Deployment c", "functionConfig: EnforceIntents"]);
    for end in 0..whole.len() {
        match read(whole.as_bytes()[..end].to_vec()) {
            Ok((package, _)) => assert!(package.resources.len() <= 3),
            Err(findings) => assert!(findings.has_errors(), "{end}"),
        }
    }
}

#[test]
fn envelopes_of_every_form_are_read() {
    for (text, expected) in [
        (format!("{HEAD}items:\n- kind: A\n- kind: B\n"), &["A", "B"] as &[&str]),
        (HEAD.to_owned(), &[]),
        (format!("{HEAD}items:\n"), &[]),
        (format!("{HEAD}items: null\n"), &[]),
        (format!("{HEAD}items: []\nresults:\n"), &[]),
        (format!("---\n{HEAD}items: [{{kind: A}}]\n...\n"), &["A"]),
        (format!("%YAML 1.1\n---\n{HEAD}items: &x\n- &y !t\n  kind: A\n"), &["A"]),
        (format!("\u{FEFF}{HEAD}items: []\n"), &[]),
        (HEAD.replace("v1", "v1beta1") + "items:\n  - kind: A\n", &["A"]),
        (HEAD.replace("v1", "v1alpha1"), &[]),
        (format!("{HEAD}functionConfig:\n  data: {{}}\nitems:\n- metadata: {{name: b}}\n"), &["an object without kind b", "functionConfig: an object without kind"]),
        (format!("{HEAD}functionConfig: null\n"), &[]),
        (
            "{\"functionConfig\": {\"kind\": \"C\"}, \"items\": [{\"kind\": \"A\", \"metadata\": {\"name\": 1, \"namespace\": \"\"}}],\n\t\"kind\": \"Resource\\u004cist\", \"apiVersion\": \"config.kubernetes.io\\/v1\"}".to_owned(),
            &["A 1", "functionConfig: C"],
        ),
        (HEAD.replace('\n', "\r\n") + "items:\r\n- kind: A\r\n  metadata: {name: ~, namespace: null}\r\n", &["A"]),
        (format!("{HEAD}items:\n- &a {{kind: A}}\n- *a\n- <<: *a\n  metadata: {{name: [x]}}\n"), &["A", "A", "A"]),
    ] {
        let (package, findings) = read(text.clone().into_bytes()).unwrap_or_else(|findings| panic!("{findings:?} {text}"));
        assert_eq!(resources(&package), expected, "{text}");
        assert_eq!(lines(&findings), [""; 0], "{text}");
        let list = package.resource_list.unwrap();
        assert_eq!(list.items.is_some(), text.contains("items"), "{text}");
        assert_eq!(list.results.is_some(), text.contains("results"), "{text}");
    }
}

/// A CustomResourceDefinition, a Kustomization without a name, a Kptfile, a List, and what is no object at all.
#[test]
fn odd_items_do_not_sink_the_run() {
    let text = format!(
        "{HEAD}items:\n- kind: CustomResourceDefinition\n  spec: {{}}\n- resources: [a.yaml]\n- apiVersion: kpt.dev/v1\n  kind: Kptfile\n  \
         metadata: {{name: p}}\n- apiVersion: v1\n  kind: List\n  items: []\n- apiVersion: v1\n  kind: PodList\n  metadata: {{name: q}}\n  items: [{{}}]\n\
         - apiVersion: example.com/v1\n  kind: AllowList\n  spec: {{items: []}}\n-\n- x\n- [y]\n- metadata: z\n- kind: {{}}\nfunctionConfig: w\n"
    );
    let (package, findings) = read_with(text.into_bytes(), None, Lane::Parser).unwrap();
    assert_eq!(
        resources(&package),
        [
            "CustomResourceDefinition",
            "an object without kind",
            "Kptfile p",
            "List",
            "PodList q",
            "AllowList",
            "an object without kind",
            "an object without kind"
        ]
    );
    assert_eq!(
        lines(&findings),
        [
            "warning not-an-object: items[6] of the ResourceList is null, not an object; it is passed through as it is",
            "warning not-an-object: items[7] of the ResourceList is a scalar, not an object; it is passed through as it is",
            "warning not-an-object: items[8] of the ResourceList is a sequence, not an object; it is passed through as it is",
            "error invalid-config: the functionConfig is a scalar, not an object",
            "warning list-item: List: its members are neither read nor labelled; write each member as a document of its own",
            "warning list-item: PodList q: its members are neither read nor labelled; write each member as a document of its own",
        ]
    );
    assert!(findings.0.iter().all(|finding| finding.place.is_some() || finding.in_source.is_some()));
    assert!(findings.0.iter().filter(|finding| finding.severity == Severity::Error).count() == 1);
}
