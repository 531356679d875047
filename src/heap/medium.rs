//! Medium blocks that come from the thread cache, and go there: the second fast paths.
//!
//! They need nothing of the thread but its cache, and do what [`Heap::allocate`] and [`Heap::free`]
//! would do with such a block. Whatever is not plain goes there.

use super::block::chunk_before;
use super::heap::Heap;
use super::memory;
use crate::arena::{CHUNK_OVERHEAD, ChunkState, Header, Kind};
use crate::os::System;
use crate::size_class::MediumClass;
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

    /// Caches the block at `address`, which may be anything in a unit of chunks, if it is one in use whose end was
    /// not overrun, and there is room.
    #[inline(always)]
    pub(crate) fn push_medium(&self, cache: &ThreadCache, address: usize) -> bool {
        let Some(header) = self.plain_chunk(address) else { return false };
        let Some(class) = MediumClass::that_fits(header.size - CHUNK_OVERHEAD) else {
            return false;
        };
        let mark = self.cache_mark(address);
        // A block that is cached already is for the slow path to tell.
        if memory::mark(address) == mark || !cache.push_medium(class, address) {
            return false;
        }
        memory::set_mark(address, mark);
        true
    }

    /// The tag of the chunk whose block is at `address`, which may be anything in a unit of chunks, if that is in use
    /// and its end was not overrun.
    #[inline(always)]
    pub(super) fn plain_chunk(&self, address: usize) -> Option<Header> {
        if !address.is_multiple_of(ALIGNMENT) || address.is_multiple_of(UNIT) {
            return None;
        }
        let key = self.chunk_key();
        let chunk = chunk_before(address);
        let header = chunk.header(key);
        // A broken tag behind the block is for the slow path to tell.
        let is_plain = header.state == ChunkState::InUse
            && header.kind == Kind::Plain
            && chunk.forward(header.size).header(key).state != ChunkState::Broken;
        is_plain.then_some(header)
    }
}
