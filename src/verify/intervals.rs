//! Sets of whole numbers as sorted ranges: port numbers and IP addresses.

/// A number that has a next and a previous one.
pub trait Point: Copy + Ord {
    /// The number after this one, `None` at the end of the type.
    fn next(self) -> Option<Self>;
    /// The number before this one, `None` at the start of the type.
    fn previous(self) -> Option<Self>;
}

macro_rules! points {
    ($($type:ty)*) => {$(
        impl Point for $type {
            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }
            fn previous(self) -> Option<Self> {
                self.checked_sub(1)
            }
        }
    )*};
}
points! { u16 u32 u128 }

/// A set of numbers: ranges with both ends in the set, sorted, that neither overlap nor touch. Equal sets have equal ranges.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Intervals<T> {
    ranges: Vec<(T, T)>,
}

impl<T> Default for Intervals<T> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<T> Intervals<T> {
    /// The empty set.
    pub const EMPTY: Self = Self { ranges: Vec::new() };
}

impl<T: Point> Intervals<T> {
    /// The numbers from `first` to `last`, both included; empty if `last` is smaller.
    #[must_use]
    pub fn range(first: T, last: T) -> Self {
        Self { ranges: if first <= last { vec![(first, last)] } else { Vec::new() } }
    }

    /// The numbers of all these ranges, which may come in any order and overlap.
    #[must_use]
    pub fn from_ranges(ranges: impl IntoIterator<Item = (T, T)>) -> Self {
        let mut given: Vec<_> = ranges.into_iter().filter(|(first, last)| first <= last).collect();
        given.sort_unstable();
        let mut ranges = Vec::with_capacity(given.len());
        for range in given {
            push_joined(&mut ranges, range);
        }
        Self { ranges }
    }

    /// The ranges, in order.
    #[must_use]
    pub fn ranges(&self) -> &[(T, T)] {
        &self.ranges
    }

    /// Whether no number is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether the number is in the set.
    #[must_use]
    pub fn contains(&self, point: T) -> bool {
        self.contains_range(point, point)
    }

    /// Whether every number from `first` to `last` is in the set.
    #[must_use]
    pub fn contains_range(&self, first: T, last: T) -> bool {
        let after = self.ranges.partition_point(|&(start, _)| start <= first);
        after.checked_sub(1).and_then(|index| self.ranges.get(index)).is_some_and(|&(_, end)| last <= end)
    }

    /// The numbers that are in any of the two.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut ranges = Vec::with_capacity(self.ranges.len() + other.ranges.len());
        let (mut left, mut right) = (self.ranges.iter().copied().peekable(), other.ranges.iter().copied().peekable());
        while let Some(range) = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) if b < a => right.next(),
            (Some(_), _) => left.next(),
            (None, _) => right.next(),
        } {
            push_joined(&mut ranges, range);
        }
        Self { ranges }
    }

    /// The numbers that are in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let (mut left, mut right) = (self.ranges.iter().peekable(), other.ranges.iter().peekable());
        while let (Some(&&(a_start, a_end)), Some(&&(b_start, b_end))) = (left.peek(), right.peek()) {
            let (start, end) = (a_start.max(b_start), a_end.min(b_end));
            if start <= end {
                ranges.push((start, end));
            }
            if a_end < b_end {
                left.next();
            } else {
                right.next();
            }
        }
        Self { ranges }
    }

    /// The numbers of this set that are not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let mut holes = other.ranges.iter().copied().peekable();
        for &(start, end) in &self.ranges {
            let mut rest = Some(start);
            while let Some(from) = rest {
                match holes.peek().copied() {
                    Some((_, hole_end)) if hole_end < from => {
                        holes.next();
                    }
                    Some((hole_start, hole_end)) if hole_start <= end => {
                        if let Some(before) = hole_start.previous().filter(|&before| from <= before) {
                            ranges.push((from, before));
                        }
                        rest = hole_end.next().filter(|&after| after <= end);
                    }
                    _ => {
                        ranges.push((from, end));
                        rest = None;
                    }
                }
            }
        }
        Self { ranges }
    }

    /// Whether every number of this set is in the other.
    #[must_use]
    pub fn is_subset_of(&self, other: &Self) -> bool {
        self.ranges.iter().all(|&(start, end)| other.contains_range(start, end))
    }
}

/// Appends a range that does not start before the last one, joined to it where they overlap or touch.
fn push_joined<T: Point>(ranges: &mut Vec<(T, T)>, (start, end): (T, T)) {
    match ranges.last_mut() {
        Some((_, last_end)) if last_end.next().is_none_or(|after| start <= after) => *last_end = (*last_end).max(end),
        _ => ranges.push((start, end)),
    }
}

#[cfg(test)]
mod tests {
    use super::Intervals;
    use proptest::prelude::*;

    fn set(ranges: &[(u16, u16)]) -> Intervals<u16> {
        Intervals::from_ranges(ranges.iter().copied())
    }

    #[test]
    fn joins_what_touches() {
        assert_eq!(set(&[(5, 7), (1, 2), (3, 4)]).ranges(), [(1, 7)]);
        assert_eq!(set(&[(1, 10), (2, 3)]).ranges(), [(1, 10)]);
        assert_eq!(set(&[(65535, 65535), (0, 65534)]).ranges(), [(0, 65535)]);
        assert!(Intervals::range(2u16, 1).is_empty());
    }

    #[test]
    fn subtracts_holes() {
        assert_eq!(set(&[(1, 10)]).difference(&set(&[(3, 4), (8, 20)])).ranges(), [(1, 2), (5, 7)]);
        assert_eq!(set(&[(0, 65535)]).difference(&set(&[(0, 0), (65535, 65535)])).ranges(), [(1, 65534)]);
        assert_eq!(set(&[(1, 2), (5, 6)]).difference(&set(&[(2, 5)])).ranges(), [(1, 1), (6, 6)]);
    }

    proptest! {
        /// The operations mean what they mean number by number, and the ranges stay canonical.
        #[test]
        fn agrees_with_single_numbers(
            a in prop::collection::vec((0u16..40, 0u16..40), 0..6),
            b in prop::collection::vec((0u16..40, 0u16..40), 0..6),
        ) {
            let (a, b) = (set(&a), set(&b));
            for number in 0..42 {
                let (in_a, in_b) = (a.contains(number), b.contains(number));
                prop_assert_eq!(a.union(&b).contains(number), in_a || in_b);
                prop_assert_eq!(a.intersection(&b).contains(number), in_a && in_b);
                prop_assert_eq!(a.difference(&b).contains(number), in_a && !in_b);
            }
            prop_assert_eq!(a.is_subset_of(&b), a.difference(&b).is_empty());
            prop_assert_eq!(a.union(&b), Intervals::from_ranges(a.ranges().iter().chain(b.ranges()).copied()));
            for result in [a.union(&b), a.intersection(&b), a.difference(&b)] {
                prop_assert!(result.ranges().windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
            }
        }
    }
}
