//! Which part of a large free chunk still has pages.
//!
//! A free chunk of [`PURGE_MIN`] bytes and more keeps the range of its bytes that may have been
//! written to since their pages were last given back, in two words behind its links. Smaller ones are
//! wholly dirty.

use super::header::Chunk;

/// Free chunks from this size on in bytes keep a dirty range.
pub(crate) const PURGE_MIN: usize = 64 * 1024;
/// Bytes at the start of a large free chunk that its own words take.
pub(crate) const FREE_WORDS: usize = 48;

/// A range of addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Dirty {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Dirty {
    /// The whole of a chunk.
    pub(crate) const fn whole(chunk: Chunk, size: usize) -> Self {
        Self { start: chunk.address(), end: chunk.address() + size }
    }

    /// The dirty range of a free chunk of this size. The program may have overwritten it: a range that
    /// cannot be counts as the whole chunk.
    pub(crate) fn of(chunk: Chunk, size: usize) -> Self {
        let whole = Self::whole(chunk, size);
        if size < PURGE_MIN {
            return whole;
        }
        let (start, end) = chunk.dirty_words();
        if whole.start <= start && start <= end && end <= whole.end {
            Self { start, end }
        } else {
            whole
        }
    }

    /// Stores the range in a free chunk of this size, cut to it.
    pub(crate) fn store(self, chunk: Chunk, size: usize) {
        if size >= PURGE_MIN {
            let (low, high) = (chunk.address(), chunk.address() + size);
            chunk.set_dirty_words(self.start.max(low).min(high), self.end.max(low).min(high));
        }
    }

    /// The smallest range that covers both.
    pub(crate) fn join(self, other: Self) -> Self {
        if self.bytes() == 0 {
            return other;
        }
        if other.bytes() == 0 {
            return self;
        }
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Its size in bytes.
    pub(crate) const fn bytes(self) -> usize {
        self.end - self.start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_and_survive_nonsense() {
        let mut memory = [0_u128; 8];
        let chunk = Chunk::in_memory(&mut memory);
        let start = chunk.address();
        let size = PURGE_MIN;
        Dirty { start: start + 100, end: start + 300 }.store(chunk, size);
        assert_eq!(Dirty::of(chunk, size), Dirty { start: start + 100, end: start + 300 });
        Dirty { start: 0, end: usize::MAX }.store(chunk, size);
        assert_eq!(Dirty::of(chunk, size), Dirty::whole(chunk, size));
        for (low, high) in [(start + 5, start + 4), (0, start + 4), (start, usize::MAX)] {
            chunk.set_dirty_words(low, high);
            assert_eq!(Dirty::of(chunk, size), Dirty::whole(chunk, size));
        }
        assert_eq!(Dirty::of(chunk, 64), Dirty::whole(chunk, 64));
        let (a, b) = (Dirty { start: 10, end: 20 }, Dirty { start: 40, end: 50 });
        assert_eq!(a.join(b), Dirty { start: 10, end: 50 });
        assert_eq!(a.join(Dirty { start: 90, end: 90 }), a);
        assert_eq!(Dirty { start: 9, end: 9 }.join(b), b);
    }
}
