//! Frees by threads of other arenas: the bits that they set in a slab's second bitmap, and the stack of
//! an arena's slabs that have such bits.
//!
//! Any thread pushes, with one compare-and-swap for the first free since the slab was last looked at;
//! the owner takes the whole stack at once. A slab is pushed by the thread that turns `is_queued` from
//! false to true, so it is on the stack at most once and its link is not overwritten while it is.
//!
//! `tests/loom_remote.rs` runs this file under all interleavings, and fails if an ordering is weaker; but
//! for that of the exchange in `push`, where `Release` would do as long as whoever pushes looks at the
//! stack before it tries the lock.
#![expect(unsafe_code, reason = "links are pointers to descriptors")]

use core::ptr::{from_ref, null_mut};

use super::Slab;
use crate::sync::counts::{self, Line};
use crate::sync::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

/// Sets the bit of a freed object in a word of the second bitmap; false if it was set already. Whoever
/// gets true pushes the slab.
pub(super) fn set_bit(word: &AtomicU64, bit: u64) -> bool {
    counts::written(Line::RemoteBits, word);
    // Release: what the program did with the object happens before it is handed out again; pairs with
    // the Acquire in `take_bits`.
    word.fetch_or(bit, Ordering::Release) & bit == 0
}

/// Takes all bits of a word. Needs the owner's lock.
pub(super) fn take_bits(word: &AtomicU64) -> u64 {
    if word.load(Ordering::Relaxed) == 0 {
        return 0;
    }
    counts::written(Line::RemoteBits, word);
    // Acquire: pairs with the Release in `set_bit`.
    word.swap(0, Ordering::Acquire)
}

/// The stack.
pub(crate) struct RemoteStack {
    first: AtomicPtr<Slab>,
    /// Threads that are about to push slabs.
    pushing: AtomicU32,
}

impl RemoteStack {
    /// Empty.
    #[cfg(test)]
    pub(crate) const fn new() -> Self {
        Self { first: AtomicPtr::new(null_mut()), pushing: AtomicU32::new(0) }
    }

    /// Whether there is nothing to drain, at this moment.
    pub(crate) fn is_empty(&self) -> bool {
        // SeqCst: see `Arena::collect_what_is_left`.
        self.first.load(Ordering::SeqCst).is_null()
    }

    /// The calling thread is about to set bits of slabs and to push these.
    pub(crate) fn begin_pushing(&self) {
        // Before the bit of any object is set; see `is_nobody_pushing`.
        self.pushing.fetch_add(1, Ordering::Relaxed);
    }

    /// It has pushed all of them.
    pub(crate) fn end_pushing(&self) {
        // Release: pairs with the Acquire in `is_nobody_pushing`.
        self.pushing.fetch_sub(1, Ordering::Release);
    }

    /// Whether no thread will push again a slab of which all bits that are missing were collected before this call,
    /// unless it is on the stack by now. Needs the owner's lock.
    pub(crate) fn is_nobody_pushing(&self) -> bool {
        // Who collects a bit sees that the thread which set it had begun to push. Acquire: those that did are done
        // with the slabs, and these are seen as queued if they are.
        self.pushing.load(Ordering::Acquire) == 0
    }

    /// Makes sure that the owner will look at `slab` after this call.
    pub(super) fn push(&self, slab: &'static Slab) {
        counts::written(Line::RemoteStack, &slab.is_queued);
        // AcqRel: if this reads `true`, the owner's swap to `false` comes later and acquires this
        // thread's bit with it; see `drain`.
        if slab.is_queued.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut first = self.first.load(Ordering::Relaxed);
        loop {
            slab.remote_next.store(first, Ordering::Relaxed);
            counts::written(Line::RemoteStack, &self.first);
            // Releases the link; pairs with the Acquire in `drain`. SeqCst: see
            // `Arena::collect_what_is_left`.
            match self.first.compare_exchange_weak(
                first,
                from_ref(slab).cast_mut(),
                Ordering::SeqCst,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => first = now,
            }
        }
    }

    /// Takes all slabs off and calls `visit` with each; a slab that gets another remote free from now
    /// on is pushed again.
    pub(crate) fn drain(&self, mut visit: impl FnMut(&'static Slab)) {
        counts::written(Line::RemoteStack, &self.first);
        // Acquire: pairs with the Release in `push`.
        let mut pointer = self.first.swap(null_mut(), Ordering::Acquire);
        // SAFETY: the stack holds pointers made from `&'static Slab`.
        while let Some(slab) = unsafe { pointer.as_ref() } {
            pointer = slab.remote_next.load(Ordering::Relaxed);
            counts::written(Line::RemoteStack, &slab.is_queued);
            // AcqRel: sees the bits of every thread that read `true` before this; a thread that comes
            // later reads `false` and pushes again.
            slab.is_queued.swap(false, Ordering::AcqRel);
            visit(slab);
        }
    }
}
