//! Giving the pages of free chunks back: all, or as much as takes a limited time. When is decided by the arena.

use super::dirty::{Dirty, PURGE_MIN, RANGE_MIN};
use super::header::Chunk;
use super::heap::ChunkHeap;

/// When a purge ends: so the time that it takes has a limit.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    /// When so many bytes are gone, or so many were refused.
    pub(crate) enough: usize,
    /// When so many chunks were looked at.
    pub(crate) looks: usize,
}

/// What a purge came to, in bytes.
#[derive(Default)]
struct Purged {
    /// Pages that are gone, and pages that the system did not take.
    pages: usize,
    refused: usize,
    /// Dirty ranges that are empty now, and those of chunks of [`PURGE_MIN`] bytes and more among them.
    dirty: usize,
    dirty_of_large: usize,
}

impl Purged {
    /// Gives the dirty pages of a free chunk to `discard`.
    fn add(
        &mut self,
        chunk: Chunk,
        size: usize,
        page: usize,
        discard: &mut impl FnMut(usize, usize) -> bool,
    ) {
        let dirty = Dirty::of(chunk, size);
        let pages = dirty.pages(chunk, size, page);
        if pages.bytes() == 0 {
            return;
        }
        if !discard(pages.start, pages.end) {
            self.refused += pages.bytes();
            return;
        }
        Dirty { end: pages.start, ..pages }.store(chunk, size);
        self.pages += pages.bytes();
        self.dirty += dirty.bytes();
        if size >= PURGE_MIN {
            self.dirty_of_large += dirty.bytes();
        }
    }
}

impl ChunkHeap {
    /// Gives the dirty pages of every free chunk of at least `least` bytes to `discard`, which says whether
    /// they are gone; returns the bytes of those.
    pub(crate) fn purge(
        &mut self,
        least: usize,
        page: usize,
        mut discard: impl FnMut(usize, usize) -> bool,
    ) -> usize {
        let mut purged = Purged::default();
        self.bins.for_each_from(least.max(RANGE_MIN), self.key, |chunk, header| {
            purged.add(chunk, header.size, page, &mut discard);
        });
        self.bins.note_purged(purged.dirty, purged.dirty_of_large);
        purged.pages
    }

    /// The same, the largest first, until the limit is reached. Returns the bytes that are gone, and those refused.
    pub(crate) fn purge_some(
        &mut self,
        least: usize,
        limit: Limit,
        page: usize,
        mut discard: impl FnMut(usize, usize) -> bool,
    ) -> (usize, usize) {
        let mut purged = Purged::default();
        let Limit { enough, looks: mut rest } = limit;
        self.bins.for_each_down_to(least.max(RANGE_MIN), self.key, |chunk, header| {
            purged.add(chunk, header.size, page, &mut discard);
            rest -= 1;
            purged.pages < enough && purged.refused < enough && rest > 0
        });
        self.bins.note_purged(purged.dirty, purged.dirty_of_large);
        (purged.pages, purged.refused)
    }
}
