//! How much memory the heap may have of the system, and how much it has: the settings `hard_limit` and
//! `soft_limit`.
//!
//! ```text
//! taken = all that was mapped or got by raising the break, and not given back
//! used  = taken − pages that arenas know to be gone, or never touched − regions that wait for an arena
//!
//! 0 ────────────── used falls below: ease ─────── used reaches: tight ─── soft ──────── hard ≥ taken
//!                      13/16 of soft                  7/8 of soft
//! ```
//!
//! Where `used` gets tight, and with each sixteenth of the limit that it grows further, a *release* is due: all
//! arenas give back what they can, and each thread what it has cached.

use crate::sync::{AtomicBool, AtomicUsize, Ordering};

/// A release is due with each of so many parts of the soft limit …
const RELEASES: usize = 16;
/// … but not before so many bytes were taken since the last.
const RELEASE_MIN: usize = 256 * 1024;
/// Of how many parts of the soft limit the last one is where it gets tight: early enough for a release to come
/// before the limit does, and late enough for most of it to be of use.
const TIGHT_PARTS: usize = 8;

/// Both limits and what counts against them. All zeros: no limits, and nothing taken.
pub(crate) struct Limits {
    set: Set,
    counts: Counts,
}

/// What slow paths read and hardly anybody writes.
#[repr(align(128))]
struct Set {
    /// Whether there is one of them.
    is_any: AtomicBool,
    /// In bytes; 0 for none.
    hard: AtomicUsize,
    soft: AtomicUsize,
    is_tight: AtomicBool,
    /// Releases that were due so far.
    releases: AtomicUsize,
}

/// What changes with each system call that takes memory or gives it back.
#[repr(align(128))]
struct Counts {
    taken: AtomicUsize,
    /// The part of it that arenas know to have no pages.
    without_pages: AtomicUsize,
    /// Bytes of regions that wait, which have none either, when an arena looked last.
    waiting: AtomicUsize,
    /// What `used` has to reach for the next release.
    next_release: AtomicUsize,
    /// The number of the last release that a thread has begun.
    begun: AtomicUsize,
}

impl Limits {
    /// No limits, nothing taken.
    pub(crate) const fn new() -> Self {
        Self {
            set: Set {
                is_any: AtomicBool::new(false),
                hard: AtomicUsize::new(0),
                soft: AtomicUsize::new(0),
                is_tight: AtomicBool::new(false),
                releases: AtomicUsize::new(0),
            },
            counts: Counts {
                taken: AtomicUsize::new(0),
                without_pages: AtomicUsize::new(0),
                waiting: AtomicUsize::new(0),
                next_release: AtomicUsize::new(0),
                begun: AtomicUsize::new(0),
            },
        }
    }

    /// Sets the limits in bytes, 0 for none, where so much is taken already; from then on all is counted. Before any
    /// other thread is there.
    pub(crate) fn set(&self, hard: usize, soft: usize, taken: usize) {
        self.counts.taken.store(taken, Ordering::Relaxed);
        self.set.is_any.store((hard, soft) != (0, 0), Ordering::Relaxed);
        self.set.hard.store(hard, Ordering::Relaxed);
        self.counts.next_release.store(tight_from(soft), Ordering::Relaxed);
        self.set.soft.store(soft, Ordering::Relaxed);
        self.judge();
    }

    /// Whether there is a limit, so that what is taken and given has to be counted.
    #[inline]
    pub(crate) fn is_any(&self) -> bool {
        self.set.is_any.load(Ordering::Relaxed)
    }

    /// Bytes that may be taken at most; 0 for any number.
    pub(crate) fn hard(&self) -> usize {
        self.set.hard.load(Ordering::Relaxed)
    }

    /// Bytes that are to be used at most; 0 for any number.
    pub(crate) fn soft(&self) -> usize {
        self.set.soft.load(Ordering::Relaxed)
    }

    /// Whether a request of `size` bytes may fit into the hard limit once enough is given back.
    pub(crate) fn may_fit(&self, size: usize) -> bool {
        size < self.hard()
    }

    /// Whether little is left of the soft limit, so that nothing is to be kept for later.
    #[inline]
    pub(crate) fn is_tight(&self) -> bool {
        self.set.is_tight.load(Ordering::Relaxed)
    }

    /// Number of releases that were due so far.
    #[inline]
    pub(crate) fn releases(&self) -> usize {
        self.set.releases.load(Ordering::Relaxed)
    }

    /// Whether the caller is the one who sees to the release with this number.
    pub(crate) fn begin_release(&self, number: usize) -> bool {
        let begun = &self.counts.begun;
        begun.load(Ordering::Relaxed) < number
            && begun.fetch_max(number, Ordering::Relaxed) < number
    }

    /// Bytes taken.
    #[cfg(test)]
    pub(crate) fn taken(&self) -> usize {
        self.counts.taken.load(Ordering::Relaxed)
    }

