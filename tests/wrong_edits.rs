//! A mistake of the writer is noticed, whatever it is: right edits are spoilt at random, and the judgement of the parts that are read
//! again must be the one of the whole output.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

use enforce_intents::config::Config;
use enforce_intents::plan::{MapChange, Plan};
use enforce_intents::read::package::Package;
use enforce_intents::read::resource_list;
use enforce_intents::verify::output::verify_edits;
use enforce_intents::write;
use enforce_intents::write::edit::{Edit, EditSet};

/// Spoilt sets of edits for each input.
const ROUNDS: u64 = 2_500;

const HEAD: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n";

/// Texts that change what stands around them.
const SPOILING: [&str; 22] = [
    "", " ", "\n", "'", "\"", "#", " # c", "- ", "\n- ", ": ", "x: y\n", "|\n", "|+\n", "? ", "\n  z:\n", "{", "]",
    "\n---\n", "\t", "    ", "<<: ", ">-\n\n",
];

/// What stands behind the list's other items: with an alias the whole output is compared, without it what edits touch.
const WITHOUT_ALIAS: &str = "- apiVersion: v1\n  kind: Secret\n  stringData: {a: b, c: b}\n";
const WITH_ALIAS: &str = "- apiVersion: v1\n  kind: Secret\n  stringData: {a: &b b, c: *b}\n";

const LONG: &str = "# a comment that is so long that what it stands in is worth leaving out, more than eighty bytes";

fn items() -> Vec<String> {
    let workload = |metadata: &str, template: &str, containers: &str| {
        format!(
            "- apiVersion: apps/v1\n  kind: Deployment\n{metadata}  spec:\n    selector:\n      {LONG}\n      matchLabels:\n        app: web\n    template:\n{template}      spec:\n{containers}"
        )
    };
    let service =
        "- apiVersion: v1\n  kind: Service\n  metadata:\n    name: web\n  spec:\n    ports:\n    - port: 80\n";
    let containers = format!(
        "        containers:\n        - name: web # first\n          {LONG}\n          env:\n          - name: TEXT\n            value: |+\n              a\n\n"
    );
    let labels = "    labels:\n      app: web\n      # below\n";
    let template_labels = "      metadata:\n        labels:\n          app: web\n\n";
    let metadata = format!("  metadata:\n    name: web\n    annotations:\n      {LONG}\n      a: 'b'\n");
    vec![
        [&workload(&format!("{metadata}{labels}"), template_labels, &containers), service].concat(),
        [service, &workload(&metadata, template_labels, &containers), "# between\n\n", service].concat(),
        workload(
            "  metadata: {name: web}\n",
            "      metadata:\n        name: x\n",
            &format!("{containers}        volumes: []\n"),
        ),
        workload(
            &format!("{labels}  metadata:\n    name: web\n")
                .replace("    labels:\n      app: web\n      # below\n", ""),
            template_labels,
            "        containers: # c\n        - name: \"a\n            b\"\n",
        )
        .repeat(3),
        [
            &workload("  metadata:\n    labels:\n      app: web\n    name: web\n", "      metadata: {}\n", &containers),
            service,
        ]
        .concat()
        .replace("    selector:", "    ? selector\n    :"),
    ]
}

/// Labels for every workload, at the object and at its pods.
fn plan(package: &Package) -> Plan {
    let mut plan = Plan::default();
    for (resource, _) in package.iter().filter(|(_, resource)| &*resource.kind == "Deployment") {
        for path in [&["metadata", "labels"][..], &["spec", "template", "metadata", "labels"]] {
            let path: Vec<_> = path.iter().map(|key| (*key).into()).collect();
            let set = [("intents".to_owned(), "true".to_owned())].into();
            plan.map_changes.push(MapChange { resource, path: path.into(), set, remove: Default::default() });
        }
    }
    plan
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

/// The edits with one or two mistakes in the text up to `end`.
fn spoil(edits: &[Edit], end: usize, random: &mut Random) -> Vec<Edit> {
    let mut edits = edits.to_vec();
    for _ in 0..=random.below(2) {
        let text = SPOILING[random.below(SPOILING.len())];
        let index = random.below(edits.len());
        let kind = if edits.is_empty() { 4 } else { random.below(8) };
        match kind {
            0 => drop(edits.remove(index)),
            1 => edits[index].replacement = text.to_owned(),
            2 => edits[index].replacement.push_str(text),
            3 => edits[index].replacement.insert_str(0, text),
            4 => edits.push(Edit::insert(random.below(end), text)),
            5 => {
                let start = random.below(end);
                edits.push(Edit::delete(start..(start + 1 + random.below(30)).min(end)));
            }
            6 => {
                let by = random.below(40);
                let range = &mut edits[index].range;
                let start = (range.start + by).saturating_sub(20).min(end);
                *range = start..start + range.len();
            }
            _ => {
                let start = random.below(end);
                edits.push(Edit::replace(start..(start + random.below(8)).min(end), text));
            }
        }
    }
    edits
}

#[test]
fn what_is_read_again_shows_every_mistake_that_the_whole_output_shows() {
    let config = Config::default();
    let (mut right, mut wrong) = (0, 0);
    for (number, items) in items().into_iter().enumerate() {
        let [partly, wholly] = [WITHOUT_ALIAS, WITH_ALIAS].map(|tail| format!("{HEAD}{items}{tail}"));
        let [partly, wholly] = [partly, wholly].map(|text| {
            resource_list::read(text.clone().into_bytes()).unwrap_or_else(|found| panic!("{found:?}\n{text}")).0
        });
        let plan = plan(&partly);
        let edits = write::resource_list_edits(&partly, &plan, &config, &[]).unwrap();
        let end = HEAD.len() + items.len();
        assert!(!edits.as_slice().is_empty() && edits.as_slice().iter().all(|edit| edit.range.end <= end));
        for package in [&partly, &wholly] {
            assert_eq!(verify_edits(package, &plan, &config, &edits).0, [], "{items}");
        }
        for round in 0..ROUNDS {
            let mut random = Random(round + 1_000_000 * number as u64);
            let Ok(edits) = EditSet::new(spoil(edits.as_slice(), end, &mut random)) else { continue };
            let text = &partly.sources[0].text;
            if edits.check(text).is_err() {
                continue;
            }
            let [by_parts, by_whole] = [&partly, &wholly].map(|package| verify_edits(package, &plan, &config, &edits));
            let output = edits.apply(text).unwrap();
            assert_eq!(
                by_parts.has_errors(),
                by_whole.has_errors(),
                "input {number}, round {round}\nby parts: {by_parts:?}\nby the whole: {by_whole:?}\n{edits:?}\n{output}"
            );
            if by_whole.has_errors() { wrong += 1 } else { right += 1 }
        }
    }
    assert!(wrong > 5_000 && right > 500, "{wrong} wrong, {right} right");
}
