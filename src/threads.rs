//! Work on many items, shared by threads where there are enough of them. The result does not depend on the number of threads.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many objects are worth starting a thread for.
pub(crate) const MANY_OBJECTS: usize = 500;

/// Does the work on consecutive parts of the items, one for each thread, or by this thread alone if there are fewer than `many`. The
/// work gets the index of its first item; the results are in the order of the parts.
pub(crate) fn in_parts<'t, T: Sync, R: Send>(
    items: &'t [T],
    many: usize,
    threads: usize,
    work: impl Fn(usize, &'t [T]) -> R + Sync,
) -> Vec<R> {
    if threads < 2 || items.len() < many {
        return vec![work(0, items)];
    }
    let length = items.len().div_ceil(threads);
    let mut parts = items.chunks(length).enumerate().map(|(part, items)| (part * length, items));
    let first = parts.next();
    let work = &work;
    std::thread::scope(|scope| {
        let later: Vec<_> = parts
            .map(|(start, items)| {
                let thread = std::thread::Builder::new().spawn_scoped(scope, move || work(start, items));
                (start, items, thread)
            })
            .collect();
        let mut results: Vec<R> = first.into_iter().map(|(start, items)| work(start, items)).collect();
        results.extend(later.into_iter().map(|(start, items, thread)| match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            // Where no thread can be had, the work is done all the same.
            Err(_) => work(start, items),
        }));
        results
    })
}

/// Does the work on one item after the other, each by whichever thread is free, until it gives `None`. The results are in the order of
/// the items. Whoever takes an item finishes it, so that of those before the first `None` all are there; behind it some may be missing.
pub(crate) fn one_by_one<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(usize, &T) -> Option<R> + Sync,
) -> Vec<Option<R>> {
    let next = AtomicUsize::new(0);
    let take = || {
        let mut results = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return results };
            let result = work(index, item);
            if result.is_none() {
                next.store(items.len(), Ordering::Relaxed);
            }
            results.push((index, result));
        }
    };
    let mut results = std::thread::scope(|scope| {
        let others: Vec<_> =
            (1..threads).filter_map(|_| std::thread::Builder::new().spawn_scoped(scope, take).ok()).collect();
        let mut results = take();
        for other in others {
            results.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        results
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Does both, the second by another thread.
///
/// # Errors
/// Where no thread can be had; then neither was done.
pub(crate) fn both<A, B: Send>(
    first: impl FnOnce() -> A,
    second: impl FnOnce() -> B + Send,
) -> std::io::Result<(A, B)> {
    std::thread::scope(|scope| {
        let second = std::thread::Builder::new().spawn_scoped(scope, second)?;
        let first = first();
        Ok((first, second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))))
    })
}

/// Does both at once if there may be more than one thread. They must have nothing to lose: where no thread can be had, they are
/// done one after the other.
pub(crate) fn at_once<A, B: Send>(
    threads: usize,
    first: impl FnOnce() -> A + Copy,
    second: impl FnOnce() -> B + Send + Copy,
) -> (A, B) {
    let alone = || (first(), second());
    if threads < 2 { alone() } else { both(first, second).unwrap_or_else(|_| alone()) }
}

#[cfg(test)]
mod tests {
    use super::{at_once, in_parts, one_by_one};

    const MANY: usize = 20;

    #[test]
    fn two_things_at_once() {
        for threads in [1, 2] {
            assert_eq!(at_once(threads, || 1, || "a"), (1, "a"));
        }
    }

    #[test]
    fn one_after_the_other_until_there_is_none() {
        let items: Vec<usize> = (0..MANY).collect();
        for threads in [1, 2, 3] {
            for end in [0, 7, MANY] {
                let results = one_by_one(&items, threads, |index, item| {
                    assert_eq!(index, *item);
                    (index != end).then_some(2 * item)
                });
                let found: Vec<usize> = results.iter().map_while(|result| *result).collect();
                assert_eq!(found, (0..end).map(|item| 2 * item).collect::<Vec<_>>());
                assert_eq!(results.get(end), if end < MANY { Some(&None) } else { None });
            }
        }
    }

    #[test]
    fn parts_follow_one_another() {
        for count in [0, 1, MANY - 1, MANY, MANY + 1, 3 * MANY] {
            let items: Vec<usize> = (0..count).collect();
            for threads in [1, 2, 3] {
                let parts = in_parts(&items, MANY, threads, |start, items| {
                    assert_eq!(items.first().copied().unwrap_or(0), start);
                    items.to_vec()
                });
                assert_eq!(parts.concat(), items);
            }
        }
    }
}
