//! Looking at eight bytes at a time. Most blanks, keys and values are shorter than that, so a search has no loop whose end the processor
//! would have to guess.

/// Every byte is one.
const ONES: u64 = u64::from_ne_bytes([1; 8]);

/// Every byte has its highest bit alone.
const HIGH_BITS: u64 = ONES << 7;

/// The offset of the first byte at or behind `position` that is no blank; the end if there is none.
#[inline]
pub(super) fn skip_spaces(bytes: &[u8], mut position: usize) -> usize {
    while let Some(word) = word(bytes, position) {
        let others = word ^ (ONES * u64::from(b' '));
        if others != 0 {
            return position + first(others);
        }
        position += 8;
    }
    by_one(bytes, position, |byte| byte != b' ')
}

/// The offset of the first `:`, `#` or byte up to a line feed; the end if there is none.
#[inline]
pub(super) fn find_plain_stop(bytes: &[u8], mut position: usize) -> usize {
    while let Some(word) = word(bytes, position) {
        let found = controls(word) | equal(word, b':') | equal(word, b'#');
        if found != 0 {
            return position + first(found);
        }
        position += 8;
    }
    by_one(bytes, position, |byte| byte <= b'\n' || byte == b':' || byte == b'#')
}

/// The offset of the first `quote`, `\` or byte up to a line feed; the end if there is none.
#[inline]
pub(super) fn find_quoted_stop(bytes: &[u8], mut position: usize, quote: u8) -> usize {
    while let Some(word) = word(bytes, position) {
        let found = controls(word) | equal(word, quote) | equal(word, b'\\');
        if found != 0 {
            return position + first(found);
        }
        position += 8;
    }
    by_one(bytes, position, |byte| byte <= b'\n' || byte == quote || byte == b'\\')
}

/// Eight bytes with the first one lowest, if there are so many.
#[inline]
fn word(bytes: &[u8], position: usize) -> Option<u64> {
    let eight = bytes.get(position..)?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*eight))
}

/// The index of the lowest byte that is not zero.
#[inline]
fn first(found: u64) -> usize {
    found.trailing_zeros() as usize / 8
}

/// A bit for the lowest byte with that value; what it says of bytes above that means nothing.
#[inline]
fn equal(word: u64, byte: u8) -> u64 {
    let zero_where_equal = word ^ (ONES * u64::from(byte));
    zero_where_equal.wrapping_sub(ONES) & !zero_where_equal & HIGH_BITS
}

/// The same for bytes up to a line feed.
#[inline]
fn controls(word: u64) -> u64 {
    word.wrapping_sub(ONES * (u64::from(b'\n') + 1)) & !word & HIGH_BITS
}

/// The last bytes of a text.
#[cold]
fn by_one(bytes: &[u8], position: usize, is_stop: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(position..).unwrap_or_default();
    position + rest.iter().position(|byte| is_stop(*byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::{by_one, find_plain_stop, find_quoted_stop, skip_spaces};

    /// Every byte, behind and before every other one that matters, at every place of a word.
    #[test]
    fn words_and_bytes_find_the_same() {
        let neighbours = [b'\0', b'\n', 0x0B, b' ', b'"', b'#', b'\'', b':', b'\\', 0x7F, 0x80, 0x8A, 0xBA, 0xFF, b'a'];
        for byte in 0..=u8::MAX {
            for neighbour in neighbours {
                for place in 0..10 {
                    for filler in [b'a', b' ', 0xC3] {
                        let mut bytes = [filler; 24];
                        (bytes[place], bytes[place + 1]) = (byte, neighbour);
                        let spaces = by_one(&bytes, 0, |byte| byte != b' ');
                        assert_eq!(skip_spaces(&bytes, 0), spaces, "{bytes:?}");
                        let plain = by_one(&bytes, 0, |byte| byte <= b'\n' || byte == b':' || byte == b'#');
                        assert_eq!(find_plain_stop(&bytes, 0), plain, "{bytes:?}");
                        for quote in [b'"', b'\''] {
                            let quoted = by_one(&bytes, 0, |byte| byte <= b'\n' || byte == quote || byte == b'\\');
                            assert_eq!(find_quoted_stop(&bytes, 0, quote), quoted, "{bytes:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn texts_may_end_anywhere() {
        for length in 0..20 {
            for start in 0..=length {
                assert_eq!(skip_spaces(&vec![b' '; length], start), length);
                assert_eq!(find_plain_stop(&vec![b'a'; length], start), length);
                assert_eq!(find_quoted_stop(&vec![b'a'; length], start, b'"'), length);
            }
        }
        assert_eq!(skip_spaces(b"", 1), 1);
    }
}
