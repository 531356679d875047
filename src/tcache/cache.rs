//! All bins of one thread.
#![expect(unsafe_code, reason = "bins are found by byte offset, arrays are handed to them")]

use core::ptr::from_ref;

use super::bin::Bin;
use super::stacks::{StackMemory, next_capacity};
use crate::os::System;
use crate::size_class::{BINS, MediumClass, SMALL_CLASSES, SmallClass};
use crate::unitmap::Metadata;

/// Bytes of blocks that one bin holds at most.
const BIN_BYTES_MAX: usize = 64 * 1024;
/// Blocks that one bin holds at most.
const BIN_BLOCKS_MAX: usize = 256;
/// Medium bins hold no fewer blocks than this, nor more bytes than `MEDIUM_BYTES_MAX`.
const MEDIUM_BLOCKS_MIN: usize = 4;

/// The bins. All zeros is a valid, empty cache that never holds anything: the shim's
/// `arenite_empty_cache`, where every thread starts.
#[repr(C, align(64))]
pub(crate) struct ThreadCache {
    bins: [Bin; BINS],
}

// The shim's block of zeros must cover a cache.
const _: () = assert!(size_of::<ThreadCache>() <= 2560 && size_of::<Bin>() == 32);

impl ThreadCache {
    /// Empty bins without arrays.
    pub(crate) fn new() -> Self {
        Self {
            bins: core::array::from_fn(|index| {
                Bin::new(SmallClass::from_index(index).map_or(0, SmallClass::magic))
            }),
        }
    }

    /// The bin that a class byte, widened, names.
    #[inline(always)]
    pub(crate) fn bin(&self, class: usize) -> &Bin {
        debug_assert!(class / 4 < BINS);
        let bin = from_ref(self).cast::<Bin>().wrapping_byte_add(class * (size_of::<Bin>() / 4));
        // SAFETY: a class byte is four times an index below 64, and there are more bins than that.
        unsafe { &*bin }
    }

    /// The bin of a small class.
    pub(crate) fn small_bin(&self, class: SmallClass) -> &Bin {
        self.bin(usize::from(class.class_byte().byte()))
    }

    /// The bin of a medium class.
    pub(crate) fn medium_bin(&self, class: MediumClass) -> &Bin {
        // SAFETY: by the invariant of `MediumClass` the index is below `BINS`.
        unsafe { self.bins.get_unchecked(class.index()) }
    }

    /// Doubles the capacity of a small class's bin, or gives it its first array. False: it is as large
    /// as it may be, or memory ran out.
    pub(crate) fn grow_small(
        &self,
        class: SmallClass,
        memory: &StackMemory,
        metadata: &Metadata,
        os: &dyn System,
    ) -> bool {
        let most = BIN_BYTES_MAX.checked_div(class.size_bytes()).unwrap_or(0).min(BIN_BLOCKS_MAX);
        grow(self.small_bin(class), most, memory, metadata, os)
    }

    /// The same for a medium class.
    pub(crate) fn grow_medium(
        &self,
        class: MediumClass,
        memory: &StackMemory,
        metadata: &Metadata,
        os: &dyn System,
    ) -> bool {
        // One array only: how many of its places are used is `medium_limit`'s business.
        let bin = self.medium_bin(class);
        bin.capacity() == 0 && grow(bin, usize::MAX, memory, metadata, os)
    }

    /// Blocks of a medium class that are kept at most.
    pub(crate) fn medium_limit(class: MediumClass) -> usize {
        BIN_BYTES_MAX.checked_div(class.size_bytes()).unwrap_or(0).clamp(MEDIUM_BLOCKS_MIN, 16)
    }

    /// The number of blocks in each bin, by index, for any thread: right while the owner does nothing.
    pub(crate) fn counts(&self) -> impl Iterator<Item = usize> + '_ {
        self.bins.iter().map(Bin::len_seen_by_others)
    }

    /// Gives all arrays back; every bin must be empty.
    pub(crate) fn detach_all(&self, memory: &StackMemory) {
        for bin in &self.bins {
            if let Some((array, capacity)) = bin.detach() {
                memory.put(array, capacity);
            }
        }
    }
}

fn grow(
    bin: &Bin,
    most: usize,
    memory: &StackMemory,
    metadata: &Metadata,
    os: &dyn System,
) -> bool {
    let capacity = next_capacity(bin.capacity());
    if bin.capacity() > 0 && capacity > most {
        return false;
    }
    let Some(array) = memory.take(capacity, metadata, os) else { return false };
    // SAFETY: `take` returned an array of this capacity with its floor; capacities only grow.
    if let Some((old, old_capacity)) = unsafe { bin.move_to(array, capacity) } {
        memory.put(old, old_capacity);
    }
    true
}

const _: () = assert!(BINS > 63 && SMALL_CLASSES < 63);
