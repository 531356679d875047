//! Freeing when the thread cache cannot simply take the block.

use super::block::{Block, Place};
use super::heap::Heap;
use super::memory;
use super::thread::Thread;
use crate::arena::{Arena, CHUNK_OVERHEAD, Chunk, ChunkState, slab_at};
use crate::diag::{Misuse, fatal};
use crate::os::System;
use crate::size_class::{MediumClass, SmallClass};
use crate::sync::{Ordering, compiler_fence};

impl<S: System> Heap<S> {
    /// Frees the block at `address`, or says what is wrong with that and ends the process.
    pub(crate) fn free(&self, thread: Option<&Thread>, address: usize) {
        let block = match self.look_up(address) {
            Ok(block) => block,
            Err(fault) => fatal(self.misuse_of_free(address, fault), address),
        };
        self.free_block(thread, block);
    }

    /// Frees a block that was looked up.
    pub(super) fn free_block(&self, thread: Option<&Thread>, block: Block) {
        if let Some(thread) = thread {
            self.answer(thread);
        }
        match block.place {
            Place::Object(class) => self.free_object(thread, class, block.address),
            Place::Chunk(chunk, arena) => self.free_chunk(thread, block, chunk, arena),
            Place::Mapped(chunk) => {
                self.tunables.note_unmapped(block.usable + crate::arena::USER_OFFSET);
                if !self.mapped.free(chunk, self.backing()) {
                    fatal(Misuse::UnmapInvalidPointer, block.address);
                }
            }
        }
    }

    /// Empties the thread's cache.
    pub(crate) fn flush(&self, thread: &Thread) {
        for class in SmallClass::all() {
            let bin = thread.cache.small_bin(class);
            if !bin.is_empty() {
                self.flush_objects(thread, class, bin.len());
            }
        }
        for class in MediumClass::all() {
            if !thread.cache.medium_bin(class).is_empty() {
                self.flush_chunks(thread, class, usize::MAX);
            }
        }
    }

    /// Says which small block in the thread's cache was freed twice, if one was, and ends the process.
    /// Takes no lock.
    pub(crate) fn check_cache(&self, thread: &Thread) {
        if thread.is_flushing.get() {
            return;
        }
        for class in SmallClass::all() {
            let bin = thread.cache.small_bin(class);
            if let Some(block) = bin.first_twice() {
                fatal(Misuse::DoubleFreeInCache, block);
            }
            for &block in bin.blocks() {
                if self.look_up(block).is_err() {
                    fatal(Misuse::DoubleFree, block);
                }
            }
        }
    }

    fn free_object(&self, thread: Option<&Thread>, class: SmallClass, address: usize) {
        let Some(thread) = thread else {
            self.perturb_freed(address, class.size_bytes());
            self.free_single_object(None, class, address);
            return;
        };
        let bin = thread.cache.small_bin(class);
        if self.tunables.perturb().is_none() && bin.push_checked(address) {
            return;
        }
        if bin.holds(address) {
            fatal(Misuse::DoubleFreeInCache, address);
        }
        self.perturb_freed(address, class.size_bytes());
        if bin.push(address) {
            return;
        }
        // The first block of a class that the thread has anything to do with goes home if it is another's: kept
        // here it would lie next to blocks in use there, and both threads would write to one cache line.
        let is_foreign = bin.capacity() == 0 && self.is_foreign(thread, address);
        self.note_slow_call(thread);
        let before = bin.len();
        let mut is_look_due = if thread.cache.grow_full(class, self.array_source()) {
            thread.note_kept(before * class.size_bytes())
        } else {
            self.flush_objects(thread, class, bin.capacity().div_ceil(2))
        };
        if is_foreign || !bin.push(address) {
            // Or no array could be had, or the bin may hold nothing.
            is_look_due |= self.free_single_object(Some(thread), class, address);
        }
        if thread.is_to_flush.get() {
            self.flush_for_others(thread);
        }
        if is_look_due {
            self.look_for_desertion(thread);
        }
    }

    /// Gives the thread's cache back, since hardly anything lives any more in an arena into which it frees.
    #[cold]
    fn flush_for_others(&self, thread: &Thread) {
        self.flush(thread);
        thread.is_to_flush.set(false);
        thread.cache.reset(&self.stacks);
    }

    /// Whether an object belongs to another arena than the thread's.
    fn is_foreign(&self, thread: &Thread, address: usize) -> bool {
        let arena = core::ptr::from_ref(thread.arena()).addr();
        slab_at(address, self.backing()).owner() != arena
    }

