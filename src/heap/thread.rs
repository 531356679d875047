//! What a thread has of the heap: its cache and its arena.
#![expect(unsafe_code, reason = "lives in metadata and behind the thread-local words")]

use core::cell::Cell;
use core::ptr::{NonNull, null_mut};

use crate::arena::Arena;
use crate::sync::{AtomicBool, AtomicPtr, AtomicUsize};
use crate::tcache::ThreadCache;

/// Bytes kept after which it is worth while to look how much lives in the arena.
const KEPT_TO_LOOK: usize = 64 * 1024;

/// One thread's share. The cache comes first: the fast paths take the address of this for that of
/// the cache.
///
/// Its memory stays a share for ever, so that others may look at the atomics and, by
/// [`ThreadCache::counts`], at the bins whenever they like; all else is the thread's own.
#[repr(C)]
pub(crate) struct Thread {
    pub(crate) cache: ThreadCache,
    arena: Cell<&'static Arena>,
    /// Whether small blocks are on their way from the cache to their slabs, for a signal handler that
    /// interrupts this thread and calls `exit`.
    pub(super) is_flushing: Cell<bool>,
    /// Bytes of blocks by which bins grew rather than giving blocks back, since somebody looked how much lives in
    /// the arena.
    kept: Cell<usize>,
    /// Whether a thread has it.
    pub(super) is_live: AtomicBool,
    /// Address of the thread-local words if others may change the first; else 0.
    /// Guarded by: `Threads::lock`.
    pub(super) slot: AtomicUsize,
    /// The share that was made before this one.
    pub(super) older: AtomicPtr<Self>,
    /// The next one without a thread. Guarded by: `Threads::lock`.
    pub(super) next_spare: AtomicPtr<Self>,
}

impl Thread {
    /// A thread's share in metadata of its size and alignment that nobody else uses.
    pub(super) fn create(memory: NonNull<Self>, arena: &'static Arena) -> &'static Self {
        // SAFETY: by the contract of this function, which `Heap::create_thread` keeps.
        unsafe {
            memory.write(Self {
                cache: ThreadCache::new(),
                arena: Cell::new(arena),
                is_flushing: Cell::new(false),
                kept: Cell::new(0),
                is_live: AtomicBool::new(true),
                slot: AtomicUsize::new(0),
                older: AtomicPtr::new(null_mut()),
                next_spare: AtomicPtr::new(null_mut()),
            })
        };
        // SAFETY: just written; metadata is never unmapped.
        unsafe { memory.as_ref() }
    }

    /// The arena that it allocates from.
    pub(crate) fn arena(&self) -> &'static Arena {
        self.arena.get()
    }

    /// Notes that a bin with so many bytes grew rather than giving blocks back; true if that came to so much that it
    /// is worth while to look how much lives.
    pub(super) fn note_kept(&self, bytes: usize) -> bool {
        let kept = self.kept.get() + bytes;
        let is_much = kept >= KEPT_TO_LOOK;
        self.kept.set(if is_much { 0 } else { kept });
        is_much
    }

    /// Changes the arena.
    pub(super) fn set_arena(&self, arena: &'static Arena) {
        self.arena.set(arena);
    }
}
