//! All shares that threads have or had of the heap, and the switch that sends every call of every thread
//! to the slow path.
#![expect(unsafe_code, reason = "shares and thread-local words are reached through addresses")]

use core::ptr::{NonNull, from_ref, null_mut};

use super::thread::Thread;
use crate::os::{Lock, ThreadSlot};
use crate::sync::counts::{self, Line, LockKind};
use crate::sync::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};

/// The registry. Shares are made and used again, never given back, so a list of them may be walked at
/// any time.
#[repr(align(128))]
pub(crate) struct Threads {
    newest: AtomicPtr<Thread>,
    /// The first share without a thread. Guarded by: `lock`.
    spare: AtomicPtr<Thread>,
    /// Whether the fast paths find an empty cache. Guarded by: `lock`.
    is_guarded: AtomicBool,
    lock: Lock<()>,
    /// Threads that ever asked for a share.
    started: AtomicUsize,
    /// Threads that have a share.
    live: AtomicUsize,
    /// When threads were last asked for their caches, in milliseconds.
    asked_ms: AtomicU64,
}

impl Threads {
    /// No shares.
    pub(super) const fn new() -> Self {
        Self {
            newest: AtomicPtr::new(null_mut()),
            spare: AtomicPtr::new(null_mut()),
            is_guarded: AtomicBool::new(false),
            lock: Lock::of(LockKind::Threads, ()),
            started: AtomicUsize::new(0),
            live: AtomicUsize::new(0),
            asked_ms: AtomicU64::new(0),
        }
    }

    /// Whether more than one thread ever had a share.
    pub(super) fn were_several(&self) -> bool {
        self.started.load(Ordering::Relaxed) > 1
    }

    /// Number of threads that have a share.
    pub(super) fn live(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    /// Counts a thread that asks for a share.
    pub(super) fn note_start(&self) {
        counts::written(Line::Counter, &self.started);
        self.started.fetch_add(1, Ordering::Relaxed);
    }

    /// A share that an ended thread had.
    pub(super) fn take_spare(&self) -> Option<&'static Thread> {
        let _lock = self.lock.lock();
        let thread = read(&self.spare)?;
        self.count_live(1);
        self.spare.store(thread.next_spare.load(Ordering::Relaxed), Ordering::Relaxed);
        thread.is_live.store(true, Ordering::Relaxed);
        thread.is_asked.store(false, Ordering::Relaxed);
        thread.set_seen_ms(0);
        Some(thread)
    }

    /// Enters a new share.
    pub(super) fn add(&self, thread: &'static Thread) {
        let _lock = self.lock.lock();
        self.count_live(1);
        thread.older.store(self.newest.load(Ordering::Relaxed), Ordering::Relaxed);
        // Release: publishes the share.
        self.newest.store(from_ref(thread).cast_mut(), Ordering::Release);
    }

    /// Keeps the share of a thread that ended, or that could not begin.
    pub(super) fn keep_spare(&self, thread: &'static Thread) {
        let _lock = self.lock.lock();
        self.count_live(-1);
        thread.is_live.store(false, Ordering::Relaxed);
        thread.next_spare.store(self.spare.load(Ordering::Relaxed), Ordering::Relaxed);
        self.spare.store(from_ref(thread).cast_mut(), Ordering::Relaxed);
    }

