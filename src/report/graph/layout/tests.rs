use super::{Input, InputBox, InputEdge, Layout, Rectangle, Region, layout};
use proptest::prelude::*;

const SIZE: (i32, i32) = (120, 46);

fn input(regions: Vec<Region>, edges: &[(usize, usize)]) -> Input {
    let groups = regions.iter().filter_map(|region| match region {
        Region::Group(group) => Some(group + 1),
        Region::Left | Region::Right => None,
    });
    Input {
        groups: groups.max().unwrap_or_default(),
        boxes: regions.iter().map(|&region| InputBox { width: SIZE.0, height: SIZE.1, region }).collect(),
        edges: edges
            .iter()
            .map(|&(from, to)| InputEdge { from, to, label_width: 40, class: (from % 3) as u8 })
            .collect(),
        column_gap: 80,
    }
}

fn contains(outer: Rectangle, inner: Rectangle) -> bool {
    outer.x <= inner.x && outer.y <= inner.y && inner.right() <= outer.right() && inner.bottom() <= outer.bottom()
}

/// What must hold for every picture.
fn judge(input: &Input, layout: &Layout) {
    let paper = Rectangle { x: 0, y: 0, width: layout.width, height: layout.height };
    for (index, (own, wanted)) in layout.boxes.iter().zip(&input.boxes).enumerate() {
        assert_eq!((own.width, own.height), (wanted.width, wanted.height));
        assert!(contains(paper, *own), "box {index} is off the paper");
        assert!(layout.boxes[..index].iter().all(|other| !other.overlaps(*own)), "box {index} is on another");
        for (group, frame) in layout.groups.iter().enumerate() {
            if wanted.region == Region::Group(group) {
                assert!(contains(*frame, *own), "box {index} is out of its frame");
            } else {
                assert!(!frame.overlaps(*own), "box {index} is in the frame of another namespace");
            }
        }
    }
    for (index, frame) in layout.groups.iter().enumerate() {
        assert!(layout.groups[..index].iter().all(|other| !other.overlaps(*frame)), "frame {index} is on another");
    }
    for (edge, path) in input.edges.iter().zip(&layout.paths) {
        let on = |own: Rectangle, x: i32, y: i32| {
            (x == own.x || x == own.right() || edge.from == edge.to) && (own.y..=own.bottom()).contains(&y)
        };
        let [_, _, end] = path.curves.last().unwrap();
        assert!(
            on(layout.boxes[edge.from], path.start.x, path.start.y),
            "{edge:?} {path:?}",
            edge = (edge.from, edge.to)
        );
        assert!(on(layout.boxes[edge.to], end.x, end.y), "{edge:?} {path:?}", edge = (edge.from, edge.to));
    }
}

#[test]
fn calls_run_from_left_to_right() {
    let input = input(vec![Region::Group(0); 4], &[(2, 1), (1, 0), (2, 0), (0, 3)]);
    let layout = layout(&input);
    judge(&input, &layout);
    let left: Vec<i32> = layout.boxes.iter().map(|own| own.x).collect();
    assert!(left[2] < left[1] && left[1] < left[0] && left[0] < left[3], "{left:?}");
    // The long way goes around the box between.
    let (middle, long) = (layout.boxes[1], &layout.paths[2]);
    let passes = |y: i32| (middle.y..=middle.bottom()).contains(&y);
    assert!(long.curves.iter().any(|[_, _, end]| end.x == middle.right() && !passes(end.y)), "{long:?}");
}

#[test]
fn nothing_and_one_box_have_a_picture() {
    for regions in [vec![], vec![Region::Left], vec![Region::Right], vec![Region::Group(0)]] {
        let input = input(regions, &[]);
        judge(&input, &layout(&input));
    }
}

/// 1,200 boxes in one namespace are more than layers are made for, and a chain has as many layers as boxes.
#[test]
fn large_and_long_namespaces_are_laid_out() {
    let star: Vec<(usize, usize)> = (1..1200).map(|other| (0, other)).collect();
    let chain: Vec<(usize, usize)> =
        (1..380).map(|other| (other - 1, other)).chain((2..380).map(|other| (0, other))).collect();
    for (count, edges) in [(1200, star), (380, chain)] {
        let input = input(vec![Region::Group(0); count], &edges);
        judge(&input, &layout(&input));
    }
}

fn graphs() -> impl Strategy<Value = (Vec<Region>, Vec<(usize, usize)>)> {
    let region = prop_oneof![
        1 => Just(Region::Left),
        1 => Just(Region::Right),
        8 => (0_usize..4).prop_map(Region::Group),
    ];
    proptest::collection::vec(region, 1..30).prop_flat_map(|regions| {
        let count = regions.len();
        (Just(regions), proptest::collection::vec((0..count, 0..count), 0..60))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_overlaps((regions, edges) in graphs()) {
        // Two nodes outside of namespaces are never joined.
        let is_inner = |node: usize| matches!(regions[node], Region::Group(_));
        let edges: Vec<_> = edges.into_iter().filter(|&(from, to)| is_inner(from) || is_inner(to)).collect();
        let input = input(regions, &edges);
        let picture = layout(&input);
        judge(&input, &picture);
        prop_assert_eq!(layout(&input), picture);
    }
}
