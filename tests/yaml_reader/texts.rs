//! Texts that are hard to read, and mutants of them.

use std::path::Path;

/// All of which are YAML: each shows something that readers or editors of text get wrong.
pub(crate) const NASTY: &[&str] = &[
    // Absent values: at the end, before comments, with properties, in flow collections, as keys.
    "a:\nb: # c\n\nc:\n  d:\n  # e\nf: &x\ng: !t\nh: !!null # c\ni: &y !!str\nj: !!str &z\n",
    "- \n-\n- # c\n- a\n-\n  - b\n  -\n-   \n",
    "{a: , b: &x , c: !t , \"d\": , e, ? f, : g, ? , h: i}\n",
    "[a: , b, : c, ? d, ? e : f, \"g\":h, {i: j}, [k, ], ]\n",
    "? a\n: b\n? c\n? - d\n  - e\n: - f\n: g\n",
    // Sequences: indented, not indented, in each other, on the line of their dash, behind comments and properties.
    "a:\n- b\n- c:\n  - d\n  -  - e\n     - f\n  - - - g\n-  # h\n  i: j\nk:\n  - l\n",
    "items:\n# one\n- # two\n  # three\n  a: b\n  # four\n# five\n-\n  c: d\n# six\nend: x\n",
    "a: &x\n- b\nc: !t &y # c\n\n  # d\n- e\nf: # -\n  - g\nh:   \n\n  -   i\n",
    "- ? - a\n    - b\n  : - c\n- : d\n- &k i: j\n- !!merge <<: *k\n- *k : l\n",
    // Block scalars: every chomping, indicators, empty, blank lines inside and behind, comments that are text and that are not.
    "a: |\n  x\n\nb: |+\n  y\n\n\nc: |-\n  z\n\nd: >\n  folded\n  text\n\n    more\n\n  end\n\ne: f\n",
    "a: |2-\n\n   x\n  y  \n   \n# c\nb: |+ # foo\n\nc: >+1\n  x\n\nd: |\n\ne: |-\nf: >2\n\n   \n  g\nh: i\n",
    "a: |\n  # no comment\n  b: c\n  - d\n # comment\n# comment\ne: |\n  x\n  \n     \n  \nf: g\n",
    "- |\n a\n- >\n b\n\n- |+\n c\n\n-\n  |\n  d\n- ? |\n    e\n  : |\n    f\n",
    "a: &x |\n  x\nb: !!str |-\n  y\nc: !t &y # c | d\n  |\n  z\nd: *x\n",
    "a: '|' # | b\n\"c | d\": |\n  e\nf: # >\n  >\n  g\n",
    "a:\n  b: |+\n    x\n\n  c: |+\n\n  d: |\n    y\n \n\ne: f\n",
    "a: |1\n   \nb: |\n  \t\n  c\nd: |2\n    e\n   \n",
    "--- |\n a\n--- >-\n b\n c\n...\n--- |+\n\n d\n\n",
    // Quoted scalars: on several lines, with escapes, look-alikes, not indented as they should be.
    "a: 'it''s'\nb: \"x\\ty\\u00e9\\/\\\"\"\nc: \"a\n  b\n\n  c\"\nd: 'e\n\n    - f: g\n  '\n\"h\" : i\n'j': k # l\nm: \"\"\nn: ''\n",
    "a: \"b\\\n  c\\  \n  d\"\n\"e\\x66\": g\n? \"h\n  i\"\n: j\n",
    // Plain scalars: odd characters, several lines, comments behind.
    "a: b c # d\ne: f\n  g\n\n  h # i\nj: -k\nl: ?m\nn: :o\np: q#r\ns: t:u\nv: http://w:80/x#y\nz: it's \"a\" [b] {c} d, e\n",
    "a b: c\n-d: e\n?f: g\nh#i: j\nk'l: m\nn: --- o\np: ...\nq : r\n<<s: t\n=: u\n",
    "a: yes\nb: 0644\nc: 1_000\nd: 2024-01-01\ne: ~\nf: null\ng: .inf\nh: 0x1F\ni: 12:30\n",
    // Flow collections: on several lines, with comments, adjacent values, in each other.
    "a: {b: c, d: [e, f,\n  g], # h\n  i: {j: k}}\nl: [\n  m,\n  n: o\n  ]\np: []\nq: {}\nr: { } # s\nt: [ [ ], { } ]\n",
    "{\"a\":1,\"b\":[true,null],\"c\":{\"d\":\"e\\n\"},\"f\":\"\"}\n",
    "{\n\t\"a\": [\n\t\t{\"b\": \"c\"},\n\t\t\"d\"\n\t],\n\t\"e\": {}\n}\n",
    "- {a: b}\n- [c, {d: e}]\n- {f: 'g, }', h: \"]\", i: j}\n-   {\n  k: l }\n",
    // Anchors and aliases: redefined, on keys, in flow, on collections, to empty nodes, with punctuation.
    "a: &x b\nc: *x\nd: &x e\nf: *x\n&k g: h\n*k : i\nj: &m {n: &o p}\nq: [*m, *o]\nr: &e\ns: *e\n",
    "a: &l\n  b: c\nd:\n  <<: *l\n  e: f\ng: {<<: *l, h: i}\nj:\n  <<: [*l, {k: m}]\n  !!merge <<: *l\n",
    "--- &a\na: &b b\n--- &b\n- &a c\n- *a\n...\n# c\n---\nd\n",
    "a: &x-1_2 b\nc: *x-1_2\nd: {e: *x-1_2, f: g}\n",
    // Documents: markers, directives, comments alone, empty ones.
    "---\na: b\n---\n# c\n---\n\n--- d\n--- # e\nf: g\n...\n---\n",
    "%YAML 1.1\n---\na: b\n...\n# c\n%TAG !e! tag:example.com,2000:\n---\nd: !e!f g\n",
    "# one\n\n# two\na: b\n# three\n\n# four\n",
    "\u{FEFF}a: b\nc:\n- d\n",
    "\u{FEFF}# c\n---\n- a\n",
    "# c\n...\n\n... # d\n- # e\n  a\n- b\n",
    // Line ends: CRLF, mixed, none at the end.
    "a: b\r\nc: # d\r\n- e\r\n-\r\n- |\r\n  f\r\n\r\n  g\r\n\r\nh: |+\r\n  i\r\n\r\nj: \"k\r\n  l\"\r\n",
    "a:\r\n  b: c\n  d: e\r\nf: g\n",
    "a: b\nc: |\n  d",
    "a:\n- b",
    "a: {b: c}",
    "a:",
    "-",
    // Blanks: trailing, tabs where they may be, wide indentation, indentation that shrinks.
    "a:   \n  b: c   \n  d:\t# e\n  f: g\t\n\t\n  h: i\nj:\n        k: l\nm:\n n:\n  o:\n   p: q\n",
    // Characters of several bytes in keys, values and comments.
    "ключ: значение # комментарий\n\"日本\": 語\na: 😀\nb: |\n  é\nc: &u d\ne: *u\n",
    // Long keys come as explicit ones.
    "? kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\n: a\nb: c\n",
    // Verbatim tags.
    "a: !<tag:yaml.org,2002:null>\nb: !<!x> |\n  y\nc: ! d\n",
];

