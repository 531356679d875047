//! Bins of free chunks: a two-level segregated fit with one flat bitmap.
//!
//! Below 1 KiB there is one bin a size; above, sixteen linear steps a doubling. Inserting, removing
//! and finding a chunk that surely fits are O(1).

use super::dirty::{Dirty, PURGE_MIN, RANGE_MIN};
use super::header::{Chunk, Header, Key, State};
use crate::diag::{Misuse, fatal};

/// Sizes below this have a bin of their own.
const EXACT_LIMIT: usize = 1024;
const EXACT_BINS: usize = EXACT_LIMIT / 16;
/// Linear steps per doubling, as a power of two.
const STEP_SHIFT: u32 = 4;
const STEPS: usize = 1 << STEP_SHIFT;
/// The last doubling starts at 2⁴⁷.
const DOUBLINGS: usize = 48 - EXACT_LIMIT.ilog2() as usize;
const BINS: usize = EXACT_BINS + DOUBLINGS * STEPS;
const WORDS: usize = BINS.div_ceil(64);
/// How many chunks of a bin are looked at that may be too small or badly placed.
const PROBES: usize = 8;

/// All free chunks of an arena but its top.
///
/// Counts: `free_bytes` = Σ size of the linked chunks; `chunks` = their number; `purged_bytes` = Σ size − dirty
/// range of those that keep one; `dirty_bytes` = Σ dirty range of those of [`PURGE_MIN`] bytes and more.
pub(crate) struct Bins {
    /// The first chunk of each bin, as a link.
    heads: [usize; BINS],
    /// Bit set ⇔ the bin is not empty.
    occupied: [u64; WORDS],
    /// Bit set ⇔ that word of `occupied` is not zero.
    summary: u64,
    /// Where chunks may lie: from the lowest address that the arena ever had to the highest.
    lowest: usize,
    highest: usize,
    /// See the equations above.
    pub(crate) free_bytes: usize,
    /// See the equations above.
    pub(crate) chunks: usize,
    /// See the equations above.
    pub(crate) purged_bytes: usize,
    /// See the equations above.
    pub(crate) dirty_bytes: usize,
}

/// A chunk taken out of its bin.
pub(crate) struct Taken {
    pub(crate) chunk: Chunk,
    pub(crate) size: usize,
    pub(crate) dirty: Dirty,
}

impl Bins {
    /// No chunks, in memory that was all zeros.
    pub(crate) fn start(&mut self) {
        self.lowest = usize::MAX;
    }

    /// No chunks.
    #[cfg(test)]
    pub(crate) const fn new() -> Self {
        Self {
            heads: [0; BINS],
            occupied: [0; WORDS],
            summary: 0,
            lowest: usize::MAX,
            highest: 0,
            free_bytes: 0,
            chunks: 0,
            purged_bytes: 0,
            dirty_bytes: 0,
        }
    }

    /// Notes that chunks may lie in the `size` bytes at `first`.
    pub(crate) fn note_memory(&mut self, first: Chunk, size: usize) {
        self.lowest = self.lowest.min(first.address());
        self.highest = self.highest.max(first.address() + size);
    }

    /// Links a chunk whose free tag and dirty range are written.
    pub(crate) fn insert(&mut self, chunk: Chunk, header: Header) {
        let bin = bin_of(header.size);
        let head = self.head(bin);
        chunk.set_next_link(head);
        chunk.set_prev_link(None);
        if let Some(head) = head {
            head.set_prev_link(Some(chunk));
        }
        self.set_head(bin, Some(chunk));
        self.count(chunk, header.size, usize::wrapping_add);
    }

