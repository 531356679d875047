//! Memory for the arrays of bins: powers of two of places, used again by all threads.
#![expect(unsafe_code, reason = "arrays pass between threads through pools")]

use core::ptr::NonNull;

use super::ThreadCache;
use super::bin::{FLOOR_WORDS, PLACES_WORD};
use crate::os::{Lock, System};
use crate::sync::counts::{self, Line, LockKind};
use crate::sync::{AtomicUsize, Ordering};
use crate::unitmap::{Metadata, Pool};
use crate::units::{CACHE_LINE, align_up};

/// Places of the smallest array, and how many doublings there are.
const SMALLEST: usize = 16;
const SIZES: usize = 13;

/// Bytes of blocks that the roomy bins of all threads hold at most.
const ROOM_MAX: usize = 32 * 1024 * 1024;

/// Arrays that no bin has, by size.
#[repr(align(128))]
pub(crate) struct StackMemory {
    pools: Lock<[Pool; SIZES]>,
    /// Bytes of blocks that bins may hold which were allowed to grow beyond the usual.
    room: AtomicUsize,
}

/// Places in the array after one of `places`; the smallest after 0.
pub(super) fn next_places(places: usize) -> usize {
    if places == 0 { SMALLEST } else { places * 2 }
}

impl StackMemory {
    /// No arrays.
    pub(crate) const fn new() -> Self {
        Self {
            pools: Lock::of(LockKind::Stacks, [const { Pool::new() }; SIZES]),
            room: AtomicUsize::new(0),
        }
    }

    /// An array of so many places and the floor before them; its words are initialised, those of
    /// the floor zero.
    pub(super) fn take(
        &self,
        places: usize,
        metadata: &Metadata,
        os: &dyn System,
    ) -> Option<*mut usize> {
        let kept = self.pools.lock().get_mut(rank(places))?.take();
        // No two threads' arrays share a cache line: both write to theirs with each call.
        let bytes = align_up((FLOOR_WORDS + places) * size_of::<usize>(), CACHE_LINE);
        let array: NonNull<usize> = match kept {
            Some(array) => array.cast(),
            None => metadata.allocate(bytes, CACHE_LINE, os)?.cast(),
        };
        // SAFETY: an array begins with the floor; the pool's link lay in its first word.
        unsafe { array.write_bytes(0, FLOOR_WORDS) };
        // SAFETY: within the floor.
        let word = unsafe { array.add(PLACES_WORD) };
        // SAFETY: as above. Other threads that still look at the array see this number or, for a moment, 0.
        unsafe { word.write(places) };
        Some(array.as_ptr())
    }

    /// Keeps an array that [`Self::take`] returned, and that no bin uses any more.
    pub(super) fn put(&self, array: *mut usize, places: usize) {
        let mut pools = self.pools.lock();
        if let (Some(pool), Some(array)) = (pools.get_mut(rank(places)), NonNull::new(array)) {
            // SAFETY: the array came from metadata and is unused by the contract of this function;
            // pools are by size.
            unsafe { pool.put(array.cast()) };
        }
    }

    /// Lets bins hold so many more bytes of blocks; false if all threads' roomy bins come to too much.
    pub(super) fn take_room(&self, bytes: usize) -> bool {
        counts::written(Line::Counter, &self.room);
        let taken = self.room.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= ROOM_MAX;
        if !taken {
            self.give_room(bytes);
        }
        taken
    }

    /// Takes back what [`Self::take_room`] allowed.
    pub(super) fn give_room(&self, bytes: usize) {
        counts::written(Line::Counter, &self.room);
        // Saturating: a child may have been forked while this was under way.
        let give = |room: usize| Some(room.saturating_sub(bytes));
        let _ = self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, give);
    }

    /// In the child of a fork: opens the lock; each pool is right after every single store. Of the room only what
    /// the cache of the surviving thread has is taken.
    pub(crate) fn reset_in_child(&self, cache: Option<&ThreadCache>) {
        self.pools.reset_in_child();
        self.room.store(cache.map_or(0, ThreadCache::room), Ordering::Relaxed);
    }
}

fn rank(places: usize) -> usize {
    (places / SMALLEST).trailing_zeros() as usize
}
