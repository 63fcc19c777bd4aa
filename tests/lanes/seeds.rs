//! Short texts in the forms that the fast lane reads, to make mutants of.

/// What kustomize and kpt print, in pieces.
const SEEDS: &[&str] = &[
    "apiVersion: v1\nkind: ResourceList\nitems:\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata:\n    name: a # b\n  spec:\n    template:\n      spec:\n        containers:\n        - name: c\n          env:\n          - {name: d, value: 'e''f'}\n          args: [\"x\", y z]\n        volumes: []\n- apiVersion: v1\n  kind: ConfigMap\n  data:\n    k: |\n      l: m\n        n\n\n      o\n  metadata:\n    annotations:\n      x: >-\n        y\n        z\nfunctionConfig:\n  kind: F\n",
    "a:\n- b\n- c:\n    d: e\n  f: \"g\\n\\x41\"\n# h\n- - i\n  - j: k\n    l:\nm: n\n",
    "# head\na: b\nc:   'd e' # f\n\"g h\": i:j\nk: l#m\nn: o\n  p\n\n  q\nr: s\n",
    "a: |\n  b\nc: d\ne: |-\n    f\n  \n    g\n\nh: |+\n  i\n\n\nj: >\n  k\n  l\n\n   m\n  n\no: |2-\n    p\n   q\n",
    "a: \"b\n  c\\\n  d\n\n  e\"\nf: 'g\n\n  h '\ni:\n  - 'j\n    k'\n  - l\n    m\n",
    "---\na: b\n---\n# c\n---\nd:\n- e\n--- # f\ng: {h: [i, {j: \"k\"}], l: 'm'}\n",
    "a: {}\nb: []\nc: {d: e, f: [g, h i, 'j']}\nk: [{l: m}, [n], \"o\\\"p\"]\nq: {\"r\": s, 't': http://u/v}\n",
    "items:\n- kind: ConfigMap\n  apiVersion: v1\n  metadata: {name: a}\n  data:\n    b: \"c\\td\"\n- \"e\"\n- f\n-\n- # g\n  kind: Secret\n  apiVersion: v1\n  data: {h: i}\n",
    "a:\n    - b:\n          c: d\n      e:\n        - f\n    -   g: h\n        i: j\nk: -l\nm: --n=o\np: ~\nq: 1.5\n",
];

pub(crate) fn seeds() -> Vec<String> {
    SEEDS.iter().map(|seed| (*seed).to_owned()).collect()
}