    /// Unlinks a free chunk.
    pub(crate) fn remove(&mut self, chunk: Chunk, header: Header) {
        let next = self.checked_link(chunk, chunk.next_link());
        let previous = self.checked_link(chunk, chunk.prev_link());
        if next.is_some_and(|next| next.prev_link() != Some(chunk)) {
            fatal(Misuse::CorruptedList, chunk.user_address());
        }
        match previous {
            Some(previous) if previous.next_link() == Some(chunk) => previous.set_next_link(next),
            None if self.head(bin_of(header.size)) == Some(chunk) => {
                self.set_head(bin_of(header.size), next);
            }
            _ => fatal(Misuse::CorruptedList, chunk.user_address()),
        }
        if let Some(next) = next {
            next.set_prev_link(previous);
        }
        self.count(chunk, header.size, usize::wrapping_sub);
    }

    /// Takes a chunk of at least `size` bytes: from its own bin if one of the first few there fits,
    /// else the first of the next bin in which all do.
    pub(crate) fn take_fit(&mut self, size: usize, key: Key) -> Option<Taken> {
        self.take_where(size, key, |_, have| have >= size)
    }

    /// Takes a chunk that `fits` (called with the chunk and its size), at least `size` bytes long;
    /// only the first few of each bin are asked.
    pub(crate) fn take_where(
        &mut self,
        size: usize,
        key: Key,
        fits: impl Fn(Chunk, usize) -> bool,
    ) -> Option<Taken> {
        let mut bin = self.first_occupied(bin_of(size));
        while let Some(index) = bin {
            let mut candidate = self.head(index);
            for _ in 0..PROBES {
                let Some(chunk) = candidate else { break };
                let header = checked_free_header(chunk, key);
                if fits(chunk, header.size) {
                    let dirty = Dirty::of(chunk, header.size);
                    self.remove(chunk, header);
                    return Some(Taken { chunk, size: header.size, dirty });
                }
                candidate = self.checked_link(chunk, chunk.next_link());
            }
            bin = self.first_occupied(index + 1);
        }
        None
    }

    /// Calls `visit` for the chunks of at least `size` bytes; it must not change the bins.
    pub(crate) fn for_each_from(
        &self,
        size: usize,
        key: Key,
        mut visit: impl FnMut(Chunk, Header),
    ) {
        let mut bin = self.first_occupied(bin_of(size));
        while let Some(index) = bin {
            let mut candidate = self.head(index);
            while let Some(chunk) = candidate {
                let header = checked_free_header(chunk, key);
                candidate = self.checked_link(chunk, chunk.next_link());
                if header.size >= size {
                    visit(chunk, header);
                }
            }
            bin = self.first_occupied(index + 1);
        }
    }

    /// Calls `visit` for the chunks of at least `size` bytes, those of the largest bins first, as long as it
    /// returns true; it must not change the bins.
    pub(crate) fn for_each_down_to(
        &self,
        size: usize,
        key: Key,
        mut visit: impl FnMut(Chunk, Header) -> bool,
    ) {
        let mut bin = self.last_occupied(BINS);
        while let Some(index) = bin.filter(|&index| index >= bin_of(size)) {
            let mut candidate = self.head(index);
            while let Some(chunk) = candidate {
                let header = checked_free_header(chunk, key);
                candidate = self.checked_link(chunk, chunk.next_link());
                if header.size >= size && !visit(chunk, header) {
                    return;
                }
            }
            bin = self.last_occupied(index);
        }
    }

    /// Corrects the counts after dirty ranges of so many bytes were emptied, `large` of them those of chunks
    /// of [`PURGE_MIN`] bytes and more.
    pub(crate) fn note_purged(&mut self, bytes: usize, large: usize) {
        self.purged_bytes += bytes;
        self.dirty_bytes = self.dirty_bytes.saturating_sub(large);
    }

    /// A link of `chunk`, which the program may have overwritten: it must not lead out of the arena.
    fn checked_link(&self, chunk: Chunk, link: Option<Chunk>) -> Option<Chunk> {
        if link.is_some_and(|to| to.address() < self.lowest || to.address() >= self.highest) {
            fatal(Misuse::CorruptedList, chunk.user_address());
        }
        link
    }

