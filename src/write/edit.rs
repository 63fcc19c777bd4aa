//! Edits of a source text: disjoint, sorted, applied in one pass.

use std::ops::Range;

/// One change: a byte range of the input and what stands there instead. An empty range is an insertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that go.
    pub range: Range<usize>,
    /// The text that comes.
    pub replacement: String,
}

/// Edits of one text, disjoint and in text order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EditSet {
    edits: Vec<Edit>,
}

/// Two edits that want the same bytes, or one that lies outside the text: the plan cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two changes meet at byte {offset}")]
pub struct EditConflict {
    /// First byte that both want.
    pub offset: usize,
}

impl EditSet {
    /// Sorts the edits. Insertions at the same place keep their order and stand before what is replaced there.
    ///
    /// # Errors
    /// [`EditConflict`] when two edits overlap.
    pub fn new(mut edits: Vec<Edit>) -> Result<Self, EditConflict> {
        edits.sort_by_key(|edit| (edit.range.start, !edit.range.is_empty()));
        let mut end = 0;
        for edit in &edits {
            if edit.range.start < end || edit.range.end < edit.range.start {
                return Err(EditConflict { offset: edit.range.start });
            }
            end = edit.range.end;
        }
        Ok(Self { edits })
    }

    /// The edits, in text order.
    #[must_use]
    pub fn as_slice(&self) -> &[Edit] {
        &self.edits
    }

    /// The text with every edit carried out.
    ///
    /// # Errors
    /// [`EditConflict`] when an edit does not lie on character boundaries inside the text.
    pub fn apply(&self, text: &str) -> Result<String, EditConflict> {
        self.apply_within(text, 0..text.len())
    }

    /// The text with every edit carried out, in slices of the text and of the edits: nothing is copied. An edit that is not on
    /// character boundaries inside the text has no slices.
    pub fn slices<'s>(&'s self, text: &'s str) -> impl Iterator<Item = &'s str> {
        let starts = std::iter::once(0).chain(self.edits.iter().map(|edit| edit.range.end));
        let ends = self.edits.iter().map(|edit| edit.range.start).chain([text.len()]);
        let kept = starts.zip(ends).map(|(start, end)| text.get(start..end).unwrap_or_default());
        let replacements = self.edits.iter().map(|edit| edit.replacement.as_str()).chain([""]);
        kept.zip(replacements).flat_map(|(kept, replacement)| [kept, replacement]).filter(|slice| !slice.is_empty())
    }

    /// Whether every edit is on character boundaries inside the text, so that the slices are all of the output.
    ///
    /// # Errors
    /// [`EditConflict`] with the first one that is not.
    pub fn check(&self, text: &str) -> Result<(), EditConflict> {
        let is_inside = |edit: &&Edit| text.get(edit.range.clone()).is_some();
        match self.edits.iter().find(|edit| !is_inside(edit)) {
            None => Ok(()),
            Some(edit) => Err(EditConflict { offset: edit.range.start }),
        }
    }

    /// A slice of the text with the edits that lie in it carried out, insertions at its edges among them. Edits outside are
    /// passed over.
    ///
    /// # Errors
    /// [`EditConflict`] when an edit crosses the edge of the slice or is not on character boundaries.
    pub fn apply_within(&self, text: &str, slice: Range<usize>) -> Result<String, EditConflict> {
        let mut output = String::with_capacity(slice.len());
        self.append_slice(text, slice, true, &mut output)?;
        Ok(output)
    }

    /// Like [`Self::apply_within`], at the end of `output`; with `to_end` false, without insertions at the end of the slice.
    ///
    /// # Errors
    /// As for [`Self::apply_within`].
    pub fn append_slice(
        &self,
        text: &str,
        slice: Range<usize>,
        to_end: bool,
        output: &mut String,
    ) -> Result<(), EditConflict> {
        append_edited(&self.edits, text, slice, to_end, output)
    }
}

/// Those of the edits, which are in text order, that lie in a slice of the text or touch it.
pub(crate) fn touching<'e>(edits: &'e [Edit], slice: &Range<usize>) -> &'e [Edit] {
    let start = edits.partition_point(|edit| edit.range.end < slice.start);
    let rest = edits.get(start..).unwrap_or_default();
    let count = rest.iter().take_while(|edit| edit.range.start <= slice.end).count();
    rest.get(..count).unwrap_or_default()
}