/// Every YAML file of `testdata`.
pub(crate) fn files() -> Vec<String> {
    let mut texts = Vec::new();
    let mut pending = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")];
    while let Some(directory) = pending.pop() {
        let mut paths: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                let bytes = std::fs::read(path).unwrap();
                // Some are there because they are no YAML.
                texts.extend(String::from_utf8(bytes).ok().filter(|text| super::parser::parse(text).is_ok()));
            }
        }
    }
    texts
}

/// What mutants are made with, beside pieces of the text itself.
const PIECES: &[&str] = &[
    " ", "  ", "\n", "\n\n", "\t", "\r", "-", "- ", ": ", ":", "? ", "#", " # ", "|", ">", "|+", "|-", "|2", ", ", "[",
    "]", "{", "}", "'", "\"", "&a ", "*a", "!t ", "!!str ", "<<", "~", "\\", "---\n", "...\n", "é", "a", "a: b\n",
    "\u{2028}",
];

/// Endless mutants of a text, the same ones every time.
pub(crate) struct Mutants<'a> {
    text: &'a str,
    state: u64,
}

impl<'a> Mutants<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self::seeded(text, 0)
    }

    pub(crate) fn seeded(text: &'a str, seed: u64) -> Self {
        Self { text, state: text.len() as u64 ^ (seed << 32) ^ 0x9E37_79B9_7F4A_7C15 }
    }

    /// A number below `bound` (xorshift).
    fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 16) as usize % bound.max(1)
    }

    fn boundary(&mut self, text: &str) -> usize {
        let offset = self.below(text.len() + 1);
        (offset..=text.len()).find(|offset| text.is_char_boundary(*offset)).unwrap()
    }
}

impl Iterator for Mutants<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let mut text = self.text.to_owned();
        for _ in 0..=self.below(3) {
            let start = self.boundary(&text);
            let end = self.boundary(&text[start..]).min(8) + start;
            let end = (end..=text.len()).find(|offset| text.is_char_boundary(*offset)).unwrap();
            match self.below(4) {
                0 => text.replace_range(start..end, ""),
                1 => {
                    let copy = text[start..end].to_owned();
                    let target = self.boundary(&text);
                    text.insert_str(target, &copy);
                }
                _ => text.insert_str(start, PIECES[self.below(PIECES.len())]),
            }
        }
        Some(text)
    }
}