    fn count(&mut self, chunk: Chunk, size: usize, step: impl Fn(usize, usize) -> usize) {
        self.chunks = step(self.chunks, 1);
        self.free_bytes = step(self.free_bytes, size);
        if size >= RANGE_MIN {
            let dirty = Dirty::of(chunk, size).bytes();
            self.purged_bytes = step(self.purged_bytes, size - dirty);
            if size >= PURGE_MIN {
                self.dirty_bytes = step(self.dirty_bytes, dirty);
            }
        }
    }

    fn head(&self, bin: usize) -> Option<Chunk> {
        Chunk::from_link(self.heads.get(bin).copied().unwrap_or(0))
    }

    fn set_head(&mut self, bin: usize, head: Option<Chunk>) {
        let (word, bit) = (bin / 64, 1 << (bin % 64));
        if let (Some(place), Some(bits)) = (self.heads.get_mut(bin), self.occupied.get_mut(word)) {
            *place = Chunk::to_link(head);
            if head.is_some() {
                *bits |= bit;
                self.summary |= 1 << word;
            } else {
                *bits &= !bit;
                if *bits == 0 {
                    self.summary &= !(1 << word);
                }
            }
        }
    }

    /// The last bin before `bin` that is not empty.
    fn last_occupied(&self, bin: usize) -> Option<usize> {
        let (word, bit) = (bin / 64, bin % 64);
        let here = self.occupied.get(word).map_or(0, |bits| bits & !(u64::MAX << bit));
        if here != 0 {
            return Some(word * 64 + here.ilog2() as usize);
        }
        let earlier = self.summary & !(u64::MAX << word);
        let word = earlier.checked_ilog2()? as usize;
        Some(word * 64 + self.occupied.get(word)?.checked_ilog2()? as usize)
    }

    /// The first bin from `bin` on that is not empty.
    fn first_occupied(&self, bin: usize) -> Option<usize> {
        let (word, bit) = (bin / 64, bin % 64);
        let here = self.occupied.get(word)? & (u64::MAX << bit);
        if here != 0 {
            return Some(word * 64 + here.trailing_zeros() as usize);
        }
        let later = self.summary & (u64::MAX << word << 1);
        let word = (later != 0).then(|| later.trailing_zeros() as usize)?;
        Some(word * 64 + self.occupied.get(word)?.trailing_zeros() as usize)
    }
}

/// The tag of a chunk that lies in a bin.
fn checked_free_header(chunk: Chunk, key: Key) -> Header {
    let header = chunk.header(key);
    match header.state {
        State::Free => header,
        State::Broken => fatal(Misuse::FreeChunkInvalidSize, chunk.user_address()),
        State::InUse => fatal(Misuse::CorruptedList, chunk.user_address()),
    }
}

/// The bin of chunks of this size.
fn bin_of(size: usize) -> usize {
    if size < EXACT_LIMIT {
        return size / 16;
    }
    let doubling = size.ilog2();
    let step = (size >> (doubling - STEP_SHIFT)) & (STEPS - 1);
    let bin = EXACT_BINS + (doubling - EXACT_LIMIT.ilog2()) as usize * STEPS + step;
    bin.min(BINS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn occupied_bins_are_found_in_both_directions() {
        let mut memory = [0_u128; 4];
        let chunk = Chunk::in_memory(&mut memory);
        let mut bins = Bins::new();
        let occupied = [2, 63, 64, 130, 200, BINS - 1];
        for bin in occupied {
            bins.set_head(bin, Some(chunk));
        }
        let up: Vec<_> =
            core::iter::successors(bins.first_occupied(0), |bin| bins.first_occupied(bin + 1))
                .collect();
        assert_eq!(up, occupied);
        let down = core::iter::successors(bins.last_occupied(BINS), |&bin| bins.last_occupied(bin));
        assert!(down.eq(occupied.into_iter().rev()));
    }

    #[test]
    fn bins_rise_with_size() {
        let mut last = 0;
        for size in (32..1 << 20).step_by(16) {
            let bin = bin_of(size);
            assert!(bin == last || bin == last + 1 || last == 0);
            last = bin;
        }
        assert_eq!(bin_of(usize::MAX & !15), BINS - 1);
        const { assert!(WORDS <= 64) };
    }
}