    /// All shares, also those without a thread.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static Thread> {
        // Acquire: pairs with the Release in `add`.
        let newest = self.newest.load(Ordering::Acquire);
        let mut next = read(&AtomicPtr::new(newest));
        core::iter::from_fn(move || {
            let thread = next?;
            next = read(&thread.older);
            Some(thread)
        })
    }

    /// Lets the fast paths of a thread use its cache, unless every call has to be looked at.
    ///
    /// # Safety
    /// The words are those of the thread that has the share. If `will_close`, then [`Self::close_cache`]
    /// comes before that thread is gone.
    pub(crate) unsafe fn open_cache(&self, thread: &Thread, slot: ThreadSlot, will_close: bool) {
        let _lock = self.lock.lock();
        if will_close {
            thread.slot.store(slot.address(), Ordering::Relaxed);
        }
        self.point(thread, slot);
    }

    /// Keeps the fast paths of a thread from its cache for good.
    pub(crate) fn close_cache(&self, thread: &Thread, slot: ThreadSlot) {
        let _lock = self.lock.lock();
        thread.slot.store(0, Ordering::Relaxed);
        slot.set_cache(None);
    }

    /// From now on every call of every thread takes the slow path, or none has to.
    pub(crate) fn set_guarded(&self, is_guarded: bool) {
        let _lock = self.lock.lock();
        self.is_guarded.store(is_guarded, Ordering::Relaxed);
        for thread in self.iter() {
            if let Some(slot) = slot_of(thread) {
                self.point(thread, slot);
            }
        }
    }

    /// Asks the threads that did not look at their bins for `idle_ms` milliseconds to give their caches back, unless that
    /// was done in this time.
    pub(super) fn ask_idle(&self, now: u64, idle_ms: u64) {
        let last = self.asked_ms.load(Ordering::Relaxed);
        let is_due = now >= last.saturating_add(idle_ms);
        let exchange =
            |to| self.asked_ms.compare_exchange(last, to, Ordering::Relaxed, Ordering::Relaxed);
        if is_due && exchange(now).is_ok() {
            self.ask(|thread| now.saturating_sub(thread.seen_ms()) >= idle_ms);
        }
    }

    /// Asks the threads that `is_meant` to give their caches back, but for those that never looked at their bins: these hold
    /// little, and one that began in the last round of its destructors is not known to end.
    pub(super) fn ask(&self, is_meant: impl Fn(&Thread) -> bool) {
        let _lock = self.lock.lock();
        for thread in self.iter() {
            if let Some(slot) = slot_of(thread)
                && !thread.is_asked()
                && thread.seen_ms() > 0
                && is_meant(thread)
            {
                thread.is_asked.store(true, Ordering::Relaxed);
                self.point(thread, slot);
            }
        }
    }

    /// The calling thread does what it was asked.
    pub(super) fn answer(&self, thread: &Thread) {
        let _lock = self.lock.lock();
        thread.is_asked.store(false, Ordering::Relaxed);
        if let Some(slot) = slot_of(thread) {
            self.point(thread, slot);
        }
    }

    /// In the child of a fork: opens the lock. Of the threads only the calling one is left.
    pub(super) fn reset_in_child(&self, own: Option<&Thread>) {
        self.lock.reset_in_child();
        for thread in
            self.iter().filter(|&thread| !own.is_some_and(|own| core::ptr::eq(own, thread)))
        {
            thread.slot.store(0, Ordering::Relaxed);
            thread.is_live.store(false, Ordering::Relaxed);
        }
        self.live.store(usize::from(own.is_some()), Ordering::Relaxed);
    }

    /// Needs the lock.
    fn count_live(&self, step: isize) {
        let live = self.live.load(Ordering::Relaxed).saturating_add_signed(step);
        self.live.store(live, Ordering::Relaxed);
    }

    fn point(&self, thread: &Thread, slot: ThreadSlot) {
        let cache = NonNull::from(&thread.cache).cast();
        let is_open = !self.is_guarded.load(Ordering::Relaxed) && !thread.is_asked();
        slot.set_cache(is_open.then_some(cache));
    }
}

/// The share that a link points at.
fn read(link: &AtomicPtr<Thread>) -> Option<&'static Thread> {
    // SAFETY: links are null or point at shares, which live for ever.
    unsafe { link.load(Ordering::Relaxed).as_ref() }
}

/// The words of a live thread; the caller holds the registry's lock.
fn slot_of(thread: &Thread) -> Option<ThreadSlot> {
    // SAFETY: entered by `open_cache`, and taken out before the thread is gone.
    unsafe { ThreadSlot::from_address(thread.slot.load(Ordering::Relaxed)) }
}
