//! Which part of a large free chunk still has pages.
//!
//! A free chunk of [`RANGE_MIN`] bytes and more keeps the range of its bytes that may have been
//! written to since their pages were last given back, in two words behind its links. Smaller ones are
//! wholly dirty.

use super::header::Chunk;
use crate::units::{align_down, align_up};

/// Free chunks from this size on in bytes keep a dirty range; smaller ones hold no whole page.
pub(crate) const RANGE_MIN: usize = 4096;
/// Those from this size on are given back without being asked for.
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

    /// The part of a free chunk that its own words take.
    pub(crate) const fn words_of(chunk: Chunk) -> Self {
        Self { start: chunk.address(), end: chunk.address() + FREE_WORDS }
    }

    /// The dirty range of a free chunk of this size. The program may have overwritten it: a range that
    /// cannot be counts as the whole chunk.
    pub(crate) fn of(chunk: Chunk, size: usize) -> Self {
        let whole = Self::whole(chunk, size);
        if size < RANGE_MIN {
            return whole;
        }
        let (start, end) = chunk.dirty_words();
        if whole.start <= start && start <= end && end <= whole.end {
            Self { start, end }
        } else {
            whole
        }
    }

    /// Bytes of the `size` at `chunk` that are not in the range.
    pub(crate) fn clean_bytes(&self, chunk: Chunk, size: usize) -> usize {
        let (low, high) = (chunk.address(), chunk.address() + size);
        size - self.end.min(high).saturating_sub(self.start.max(low)).min(size)
    }

    /// Stores the range in a free chunk of this size, cut to it.
    pub(crate) fn store(self, chunk: Chunk, size: usize) {
        if size >= RANGE_MIN {
            let Self { start, end } = self.cut(chunk, size);
            chunk.set_dirty_words(start, end);
        }
    }

    /// The part of it that lies in a chunk of this size.
    pub(crate) fn cut(self, chunk: Chunk, size: usize) -> Self {
        let (low, high) = (chunk.address(), chunk.address() + size);
        Self { start: self.start.max(low).min(high), end: self.end.max(low).min(high) }
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

    /// The whole pages of what a chunk of this size can give back that hold a byte of the range: memory in
    /// front of and behind the range is free, too.
    pub(crate) const fn pages(self, chunk: Chunk, size: usize, page: usize) -> Self {
        let first = align_up(chunk.address() + FREE_WORDS, page);
        let last = align_down(chunk.address() + size, page);
        let (start, end) = (align_down(self.start, page), align_up(self.end, page));
        let start = if start < first { first } else { start };
        let end = if end > last { last } else { end };
        if self.bytes() == 0 || start > end {
            return Self { start, end: start };
        }
        Self { start, end }
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
        let size = RANGE_MIN;
        Dirty { start: start + 100, end: start + 300 }.store(chunk, size);
        assert_eq!(Dirty::of(chunk, size), Dirty { start: start + 100, end: start + 300 });
        Dirty { start: 0, end: usize::MAX }.store(chunk, size);
        assert_eq!(Dirty::of(chunk, size), Dirty::whole(chunk, size));
        for (low, high) in [(start + 5, start + 4), (0, start + 4), (start, usize::MAX)] {
            chunk.set_dirty_words(low, high);
            assert_eq!(Dirty::of(chunk, size), Dirty::whole(chunk, size));
        }
        assert_eq!(Dirty::of(chunk, 64), Dirty::whole(chunk, 64));
        let pages = |start, end, size| Dirty { start, end }.pages(chunk, size, 4096);
        let page = align_up(start + FREE_WORDS, 4096);
        let here = Dirty { start: page, end: page + 4096 };
        assert_eq!(pages(page + 5, page + 6, 5 * 4096), here);
        assert_eq!(pages(start, page + 6, 5 * 4096), here);
        assert_eq!(pages(page + 5, page + 5, 5 * 4096).bytes(), 0);
        assert_eq!(pages(start, start + 4096, 4096).bytes(), 0);
        let (a, b) = (Dirty { start: 10, end: 20 }, Dirty { start: 40, end: 50 });
        assert_eq!(a.join(b), Dirty { start: 10, end: 50 });
        assert_eq!(a.join(Dirty { start: 90, end: 90 }), a);
        assert_eq!(Dirty { start: 9, end: 9 }.join(b), b);
    }
}
