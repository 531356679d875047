//! The counts of an arena at one moment, taken under its lock.
//!
//! ```text
//! system = free chunks and top + free objects + overhead + in use (by the program or thread caches)
//! overhead = fences + of each slab what is no object + chunks that became metadata
//! ```

use super::backing::Backing;
use super::chunk::FENCE;
use super::slab::{Slab, SlabList};
use super::state::ArenaState;
use crate::size_class::{SMALL_CLASSES, SmallClass};
use crate::units::UNIT;

/// Free chunks below this have a range of their own for each size in [`Details::sizes`].
const EXACT_LIMIT: usize = 1024;
const EXACT_RANGES: usize = EXACT_LIMIT / 16;
/// Above, each doubling has two ranges; the last begins at 3·2⁴⁶.
const RANGES: usize = EXACT_RANGES + 2 * (48 - EXACT_LIMIT.ilog2() as usize);

/// What the slabs of one class come to.
#[derive(Clone, Copy, Default)]
pub(super) struct ClassCounts {
    /// Open slabs.
    pub(super) slabs: usize,
    /// Free objects in them.
    pub(super) free: usize,
}

/// Bytes and counts of an arena at one moment.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Totals {
    /// Bytes of its regions.
    pub(crate) system: usize,
    /// The most that `system` ever was.
    pub(crate) system_max: usize,
    /// Bytes of free chunks (the top included) and of free objects of slabs.
    pub(crate) free: usize,
    /// Free chunks, the top included.
    pub(crate) free_chunks: usize,
    /// Free objects of slabs.
    pub(crate) free_objects: usize,
    /// Bytes of the top chunk.
    pub(crate) top: usize,
    /// Those of `free` that have no memory behind them.
    pub(crate) purged: usize,
    /// Bytes that no block can have.
    pub(crate) overhead: usize,
    /// Bytes of objects that are not free.
    pub(crate) objects_in_use: usize,
    /// Number of regions.
    pub(crate) regions: usize,
}

impl Totals {
    /// Bytes of blocks that the program or a thread cache has.
    pub(crate) const fn in_use(&self) -> usize {
        self.system.saturating_sub(self.free + self.overhead)
    }

    /// Free chunks and objects.
    pub(crate) const fn free_blocks(&self) -> usize {
        self.free_chunks + self.free_objects
    }

    /// Adds the counts of another arena.
    pub(crate) const fn add(&mut self, other: &Self) {
        self.system += other.system;
        self.system_max += other.system_max;
        self.free += other.free;
        self.free_chunks += other.free_chunks;
        self.free_objects += other.free_objects;
        self.top += other.top;
        self.purged += other.purged;
        self.overhead += other.overhead;
        self.objects_in_use += other.objects_in_use;
        self.regions += other.regions;
    }
}

/// The slabs of one class.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct ClassDetails {
    /// Slabs.
    pub(crate) slabs: usize,
    /// Their objects, free or not.
    pub(crate) objects: usize,
    /// Their free objects.
    pub(crate) free: usize,
    /// Bytes of their pages that were given back.
    pub(crate) purged: usize,
}

impl ClassDetails {
    /// Adds those of another arena.
    pub(crate) const fn add(&mut self, other: &Self) {
        self.slabs += other.slabs;
        self.objects += other.objects;
        self.free += other.free;
        self.purged += other.purged;
    }
}

/// Free chunks of similar size.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct SizeRange {
    /// The smallest size in bytes.
    pub(crate) from: usize,
    /// The largest.
    pub(crate) to: usize,
    /// The sum.
    pub(crate) total: usize,
    /// How many there are.
    pub(crate) count: usize,
}

impl SizeRange {
    const NONE: Self = Self { from: 0, to: 0, total: 0, count: 0 };

    fn add(&mut self, size: usize) {
        self.from = if self.count == 0 { size } else { self.from.min(size) };
        self.to = self.to.max(size);
        self.total += size;
        self.count += 1;
    }
}

