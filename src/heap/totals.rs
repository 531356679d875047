//! What the whole heap holds: sums over arenas, mapped chunks, thread caches and metadata.
//!
//! Each arena is looked at under its own lock, one after the other, and nobody is kept from anything else.
//! The caches of other threads are read while these go on: what they hold is right while they are quiet.

use super::heap::Heap;
use super::thread::Thread;
use crate::arena::{Arena, Batch, Cursor, Details, MappedTotals, Released, Totals};
use crate::os::System;
use crate::size_class::{MEDIUM_CLASSES, MEDIUM_FIRST, MediumClass, SMALL_CLASSES, SmallClass};
use crate::sync::Ordering;
use crate::units::UNIT;

/// Sums over a heap, each arena at a moment of its own.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct HeapTotals {
    /// Sums over the arenas, and the regions that wait for one, each as a free chunk; `system_max` is the
    /// most that all regions together ever were.
    pub(crate) arenas: Totals,
    /// Number of arenas.
    pub(crate) arena_count: usize,
    /// Bytes of the first arena's top.
    pub(crate) main_top: usize,
    /// What no arena has.
    pub(crate) shared: SharedTotals,
    /// The mmapped chunks.
    pub(crate) mapped: MappedTotals,
    /// Bytes mapped for metadata.
    pub(crate) metadata_bytes: usize,
}

impl HeapTotals {
    /// Bytes got from the system but for mmapped chunks and metadata.
    pub(crate) const fn system(&self) -> usize {
        self.arenas.system + self.shared.unusable()
    }

    /// The most that [`Self::system`] ever was.
    pub(crate) fn system_max(&self) -> usize {
        (self.arenas.system_max + self.shared.gap_bytes).max(self.system())
    }
}

/// Memory of the heap that belongs to no arena in which one can look.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct SharedTotals {
    /// Regions that wait for an arena, and their bytes.
    pub(crate) waiting_regions: usize,
    pub(crate) waiting_bytes: usize,
    /// Bytes of the break between regions.
    pub(crate) gap_bytes: usize,
    /// Bytes of arenas that a fork left half changed.
    pub(crate) abandoned_bytes: usize,
}

impl SharedTotals {
    /// Adds the waiting regions to the sums over the arenas, each as a free chunk; all regions together were at
    /// most `system_max` bytes.
    pub(crate) fn add_waiting_to(&self, sums: &mut Totals, system_max: usize) {
        sums.system += self.waiting_bytes;
        sums.free += self.waiting_bytes;
        sums.purged += self.waiting_bytes;
        sums.free_chunks += self.waiting_regions;
        sums.system_max = system_max.max(sums.system);
    }

    /// Bytes that nobody can allocate.
    pub(crate) const fn unusable(&self) -> usize {
        self.gap_bytes + self.abandoned_bytes
    }
}

/// What thread caches hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CacheTotals {
    /// Threads that have a cache.
    pub(crate) threads: usize,
    /// Objects of each small class, smallest first.
    pub(crate) objects: [usize; SMALL_CLASSES],
    /// Chunks of each medium class, smallest first.
    pub(crate) chunks: [usize; MEDIUM_CLASSES],
    /// Bytes of the objects.
    pub(crate) object_bytes: usize,
    /// Bytes of the chunks.
    pub(crate) chunk_bytes: usize,
}

impl CacheTotals {
    /// Number of blocks.
    pub(crate) fn blocks(&self) -> usize {
        self.objects.iter().chain(&self.chunks).sum()
    }

    /// Their bytes; no more than are in use, however quickly threads changed their caches meanwhile.
    pub(crate) fn bytes(&self, arenas: &Totals) -> usize {
        let chunks_in_use = arenas.in_use().saturating_sub(arenas.objects_in_use);
        self.object_bytes.min(arenas.objects_in_use) + self.chunk_bytes.min(chunks_in_use)
    }
}

impl<S: System> Heap<S> {
    /// The sums.
    pub(crate) fn totals(&self) -> HeapTotals {
        let mut sums = HeapTotals {
            mapped: self.mapped.totals(),
            metadata_bytes: self.metadata.mapped_bytes(),
            ..HeapTotals::default()
        };
        let mut is_any_abandoned = false;
        for (number, arena) in self.arenas.iter().enumerate() {
            sums.arena_count += 1;
            let Some(totals) = arena.totals(self.backing()) else {
                is_any_abandoned = true;
                continue;
            };
            sums.arenas.add(&totals);
            if number == 0 {
                sums.main_top = totals.top;
            }
        }
        let shared = self.shared_totals(sums.arenas.system, is_any_abandoned);
        shared.add_waiting_to(&mut sums.arenas, self.regions.system_bytes_max());
        sums.shared = shared;
        sums
    }