/// [`EditSet::append_slice`] with edits of which those that lie in the slice are all there, in text order.
///
/// # Errors
/// As for [`EditSet::apply_within`].
pub(crate) fn append_edited(
    edits: &[Edit],
    text: &str,
    slice: Range<usize>,
    to_end: bool,
    output: &mut String,
) -> Result<(), EditConflict> {
    let is_before =
        |edit: &Edit| edit.range.end < slice.start || (edit.range.end == slice.start && !edit.range.is_empty());
    let edits = edits.get(edits.partition_point(is_before)..).unwrap_or_default();
    let inside = edits.iter().take_while(|edit| {
        edit.range.start < slice.end || (to_end && edit.range.start == slice.end && edit.range.is_empty())
    });
    let mut position = slice.start;
    for edit in inside {
        let conflict = EditConflict { offset: edit.range.start };
        if edit.range.end > slice.end {
            return Err(conflict);
        }
        output.push_str(text.get(position..edit.range.start).ok_or(conflict)?);
        output.push_str(&edit.replacement);
        position = edit.range.end;
    }
    output.push_str(text.get(position..slice.end).ok_or(EditConflict { offset: position })?);
    Ok(())
}

impl Edit {
    /// Text that comes without anything going.
    pub fn insert(position: usize, text: impl Into<String>) -> Self {
        Self { range: position..position, replacement: text.into() }
    }

    /// Text instead of a range.
    pub fn replace(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, replacement: text.into() }
    }

    /// A range that goes.
    #[must_use]
    pub fn delete(range: Range<usize>) -> Self {
        Self { range, replacement: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Edit, EditSet, touching};

    fn apply(edits: Vec<Edit>) -> Option<String> {
        EditSet::new(edits).ok()?.apply("0123456789").ok()
    }

    #[test]
    fn edits_are_applied_in_text_order() {
        let edits = vec![Edit::replace(5..7, "x"), Edit::insert(0, "a"), Edit::delete(9..10), Edit::insert(0, "b")];
        assert_eq!(apply(edits).as_deref(), Some("ab01234x78"));
    }

    #[test]
    fn an_insertion_may_touch_a_deletion() {
        let edits = vec![Edit::delete(3..5), Edit::insert(5, "<after>"), Edit::insert(3, "<before>")];
        assert_eq!(apply(edits).as_deref(), Some("012<before><after>56789"));
    }

    #[test]
    fn conflicts_are_errors() {
        for edits in [
            vec![Edit::delete(3..5), Edit::delete(4..6)],
            vec![Edit::delete(3..5), Edit::insert(4, "x")],
            vec![Edit::delete(3..5), Edit::delete(3..5)],
            vec![Edit::delete(8..11)],
        ] {
            assert_eq!(apply(edits), None);
        }
        let split = EditSet::new(vec![Edit::insert(1, "x")]).unwrap();
        assert!(split.apply("é").is_err());
    }

    #[test]
    fn slices_are_the_output() {
        let edits = vec![Edit::replace(5..7, "x"), Edit::insert(0, "a"), Edit::delete(9..10), Edit::insert(10, "z")];
        let set = EditSet::new(edits).unwrap();
        assert_eq!(set.check("0123456789"), Ok(()));
        assert_eq!(set.slices("0123456789").collect::<Vec<_>>(), ["a", "01234", "x", "78", "z"]);
        assert_eq!(set.slices("0123456789").collect::<String>(), set.apply("0123456789").unwrap());
        assert_eq!(EditSet::default().slices("0").collect::<Vec<_>>(), ["0"]);
        assert!(EditSet::new(vec![Edit::insert(1, "x")]).unwrap().check("é").is_err());
        assert!(set.check("012345678").is_err());
    }

    #[test]
    fn edits_at_the_ends_of_a_slice_touch_it() {
        let edits = [Edit::insert(1, "a"), Edit::delete(3..5), Edit::insert(7, "b"), Edit::delete(8..9)];
        for (slice, expected) in [(0..1, 0..1), (1..2, 0..1), (2..2, 0..0), (4..4, 1..2), (5..7, 1..3), (9..9, 3..4)] {
            assert_eq!(touching(&edits, &slice), &edits[expected], "{slice:?}");
        }
    }

    #[test]
    fn a_slice_gets_only_its_own_edits() {
        let set = EditSet::new(vec![Edit::insert(1, "a"), Edit::replace(4..5, "b"), Edit::insert(9, "c")]).unwrap();
        assert_eq!(set.apply_within("0123456789", 3..7).unwrap(), "3b56");
        assert!(set.apply_within("0123456789", 0..4).is_ok());
        let crossing = EditSet::new(vec![Edit::delete(4..8)]).unwrap();
        assert!(crossing.apply_within("0123456789", 0..6).is_err());
    }
}