/// What [`Totals`] are made of: some 5 KiB, to be kept on the stack of whoever prints it.
///
/// `totals.free` = `totals.top` + Σ total of `sizes` + Σ free × size over `classes`.
pub(crate) struct Details {
    /// The sums.
    pub(crate) totals: Totals,
    /// The slabs of each small class, smallest first.
    pub(crate) classes: [ClassDetails; SMALL_CLASSES],
    /// The free chunks but for the top, smallest first.
    pub(crate) sizes: [SizeRange; RANGES],
}

impl Details {
    /// All zeros.
    pub(crate) fn new() -> Self {
        Self {
            totals: Totals::default(),
            classes: [ClassDetails::default(); SMALL_CLASSES],
            sizes: [SizeRange::NONE; RANGES],
        }
    }

    /// Makes it all zeros.
    pub(crate) fn clear(&mut self) {
        self.totals = Totals::default();
        self.classes.fill(ClassDetails::default());
        self.sizes.fill(SizeRange::NONE);
    }

    /// Counts a free chunk in the range of its size.
    pub(crate) fn add_size(&mut self, size: usize) {
        if let Some(range) = self.sizes.get_mut(range_of(size)) {
            range.add(size);
        }
    }
}

impl ArenaState {
    /// The counts, in time that does not depend on how many blocks there are.
    pub(super) fn totals(&mut self, backing: Backing<'_>) -> Totals {
        self.check_break(backing);
        let regions = self.regions.iter().count();
        let free = self.chunks.free_bytes() + self.slab_free_bytes;
        let slab_purged = self.slab_purged_pages * backing.os.page_size();
        let (mut objects, mut objects_free) = (0, 0);
        for class in SmallClass::all() {
            let counts = self.classes.get(class.index()).copied().unwrap_or_default();
            objects += counts.slabs * Slab::objects_of(class) * class.size_bytes();
            objects_free += counts.free;
        }
        Totals {
            system: self.system_bytes,
            system_max: self.system_bytes_max,
            free,
            free_chunks: self.chunks.free_chunks(),
            free_objects: objects_free,
            top: self.chunks.top_size(),
            // Pages of slabs reach into the few bytes behind the last object.
            purged: self.chunks.purged_bytes() + slab_purged.min(self.slab_free_bytes),
            overhead: regions * FENCE + self.slabs * UNIT - objects + self.donated_bytes,
            objects_in_use: objects - self.slab_free_bytes,
            regions,
        }
    }

    /// The same and what they are made of, in time that grows with the number of free chunks and slabs.
    pub(super) fn details(&mut self, details: &mut Details, backing: Backing<'_>) {
        details.clear();
        details.totals = self.totals(backing);
        for (class, entry) in SmallClass::all().zip(&mut details.classes) {
            let counts = self.classes.get(class.index()).copied().unwrap_or_default();
            let list = self.partial.get(class.index()).into_iter().flat_map(SlabList::iter);
            let pages: usize = list.map(|slab| slab.purged_pages() as usize).sum();
            *entry = ClassDetails {
                slabs: counts.slabs,
                objects: counts.slabs * Slab::objects_of(class),
                free: counts.free,
                purged: pages * backing.os.page_size(),
            };
        }
        self.chunks.for_each_free(0, |_, header| details.add_size(header.size));
    }
}

/// The range of free chunks of this size.
fn range_of(size: usize) -> usize {
    if size < EXACT_LIMIT {
        return size / 16;
    }
    let doubling = size.ilog2();
    let half = (size >> (doubling - 1)) & 1;
    (EXACT_RANGES + 2 * (doubling - EXACT_LIMIT.ilog2()) as usize + half).min(RANGES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_rise_with_size_and_end_at_the_last() {
        let mut last = 0;
        for size in (16..1 << 21).step_by(16) {
            let range = range_of(size);
            assert!(range == last || range == last + 1, "{size}");
            last = range;
        }
        assert_eq!(range_of(usize::MAX & !15), RANGES - 1);
        assert_eq!(range_of((1 << 48) - 16), RANGES - 1);
    }

    #[test]
    fn a_range_knows_its_smallest_and_largest() {
        let mut details = Details::new();
        for size in [4096, 6000, 5008] {
            details.add_size(size);
        }
        let found: Vec<_> = details.sizes.iter().filter(|range| range.count > 0).collect();
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].from, found[0].to, found[0].total, found[0].count),
            (4096, 6000, 15104, 3)
        );
    }
}