    /// If hardly anything lives in the thread's arena any more gives its memory back, and what the cache holds of it:
    /// a few blocks in each slab would keep all of them.
    #[cold]
    fn look_for_desertion(&self, thread: &Thread) {
        let cached = thread.cache.bytes();
        let Some(arena) = self.arena_for(Some(thread)) else { return };
        let Some(population) = arena.look(cached, self.backing()) else { return };
        if population.is_deserted {
            let was_thrifty = thread.cache.is_thrifty();
            self.flush(thread);
            thread.cache.reset(&self.stacks);
            arena.release_deserted(self.backing());
            // The last blocks of much that lived are to go, too; few are so little work that none need be kept.
            let is_end = population.is_small && population.was_much;
            thread.cache.set_thrifty(was_thrifty || is_end);
            thread.forget_lengths();
        } else if population.is_declining {
            // What is freed from now on shall not vanish in the cache.
            thread.cache.fit(self.array_source());
        } else if !population.is_small {
            thread.cache.set_thrifty(false);
        }
    }

    /// Returns an object to its slab at once; true if a look is due.
    fn free_single_object(
        &self,
        thread: Option<&Thread>,
        class: SmallClass,
        address: usize,
    ) -> bool {
        let Some(arena) = self.arena_for(thread) else { return false };
        let due = arena.free_objects(class, &[address], self.backing());
        if let Some(thread) = thread.filter(|_| due.flush) {
            thread.is_to_flush.set(true);
        }
        due.look
    }

    /// Returns the `count` oldest objects of a bin to their slabs; true if a look is due
    /// ([`Self::look_for_desertion`]).
    pub(super) fn flush_objects(&self, thread: &Thread, class: SmallClass, count: usize) -> bool {
        let bin = thread.cache.small_bin(class);
        let mut is_look_due = false;
        // Meanwhile the objects are in the bin and free in their slabs.
        thread.is_flushing.set(true);
        compiler_fence(Ordering::SeqCst);
        bin.remove_oldest(count, |objects| {
            if let Some(arena) = self.arena_for(Some(thread)) {
                let due = arena.free_objects(class, objects, self.backing());
                thread.is_to_flush.set(thread.is_to_flush.get() || due.flush);
                is_look_due = due.look;
            }
        });
        compiler_fence(Ordering::SeqCst);
        thread.is_flushing.set(false);
        is_look_due
    }

    fn free_chunk(
        &self,
        thread: Option<&Thread>,
        block: Block,
        chunk: Chunk,
        arena: &'static Arena,
    ) {
        let Some((thread, class)) = thread.zip(block.medium_class()) else {
            self.perturb_freed(block.address, block.usable);
            let is_look_due = arena.free(chunk, self.backing());
            if let Some(thread) = thread.filter(|_| is_look_due) {
                self.look_for_desertion(thread);
            }
            return;
        };
        // The chunk may wait in the cache for long: look now whether its end was overrun. A tag changes by
        // single stores from one valid value to another, so no lock is needed.
        let next = chunk.forward(block.usable + CHUNK_OVERHEAD);
        if next.header(self.backing().key).state == ChunkState::Broken {
            fatal(Misuse::InvalidNextSize, block.address);
        }
        let bin = thread.cache.medium_bin(class);
        if self.has_cache_mark(block.address) && bin.holds(block.address) {
            fatal(Misuse::DoubleFreeInCache, block.address);
        }
        self.perturb_freed(block.address, block.usable);
        thread.cache.grow_medium_to_keep(class, self.array_source());
        let mut is_look_due = false;
        if bin.len() == bin.capacity() {
            self.note_slow_call(thread);
            is_look_due = self.flush_chunks(thread, class, bin.capacity().div_ceil(2));
        }
        if thread.cache.push_medium(class, block.address) {
            memory::set_mark(block.address, self.cache_mark(block.address));
        } else {
            thread.cache.note_full(class);
            is_look_due |= arena.free(chunk, self.backing());
        }
        if is_look_due {
            self.look_for_desertion(thread);
        }
    }

    /// Returns the `count` oldest chunks of a bin to their arenas; true if a look is due.
    pub(super) fn flush_chunks(&self, thread: &Thread, class: MediumClass, count: usize) -> bool {
        let mut is_look_due = false;
        thread.cache.remove_oldest_medium(class, count, |blocks| {
            for &address in blocks {
                match self.look_up(address) {
                    Ok(Block { place: Place::Chunk(chunk, arena), .. }) => {
                        memory::set_mark(address, 0);
                        is_look_due |= arena.free(chunk, self.backing());
                    }
                    _ => fatal(Misuse::DoubleFree, address),
                }
            }
        });
        is_look_due
    }
}
