//! Memory for descriptors, caches and arenas, apart from the memory that programs write to.
//!
//! Blocks are carved from mappings one after the other and never given back; their users keep what
//! they no longer need in a [`Pool`] and take it again from there, always for the same purpose.
#![expect(unsafe_code, reason = "pools link blocks that nobody uses")]

use core::ptr::{NonNull, with_exposed_provenance_mut};

use crate::os::{Lock, System};
use crate::sync::counts::LockKind;
use crate::sync::{AtomicUsize, Ordering};
use crate::units::align_up;

/// Bytes mapped at once for small requests; the first mapping is smaller.
const STEP: usize = 256 * 1024;
const FIRST_STEP: usize = 64 * 1024;

/// The bump allocator of metadata. Its memory is zeroed.
#[repr(align(128))]
pub(crate) struct Metadata {
    rest: Lock<Rest>,
    /// Bytes of all mappings.
    mapped: AtomicUsize,
}

/// What is left of the newest mapping.
struct Rest {
    cursor: usize,
    end: usize,
}

impl Metadata {
    /// No memory yet.
    pub(crate) const fn new() -> Self {
        Self {
            rest: Lock::of(LockKind::Metadata, Rest { cursor: 0, end: 0 }),
            mapped: AtomicUsize::new(0),
        }
    }

    /// Bytes of all its mappings.
    pub(crate) fn mapped_bytes(&self) -> usize {
        self.mapped.load(Ordering::Relaxed)
    }

    /// `size` bytes of zeroed memory for ever, aligned to `alignment` (a power of two up to a page).
    pub(crate) fn allocate(
        &self,
        size: usize,
        alignment: usize,
        os: &dyn System,
    ) -> Option<NonNull<u8>> {
        if size > STEP / 4 {
            return self.allocate_mapping(size, os);
        }
        let mut rest = self.rest.lock();
        let (mut start, mut end) = (align_up(rest.cursor, alignment), rest.end);
        if start + size > end {
            let step = if rest.end == 0 { FIRST_STEP.max(size) } else { STEP };
            let step = align_up(step, os.page_size());
            start = os.map(step)?;
            end = start + step;
            self.mapped.fetch_add(step, Ordering::Relaxed);
        }
        // In this order, and from local values, so that `reset_in_child` may come at any moment.
        rest.end = end;
        rest.cursor = start + size;
        NonNull::new(with_exposed_provenance_mut(start))
    }

    /// Goes on with memory from somewhere else, when the system has none: `size` zeroed bytes from
    /// `start`, a multiple of 16, which stay with the metadata for ever.
    ///
    /// # Safety
    /// Nobody else uses that memory.
    pub(crate) unsafe fn donate(&self, start: usize, size: usize) {
        let mut rest = self.rest.lock();
        if size > rest.end.saturating_sub(rest.cursor) {
            rest.cursor = start;
            rest.end = start + size;
        }
    }

    /// Unmaps what [`Self::allocate_mapping`] returned.
    pub(crate) fn unmap(&self, mapping: NonNull<u8>, size: usize, os: &dyn System) {
        let size = align_up(size, os.page_size());
        if os.unmap(mapping.addr().get(), size) {
            self.mapped.fetch_sub(size, Ordering::Relaxed);
        } else {
            // Where the kernel refuses (the number of mappings is limited), at least the pages go.
            os.discard(mapping.addr().get(), size);
        }
    }

    /// A zeroed mapping of its own.
    pub(crate) fn allocate_mapping(&self, size: usize, os: &dyn System) -> Option<NonNull<u8>> {
        let size = align_up(size, os.page_size());
        let mapping = os.map(size)?;
        self.mapped.fetch_add(size, Ordering::Relaxed);
        NonNull::new(with_exposed_provenance_mut(mapping))
    }

    /// In the child of a fork: if another thread was in here, what is left of its mapping is lost.
    pub(crate) fn reset_in_child(&self) {
        if self.rest.is_locked() {
            self.rest.reset_in_child();
            let mut rest = self.rest.lock();
            rest.cursor = rest.end;
        }
    }
}

/// Blocks of one size that wait to be used again, linked through their first word.
///
/// # Invariant
/// Each linked block came from [`Metadata`], is at least a word, and nobody else uses it.
pub(crate) struct Pool {
    first: Option<NonNull<Link>>,
}

struct Link {
    next: Option<NonNull<Link>>,
}

// SAFETY: a pool owns its blocks alone (its invariant), so they may change threads with it.
unsafe impl Send for Pool {}

impl Pool {
    /// No blocks.
    pub(crate) const fn new() -> Self {
        Self { first: None }
    }

    /// Takes a block; its content is what its last user left, but for the first word.
    pub(crate) fn take(&mut self) -> Option<NonNull<u8>> {
        let first = self.first?;
        // SAFETY: by the invariant the block is ours alone, and `put` wrote a link to its first word.
        self.first = unsafe { first.read() }.next;
        Some(first.cast())
    }

    /// Keeps a block.
    ///
    /// # Safety
    /// `block` came from [`Metadata::allocate`], has room and alignment for a pointer, is always put
    /// into pools for blocks of its size, and nobody uses it any more.
    pub(crate) unsafe fn put(&mut self, block: NonNull<u8>) {
        let link: NonNull<Link> = block.cast();
        // SAFETY: by the precondition the block is ours now, large and aligned enough.
        unsafe { link.write(Link { next: self.first }) };
        self.first = Some(link);
    }
}

#[cfg(test)]
#[expect(clippy::multiple_unsafe_ops_per_block, reason = "one story per block")]
mod tests {
    use super::*;
    use crate::os::testing::TestSystem;

    #[test]
    fn blocks_are_aligned_zeroed_and_apart() {
        let (metadata, os) = (Metadata::new(), TestSystem::leaked());
        let mut last_end = 0;
        for size in [8, 24, 100, 4096, 70_000, 300_000, 16] {
            let block = metadata.allocate(size, 64, os).unwrap();
            assert_eq!(block.addr().get() % 64, 0);
            for i in 0..size {
                // SAFETY: inside the block.
                unsafe {
                    assert_eq!(block.add(i).read(), 0);
                    block.add(i).write(0xff);
                }
            }
            assert_ne!(block.addr().get(), last_end);
            last_end = block.addr().get();
        }
    }

    #[test]
    fn exhaustion_is_none_and_not_for_ever() {
        let (metadata, os) = (Metadata::new(), TestSystem::leaked());
        os.fail_maps(true);
        assert!(metadata.allocate(64, 8, os).is_none());
        os.fail_maps(false);
        assert!(metadata.allocate(64, 8, os).is_some());
    }

    #[test]
    fn a_pool_gives_back_what_was_put() {
        let (metadata, os) = (Metadata::new(), TestSystem::leaked());
        let mut pool = Pool::new();
        assert!(pool.take().is_none());
        let blocks = [(); 3].map(|()| metadata.allocate(64, 64, os).unwrap());
        for block in blocks {
            // SAFETY: a block of 64 bytes that nobody uses.
            unsafe { pool.put(block) };
        }
        assert_eq!([(); 4].map(|()| pool.take()).map(|b| b.is_some()), [true, true, true, false]);
    }
}