    /// Counts `bytes` that are about to be taken; false if the hard limit forbids that. However many threads come
    /// at once, it is never exceeded.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        let most = match self.hard() {
            0 => usize::MAX,
            hard => hard,
        };
        let add = |taken: usize| taken.checked_add(bytes).filter(|&sum| sum <= most);
        let taken = &self.counts.taken;
        let is_taken = taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok();
        self.judge();
        is_taken
    }

    /// Counts `bytes` that were given back, or that could not be had.
    pub(crate) fn give(&self, bytes: usize) {
        self.counts.taken.fetch_sub(bytes, Ordering::Relaxed);
        self.judge();
    }

    /// Counts the change of an arena's bytes without pages, and those of the regions that wait.
    pub(crate) fn note_without_pages(&self, before: usize, now: usize, waiting: usize) {
        let counts = &self.counts;
        // Wrapping, as all counts here: what is subtracted was added before.
        counts.without_pages.fetch_add(now.wrapping_sub(before), Ordering::Relaxed);
        counts.waiting.store(waiting, Ordering::Relaxed);
        self.judge();
    }

    /// Finds out how tight it is. The words need not agree: the next change looks again.
    fn judge(&self) {
        let soft = self.soft();
        if soft == 0 {
            return;
        }
        let (used, tight) = (self.used(), tight_from(soft));
        let step = (soft / RELEASES).max(RELEASE_MIN);
        let next = self.counts.next_release.load(Ordering::Relaxed);
        let set_next = |value| {
            let (success, failure) = (Ordering::Relaxed, Ordering::Relaxed);
            self.counts.next_release.compare_exchange(next, value, success, failure).is_ok()
        };
        if used >= tight {
            self.set_tight(true);
            if used >= next && set_next(used + step) {
                self.set.releases.fetch_add(1, Ordering::Relaxed);
            } else if used + 2 * step < next {
                set_next(used + 2 * step);
            }
        } else if used < tight.saturating_sub(step) && self.is_tight() {
            self.set_tight(false);
            set_next(tight);
        }
    }

    fn set_tight(&self, is_tight: bool) {
        if self.is_tight() != is_tight {
            self.set.is_tight.store(is_tight, Ordering::Relaxed);
        }
    }

    fn used(&self) -> usize {
        let [taken, without_pages, waiting] =
            [&self.counts.taken, &self.counts.without_pages, &self.counts.waiting]
                .map(|count| count.load(Ordering::Relaxed));
        taken.saturating_sub(without_pages).saturating_sub(waiting)
    }
}

/// Where it gets tight.
const fn tight_from(soft: usize) -> usize {
    soft - soft / TIGHT_PARTS
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    #[test]
    fn the_hard_limit_is_met_exactly_and_never_exceeded_by_several_threads() {
        let limits = Limits::new();
        limits.set(64 * MIB, 0, 0);
        let taken: usize = std::thread::scope(|scope| {
            let take = || (0..1000).filter(|_| limits.take(MIB)).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!((taken, limits.taken()), (64, 64 * MIB));
        assert!(!limits.take(1) && !limits.take(usize::MAX));
        limits.give(10);
        assert!(limits.take(10) && !limits.take(1));
        assert!(limits.may_fit(64 * MIB - 1) && !limits.may_fit(64 * MIB));
    }

    #[test]
    fn without_limits_nothing_is_refused_or_tight() {
        let limits = Limits::new();
        assert!(!limits.is_any());
        assert!(limits.take(usize::MAX / 2) && !limits.is_tight());
        assert_eq!((limits.releases(), limits.hard(), limits.soft()), (0, 0, 0));
        limits.give(5);
        assert_eq!(limits.taken(), usize::MAX / 2 - 5);
    }

    #[test]
    fn near_the_soft_limit_it_is_tight_until_used_has_fallen_well_below() {
        let limits = Limits::new();
        limits.set(0, 100 * MIB, 87 * MIB);
        assert!(limits.is_any());
        assert!(!limits.is_tight());
        limits.take(MIB);
        assert!(limits.is_tight());
        limits.give(5 * MIB);
        assert!(limits.is_tight());
        limits.give(5 * MIB);
        assert!(!limits.is_tight());
    }

    #[test]
    fn a_release_is_due_at_first_and_with_each_sixteenth() {
        let limits = Limits::new();
        limits.set(0, 160 * MIB, 0);
        limits.take(139 * MIB);
        assert_eq!(limits.releases(), 0);
        for _ in 0..40 {
            limits.take(MIB);
        }
        assert_eq!(limits.releases(), 4);
        // What goes and comes again is no growth, but after much less was used it is.
        for _ in 0..10 {
            limits.give(5 * MIB);
            limits.take(5 * MIB);
        }
        assert_eq!(limits.releases(), 4);
        limits.give(50 * MIB);
        limits.take(50 * MIB);
        assert_eq!(limits.releases(), 5);
        assert!(limits.begin_release(5) && !limits.begin_release(5) && !limits.begin_release(4));
    }

    #[test]
    fn what_has_no_pages_is_not_used() {
        let limits = Limits::new();
        limits.set(0, 100 * MIB, 0);
        limits.take(200 * MIB);
        assert!(limits.is_tight());
        limits.note_without_pages(0, 100 * MIB, 20 * MIB);
        assert!(!limits.is_tight());
        limits.note_without_pages(100 * MIB, 80 * MIB, 0);
        assert!(limits.is_tight());
    }
}
