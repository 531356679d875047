//! The lock of arenas and of the few global structures: a mutex on a futex word.
//!
//! ```text
//! 0 open ── lock ──▶ 1 held ── somebody waits ──▶ 2 held, wake when opening
//! ```
//!
//! Critical sections are short, so a thread that finds the lock held pauses for a moment first. Then it
//! sleeps until the holder, which may have been preempted, wakes it. (A spin lock whose waiters slept by
//! the clock lost whole milliseconds with 64 threads on two processors.)
#![expect(unsafe_code, reason = "a mutex hands out references to its content")]

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use super::counts::{self, LockCounts, LockKind};
use super::{AtomicBool, AtomicU32, Ordering};

/// How a thread sleeps; `os` implements it, since that is a system call.
pub(crate) trait Park {
    /// Sleeps while the word has this value, until woken or some tenths of a second are over.
    fn park(word: &AtomicU32, value: u32);
    /// Wakes one thread that sleeps on the word.
    fn wake_one(word: &AtomicU32);
}

/// A mutual-exclusion lock around `T`. All zeros is an open one, if that is a value of `T`.
///
/// # Invariant
/// `content` is reached only through a [`Guard`], of which there is at most one while `state` is not 0.
pub(crate) struct Lock<T, P> {
    state: AtomicU32,
    content: UnsafeCell<T>,
    park: PhantomData<fn() -> P>,
    counts: LockCounts,
}

const OPEN: u32 = 0;
const HELD: u32 = 1;
const CONTENDED: u32 = 2;
/// Looks at a held lock before going to sleep.
const SPINS: u32 = 100;

// SAFETY: by the invariant one thread at a time reaches the content.
unsafe impl<T: Send, P> Sync for Lock<T, P> {}

/// Exclusive access to the content of a [`Lock`] until dropped.
pub(crate) struct Guard<'a, T, P: Park> {
    lock: &'a Lock<T, P>,
}

impl<T, P: Park> Lock<T, P> {
    /// An open lock.
    pub(crate) const fn new(content: T) -> Self {
        Self::of(LockKind::Other, content)
    }

    /// An open lock that is counted as one of this kind.
    pub(crate) const fn of(kind: LockKind, content: T) -> Self {
        Self {
            state: AtomicU32::new(OPEN),
            content: UnsafeCell::new(content),
            park: PhantomData,
            counts: LockCounts::new(kind),
        }
    }

    /// From now on it is counted as one of this kind.
    pub(crate) fn set_kind(&mut self, kind: LockKind) {
        self.counts = LockCounts::new(kind);
    }

    /// Waits for the lock.
    #[inline]
    pub(crate) fn lock(&self) -> Guard<'_, T, P> {
        match self.take() {
            Some(guard) => guard,
            None => self.wait(),
        }
    }

    /// Takes the lock if nobody holds it.
    #[inline]
    pub(crate) fn try_lock(&self) -> Option<Guard<'_, T, P>> {
        let guard = self.take();
        if guard.is_none() {
            self.counts.turned_away();
        }
        guard
    }

    /// Takes the lock, or gives up as soon as `given_up` is true, which it may never become.
    #[inline]
    pub(crate) fn lock_unless(&self, given_up: &AtomicBool) -> Option<Guard<'_, T, P>> {
        self.take().or_else(|| self.wait_unless(given_up))
    }

    /// Whether somebody holds it at this moment.
    pub(crate) fn is_locked(&self) -> bool {
        self.state.load(Ordering::Relaxed) != OPEN
    }

    /// Opens the lock whoever holds it, for the child of a fork, where only the calling thread exists:
    /// either the holder is not there, or it is this very thread, interrupted by the signal handler
    /// that forked, which goes on alone.
    pub(crate) fn reset_in_child(&self) {
        self.state.store(OPEN, Ordering::Relaxed);
    }

    #[inline]
    fn take(&self) -> Option<Guard<'_, T, P>> {
        self.counts.written(&self.state);
        // Acquires what the swap in `drop` releases; SeqCst also where it fails, see there.
        self.state
            .compare_exchange(OPEN, HELD, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
            .then(|| self.taken())
    }

    #[inline]
    fn taken(&self) -> Guard<'_, T, P> {
        self.counts.taken();
        Guard { lock: self }
    }

    #[cold]
    fn wait(&self) -> Guard<'_, T, P> {
        loop {
            if let Some(guard) = self.wait_unless(&AtomicBool::new(false)) {
                return guard;
            }
        }
    }

    #[cold]
    fn wait_unless(&self, given_up: &AtomicBool) -> Option<Guard<'_, T, P>> {
        self.counts.contended();
        for _ in 0..SPINS {
            if self.state.load(Ordering::Relaxed) == OPEN
                && let Some(guard) = self.take()
            {
                return Some(guard);
            }
            core::hint::spin_loop();
        }
        // Whoever has slept takes the lock as contended: others may still sleep.
        while !given_up.load(Ordering::Relaxed) {
            self.counts.written(&self.state);
            if self.state.swap(CONTENDED, Ordering::Acquire) == OPEN {
                return Some(self.taken());
            }
            counts::sleeps();
            P::park(&self.state, CONTENDED);
        }
        None
    }
}

impl<T, P: Park> Deref for Guard<'_, T, P> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: by the invariant this guard is the only way to the content.
        unsafe { &*self.lock.content.get() }
    }
}

impl<T, P: Park> DerefMut for Guard<'_, T, P> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: by the invariant this guard is the only way to the content.
        unsafe { &mut *self.lock.content.get() }
    }
}

impl<T, P: Park> Drop for Guard<'_, T, P> {
    fn drop(&mut self) {
        self.lock.counts.written(&self.lock.state);
        // SeqCst: releases the content, and is ordered with what this thread looks at next, on which
        // `Arena::collect_what_is_left` relies.
        if self.lock.state.swap(OPEN, Ordering::SeqCst) == CONTENDED {
            P::wake_one(&self.lock.state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::Futex;

    #[test]
    fn counts_what_many_threads_add() {
        let lock: Lock<u64, Futex> = Lock::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..20_000).for_each(|_| *lock.lock() += 1));
            }
        });
        assert_eq!(*lock.lock(), 160_000);
    }

    #[test]
    fn a_sleeper_is_woken() {
        let lock: Lock<u8, Futex> = Lock::new(0);
        let guard = lock.lock();
        std::thread::scope(|scope| {
            let sleeper = scope.spawn(|| *lock.lock());
            std::thread::sleep(core::time::Duration::from_millis(20));
            assert!(lock.try_lock().is_none());
            drop(guard);
            assert_eq!(sleeper.join().unwrap(), 0);
        });
        assert!(!lock.is_locked());
    }

    #[test]
    fn a_given_up_lock_is_not_waited_for() {
        let lock: Lock<(), Futex> = Lock::new(());
        let _held = lock.lock();
        assert!(lock.lock_unless(&AtomicBool::new(true)).is_none());
    }

    #[test]
    fn a_child_opens_what_its_parent_held() {
        let lock: Lock<u8, Futex> = Lock::new(7);
        core::mem::forget(lock.lock());
        assert!(lock.is_locked() && lock.try_lock().is_none());
        lock.reset_in_child();
        assert_eq!(*lock.lock(), 7);
    }
}
