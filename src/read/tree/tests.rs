use super::{Node, Tree};
use crate::read::parser;

/// Calls `check` with the root of a text.
fn with_root<T>(text: &str, check: impl FnOnce(Node<'_>, &Tree) -> T) -> T {
    let (tree, documents) = parser::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    check(tree.node(text, documents[0].root), &tree)
}

/// `key: value` pairs that the mapping has with merges applied.
fn entries(node: Node<'_>) -> String {
    let entry = |(key, _, value): (&str, Node<'_>, Node<'_>)| format!("{key}: {}", value.as_str().unwrap_or("..."));
    node.merged_entries().into_iter().map(entry).collect::<Vec<_>>().join(", ")
}

#[test]
fn scalars_are_read_as_go_reads_them() {
    // Text, boolean, integer, null.
    let cases: &[(&str, Option<bool>, Option<i64>, bool)] = &[
        ("true", Some(true), None, false),
        ("Yes", Some(true), None, false),
        ("ON", Some(true), None, false),
        ("y", Some(true), None, false),
        ("off", Some(false), None, false),
        ("N", Some(false), None, false),
        ("tRUE", None, None, false),
        ("'true'", None, None, false),
        ("\"yes\"", None, None, false),
        ("!!str true", None, None, false),
        ("! true", None, None, false),
        ("!!bool \"true\"", Some(true), None, false),
        ("|-\n true", None, None, false),
        ("0", None, Some(0), false),
        ("-0", None, Some(0), false),
        ("+80", None, Some(80), false),
        ("-12", None, Some(-12), false),
        ("0644", None, Some(420), false),
        ("0o17", None, Some(15), false),
        ("0O17", None, Some(15), false),
        ("0x1F", None, Some(31), false),
        ("0X1f", None, Some(31), false),
        ("-0b101", None, Some(-5), false),
        ("1_000", None, Some(1000), false),
        ("1__0_", None, Some(10), false),
        ("0777_7", None, Some(4095), false),
        ("0x_1", None, Some(1), false),
        ("08", None, Some(8), false),
        ("80.0", None, Some(80), false),
        ("8e1", None, Some(80), false),
        (".5e1", None, Some(5), false),
        ("80.5", None, None, false),
        ("1e400", None, None, false),
        ("_1", None, None, false),
        ("0x", None, None, false),
        ("0x+1", None, None, false),
        ("0xG", None, None, false),
        ("+-1", None, None, false),
        ("+", None, None, false),
        (".", None, None, false),
        ("1a", None, None, false),
        ("80,", None, None, false),
        ("12:30", None, None, false),
        (".inf", None, None, false),
        ("'80'", None, None, false),
        ("!!int \"80\"", None, Some(80), false),
        ("9223372036854775807", None, Some(i64::MAX), false),
        ("-9223372036854775808", None, Some(i64::MIN), false),
        ("9223372036854775808", None, None, false),
        ("99999999999999999999999999999999999999999999", None, None, false),
        ("~", None, None, true),
        ("null", None, None, true),
        ("NULL", None, None, true),
        ("nuLL", None, None, false),
        ("", None, None, true),
        ("# comment", None, None, true),
        ("!!null", None, None, true),
        ("!!null x", None, None, true),
        ("!!str", None, None, false),
        ("&x", None, None, true),
        ("\"\"", None, None, false),
        ("'null'", None, None, false),
        ("[]", None, None, false),
    ];
    for (value, boolean, integer, is_null) in cases {
        // Once as written and once through an alias.
        let anchored = if value.starts_with(['&', '#']) { (*value).to_owned() } else { format!("&v {value}") };
        let text = if value.contains('\n') || value.starts_with('#') {
            format!("a: {value}\n")
        } else {
            format!("a: {value}\nb: {anchored}\nc: *{}\n", if *value == "&x" { 'x' } else { 'v' })
        };
        with_root(&text, |root, _| {
            for key in ["a", "c"] {
                let Some(node) = root.get(key) else { continue };
                let read = (node.as_bool(), node.as_integer(), node.is_null());
                assert_eq!(read, (*boolean, *integer, *is_null), "{text}");
            }
        });
    }
}

#[test]
fn values_are_decoded() {
    for (text, expected) in [
        ("a: b c # d\n", "b c"),
        ("a: b\n  c\n\n  d\n", "b c\nd"),
        ("a: 'it''s'\n", "it's"),
        ("a: 'plain'\n", "plain"),
        ("a: \"De\\x70loyment\\u00e9\\/\"\n", "Deployment\u{e9}/"),
        ("a: \"\\ud83d\\ude00\"\n", "\u{1F600}"),
        ("a: ''\n", ""),
        ("a:\n", ""),
        ("a: ~\n", "~"),
        ("a: |\n  b\n   c\n\n", "b\n c\n"),
        ("a: |+\n  b\n\n", "b\n\n"),
        ("a: |-\n  b\n", "b"),
        ("a: |\n  b", "b"),
        ("a: >\n  b\n  c\n\n  d\n", "b c\nd\n"),
        ("a: |\n", ""),
        ("\u{FEFF}a: b\n", "b"),
    ] {
        assert_eq!(
            with_root(text, |root, _| root.get("a").and_then(Node::as_str).map(str::to_owned)).as_deref(),
            Some(expected),
            "{text}"
        );
    }
}

/// A plain scalar may start with a colon: what stands before it has no value then.
#[test]
fn absent_values_end_before_the_next_key() {
    let text = "? a\n:{b: c\n";
    let ranges = with_root(text, |root, _| {
        root.children().map(|node| (node.start()..node.end(), node.as_str().unwrap().to_owned())).collect::<Vec<_>>()
    });
    let expected = [(2..3, "a"), (3..3, ""), (4..7, ":{b"), (9..10, "c")];
    assert_eq!(ranges, expected.map(|(range, text)| (range, text.to_owned())));
}

#[test]
fn keys_are_compared_by_value() {
    for text in [
        "kind: x\n",
        "\"kind\": x\n",
        "'kind' : x\n",
        "\"k\\x69nd\": x\n",
        "? kind\n: x\n",
        "!!str kind: x\n",
        "{kind: x}",
        "{\"kind\":x}",
    ] {
        assert!(with_root(text, |root, _| root.get("kind").and_then(Node::as_str) == Some("x")), "{text}");
    }
}

#[test]
fn repeated_keys_are_recorded_where_they_are_looked_up() {
    for (text, path, expected) in [
        ("a: 1\na: 2\n", &["a"] as &[&str], vec![5]),
        ("a: 1\n\"a\": 2\n'a': 3\n", &["a"], vec![5, 12]),
        ("a: 1\n\"\\x61\": 2\n", &["a"], vec![5]),
        ("{a: 1, a: 2}", &["a"], vec![7]),
        ("a: 1\na: 2\n", &["b"], vec![]),
        ("a: {b: 1, b: 2}\n", &["a"], vec![]),
        ("a: {b: 1, b: 2}\n", &["a", "b"], vec![10]),
        ("x: &x {a: 1, a: 2}\ny: {<<: *x}\n", &["y", "a"], vec![13]),
        ("x: &x {a: 1}\ny: {a: 2, <<: *x}\n", &["y", "a"], vec![]),
    ] {
        with_root(text, |root, tree| {
            let _ = root.path(path);
            let starts: Vec<_> = tree.duplicate_keys().into_iter().map(|id| tree.node(text, id).start()).collect();
            assert_eq!(starts, expected, "{text}");
        });
    }
    let text = "a: 1\nb: 2\na: 3\n";
    with_root(text, |root, tree| {
        assert_eq!(entries(root), "a: 1, b: 2");
        assert_eq!(tree.duplicate_keys().len(), 1);
    });
}

#[test]
fn merges_are_applied() {
    for (text, expected) in [
        ("l: &l {a: 1, b: 2}\nm: {<<: *l, c: 3}\n", "c: 3, a: 1, b: 2"),
        ("l: &l {a: 1, b: 2}\nm: {b: 3, <<: *l}\n", "b: 3, a: 1"),
        ("l: &l {a: 1, b: 2}\nm: {<<: *l, b: 3}\n", "b: 3, a: 1"),
        ("l: &l {a: 1}\nm:\n  !!merge <<: *l\n", "a: 1"),
        ("l: &l {a: 1}\nm:\n  !!merge \"<<\": *l\n", "a: 1"),
        ("l: &l {a: 1}\nm:\n  \"<<\": *l\n", "<<: ..."),
        ("l: &l {a: 1}\nm:\n  !!str <<: *l\n", "<<: ..."),
        ("l: &l {a: 1}\nk: &k {a: 2, b: 2}\nm: {<<: [*l, *k]}\n", "a: 1, b: 2"),
        ("l: &l {a: 1}\nk: &k {b: 2, <<: *l}\nm: {<<: [*k, {c: 3}], d: 4}\n", "d: 4, b: 2, a: 1, c: 3"),
        ("l: &l {a: 1}\nm: {<<: *l, <<: {b: 2}}\n", "a: 1, b: 2"),
        ("m: {<<: , a: 1}\n", "a: 1"),
        ("m: {<<: x, a: 1}\n", "a: 1"),
        ("m: {<<: [x, [y]], a: 1}\n", "a: 1"),
        ("l: &l {a: 1}\nm: *l\n", "a: 1"),
        ("m: x\n", ""),
    ] {
        with_root(text, |root, _| {
            let mapping = root.get("m").unwrap();
            assert_eq!(entries(mapping), expected, "{text}");
            for (key, key_node, value) in mapping.merged_entries() {
                let found = mapping.get_entry(key).map(|(key, value)| (key.id(), value.id()));
                assert_eq!(found, Some((key_node.id(), value.id())), "{key} in {text}");
            }
            assert!(mapping.get("none").is_none(), "{text}");
        });
    }
}

/// Nine merges of nine merges, and so on: every mapping is visited once.
#[test]
fn merges_of_merges_are_cheap() {
    let mut text = "a0: &a0 {x: 1}\n".to_owned();
    for level in 1..=5 {
        let merges = vec![format!("*a{}", level - 1); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} {{<<: [{merges}]}}\n"));
    }
    with_root(&text, |root, _| {
        let last = root.get("a5").unwrap();
        assert_eq!(last.get("x").and_then(Node::as_str), Some("1"));
        assert!(last.get("y").is_none());
        assert_eq!(entries(last), "x: 1");
    });
}

#[test]
fn routes_lead_to_offsets() {
    let text = "spec:\n  targets:\n  - kubernetes:\n      name: db\n  - a.b/c: {d: [x, &y z]}\n    e: |\n      f\nlabels: *y\n";
    with_root(text, |root, _| {
        for (needle, expected) in [
            ("spec", "spec"),
            ("targets", "spec.targets"),
            ("kubernetes", "spec.targets[0].kubernetes"),
            ("db", "spec.targets[0].kubernetes.name"),
            ("a.b/c", "spec.targets[1][a.b/c]"),
            ("x, ", "spec.targets[1][a.b/c].d[0]"),
            ("&y", "spec.targets[1][a.b/c].d[1]"),
            ("z]", "spec.targets[1][a.b/c].d[1]"),
            ("f\n", "spec.targets[1].e"),
            ("*y", "labels"),
        ] {
            assert_eq!(root.route_to(text.find(needle).unwrap()), expected, "{needle}");
        }
        assert_eq!(root.route_to(text.len() + 10), "");
    });
}

/// Where there are many children, they are looked up instead of walked.
#[test]
fn routes_in_long_lists_lead_to_the_same_places() {
    let items: String = (0..500).map(|item| format!("- a: {item}x\n  b:\n")).collect();
    let keys: String = (0..500).map(|key| format!("k{key}: v{key}v\n")).collect();
    with_root(&items, |root, _| {
        for item in 0..500 {
            let offset = items.find(&format!(" {item}x")).unwrap() + 1;
            assert_eq!(root.route_to(offset), format!("[{item}].a"));
        }
    });
    with_root(&keys, |root, _| {
        for key in 0..500 {
            let offset = keys.find(&format!("v{key}v")).unwrap();
            assert_eq!(root.route_to(offset), format!("k{key}"));
            assert_eq!(root.route_to_range(offset, offset + format!("v{key}v").len()), format!("k{key}"));
        }
    });
}

#[test]
fn lines_and_columns_are_those_of_entries() {
    let text = "\u{FEFF}a: &x\n  - b\n  - &y c: d # e\n    f: |\n      g\n\n    h:\nключ: {i: j}\n";
    with_root(text, |root, _| {
        let column = |path: &[&str]| root.path(path).map(Node::column);
        assert_eq!(root.column(), 0);
        assert_eq!(column(&["a"]), Some(2));
        assert_eq!(column(&["ключ"]), Some(6));
        let mapping = root.get("a").unwrap().items().nth(1).unwrap();
        assert_eq!(mapping.column(), 4);
        let columns: Vec<_> = mapping.entries().map(|(key, _)| key.column()).collect();
        assert_eq!(columns, [4, 4, 4]);
        let next: Vec<_> = mapping.entries().map(|(_, value)| text.get(value.next_line()..).unwrap()).collect();
        assert_eq!(next, ["    f: |\n      g\n\n    h:\nключ: {i: j}\n", "\n    h:\nключ: {i: j}\n", "ключ: {i: j}\n"]);
    });
}

#[test]
fn properties_are_kept() {
    let text = "a: &x !!str\nb: !t &y {}\nc: *x\nd: !<tag:yaml.org,2002:null> &z\n";
    with_root(text, |root, _| {
        let described: Vec<_> = root
            .entries()
            .map(|(_, node)| (node.tag(), node.anchor(), node.is_aliased(), node.is_absent(), node.outer_start()))
            .collect();
        assert_eq!(
            described,
            [
                (Some("!!str"), Some("x"), true, true, 3),
                (Some("!t"), Some("y"), false, false, 15),
                (None, None, false, false, 27),
                (Some("!!null"), Some("z"), false, true, 33),
            ]
        );
        assert_eq!(root.get("c").and_then(Node::resolve).map(Node::id), root.get("a").map(Node::id));
    });
}

/// Whether the value is that string, which does not depend on whether an alias stands for it.
fn is_string(spelling: &str, wanted: &str) -> bool {
    with_root(&format!("a: &a {spelling}\nb: *a\n"), |root, _| {
        let is_string = |key| root.get(key).unwrap().is_string(wanted);
        assert_eq!(is_string("a"), is_string("b"));
        is_string("a")
    })
}

#[test]
fn only_strings_are_strings() {
    for (spelling, wanted) in [
        ("web", "web"),
        ("\"true\"", "true"),
        ("'yes'", "yes"),
        ("!!str true", "true"),
        ("! 1", "1"),
        ("|-\n  true", "true"),
        ("yess", "yess"),
        ("1.2.3-rc", "1.2.3-rc"),
        ("\"\"", ""),
        ("8.8.8.8/32", "8.8.8.8/32"),
    ] {
        assert!(is_string(spelling, wanted), "{spelling}");
    }
    for (spelling, wanted) in [
        ("true", "true"),
        ("Yes", "Yes"),
        ("n", "n"),
        ("", ""),
        ("~", "~"),
        ("1", "1"),
        ("0x1F", "0x1F"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("2024-01-01", "2024-01-01"),
        ("!!int \"1\"", "1"),
        ("!custom web", "web"),
        ("|\n  true", "true"),
        ("[web]", "web"),
        ("web", "other"),
    ] {
        assert!(!is_string(spelling, wanted), "{spelling}");
    }
}

#[test]
fn what_go_takes_for_a_string_is_one() {
    let is_string =
        |spelling: &str| with_root(&format!("a: {spelling}\n"), |root, _| root.get("a").unwrap().is_string_in_go());
    let strings = [
        "web",
        "2fa",
        "0-data",
        "5ci",
        "2fa-2fa-514a95",
        "y",
        "N",
        "'1'",
        "\"true\"",
        "!!str 1.5",
        "1.2.3",
        "1e",
        "=",
        "2024-01",
    ];
    let others = [
        "true",
        "Off",
        "~",
        "",
        "null",
        "1",
        "-0x1F",
        "1_000",
        "1.5",
        "1e3",
        ".inf",
        "!!bool \"true\"",
        "[a]",
        "{a: b}",
    ];
    for spelling in strings {
        assert!(is_string(spelling), "{spelling}");
    }
    for spelling in others {
        assert!(!is_string(spelling), "{spelling}");
    }
}
