//! What the feature `counts` counts, for `scripts/bench --counts`; without it, all of this is nothing.
//!
//! *Locks*, by what they guard: how often one was taken, how often a thread that wanted to wait found it
//! held (contended), how often one that only tried did (turned away), and how often a thread slept.
//!
//! *Shared lines*: writes to a cache line that another thread wrote last, as far as it was noted here, and
//! thus lines that move between processors. Noted are the words of all locks (taking, opening, and the
//! exchanges that find one held), the words of a slab's descriptor, the bitmaps and the stack of remote
//! frees, the queue of remote chunks, and the global counters. An entry of the unit map counts each time that
//! it is set, since every thread reads there. Not noted are the other words that a lock guards, which move as
//! often as the lock does, and tags and links in the chunks themselves.
//!
//! Nothing is counted in the fast paths of `malloc` and `free`, which write to memory of their thread alone.

use super::AtomicU32;
#[cfg(feature = "counts")]
use super::tally;

/// What a lock guards.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "counts"), allow(dead_code, reason = "nothing is counted"))]
pub(crate) enum LockKind {
    /// Nothing that is listed here.
    Other,
    /// An arena.
    Arena,
    /// The choice of an arena.
    Choice,
    /// An arena's queue of remote chunks.
    Queue,
    /// Waiting regions, and the break.
    Regions,
    /// What is left of the newest mapping for metadata.
    Metadata,
    /// The mapped chunks.
    Mapped,
    /// The pools of arrays for bins.
    Stacks,
    /// The shares of threads.
    Threads,
}

/// A line that is written to without a lock, or apart from it.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "counts"), allow(dead_code, reason = "nothing is counted"))]
pub(crate) enum Line {
    /// A slab's descriptor and first bitmap.
    Slab,
    /// A slab's second bitmap.
    RemoteBits,
    /// The head of an arena's stack of slabs, and a slab's `is_queued`.
    RemoteStack,
    /// The places of an arena's queue of remote chunks, and its length.
    RemoteQueue,
    /// An entry of the unit map.
    UnitMap,
    /// A counter of the whole heap.
    Counter,
}

/// Notes a write of the calling thread to the line that begins or continues at `word`.
#[inline(always)]
pub(crate) fn written<T>(line: Line, word: &T) {
    #[cfg(feature = "counts")]
    tally::note_write(tally::of_line(line), core::ptr::from_ref(word).addr());
    #[cfg(not(feature = "counts"))]
    let _ = (line, word);
}

/// Counts a write to a line that all threads read.
#[inline(always)]
pub(crate) fn published(line: Line) {
    #[cfg(feature = "counts")]
    tally::add(tally::of_line(line));
    #[cfg(not(feature = "counts"))]
    let _ = line;
}

/// Counts a thread that goes to sleep.
#[inline(always)]
pub(super) fn sleeps() {
    #[cfg(feature = "counts")]
    tally::add(tally::SLEEPS);
}

/// What is counted of one lock.
pub(super) struct LockCounts {
    #[cfg(feature = "counts")]
    kind: LockKind,
}

#[cfg_attr(not(feature = "counts"), allow(clippy::unused_self, reason = "nothing is counted"))]
impl LockCounts {
    /// Of a lock of this kind.
    pub(super) const fn new(kind: LockKind) -> Self {
        #[cfg(not(feature = "counts"))]
        let _ = kind;
        Self {
            #[cfg(feature = "counts")]
            kind,
        }
    }

    /// The calling thread has it now.
    #[inline(always)]
    pub(super) fn taken(&self) {
        #[cfg(feature = "counts")]
        tally::add(tally::of_lock(tally::Event::Taken, self.kind));
    }

    /// The calling thread found it held and will wait.
    #[inline(always)]
    pub(super) fn contended(&self) {
        #[cfg(feature = "counts")]
        tally::add(tally::of_lock(tally::Event::Contended, self.kind));
    }

    /// The calling thread found it held and does something else.
    #[inline(always)]
    pub(super) fn turned_away(&self) {
        #[cfg(feature = "counts")]
        tally::add(tally::of_lock(tally::Event::TurnedAway, self.kind));
    }

    /// The calling thread exchanged the lock's word, to take it, to open it, or in vain.
    #[inline(always)]
    pub(super) fn written(&self, word: &AtomicU32) {
        #[cfg(feature = "counts")]
        tally::note_write(
            tally::of_lock(tally::Event::LineWritten, self.kind),
            core::ptr::from_ref(word).addr(),
        );
        #[cfg(not(feature = "counts"))]
        let _ = word;
    }
}
