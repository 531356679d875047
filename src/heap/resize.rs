//! `realloc`: in place where that is possible, else a new block and a copy.

use super::block::{Block, Place};
use super::heap::Heap;
use super::memory;
use super::thread::Thread;
use crate::arena::{Arena, CHUNK_OVERHEAD, Chunk, ChunkState, Mapped};
use crate::diag::{Misuse, fatal};
use crate::os::System;
use crate::size_class::{MediumClass, SMALL_MAX};
use crate::units::REQUEST_MAX;

/// Bytes that a chunk never gives up alone.
pub(super) const CRUMB: usize = 32;

impl<S: System> Heap<S> {
    /// Resizes a block to `size > 0` bytes and returns where it is now; `None` leaves it as it was.
    pub(crate) fn resize(
        &self,
        thread: Option<&Thread>,
        block: Block,
        size: usize,
    ) -> Option<usize> {
        if size > REQUEST_MAX {
            return None;
        }
        if self.perturb_moves(&block, size)
            && let Some(moved) = self.move_block(thread, block, size)
        {
            return Some(moved);
        }
        match block.place {
            Place::Object(..) if fits_well(block.usable, size) => Some(block.address),
            Place::Object(..) => self.move_block(thread, block, size).or_else(|| {
                // Shrinking succeeds also when there is no memory for a smaller block.
                (size <= block.usable).then_some(block.address)
            }),
            Place::Chunk(chunk, arena) => self.resize_chunk(thread, block, size, (chunk, arena)),
            Place::Mapped(chunk) => self.resize_mapped(thread, block, size, chunk),
        }
    }

    fn resize_chunk(
        &self,
        thread: Option<&Thread>,
        block: Block,
        size: usize,
        (chunk, arena): (Chunk, &'static Arena),
    ) -> Option<usize> {
        // As in `free`: whether the end was overrun is seen now, not when the neighbour is freed.
        let next = chunk.forward(block.usable + CHUNK_OVERHEAD);
        if next.header(self.backing().key).state == ChunkState::Broken {
            fatal(Misuse::ReallocInvalidNextSize, block.address);
        }
        // Cutting off crumbs would only make free chunks that nobody can use.
        if size <= block.usable && block.usable - size < (block.usable / 8).max(CRUMB) {
            return Some(block.address);
        }
        if size <= SMALL_MAX
            && let Some(moved) = self.move_block(thread, block, size)
        {
            return Some(moved);
        }
        if size <= block.usable {
            arena.resize(chunk, size, self.backing());
            return Some(block.address);
        }
        // A block that grows grows again: take the room of its class where that is free.
        let roomy = MediumClass::for_request(size).map_or(size, MediumClass::size_bytes);
        let grown = arena.resize(chunk, roomy, self.backing())
            || (roomy > size && arena.resize(chunk, size, self.backing()));
        if grown { Some(block.address) } else { self.move_block(thread, block, size) }
    }

    fn resize_mapped(
        &self,
        thread: Option<&Thread>,
        block: Block,
        size: usize,
        chunk: Chunk,
    ) -> Option<usize> {
        if !Mapped::is_whole(chunk, self.backing()) {
            fatal(Misuse::RemapInvalidPointer, block.address);
        }
        if let Some(moved) = self.mapped.resize(chunk, size, self.backing()) {
            self.perturb_grown(moved.user_address(), block.usable, size);
            return Some(moved.user_address());
        }
        if size <= block.usable {
            return Some(block.address);
        }
        self.move_block(thread, block, size)
    }

    /// A new block with the content of the old one, which is freed.
    fn move_block(&self, thread: Option<&Thread>, block: Block, size: usize) -> Option<usize> {
        let moved = self.allocate(thread, size)?;
        memory::copy(block.address, moved, block.usable.min(size));
        self.free_block(thread, block);
        Some(moved)
    }
}

/// Whether a small object may keep its place: large enough, and not less than half used.
fn fits_well(usable: usize, size: usize) -> bool {
    size <= usable && (size > usable / 2 || usable <= 32)
}
