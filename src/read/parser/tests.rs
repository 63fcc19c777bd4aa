use super::{Document, NESTING_LIMIT, parse, parse_keeping};
use crate::read::prune::needed_to_compile;
use crate::read::tree::{Node, NodeId, Tree};
use crate::source::{LineColumn, line_column};

/// Line, column and message of the error that a text gives.
fn refusal(text: &str) -> String {
    let error = parse(text).err().unwrap_or_else(|| panic!("{text:?} is read"));
    let LineColumn { line, column } = line_column(text, error.offset);
    format!("{line}:{column}: {error}")
}

/// Every node of a document as it is written and where it starts, children indented.
fn outline(tree: &Tree, text: &str, root: NodeId) -> String {
    fn add(node: Node<'_>, depth: usize, lines: &mut Vec<String>) {
        let written = text_of(node).replace('\n', "\\n");
        lines.push(format!("{}{written}", "  ".repeat(depth)));
        for child in node.children() {
            add(child, depth + 1, lines);
        }
    }
    fn text_of(node: Node<'_>) -> &str {
        node.source().get(node.outer_start()..node.end()).unwrap_or("?")
    }
    let mut lines = Vec::new();
    add(tree.node(text, root), 0, &mut lines);
    lines.join("\n")
}

#[test]
fn what_is_no_yaml_is_refused_with_its_place() {
    for (text, expected) in [
        ("a: b: c\n", "1:5: mapping values are not allowed in this context"),
        ("a: [b\n", "1:4: unclosed bracket '['"),
        ("a: 'b\n", "1:4: unclosed quote"),
        ("a: b\n\tc: d\n", "2:1: a tab cannot indent a line"),
        ("a:\n  - b\n \t - c\n", "3:2: a tab cannot indent a line"),
        ("a:\n\tb: c\n", "2:1: a tab cannot indent a line"),
        ("a:\n-\tb: c\n\td: e\n", "3:1: a tab cannot indent a line"),
        ("a: *b\n", "1:4: the alias *b has no anchor before it in its document"),
        ("a: [*b, c]\n", "1:5: the alias *b has no anchor before it in its document"),
        ("--- &a b\n--- *a\n", "2:5: the alias *a has no anchor before it in its document"),
        ("a: *b\nc: &b d\n", "1:4: the alias *b has no anchor before it in its document"),
        ("a: &b [*b]\n", "1:8: the alias *b stands inside the node that it refers to"),
        ("a: &b {c: {d: *b}}\n", "1:15: the alias *b stands inside the node that it refers to"),
        ("a: b\u{7}\n", "1:4: the control character U+0007 is not allowed"),
        ("a: \"\\x\"\n", "1:4: while parsing a quoted scalar, did not find expected hexadecimal number"),
        ("a: b\n c\n d: e\n", "3:3: mapping values are not allowed in this context"),
        ("é: b: c\n", "1:5: mapping values are not allowed in this context"),
        ("a: }\n", "1:4: misplaced bracket"),
    ] {
        assert_eq!(refusal(text), expected, "{text:?}");
    }
}

/// Go's reader takes a tab for a blank where a line of a flow collection starts, and nowhere else.
#[test]
fn tabs_start_lines_of_flow_collections_only() {
    let text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  b: [\n    one,\n\t  two,\n\t\tthree\n  ]\n";
    for selection in [None, Some(needed_to_compile as _)] {
        let (tree, documents) = parse_keeping(text, selection).unwrap();
        let list = tree.node(text, documents[0].root).path(&["data", "b"]).unwrap();
        let items: Vec<_> = list.items().map(|item| (item.column(), item.as_str().unwrap())).collect();
        assert_eq!(items, [(4, "one"), (3, "two"), (2, "three")]);
    }
    assert_eq!(refusal("a:\n  b: 1\n\tc: 2\n"), "3:1: a tab cannot indent a line");
    assert_eq!(refusal("a:\n  b: [x,\n\t  y]\n  c:\n\t  d: 1\n"), "5:1: a tab cannot indent a line");
}

