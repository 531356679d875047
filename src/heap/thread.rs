//! What a thread has of the heap: its cache and its arena.
#![expect(unsafe_code, reason = "lives in metadata and behind the thread-local word")]

use core::cell::Cell;
use core::ptr::NonNull;

use crate::arena::Arena;
use crate::tcache::ThreadCache;
use crate::unitmap::Pool;

/// One thread's share. The cache comes first: the fast paths take the address of this for that of
/// the cache.
#[repr(C)]
pub(crate) struct Thread {
    pub(crate) cache: ThreadCache,
    arena: Cell<&'static Arena>,
    /// Bytes in the medium bins: Σ size of the class of each chunk.
    pub(super) medium_bytes: Cell<usize>,
    /// Whether small blocks are on their way from the cache to their slabs, for a signal handler that
    /// interrupts this thread and calls `exit`.
    pub(super) is_flushing: Cell<bool>,
}

impl Thread {
    /// A thread's share in metadata of its size and alignment that nobody else uses.
    pub(super) fn create(memory: NonNull<Self>, arena: &'static Arena) -> &'static Self {
        // SAFETY: by the contract of this function, which `Heap::start_thread` keeps.
        unsafe {
            memory.write(Self {
                cache: ThreadCache::new(),
                arena: Cell::new(arena),
                medium_bytes: Cell::new(0),
                is_flushing: Cell::new(false),
            })
        };
        // SAFETY: just written; metadata is never unmapped.
        unsafe { memory.as_ref() }
    }

    /// Puts memory that `create` would get into the pool of such memory.
    pub(super) fn give_up(memory: NonNull<Self>, pool: &mut Pool) {
        // SAFETY: metadata of this size that nobody uses, by the contract of this function.
        unsafe { pool.put(memory.cast()) };
    }

    /// Puts the memory of an ended thread, which nobody uses any more, into that pool.
    pub(super) fn retire(&'static self, pool: &mut Pool) {
        Self::give_up(NonNull::from(self), pool);
    }

    /// The arena that it allocates from.
    pub(crate) fn arena(&self) -> &'static Arena {
        self.arena.get()
    }

    /// Changes the arena.
    pub(super) fn set_arena(&self, arena: &'static Arena) {
        self.arena.set(arena);
    }
}
