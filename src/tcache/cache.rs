//! All bins of one thread.
#![expect(unsafe_code, reason = "bins are found by byte offset, arrays are handed to them")]

use core::cell::Cell;
use core::ptr::from_ref;

use super::bin::Bin;
use super::stacks::{StackMemory, next_places};
use crate::limits::Limits;
use crate::os::System;
use crate::size_class::{BINS, MediumClass, SMALL_CLASSES, SmallClass};
use crate::tunables::Tunables;
use crate::unitmap::Metadata;

/// Bytes of blocks that one bin holds at most, unless there are many threads, …
const BIN_BYTES_MAX: usize = 64 * 1024;
/// … or little left of the soft limit of memory, …
const BIN_BYTES_TIGHT: usize = 8 * 1024;
/// … more than so many, and than so many a processor: then they share what so many would have, down to so many
/// bytes, …
const CROWD: usize = 6;
const CROWD_PER_CPU: usize = 2;
const BIN_BYTES_MIN: usize = 1024;
/// … and blocks, unless it becomes roomy: it was refilled and overflows again, so that whatever goes back is
/// soon missed.
const BIN_BLOCKS_MAX: usize = 256;
/// Blocks that a roomy bin holds at most.
const ROOMY_BLOCKS_MAX: usize = 8192;
/// Bytes of blocks that the roomy bins of one thread hold at most.
const ROOM_MAX: usize = 2 * 1024 * 1024;
/// Blocks that a bin is refilled with at most …
const REFILL_MAX: usize = BIN_BLOCKS_MAX / 2;
/// … and bytes of them, but for the least number.
const REFILL_BYTES: usize = 8 * 1024;
const REFILL_MIN: usize = 8;
/// Blocks that a bin of a thread keeps which frees what others allocated: they are to be had by those again while
/// the processor's caches still hold them.
const UNUSED_BLOCKS_MAX: usize = 64;
/// Blocks that a medium bin holds at most, unless there are many threads; its array never grows: it is the smallest there is.
const MEDIUM_BLOCKS_MAX: usize = 16;
/// Bytes of medium blocks that one thread keeps at first, and by how much that grows when blocks are missed
/// after others were turned away.
const MEDIUM_BYTES: usize = 1024 * 1024;
const MEDIUM_STEP: usize = 512 * 1024;
/// Medium blocks that a bin is refilled with at most, and bytes of them.
pub(crate) const MEDIUM_REFILL_MAX: usize = 7;
const MEDIUM_REFILL_BYTES: usize = 16 * 1024;
/// Bytes of medium blocks that one thread keeps at most.
const MEDIUM_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Where bins get their arrays, and the settings that limit them.
#[derive(Clone, Copy)]
pub(crate) struct ArraySource<'h> {
    pub(crate) tunables: &'h Tunables,
    pub(crate) memory: &'h StackMemory,
    pub(crate) metadata: &'h Metadata,
    pub(crate) os: &'h dyn System,
    /// Threads that have a cache.
    pub(crate) threads: usize,
}

impl ArraySource<'_> {
    /// Of `whole` what each thread may have.
    fn share(&self, whole: usize) -> usize {
        let crowd = CROWD.max(self.tunables.cpus() * CROWD_PER_CPU);
        if self.threads <= crowd {
            return whole;
        }
        (whole * crowd).checked_div(self.threads).unwrap_or(whole)
    }

    /// Whether little is left of the soft limit of memory.
    fn is_tight(&self) -> bool {
        self.tunables.has_soft_limit() && self.os.limits().is_some_and(Limits::is_tight)
    }
}

