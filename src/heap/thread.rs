//! What a thread has of the heap: its cache and its arena.
#![expect(unsafe_code, reason = "lives in metadata and behind the thread-local words")]

use core::cell::Cell;
use core::ptr::{NonNull, null_mut};

use crate::arena::Arena;
use crate::size_class::BINS;
use crate::sync::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
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
    /// Whether the cache is to go back after the free that is under way.
    pub(super) is_to_flush: Cell<bool>,
    /// Bytes of blocks by which bins grew rather than giving blocks back, since somebody looked how much lives in
    /// the arena.
    kept: Cell<usize>,
    /// Slow calls since the clock was read; see `unused`.
    pub(super) slow_calls: Cell<u32>,
    /// How many blocks each bin had when the thread last looked at them, or `u16::MAX` if it ran empty since.
    lengths: [Cell<u16>; BINS],
    /// When that was, in milliseconds.
    seen_ms: AtomicU64,
    /// Whether the cache is to be given back. Guarded by: `Threads::lock`, but for a look.
    pub(super) is_asked: AtomicBool,
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
                is_to_flush: Cell::new(false),
                kept: Cell::new(0),
                slow_calls: Cell::new(0),
                lengths: [const { Cell::new(0) }; BINS],
                seen_ms: AtomicU64::new(0),
                is_asked: AtomicBool::new(false),
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

    /// When the thread last looked at its bins, in milliseconds.
    pub(super) fn seen_ms(&self) -> u64 {
        self.seen_ms.load(Ordering::Relaxed)
    }

    /// Notes that it does.
    pub(super) fn set_seen_ms(&self, now: u64) {
        self.seen_ms.store(now, Ordering::Relaxed);
    }

    /// Notes that a bin ran empty, so that all it had was needed.
    pub(super) fn note_used(&self, bin: usize) {
        if let Some(length) = self.lengths.get(bin) {
            length.set(u16::MAX);
        }
    }

    /// Forgets what the bins had, and that they ran empty: they were emptied.
    pub(super) fn forget_lengths(&self) {
        self.lengths.iter().for_each(|length| length.set(0));
    }

    /// Whether a bin ran empty since somebody asked for its unused blocks.
    pub(super) fn has_refilled(&self) -> bool {
        self.lengths.iter().any(|length| length.get() == u16::MAX)
    }

    /// How many blocks of a bin, which has `length` now, were not needed since this was asked last.
    pub(super) fn unused_blocks(&self, bin: usize, length: usize) -> usize {
        let now = u16::try_from(length).unwrap_or(u16::MAX - 1);
        match self.lengths.get(bin).map(|before| before.replace(now)) {
            Some(u16::MAX) | None => 0,
            Some(before) if before == now => length,
            Some(_) => length / 2,
        }
    }

    /// Whether the cache is to be given back.
    #[inline]
    pub(super) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::Relaxed)
    }

    /// Changes the arena.
    pub(super) fn set_arena(&self, arena: &'static Arena) {
        self.arena.set(arena);
    }
}
