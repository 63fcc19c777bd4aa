//! Did-you-mean: the nearest of the allowed names.

/// The candidate that is nearest to `written`, if it is near enough to be a slip of the pen.
///
/// Near enough: an edit distance (insert, delete, replace, swap neighbours) of at most a third of the longer name, and at most three.
#[must_use]
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .filter(|candidate| *candidate != written)
        .map(|candidate| (distance(&written.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| {
            let longer = candidate.chars().count().max(written.chars().count());
            // Names of one letter have nothing in common.
            *distance < longer && *distance <= (longer / 3).clamp(1, 3)
        })
        .min_by_key(|(distance, candidate)| (*distance, *candidate))
        .map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance. Names longer than 300 characters are never near.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len() > 300 || b.len() > 300 || a.len().abs_diff(b.len()) > 3 {
        return usize::MAX;
    }
    let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
    let mut before_previous: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut current = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best =
                (at(&previous, j) + usize::from(x != y)).min(at(&previous, j + 1) + 1).min(at(&current, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before_previous, j - 1) + 1);
            }
            current.push(best);
        }
        before_previous = std::mem::replace(&mut previous, current);
    }
    previous.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_slips_and_nothing_else() {
        assert_eq!(nearest("chekoutservice", ["cartservice", "checkoutservice"]), Some("checkoutservice"));
        assert_eq!(nearest("forntend", ["frontend", "backend"]), Some("frontend"));
        assert_eq!(nearest("database", ["frontend", "backend"]), None);
        assert_eq!(nearest("db", ["do", "web"]), Some("do"));
        assert_eq!(nearest("Mode", ["mode"]), Some("mode"));
        assert_eq!(nearest("x", ["c"]), None);
    }
}
