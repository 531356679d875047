//! Allocation when the thread cache has nothing.

use super::heap::Heap;
use super::memory;
use super::thread::Thread;
use crate::arena::{Chunk, FILE_CHUNK_MIN, Growth, chunk_size};
use crate::diag::{Misuse, fatal};
use crate::os::System;
use crate::size_class::{ClassByte, MediumClass, SmallClass, aligned_size};
use crate::tcache::MEDIUM_REFILL_MAX;
use crate::units::{ALIGNMENT, CACHE_LINE, REQUEST_MAX};

/// A block and from where on its memory is known to be zero.
#[derive(Clone, Copy)]
pub(crate) struct Fresh {
    pub(crate) address: usize,
    pub(crate) zero_from: usize,
}

impl Fresh {
    const fn dirty(address: usize) -> Self {
        Self { address, zero_from: usize::MAX }
    }
}

impl<S: System> Heap<S> {
    /// A block of at least `size` bytes; `thread` is the calling one's share, if it has one.
    pub(crate) fn allocate(&self, thread: Option<&Thread>, size: usize) -> Option<usize> {
        let address = self.allocate_fresh(thread, size)?.address;
        self.perturb_allocated(address, size);
        Some(address)
    }

    /// A block of `size` bytes that read as zero.
    pub(crate) fn allocate_zeroed(&self, thread: Option<&Thread>, size: usize) -> Option<usize> {
        let Fresh { address, zero_from } = self.allocate_fresh(thread, size)?;
        memory::clear(address, size.min(zero_from.saturating_sub(address)));
        Some(address)
    }

    /// A block of at least `size` bytes at a multiple of `alignment`, a power of two.
    pub(crate) fn allocate_aligned(
        &self,
        thread: Option<&Thread>,
        size: usize,
        alignment: usize,
    ) -> Option<usize> {
        if alignment <= ALIGNMENT {
            return self.allocate(thread, size);
        }
        if size > REQUEST_MAX || alignment > REQUEST_MAX {
            return None;
        }
        if let Some(thread) = thread {
            self.answer(thread);
        }
        self.heed_limits(thread);
        let address = self.place_aligned(thread, size, alignment)?;
        self.perturb_allocated(address, size);
        Some(address)
    }

    fn place_aligned(
        &self,
        thread: Option<&Thread>,
        size: usize,
        alignment: usize,
    ) -> Option<usize> {
        let class = aligned_size(size, alignment).and_then(SmallClass::for_request);
        if let Some(class) = class.and_then(ClassByte::small) {
            return self.allocate_object(thread, class);
        }
        // Any that is cached later suits most of the requests to come if it is aligned to a cache line.
        let roomy_alignment = alignment.max(CACHE_LINE);
        let class = MediumClass::for_request(size)
            .filter(|class| self.may_round_to(class.size_bytes(), roomy_alignment));
        let cached = thread
            .zip(class)
            .and_then(|(thread, class)| thread.cache.pop_medium_aligned(class, alignment));
        if let Some(block) = cached {
            memory::set_mark(block, 0);
            return Some(block);
        }
        let (size, alignment) = match class {
            Some(class) => (class.size_bytes(), roomy_alignment),
            None => (size, alignment),
        };
        let total = chunk_size(size)?.checked_add(alignment)?;
        let arena = self.arena_for(thread)?;
        if total < self.tunables.mmap_threshold() || !self.may_map() {
            return arena
                .allocate_aligned(size, alignment, self.backing())
                .or_else(|| {
                    let mut arenas = self.arenas.iter();
                    arenas.find_map(|a| a.allocate_aligned(size, alignment, self.backing()))
                })
                .or_else(|| self.mapped.allocate(size, alignment, self.backing()))
                .or_else(|| self.place_after_release(thread, size, alignment))
                .map(|chunk| chunk.user_address());
        }
        self.mapped
            .allocate(size, alignment, self.backing())
            .or_else(|| {
                if self.goes_to_file(size) {
                    return None;
                }
                arena.allocate_aligned(size, alignment, self.backing())
            })
            .or_else(|| self.place_after_release(thread, size, alignment))
            .map(|chunk| chunk.user_address())
    }

    /// The same after all was given back that can be, if that may help: wherever there is room then.
    #[cold]
    #[inline(never)]
    fn place_after_release(
        &self,
        thread: Option<&Thread>,
        size: usize,
        alignment: usize,
    ) -> Option<Chunk> {
        if !self.release_for(thread, size) {
            return None;
        }
        let own = self.arena_for(thread)?;
        let mut arenas = core::iter::once(own).chain(self.arenas.iter());
        let in_arena = if self.goes_to_file(size) {
            None
        } else {
            arenas.find_map(|arena| arena.allocate_aligned(size, alignment, self.backing()))
        };
        in_arena.or_else(|| self.mapped.allocate(size, alignment, self.backing()))
    }

    fn allocate_fresh(&self, thread: Option<&Thread>, size: usize) -> Option<Fresh> {
        if let Some(thread) = thread {
            self.answer(thread);
        }
        self.heed_limits(thread);
        if let Some(class) = SmallClass::for_request(size).and_then(ClassByte::small) {
            return self.allocate_object(thread, class).map(Fresh::dirty);
        }
        match MediumClass::for_request(size) {
            Some(class) if self.may_round_to(class.size_bytes(), 0) => {
                self.allocate_medium(thread, class)
            }
            _ => self.allocate_large(thread, size),
        }
    }