    /// The totals of each arena in turn; all zeros if it is abandoned.
    pub(crate) fn arena_totals(&self) -> impl Iterator<Item = Totals> + '_ {
        self.arenas.iter().map(|arena| arena.totals(self.backing()).unwrap_or_default())
    }

    fn shared_totals(&self, in_arenas: usize, is_any_abandoned: bool) -> SharedTotals {
        let mut shared =
            SharedTotals { gap_bytes: self.regions.gap_bytes(), ..SharedTotals::default() };
        self.regions.for_each_waiting(|bytes| {
            shared.waiting_regions += 1;
            shared.waiting_bytes += bytes;
        });
        if is_any_abandoned {
            let known = in_arenas + shared.waiting_bytes;
            shared.abandoned_bytes = self.regions.system_bytes().saturating_sub(known);
        }
        shared
    }

    /// Calls `visit` with the size of each region that waits for an arena.
    pub(crate) fn for_each_waiting_region(&self, visit: impl FnMut(usize)) {
        self.regions.for_each_waiting(visit);
    }

    /// All arenas.
    pub(crate) fn arenas(&self) -> impl Iterator<Item = &'static Arena> + '_ {
        self.arenas.iter()
    }

    /// What one arena holds; all zeros if it is abandoned.
    pub(crate) fn arena_details(&self, arena: &Arena, details: &mut Details) {
        arena.details(details, self.backing());
    }

    /// What thread caches hold, those that a fork left without a thread included.
    pub(crate) fn cache_totals(&self) -> CacheTotals {
        let mut sums = CacheTotals {
            threads: 0,
            objects: [0; SMALL_CLASSES],
            chunks: [0; MEDIUM_CLASSES],
            object_bytes: 0,
            chunk_bytes: 0,
        };
        for thread in self.threads.iter() {
            sums.threads += usize::from(thread.is_live.load(Ordering::Relaxed));
            let counts = || thread.cache.counts();
            for (sum, count) in sums.objects.iter_mut().zip(counts().skip(1)) {
                *sum += count;
            }
            for (sum, count) in sums.chunks.iter_mut().zip(counts().skip(MEDIUM_FIRST)) {
                *sum += count;
            }
        }
        for arena in self.arenas.iter() {
            sums.chunk_bytes += arena.sum_chunks(self.backing(), |add| {
                for thread in self.threads.iter() {
                    for class in MediumClass::all() {
                        thread.cache.visit_by_others(class.index(), &mut *add);
                    }
                }
            });
        }
        for (class, count) in SmallClass::all().zip(sums.objects) {
            sums.object_bytes += count * class.size_bytes();
        }
        sums
    }

    /// Empties the cache of `thread`, the calling one, and gives back what can be given back; of the first
    /// arena's top `pad` bytes stay.
    pub(crate) fn trim(&self, thread: Option<&Thread>, pad: usize) -> Released {
        let given_back = || {
            self.arenas.iter().map(|arena| arena.given_back_bytes(self.backing())).sum::<usize>()
        };
        let before = given_back();
        if let Some(thread) = thread {
            self.flush(thread);
        }
        // What emptying the cache released at once counts as well.
        let at_once = given_back().saturating_sub(before);
        self.release_all(pad).and(Released::pages(at_once))
    }

    /// Gives back what can be given back; of the first arena's top `pad` bytes stay.
    pub(crate) fn release_all(&self, pad: usize) -> Released {
        // Their caches can only come back later.
        self.threads.ask(|_| true);
        let pads = core::iter::once(pad).chain(core::iter::repeat(0));
        let released = self.arenas.iter().zip(pads);
        released
            .map(|(arena, pad)| arena.release_all(pad, self.backing()))
            .fold(Released::default(), Released::and)
    }

    /// Copies blocks of an arena from the cursor on and says which thread caches have; false at the end.
    pub(crate) fn walk_arena(&self, arena: &Arena, cursor: &mut Cursor, batch: &mut Batch) -> bool {
        if !arena.walk(cursor, batch, self.backing()) {
            return false;
        }
        self.mark_cached(batch);
        true
    }

    /// Copies mapped chunks from the cursor on; false at the end.
    pub(crate) fn walk_mapped(&self, cursor: &mut Cursor, batch: &mut Batch) -> bool {
        self.mapped.walk(cursor, batch, self.backing())
    }

    fn mark_cached(&self, batch: &mut Batch) {
        if let Some(slab) = batch.slab_mut() {
            let size = slab.class.size_bytes();
            for thread in self.threads.iter() {
                thread.cache.visit_by_others(slab.class.index(), |address| {
                    let offset = address.wrapping_sub(slab.unit);
                    let index = offset.checked_div(size).unwrap_or(0);
                    if offset < UNIT
                        && let Some(word) = slab.cached.get_mut(index / 64)
                    {
                        *word |= 1 << (index % 64);
                    }
                });
            }
            return;
        }
        let chunks = batch.chunks_mut();
        let largest = chunks.iter().map(|seen| seen.size).max().unwrap_or(0);
        // A chunk is in the bin of a class that it holds.
        for class in MediumClass::all().take_while(|class| class.size_bytes() <= largest) {
            for thread in self.threads.iter() {
                thread.cache.visit_by_others(class.index(), |address| {
                    let found = chunks.binary_search_by_key(&address, |seen| seen.address);
                    if let Some(seen) = found.ok().and_then(|index| chunks.get_mut(index)) {
                        seen.is_cached = !seen.is_free;
                    }
                });
            }
        }
    }
}