#[test]
fn nesting_is_bounded() {
    let deep = |open: &str, close: &str, levels: usize| format!("{}x{}", open.repeat(levels), close.repeat(levels));
    assert!(parse(&deep("[", "]", NESTING_LIMIT)).is_ok());
    assert!(parse(&deep("- ", "", NESTING_LIMIT)).is_ok());
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", ""), ("[", ""), ("&a [", "")] {
        for levels in [NESTING_LIMIT + 1, 10_000, 100_000] {
            let message = refusal(&deep(open, close, levels));
            assert!(message.ends_with(": nested more than 255 levels deep"), "{open}: {message}");
        }
    }
}

/// Nine aliases to nine aliases, and so on. What is small enough is read; nothing is ever copied.
#[test]
fn growth_through_aliases_is_bounded() {
    let bomb = |levels: usize| {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..levels {
            let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        text
    };
    assert!(parse(&bomb(5)).is_ok());
    for levels in [7, 10, 100] {
        let message = refusal(&bomb(levels));
        assert!(message.ends_with(": the document grows out of bounds through its aliases"), "{message}");
    }
    // Many aliases to something large: quadratic for whoever follows them.
    let wide = format!("a: &a [{}]\nb: [{}]\n", "x,".repeat(20_000), "*a,".repeat(20_000));
    assert!(refusal(&wide).ends_with(": the document grows out of bounds through its aliases"));
    // As many aliases to something small.
    assert!(parse(&format!("a: &a [{}]\nb: [{}]\n", "x,".repeat(8), "*a,".repeat(115_000))).is_ok());
}

#[test]
fn aliases_lead_to_the_latest_anchor_before_them() {
    let text = "a: &x b\nc: *x\nd: &x e\nf: *x\ng: {h: &y i}\nj: *y\n--- &x k\n";
    let (tree, documents) = parse(text).unwrap();
    let root = tree.node(text, documents[0].root);
    let value = |key| root.get(key).and_then(Node::as_str);
    assert_eq!((value("c"), value("f"), value("j")), (Some("b"), Some("e"), Some("i")));
    assert!(root.get("a").unwrap().is_aliased());
    assert!(!tree.node(text, documents[1].root).is_aliased());
}

#[test]
fn documents_have_their_text() {
    for (text, expected) in [
        ("", &[] as &[(&str, bool)]),
        ("# c\n", &[]),
        ("---\n", &[("\n", true)]),
        ("a: b\n", &[("a: b\n", false)]),
        ("# c\na: b\n# d\n", &[("# c\na: b\n# d\n", false)]),
        ("# c\n---\na: b\n", &[("\na: b\n", true)]),
        ("a: b\n# c\n---\n# d\ne: f\n", &[("a: b\n# c\n", false), ("\n# d\ne: f\n", true)]),
        ("--- {a: b} # c\n--- # d\n- e\n...\n", &[(" {a: b} # c\n", true), (" # d\n- e\n", true)]),
        ("a: b\n---\n", &[("a: b\n", false), ("\n", true)]),
        ("a: b\n...\n# c\nd: e\n", &[("a: b\n", false), ("\n# c\nd: e\n", false)]),
        ("...\na: b\n", &[("\na: b\n", false)]),
        ("%YAML 1.1\n---\na: b\n...\n%YAML 1.1\n---\nc\n", &[("\na: b\n", true), ("\nc\n", true)]),
        ("\u{FEFF}a: b\n", &[("a: b\n", false)]),
        ("a: |+\n  b\n\n--- c\n", &[("a: |+\n  b\n\n", false), (" c\n", true)]),
        ("a: |\n  --- b\n", &[("a: |\n  --- b\n", false)]),
    ] {
        let (_, documents) = parse(text).unwrap_or_else(|error| panic!("{error}: {text:?}"));
        let read =
            |document: &Document| (text.get(document.text.clone()).unwrap().to_owned(), document.has_start_marker);
        let expected: Vec<_> = expected.iter().map(|(text, marker)| ((*text).to_owned(), *marker)).collect();
        assert_eq!(documents.iter().map(read).collect::<Vec<_>>(), expected, "{text:?}");
    }
}

#[test]
fn nodes_are_written_where_their_spans_say() {
    let text = "a: &x # c\n- b\n- !t\n  c: |+ # d\n    e\n\n  f:\ng: {h: , \"i\":*x}\n? j\n: >\n  k\n\n# l\n";
    let (tree, documents) = parse(text).unwrap();
    let expected = r#"a: &x # c\n- b\n- !t\n  c: |+ # d\n    e\n\n  f:\ng: {h: , "i":*x}\n? j\n: >\n  k
  a
  &x # c\n- b\n- !t\n  c: |+ # d\n    e\n\n  f:
    b
    !t\n  c: |+ # d\n    e\n\n  f:
      c
      |+ # d\n    e\n\n
      f
      
  g
  {h: , "i":*x}
    h
    
    "i"
    *x
  j
  >\n  k"#;
    assert_eq!(outline(&tree, text, documents[0].root), expected);
}

/// U+0085, U+2028 and U+2029 are line breaks for Go, and a lone carriage return is one for everybody but editors.
#[test]
fn odd_line_breaks_are_read_only_where_readers_agree() {
    const GOOD: &[&str] = &[
        // At the end of a comment.
        "a: b # c@\n",
        "# c@\na: b\n",
        "a: b\n  # c @ \nd: e\n",
        "#@",
        // In a block scalar, followed by a line that is indented as Go's emitter writes it.
        "a: |\n  b@  c\n",
        "a: |\n  b@  c@  d\n  e\n",
        "a: |\n  b@\n  c\n",
        "a: |\n  b@\n",
        "a: >\n  b@    c\n",
        "a: |2\n  @  b\n",
        "a:\n- |\n  b@  c\n- d\n",
    ];
    const BAD: &[&str] = &[
        "a: b@c\n",
        "a: b@\n",
        "a: \"b@c\"\n",
        "a: 'b@ c'\n",
        "a@b: c\n",
        "a: b # c@d: e\n",
        "# c@d\n",
        "a: &b@ c\n",
        "a: !b@ c\n",
        "a:@\n  b\n",
        "@a: b\n",
        "a: b\n@",
        "a: |\n  b@c\n",
        "a: |\n  b@ c\n",
        "a: |\n  b@  c@ d\n",
        "a: |\n  @  b\n",
        "a: | # b@\n  c\n",
        "a: |\n  b\n@\n",
        "%YAML 1.1 # @c\n---\na\n",
    ];
    for odd in ["\u{85}", "\u{2028}", "\u{2029}"] {
        for text in GOOD {
            assert!(parse(&text.replace('@', odd)).is_ok(), "{text:?} with {odd:?}");
        }
        for text in BAD {
            let text = text.replace('@', odd);
            assert!(parse(&text).is_err(), "{text:?}");
        }
    }
    let lone_return = |text: &str| parse(&text.replace('@', "\r")).is_ok();
    for text in [
        "a: b@\n",
        "a: b # c@\n",
        "a: 'b@ c'\n",
        "a: b@  c\n",
        "a: |\n  b@  c\n",
        "a: |\n  b@\n  c\n",
        "a: b@\r\nc: d\r\n",
    ] {
        assert!(lone_return(text), "{text:?}");
    }
    for text in ["a: b@c: d\n", "a:@  b\n", "- a@- b\n", "# a@b: c\n", "a: |@  b\n", "a: |\n  b@c: d\n"] {
        assert!(!lone_return(text), "{text:?}");
    }
    assert_eq!(
        refusal("a: b\nc: d\u{2028}\n"),
        "2:5: the character U+2028 is a line break to some YAML readers and not to others"
    );
    assert_eq!(refusal("a: b\rc: d\n"), "1:5: a carriage return without a line feed separates two lines");
    for text in ["\u{FEFF}\u{FEFF}a: b\n", "\u{FEFF}\u{FEFF}\u{FEFF}a: b\n", "a: b\n...\n\u{FEFF}\u{FEFF}c: d\n"] {
        assert!(
            refusal(text).ends_with("a byte order mark follows another one: remove one"),
            "{text:?}: {}",
            refusal(text)
        );
    }
    assert!(parse("a: b\u{FEFF}\u{FEFF}c\n").is_ok());
    for text in ["a: {b, ?c: d}\n", "a: [?c]\n", "a: [b, ?c: d]\n", "a: {:b}\n", "a: [b, :c]\n"] {
        assert!(refusal(text).ends_with("do not read as a part of it: quote it"), "{text:?}: {}", refusal(text));
    }
    for text in ["a: {? b: c, \"?d\": ':e', f?: g:h, i: ?j, k: :l}\n", "?a: :b\n"] {
        assert!(parse(text).is_ok(), "{text:?}");
    }
    for text in ["a: {b:}\n", "a: {b:, c: d}\n", "a: [b:]\n", "a: {b\n  :}\n", "a: {? b:}\n", "a: {b: c, d e::}\n"] {
        let expected = "no blank follows the colon, which kustomize and kpt read as a part of the text: add one, or quote the text";
        assert!(refusal(text).ends_with(expected), "{text:?}: {}", refusal(text));
    }
    for text in ["a: {b: , c:\n  }\n", "a: {\"b\":, 'c':}\n", "a: &a b\nc: {*a :}\n", "a: {: , b: }\n", "a: [b: ]\n"] {
        assert!(parse(text).is_ok(), "{text:?}");
    }
    assert_eq!(refusal("a\n\u{FEFF}b\n"), "2:1: a byte order mark starts a line inside a value");
}

#[test]
fn only_headers_are_kept_of_what_is_not_needed() {
    let text = "kind: List\nitems:\n- apiVersion: v1\n  data:\n    a: |\n      b\n    c: \"\\t\"\n    d: !!str e\n  \
                metadata: !t\n    name: \"x\\ty\"\n    labels: {f: g}\n  kind: ConfigMap\n- &anchored\n  apiVersion: v1\n  \
                kind: Secret\n  data: {h: i}\n- apiVersion: apps/v1\n  kind: Deployment\n  spec: {j: \"\\n\"}\n- *anchored\n";
    let (tree, documents) = parse_keeping(text, Some(needed_to_compile)).unwrap();
    let root = tree.node(text, documents[0].root);
    let outlines: Vec<_> =
        root.get("items").unwrap().items().map(|item| (item.is_pruned(), item.subtree_end().0 - item.id().0)).collect();
    assert_eq!(outlines, [(true, 13), (false, 9), (false, 9), (false, 1)]);
    let items: Vec<_> = root.get("items").unwrap().items().collect();
    let config_map = items[0];
    assert!(config_map.get("data").is_none());
    assert_eq!(config_map.path(&["metadata", "name"]).and_then(Node::as_str), Some("x\ty"));
    assert_eq!(config_map.get("metadata").and_then(Node::tag), Some("!t"));
    assert_eq!(config_map.path(&["metadata", "labels", "f"]).and_then(Node::as_str), Some("g"));
    assert_eq!(config_map.get("kind").and_then(Node::as_str), Some("ConfigMap"));
    assert!(config_map.end() < items[1].outer_start());
    assert_eq!(items[2].path(&["spec", "j"]).and_then(Node::as_str), Some("\n"));
    assert_eq!(items[3].path(&["data", "h"]).and_then(Node::as_str), Some("i"));
}

/// With the header alone, all that is asked of an object that is not needed has the same answer.
#[test]
fn headers_are_the_same_with_and_without_the_rest() {
    let object = |index: usize| {
        let kind = ["ConfigMap", "Secret", "Service", "CustomResourceDefinition"][index % 4];
        let header =
            format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: 'n''{index}'\n  annotations: {{a: \"\\x41\"}}\n");
        let payload =
            ["data:\n  x: |\n    y\n", "data: {x: \"\\n\"}\nextra: &a b\n", "spec: {}\n", "data: !t [x, 'it''s']\n"]
                [index / 4 % 4];
        if index.is_multiple_of(3) { format!("{payload}{header}") } else { format!("{header}{payload}") }
    };
    let text: String = (0..64).map(|index| format!("---\n{}", object(index))).collect();
    let (whole, documents) = parse(&text).unwrap();
    let (pruned, pruned_documents) = parse_keeping(&text, Some(needed_to_compile)).unwrap();
    assert_eq!(documents.len(), pruned_documents.len());
    let mut pruned_count = 0;
    for (a, b) in documents.iter().zip(&pruned_documents) {
        let (a, b) = (whole.node(&text, a.root), pruned.node(&text, b.root));
        pruned_count += usize::from(b.is_pruned());
        for path in [&["apiVersion"] as &[&str], &["kind"], &["metadata", "name"], &["metadata", "annotations", "a"]] {
            assert_eq!(a.path(path).and_then(Node::as_str), b.path(path).and_then(Node::as_str), "{path:?}");
            assert_eq!(a.path(path).map(Node::start), b.path(path).map(Node::start), "{path:?}");
        }
        assert_eq!(a.end(), b.end());
    }
    assert_eq!(pruned_count, 36);
    assert!(pruned.len() < whole.len());
}

/// Objects with repeated keys, merges or a conversion webhook are left whole; so is what only looks like an object.
#[test]
fn only_plain_objects_are_pruned() {
    for (text, expected) in [
        ("apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n", true),
        ("{apiVersion: v1, kind: ConfigMap, data: {a: b}}", true),
        ("apiVersion: v1\nkind: ConfigMap\nkind: Secret\n", false),
        ("apiVersion: v1\nkind: ConfigMap\n<<: {a: b}\n", false),
        ("apiVersion: v1\nkind: ConfigMap\ndata: &a b\n", false),
        ("apiVersion: example.com/v1\nkind: ConfigMap\n", false),
        ("kind: CustomResourceDefinition\nspec: {names: {}}\n", true),
        ("kind: CustomResourceDefinition\nspec: {conversion: {strategy: Webhook}}\n", false),
        ("apiVersion: v1\nkind: Service\n", false),
        ("- apiVersion: v1\n  kind: ConfigMap\n", false),
        ("kind\n", false),
    ] {
        let (tree, documents) = parse_keeping(text, Some(needed_to_compile)).unwrap();
        assert_eq!(tree.node(text, documents[0].root).is_pruned(), expected, "{text}");
    }
    // Not an element of the document's own `items`.
    let text = "spec:\n  items:\n  - {apiVersion: v1, kind: ConfigMap, data: {a: b}}\n";
    let (tree, documents) = parse_keeping(text, Some(needed_to_compile)).unwrap();
    let item = tree.node(text, documents[0].root).path(&["spec", "items"]).unwrap().items().next().unwrap();
    assert!(item.get("data").is_some());
}

/// Go's YAML library reads the first as a null key with an anchor, and refuses the others.
#[test]
fn names_of_anchors_are_those_that_every_reader_takes() {
    for (text, is_good) in
        [("a: &b-C_1 x\n", true), ("&a:\n  b: c\n", false), ("a: &b.c x\n", false), ("a: &\u{e4} x\n", false)]
    {
        assert_eq!(parse(text).is_ok(), is_good, "{text}");
    }
}

/// A key behind a `?` may stand without a colon; the next line's colon then belongs to the mapping at its column.
#[test]
fn a_colon_belongs_to_the_mapping_at_its_column() {
    let ends = |text: &str| {
        let (tree, documents) = parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let root = tree.node(text, documents[0].root);
        let first = root.children().nth(1).unwrap();
        (first.end(), root.children().nth(2).map(|key| (key.start(), key.end())))
    };
    for (text, expected) in [
        ("a:\n- ? b\n:\n  ? c\n", (8, Some((8, 8)))),
        ("a:\n  ? b\n: c\n", (8, Some((8, 8)))),
        ("a:\n- ? b\n  :\n: c\n", (12, Some((12, 12)))),
        ("a:\n  ? b\n  :\nd: c\n", (12, Some((13, 14)))),
        ("\u{FEFF}? a\n:\nd: c\n", (8, Some((9, 10)))),
        ("? a\nd: c\n", (3, Some((4, 5)))),
    ] {
        assert_eq!(ends(text), expected, "{text:?}");
    }
}