    /// An object of a small class: from the cache, refilling it if it is empty.
    fn allocate_object(&self, thread: Option<&Thread>, class: SmallClass) -> Option<usize> {
        if let Some(thread) = thread {
            let bin = thread.cache.small_bin(class);
            if let Some(block) = bin.pop_checked() {
                return Some(block);
            }
            if bin.has_last_twice() {
                fatal(Misuse::DoubleFreeInCache, bin.pop().unwrap_or(0));
            }
            self.note_refill(thread, class.index());
            let count = thread.cache.grow_to_refill(class, self.array_source());
            let arena = self.arena_for(Some(thread))?;
            bin.refill(count, |places| arena.take_objects(class, places, self.backing()));
            if let Some(block) = bin.pop() {
                return Some(block);
            }
        }
        self.allocate_single_object(thread, class)
    }

    /// An object without a cache, from whichever arena still has one.
    #[cold]
    fn allocate_single_object(&self, thread: Option<&Thread>, class: SmallClass) -> Option<usize> {
        let own = self.arena_for(thread)?;
        let take = || {
            let mut place = [0];
            let mut arenas = core::iter::once(own).chain(self.arenas.iter());
            arenas
                .any(|arena| arena.take_objects(class, &mut place, self.backing()) == 1)
                .then_some(place[0])
        };
        take().or_else(|| self.release_for(thread, class.size_bytes()).then(take).flatten())
    }

    /// A chunk of a medium class: from the cache or the arena.
    fn allocate_medium(&self, thread: Option<&Thread>, class: MediumClass) -> Option<Fresh> {
        let cached = thread.and_then(|thread| Self::take_cached_chunk(&thread.cache, class));
        if let Some(block) = cached {
            return Some(Fresh::dirty(block));
        }
        thread
            .and_then(|thread| self.refill_medium(thread, class))
            .or_else(|| self.allocate_large(thread, class.size_bytes()))
    }

    /// A chunk of a medium class, and some more for the cache.
    fn refill_medium(&self, thread: &Thread, class: MediumClass) -> Option<Fresh> {
        self.note_refill(thread, class.index());
        let wanted = thread.cache.prepare_medium_refill(class, self.array_source());
        let mut others = [0; MEDIUM_REFILL_MAX];
        let others = others.get_mut(..wanted)?;
        let (chunk, zero_from, count) = self.arena_for(Some(thread))?.allocate_several(
            class.size_bytes(),
            others,
            self.backing(),
        )?;
        // The lowest is pushed last, so that it is used first.
        for &block in others.iter().take(count).rev() {
            if thread.cache.push_medium(class, block) {
                memory::set_mark(block, self.cache_mark(block));
            } else {
                self.free(None, block);
            }
        }
        Some(Fresh { address: chunk.user_address(), zero_from })
    }

    /// A chunk of an arena or, from the mmap threshold on and if no free memory fits, a mapping.
    fn allocate_large(&self, thread: Option<&Thread>, size: usize) -> Option<Fresh> {
        if size > REQUEST_MAX {
            return None;
        }
        let arena = self.arena_for(thread)?;
        let allocate = |growth| {
            let (chunk, zero_from) = arena.allocate(size, growth, self.backing())?;
            Some(Fresh { address: chunk.user_address(), zero_from })
        };
        let map = || {
            let address = self.mapped.allocate(size, ALIGNMENT, self.backing())?.user_address();
            Some(Fresh { address, zero_from: address })
        };
        if chunk_size(size)? >= self.tunables.mmap_threshold() && self.may_map() {
            return allocate(Growth::Forbidden)
                .or_else(map)
                .or_else(|| self.allocate_anywhere(thread, size));
        }
        allocate(Growth::Allowed).or_else(|| self.allocate_anywhere(thread, size))
    }

    /// The last resort: what the own arena can still get, a chunk of any arena that has one, or what there is once all
    /// was given back that can be, if that may help.
    #[cold]
    #[inline(never)]
    fn allocate_anywhere(&self, thread: Option<&Thread>, size: usize) -> Option<Fresh> {
        let arena = self.arena_for(thread)?;
        let find = || {
            // What belongs in a file is refused where there is no room for one.
            let growth = if self.goes_to_file(size) { Growth::Forbidden } else { Growth::Allowed };
            arena.allocate(size, growth, self.backing()).or_else(|| {
                let mut arenas = self.arenas.iter();
                arenas.find_map(|arena| arena.allocate(size, Growth::Forbidden, self.backing()))
            })
        };
        let map = || {
            if chunk_size(size)? < self.tunables.mmap_threshold() || !self.may_map() {
                return None;
            }
            let chunk = self.mapped.allocate(size, ALIGNMENT, self.backing())?;
            Some((chunk, chunk.user_address()))
        };
        let found = find()
            .or_else(|| if self.release_for(thread, size) { map().or_else(find) } else { None });
        let (chunk, zero_from) = found?;
        Some(Fresh { address: chunk.user_address(), zero_from })
    }

    /// Whether a request may be rounded up to `size` bytes: not if that, with so many `more`, is large enough for a
    /// mapping.
    pub(super) fn may_round_to(&self, size: usize, more: usize) -> bool {
        chunk_size(size)
            .and_then(|size| size.checked_add(more))
            .is_some_and(|size| size < self.tunables.mmap_threshold())
    }

    /// Whether a mapping of so many bytes would be a file: where its disk has no room for that, anonymous memory
    /// is not to be used in its place.
    pub(super) fn goes_to_file(&self, size: usize) -> bool {
        size >= FILE_CHUNK_MIN && self.tunables.file_directory().is_some()
    }

    /// Whether a chunk of the heap that grows to so many bytes should move into a file.
    pub(super) fn is_wanted_in_file(&self, size: usize) -> bool {
        self.goes_to_file(size) && !self.may_round_to(size, 0) && self.may_map()
    }

    fn may_map(&self) -> bool {
        self.mapped.chunks() < self.tunables.mmap_max()
    }
}
