//! Memory for an arena's descriptors: a little that it keeps for ever, then blocks that go back to the system when
//! none of their descriptors describes a slab any more.
//!
//! ```text
//! block: | Block | descriptor | descriptor | … | not used yet |
//! ```
//!
//! # Invariant
//! Behind a block's header lie `used - HEADER` bytes of descriptors, one after the other.
#![expect(unsafe_code, reason = "descriptors lie one behind the other in a block")]

use core::ptr::{NonNull, from_ref, null_mut};

use super::Slab;
use crate::os::System;
use crate::sync::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use crate::unitmap::Metadata;
use crate::units::{CACHE_LINE, align_up};

/// Bytes of descriptors that an arena never gives back, unless the system has no memory for a block.
const PERMANENT: usize = 4096;
/// Bytes of a block while an arena has few of them, unless it is for large descriptors, and later.
const SIZE: usize = 4 * 1024;
const LARGE_SIZE: usize = 64 * 1024;
const FEW: usize = 512;
/// So many descriptors are to find room in it.
const DESCRIPTORS: usize = 8;
const HEADER: usize = CACHE_LINE;
/// So many blocks more, and a fourth, are a reason to look for unused ones.
const LOOK_STEP: usize = 16;

/// The header of a block. Guarded by: the arena's lock.
#[repr(C, align(64))]
pub(super) struct Block {
    next: AtomicPtr<Self>,
    size: usize,
    /// Bytes from the start of the block that are taken.
    used: AtomicUsize,
    /// Descriptors in it that describe a slab.
    open: AtomicU32,
}

const _: () = assert!(size_of::<Block>() <= HEADER);

impl Block {
    /// Notes that one of its descriptors describes a slab from now on.
    pub(super) fn note_opened(&self) {
        self.open.store(self.open.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// Notes that one no longer does.
    pub(super) fn note_closed(&self) {
        self.open.store(self.open.load(Ordering::Relaxed) - 1, Ordering::Relaxed);
    }

    /// So many bytes of it, if it has them.
    fn take(&'static self, bytes: usize) -> Option<NonNull<u8>> {
        let used = self.used.load(Ordering::Relaxed);
        if used + bytes > self.size {
            return None;
        }
        self.used.store(used + bytes, Ordering::Relaxed);
        // SAFETY: the block has `size` bytes.
        Some(unsafe { NonNull::from(self).cast::<u8>().add(used) })
    }

    /// Calls `visit` with its descriptors.
    fn for_each(&'static self, mut visit: impl FnMut(&'static Slab)) {
        let mut offset = HEADER;
        while offset < self.used.load(Ordering::Relaxed) {
            // SAFETY: inside the block.
            let slab: NonNull<Slab> =
                unsafe { NonNull::from(self).cast::<u8>().add(offset) }.cast();
            // SAFETY: by the invariant a descriptor lies there, which lives as long as the block.
            let slab = unsafe { slab.as_ref() };
            offset += slab.bytes();
            visit(slab);
        }
    }
}

/// All blocks of an arena, and how much it has beside them. Guarded by: the arena's lock.
pub(crate) struct Blocks {
    newest: Option<&'static Block>,
    count: usize,
    permanent: usize,
    /// With so many blocks it is worth while to look for unused ones.
    look_at: usize,
}

impl Blocks {
    /// No memory.
    #[cfg(test)]
    pub(crate) const fn new() -> Self {
        Self { newest: None, count: 0, permanent: 0, look_at: 0 }
    }

    /// Whether so many blocks were added since the last look that it is worth while to look for unused ones: sizes
    /// may have changed.
    #[inline]
    pub(crate) fn is_look_due(&self) -> bool {
        self.count >= self.look_at + LOOK_STEP
    }

    /// Zeroed memory for a descriptor of `bytes` bytes, a multiple of a cache line, and the block in which it lies.
    pub(super) fn allocate(
        &mut self,
        bytes: usize,
        metadata: &Metadata,
        os: &dyn System,
    ) -> Option<(NonNull<u8>, Option<&'static Block>)> {
        if self.permanent + bytes <= PERMANENT {
            return self.allocate_permanent(bytes, metadata, os);
        }
        let newest = self.newest.and_then(|block| Some((block.take(bytes)?, Some(block))));
        newest
            .or_else(|| {
                let block = self.add(bytes, metadata, os)?;
                Some((block.take(bytes)?, Some(block)))
            })
            .or_else(|| self.allocate_permanent(bytes, metadata, os))
    }

    fn allocate_permanent(
        &mut self,
        bytes: usize,
        metadata: &Metadata,
        os: &dyn System,
    ) -> Option<(NonNull<u8>, Option<&'static Block>)> {
        let memory = metadata.allocate(bytes, CACHE_LINE, os)?;
        self.permanent += bytes;
        Some((memory, None))
    }

    fn add(
        &mut self,
        bytes: usize,
        metadata: &Metadata,
        os: &dyn System,
    ) -> Option<&'static Block> {
        let size = align_up(bytes * DESCRIPTORS, SIZE);
        let size = if self.count < FEW { size } else { LARGE_SIZE };
        let memory: NonNull<Block> = metadata.allocate_mapping(size, os)?.cast();
        let next = AtomicPtr::new(pointer(self.newest));
        let header = Block { next, size, used: AtomicUsize::new(HEADER), open: AtomicU32::new(0) };
        // SAFETY: a mapping of its own, which is larger.
        unsafe { memory.write(header) };
        // SAFETY: just written; whoever has the reference is done with it before `release_unused` unmaps it.
        self.newest = Some(unsafe { memory.as_ref() });
        self.count += 1;
        self.newest
    }

    /// Unmaps the blocks of which no descriptor describes a slab, after `forget` was told of each of these.
    ///
    /// Nobody else may know of such a descriptor, but for a stack of slabs with remote frees that is lost (in the
    /// child of a fork): its block stays.
    pub(crate) fn release_unused(
        &mut self,
        metadata: &Metadata,
        os: &dyn System,
        mut forget: impl FnMut(&'static Slab),
    ) {
        let (mut next, mut kept) = (self.newest.take(), None::<&'static Block>);
        while let Some(block) = next {
            next = following(block);
            let mut is_used = block.open.load(Ordering::Relaxed) > 0;
            if !is_used {
                block.for_each(|slab| is_used |= slab.is_queued());
            }
            if !is_used {
                block.for_each(&mut forget);
                self.count -= 1;
                metadata.unmap(NonNull::from(block).cast(), block.size, os);
                continue;
            }
            match kept {
                Some(kept) => kept.next.store(pointer(Some(block)), Ordering::Relaxed),
                None => self.newest = Some(block),
            }
            kept = Some(block);
        }
        if let Some(kept) = kept {
            kept.next.store(null_mut(), Ordering::Relaxed);
        }
        self.look_at = self.count + self.count / 4 + LOOK_STEP;
    }
}

fn pointer(block: Option<&'static Block>) -> *mut Block {
    block.map_or(null_mut(), |block| from_ref(block).cast_mut())
}

fn following(block: &'static Block) -> Option<&'static Block> {
    // SAFETY: null, or made from the reference to a block that is in the list.
    unsafe { block.next.load(Ordering::Relaxed).as_ref() }
}
