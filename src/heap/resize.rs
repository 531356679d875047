//! `realloc`: in place where that is possible, else a new block and a copy.

use super::block::{Block, Place};
use super::heap::Heap;
use super::memory;
use super::thread::Thread;
use crate::arena::{Arena, CHUNK_OVERHEAD, Chunk, ChunkState, Mapped};
use crate::diag::{Misuse, fatal};
use crate::os::System;
use crate::size_class::{MEDIUM_MAX, MediumClass, SMALL_MAX};
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
        if chunk_fits_well(block.usable, size) {
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
        // A block that grows grows again: take more room where that is free.
        let roomy = self.roomy_size(block.usable, size);
        let grow = || arena.resize(chunk, size, self.backing());
        let grown = !self.is_wanted_in_file(size)
            && (arena.resize(chunk, roomy, self.backing()) || (roomy > size && grow()));
        if grown {
            return Some(block.address);
        }
        self.move_block(thread, block, size).or_else(|| {
            // What was given back at the hard limit may be what was missing here.
            (!self.is_wanted_in_file(size) && grow()).then_some(block.address)
        })
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
        let is_in_file = Mapped::is_in_file(chunk, self.backing());
        let moved = match self.mapped.resize(chunk, size, self.backing()) {
            Some(moved) => moved,
            None if size <= block.usable => return Some(block.address),
            None if is_in_file => return self.move_file(thread, block, size, chunk),
            None => match self.resize_after_release(thread, size, chunk) {
                Some(moved) => moved,
                None => return self.move_block(thread, block, size),
            },
        };
        self.perturb_grown(moved.user_address(), block.usable, size);
        Some(moved.user_address())
    }

    /// With what is given back at the hard limit a mapped chunk may grow after all.
    #[cold]
    #[inline(never)]
    fn resize_after_release(
        &self,
        thread: Option<&Thread>,
        size: usize,
        chunk: Chunk,
    ) -> Option<Chunk> {
        let is_released = self.release_for(thread, size);
        if is_released { self.mapped.resize(chunk, size, self.backing()) } else { None }
    }

    /// As [`Self::move_block`] for a block that is a file and has to grow. It will grow again, and each time all
    /// of it is copied, so it gets up to a fourth more than it had.
    #[cold]
    #[inline(never)]
    fn move_file(
        &self,
        thread: Option<&Thread>,
        block: Block,
        size: usize,
        chunk: Chunk,
    ) -> Option<usize> {
        let roomy = size.max(block.usable + block.usable / 4);
        let moved = self.allocate(thread, roomy).or_else(|| self.allocate(thread, size))?;
        memory::copy(block.address, moved, block.usable);
        if !self.mapped.free(chunk, self.backing()) {
            fatal(Misuse::RemapInvalidPointer, block.address);
        }
        Some(moved)
    }

    /// [`roomy_size`], unless that is large enough for a mapping.
    fn roomy_size(&self, usable: usize, size: usize) -> usize {
        let roomy = roomy_size(usable, size);
        if self.may_round_to(roomy, 0) { roomy } else { size }
    }

    /// A new block with the content of the old one, which is freed.
    fn move_block(&self, thread: Option<&Thread>, block: Block, size: usize) -> Option<usize> {
        let roomy = self.roomy_size(block.usable, size);
        let moved = self.allocate(thread, roomy).or_else(|| self.allocate(thread, size))?;
        memory::copy(block.address, moved, block.usable.min(size));
        self.free_block(thread, block);
        Some(moved)
    }
}

/// What to ask for when a block of `usable` bytes becomes one of `size` bytes and cannot stay as it is: a block
/// that grew will grow again, so it gets up to a fourth more than it had, as long as that is of the same kind.
#[inline(always)]
pub(crate) fn roomy_size(usable: usize, size: usize) -> usize {
    if size <= usable {
        return size;
    }
    let roomy = usable + usable / 4;
    if size <= SMALL_MAX {
        return roomy.clamp(size, SMALL_MAX);
    }
    roomy_medium_size(roomy, size)
}

/// The same for a medium block, in which a class fits that is not larger than `roomy` bytes.
fn roomy_medium_size(roomy: usize, size: usize) -> usize {
    match MediumClass::for_request(size) {
        Some(class) => class
            .size_bytes()
            .max(MediumClass::that_fits(roomy.min(MEDIUM_MAX)).map_or(0, MediumClass::size_bytes)),
        None => size,
    }
}

/// Whether a chunk may keep its place: large enough, and not so large that cutting off the rest is worth
/// while. Less than the room that growing took is not; nor are crumbs, of which nobody can make use. What has
/// become small moves into a slab.
pub(crate) fn chunk_fits_well(usable: usize, size: usize) -> bool {
    let least = match usable {
        _ if size <= SMALL_MAX => 0,
        0..=MEDIUM_MAX => usable / 4,
        _ => usable / 8,
    };
    size <= usable && usable - size < least.max(CRUMB)
}

/// Whether a small object may keep its place: large enough, and not less than half used.
pub(crate) fn fits_well(usable: usize, size: usize) -> bool {
    size <= usable && (size > usable / 2 || usable <= 32)
}
