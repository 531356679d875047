//! The statistics as one value.

use crate::heap::{CacheTotals, Heap, HeapTotals};
use crate::os::System;

/// What the heap holds; all in bytes but for the counts, which say so.
///
/// `system_bytes + mapped_bytes = allocated_bytes + cached_bytes + free_bytes + overhead_bytes`
///
/// holds in every answer. Each arena is looked at on its own, so while other threads allocate an answer is
/// made of moments that lie apart; it is exact while they do not. It is `struct arenite_stats` in C.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct Stats {
    /// Number of arenas.
    pub arenas: usize,
    /// Number of threads that have a cache.
    pub threads: usize,
    /// What arenas got from the system by `sbrk` and `mmap`, given back by address (not page by page) taken
    /// off: regions of arenas, those that wait for one, and what aligning the break cost.
    pub system_bytes: usize,
    /// The most that `system_bytes` ever was.
    pub system_bytes_max: usize,
    /// Number of blocks with a mapping of their own.
    pub mapped_chunks: usize,
    /// The most that `mapped_chunks` ever was.
    pub mapped_chunks_max: usize,
    /// Those mappings.
    pub mapped_bytes: usize,
    /// The most that `mapped_bytes` ever was.
    pub mapped_bytes_max: usize,
    /// Mapped for the allocator's own structures; in no other member.
    pub metadata_bytes: usize,
    /// Blocks that the program has: an object counts with the size of its class, a chunk with its tag, a
    /// mapped chunk with its mapping.
    pub allocated_bytes: usize,
    /// Number of blocks that were freed and wait in thread caches.
    pub cached_blocks: usize,
    /// Those blocks.
    pub cached_bytes: usize,
    /// Number of free chunks: of each arena's bins and its top, and regions that wait for an arena.
    pub free_chunks: usize,
    /// Number of free objects in slabs.
    pub free_objects: usize,
    /// Free chunks and free objects.
    pub free_bytes: usize,
    /// The part of `free_bytes` that has no memory behind it: its pages were given back or never used. To
    /// within a page at each end of a free chunk.
    pub purged_bytes: usize,
    /// What no block can have: ends of slabs and regions, what aligning the break cost, and arenas that
    /// were abandoned in a fork, whatever lives in them.
    pub overhead_bytes: usize,
}

/// The statistics of a heap.
pub(crate) fn stats_of<S: System>(heap: &Heap<S>) -> Stats {
    combine(&heap.totals(), &heap.cache_totals())
}

/// The statistics from their parts.
pub(super) fn combine(totals: &HeapTotals, caches: &CacheTotals) -> Stats {
    let arenas = &totals.arenas;
    let cached_bytes = caches.bytes(arenas);
    Stats {
        arenas: totals.arena_count,
        threads: caches.threads,
        system_bytes: totals.system(),
        system_bytes_max: totals.system_max(),
        mapped_chunks: totals.mapped.chunks,
        mapped_chunks_max: totals.mapped.chunks_max,
        mapped_bytes: totals.mapped.bytes,
        mapped_bytes_max: totals.mapped.bytes_max,
        metadata_bytes: totals.metadata_bytes,
        allocated_bytes: arenas.in_use() - cached_bytes + totals.mapped.bytes,
        cached_blocks: caches.blocks(),
        cached_bytes,
        free_chunks: arenas.free_chunks,
        free_objects: arenas.free_objects,
        free_bytes: arenas.free,
        purged_bytes: arenas.purged,
        overhead_bytes: arenas.overhead + totals.shared.unusable(),
    }
}

impl Stats {
    /// The members with their names in C, in order.
    pub(super) const fn members(&self) -> [(&'static str, usize); 17] {
        [
            ("arenas", self.arenas),
            ("threads", self.threads),
            ("system_bytes", self.system_bytes),
            ("system_bytes_max", self.system_bytes_max),
            ("mapped_chunks", self.mapped_chunks),
            ("mapped_chunks_max", self.mapped_chunks_max),
            ("mapped_bytes", self.mapped_bytes),
            ("mapped_bytes_max", self.mapped_bytes_max),
            ("metadata_bytes", self.metadata_bytes),
            ("allocated_bytes", self.allocated_bytes),
            ("cached_blocks", self.cached_blocks),
            ("cached_bytes", self.cached_bytes),
            ("free_chunks", self.free_chunks),
            ("free_objects", self.free_objects),
            ("free_bytes", self.free_bytes),
            ("purged_bytes", self.purged_bytes),
            ("overhead_bytes", self.overhead_bytes),
        ]
    }
}
