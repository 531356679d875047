//! Medium blocks that come from the thread cache, and go there: the second fast paths.
//!
//! They need nothing of the thread but its cache, and do what [`Heap::allocate`] and [`Heap::free`]
//! would do with such a block. Whatever is not plain goes there.

use super::block::chunk_before;
use super::heap::Heap;
use super::memory;
use crate::arena::{CHUNK_OVERHEAD, ChunkState, Kind};
use crate::os::System;
use crate::size_class::{ClassByte, MediumClass};
use crate::tcache::ThreadCache;
use crate::units::{ALIGNMENT, UNIT};

impl<S: System> Heap<S> {
    /// A cached block for a request of more than a small block's size.
    #[inline(always)]
    pub(crate) fn pop_medium(cache: &ThreadCache, size: usize) -> Option<usize> {
        Self::take_cached_chunk(cache, MediumClass::for_request(size)?)
    }

    /// A cached block of a medium class, no longer marked.
    #[inline(always)]
    pub(super) fn take_cached_chunk(cache: &ThreadCache, class: MediumClass) -> Option<usize> {
        let block = cache.pop_medium(class)?;
        memory::set_mark(block, 0);
        Some(block)
    }

    /// Caches the block at `address`, which may be anything, if it is a chunk in use whose end was not
    /// overrun, and there is room.
    #[inline(always)]
    pub(crate) fn push_medium(&self, cache: &ThreadCache, address: usize) -> bool {
        if self.map.window_class_at(address) != Some(usize::from(ClassByte::CHUNK.byte()))
            || !address.is_multiple_of(ALIGNMENT)
            || address.is_multiple_of(UNIT)
        {
            return false;
        }
        let key = self.chunk_key();
        let chunk = chunk_before(address);
        let header = chunk.header(key);
        if header.state != ChunkState::InUse || header.kind != Kind::Plain {
            return false;
        }
        let Some(class) = MediumClass::that_fits(header.size - CHUNK_OVERHEAD) else {
            return false;
        };
        let mark = key.mark(address);
        // A broken tag behind the block, and a block that is cached already, are for the slow path to tell.
        if chunk.forward(header.size).header(key).state == ChunkState::Broken
            || memory::mark(address) == mark
            || !cache.push_medium(class, address)
        {
            return false;
        }
        memory::set_mark(address, mark);
        true
    }
}