/// The bins. All zeros is a valid, empty cache that never holds anything: the shim's
/// `arenite_empty_cache`, where every thread starts.
#[repr(C, align(64))]
pub(crate) struct ThreadCache {
    bins: [Bin; BINS],
    /// Σ size of the class of each block in the medium bins.
    medium_bytes: Cell<usize>,
    /// Bytes that this may come to.
    medium_room: Cell<usize>,
    /// Whether a medium block was turned away since that grew.
    was_full: Cell<bool>,
    /// Whether bins keep nothing of which the thread does not allocate.
    is_thrifty: Cell<bool>,
    /// Bytes of blocks that roomy bins may hold; as much was taken of [`StackMemory`].
    room: Cell<usize>,
}

// The shim's block of zeros must cover a cache.
const _: () = assert!(size_of::<ThreadCache>() <= 2688 && size_of::<Bin>() == 32);

impl ThreadCache {
    /// Empty bins without arrays.
    pub(crate) fn new() -> Self {
        Self {
            bins: core::array::from_fn(|index| {
                Bin::new(match SmallClass::from_index(index) {
                    Some(class) => class.magic(),
                    None => {
                        let class = MediumClass::from_index(index);
                        class.and_then(|class| u32::try_from(class.size_bytes()).ok()).unwrap_or(0)
                    }
                })
            }),
            medium_bytes: Cell::new(0),
            medium_room: Cell::new(MEDIUM_BYTES),
            was_full: Cell::new(false),
            room: Cell::new(0),
            is_thrifty: Cell::new(false),
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

    /// Takes the block of a medium class that was pushed last.
    #[inline]
    pub(crate) fn pop_medium(&self, class: MediumClass) -> Option<usize> {
        let bin = self.medium_bin(class);
        let block = bin.pop()?;
        self.medium_bytes.set(self.medium_bytes.get().wrapping_sub(bin.medium_size()));
        Some(block)
    }

    /// Takes a block of a medium class that is aligned to `alignment`, a power of two.
    pub(crate) fn pop_medium_aligned(&self, class: MediumClass, alignment: usize) -> Option<usize> {
        let bin = self.medium_bin(class);
        let block = bin.pop_aligned(alignment)?;
        self.medium_bytes.set(self.medium_bytes.get().wrapping_sub(bin.medium_size()));
        Some(block)
    }

    /// Pushes a block of a medium class if there is room in its bin and among all of them.
    #[inline]
    pub(crate) fn push_medium(&self, class: MediumClass, block: usize) -> bool {
        let bin = self.medium_bin(class);
        let bytes = self.medium_bytes.get() + bin.medium_size();
        let is_pushed = bytes <= self.medium_room.get() && bin.push(block);
        if is_pushed {
            self.medium_bytes.set(bytes);
        }
        is_pushed
    }

    /// Notes that a block of a medium class was turned away; if that may be cached at all, there is not room enough.
    pub(crate) fn note_full(&self, class: MediumClass) {
        if self.medium_bin(class).capacity() > 0 {
            self.was_full.set(true);
        }
    }

    /// Prepares the bin of a medium class for a refill, since it has nothing: gives it its array. Returns how many
    /// blocks it is to be refilled with beside the one that is missed: none at first, then more each time, as each
    /// of them touches a page.
    pub(crate) fn prepare_medium_refill(
        &self,
        class: MediumClass,
        source: ArraySource<'_>,
    ) -> usize {
        self.grow_missed(source);
        self.grow_medium(class, source);
        let bytes = MEDIUM_REFILL_BYTES.min(self.medium_room.get() - self.medium_bytes.get());
        let most = bytes.checked_div(class.size_bytes()).unwrap_or(0);
        let bin = self.medium_bin(class);
        let refills = usize::try_from(bin.refills()).unwrap_or(usize::MAX);
        bin.note_refill();
        most.min(refills.saturating_mul(2)).min(MEDIUM_REFILL_MAX).min(bin.capacity())
    }

    /// Lets the medium bins hold more, if they turned blocks away and one is missed now.
    fn grow_missed(&self, source: ArraySource<'_>) {
        let room = self.medium_room.get();
        if self.was_full.replace(false)
            && !source.is_tight()
            && room < MEDIUM_BYTES_MAX
            && source.memory.take_room(MEDIUM_STEP)
        {
            self.medium_room.set(room + MEDIUM_STEP);
        }
    }

    /// Calls `take` with the `count` oldest blocks of a medium class and removes them.
    pub(crate) fn remove_oldest_medium(
        &self,
        class: MediumClass,
        count: usize,
        take: impl FnOnce(&[usize]),
    ) {
        self.medium_bin(class).remove_oldest(count, |blocks| {
            let bytes = blocks.len() * class.size_bytes();
            self.medium_bytes.set(self.medium_bytes.get().wrapping_sub(bytes));
            take(blocks);
        });
    }

    /// Prepares the bin of a small class for a refill, which is due: doubles its capacity or gives it its
    /// first array, if it may grow and larger refills would follow. Returns how many blocks it is to be refilled with.
    pub(crate) fn grow_to_refill(&self, class: SmallClass, source: ArraySource<'_>) -> usize {
        let bin = self.small_bin(class);
        let most = REFILL_BYTES.checked_div(class.size_bytes()).unwrap_or(0);
        let most = most.clamp(REFILL_MIN, REFILL_MAX);
        grow(bin, usual_limit(class, source).min(2 * most), source);
        bin.capacity().div_ceil(2).min(most)
    }

    /// Doubles the capacity of the bin of a small class, which is full. False: it is as large as it may be,
    /// or memory ran out.
    pub(crate) fn grow_full(&self, class: SmallClass, source: ArraySource<'_>) -> bool {
        let bin = self.small_bin(class);
        let usual = usual_limit(class, source);
        // Without refills since it last grew, the program only frees what others allocated.
        let unused = match self.is_thrifty.get() {
            true => 0,
            false if source.tunables.is_tcache_limited() => usual,
            false => UNUSED_BLOCKS_MAX.min(usual),
        };
        if bin.refills() == 0 && bin.capacity() >= unused {
            return false;
        }
        if bin.capacity() < usual {
            return grow(bin, usual, source);
        }
        let before = bin.capacity();
        let bytes = before * class.size_bytes();
        if before == 0
            || source.tunables.is_tcache_limited()
            || source.is_tight()
            || 2 * before > ROOMY_BLOCKS_MAX
            || self.room.get() + bytes > ROOM_MAX
            || !source.memory.take_room(bytes)
        {
            return false;
        }
        grow(bin, 2 * before, source);
        // Less, if the rest of its array was enough for now, or nothing, if memory ran out.
        let grown = (bin.capacity() - before) * class.size_bytes();
        source.memory.give_room(bytes - grown.min(bytes));
        self.room.set(self.room.get() + grown.min(bytes));
        grown > 0
    }

    /// Gives the bin of a medium class its array for a block that was freed, unless it has one, or is not to keep what
    /// the thread does not allocate.
    pub(crate) fn grow_medium_to_keep(&self, class: MediumClass, source: ArraySource<'_>) {
        if !self.is_thrifty.get() {
            self.grow_medium(class, source);
        }
    }

    /// Leaves small bins no more room than they use, until they are refilled.
    pub(crate) fn fit(&self, source: ArraySource<'_>) {
        SmallClass::all().for_each(|class| self.fit_bin(class, source));
    }

    /// The same for one bin. What it was allowed to hold beyond the usual is given back.
    pub(crate) fn fit_bin(&self, class: SmallClass, source: ArraySource<'_>) {
        let bin = self.small_bin(class);
        let (before, after) = (bin.capacity(), bin.len());
        if after < before {
            bin.set_capacity(after);
            let roomy = before.saturating_sub(after.max(usual_limit(class, source)));
            let room = (roomy * class.size_bytes()).min(self.room.get());
            self.room.set(self.room.get() - room);
            source.memory.give_room(room);
        }
    }

    /// Whether bins keep nothing of which the thread does not allocate.
    pub(crate) fn is_thrifty(&self) -> bool {
        self.is_thrifty.get()
    }

    /// From now on bins keep nothing of which the thread does not allocate, or do again.
    pub(crate) fn set_thrifty(&self, is_thrifty: bool) {
        self.is_thrifty.set(is_thrifty);
    }

    /// Gives the bin of a medium class its array, unless it has it or may hold nothing.
    fn grow_medium(&self, class: MediumClass, source: ArraySource<'_>) {
        let bin = self.medium_bin(class);
        if bin.capacity() == 0 {
            grow(bin, medium_limit(class, source), source);
        }
    }

    /// Bytes of all blocks in it.
    pub(crate) fn bytes(&self) -> usize {
        let small = SmallClass::all().map(|class| self.small_bin(class).len() * class.size_bytes());
        small.sum::<usize>() + self.medium_bytes.get()
    }

    /// The number of blocks in each bin, by index, for any thread: right while the owner does nothing.
    pub(crate) fn counts(&self) -> impl Iterator<Item = usize> + '_ {
        self.bins.iter().map(Bin::len_seen_by_others)
    }

    /// Calls `visit` with the blocks of one bin, for any thread: right while the owner does nothing.
    pub(crate) fn visit_by_others(&self, index: usize, visit: impl FnMut(usize)) {
        if let Some(bin) = self.bins.get(index) {
            bin.visit_by_others(visit);
        }
    }

    /// Bytes that it took of [`StackMemory::take_room`].
    pub(super) fn room(&self) -> usize {
        self.room.get() + self.medium_room.get() - MEDIUM_BYTES
    }

    /// Leaves the cache as a thread finds it that begins; every bin must be empty. The arrays stay for that thread,
    /// so that none of them has to be fetched from what all threads share; but for those of roomy bins.
    pub(crate) fn reset(&self, memory: &StackMemory) {
        for bin in &self.bins {
            if bin.array_places() <= BIN_BLOCKS_MAX {
                bin.set_capacity(0);
            } else if let Some((array, places)) = bin.detach() {
                memory.put(array, places);
            }
        }
        memory.give_room(self.room());
        self.room.set(0);
        self.medium_room.set(MEDIUM_BYTES);
        self.was_full.set(false);
        self.is_thrifty.set(false);
    }
}

/// Blocks of a small class that a bin holds at most unless it becomes roomy.
fn usual_limit(class: SmallClass, source: ArraySource<'_>) -> usize {
    let size = class.size_bytes();
    let most = if source.is_tight() { BIN_BYTES_TIGHT } else { BIN_BYTES_MAX };
    let bytes = source.share(most).max(BIN_BYTES_MIN);
    let usual = bytes.checked_div(size).unwrap_or(0).clamp(1, BIN_BLOCKS_MAX);
    source.tunables.tcache_limit(size).unwrap_or(usual)
}

/// Blocks of a medium class that are kept at most.
fn medium_limit(class: MediumClass, source: ArraySource<'_>) -> usize {
    let usual = source.share(MEDIUM_BLOCKS_MAX).max(1);
    let limit = source.tunables.tcache_limit(class.size_bytes());
    limit.map_or(usual, |most| most.min(MEDIUM_BLOCKS_MAX))
}

fn grow(bin: &Bin, most: usize, source: ArraySource<'_>) -> bool {
    if bin.capacity() >= most {
        return false;
    }
    let places = bin.array_places();
    if places > bin.capacity() {
        bin.set_capacity(next_places(bin.capacity()).min(places).min(most));
        return true;
    }
    let places = next_places(places);
    let Some(array) = source.memory.take(places, source.metadata, source.os) else { return false };
    // SAFETY: `take` returned an array of so many places with its floor; bins only grow.
    if let Some((old, old_places)) = unsafe { bin.move_to(array, places.min(most)) } {
        source.memory.put(old, old_places);
    }
    true
}

const _: () = assert!(BINS > 63 && SMALL_CLASSES < 63);
