//! The lock of arenas and of the few global structures.
//!
//! A [`spin::Mutex`] whose waiters sleep after a bounded number of pauses, so that a holder that was
//! preempted, or has a lower real-time priority, gets to run. Critical sections are short.
#![expect(unsafe_code, reason = "spin declares force_unlock unsafe")]

use core::marker::PhantomData;

use super::{AtomicBool, Ordering};

/// How a thread waits for a lock; `os` implements it, since sleeping is a system call.
pub(crate) trait Wait {
    /// Waits a little; `attempt` counts up from 0 during one acquisition.
    fn wait(attempt: u32);
}

/// A mutual-exclusion lock around `T`.
pub(crate) struct Lock<T, W> {
    inner: spin::Mutex<T>,
    wait: PhantomData<fn() -> W>,
}

/// Exclusive access to the content of a [`Lock`] until dropped.
pub(crate) type Guard<'a, T> = spin::MutexGuard<'a, T>;

impl<T, W: Wait> Lock<T, W> {
    /// An open lock.
    pub(crate) const fn new(content: T) -> Self {
        Self { inner: spin::Mutex::new(content), wait: PhantomData }
    }

    /// Waits for the lock.
    #[inline]
    pub(crate) fn lock(&self) -> Guard<'_, T> {
        match self.inner.try_lock() {
            Some(guard) => guard,
            None => self.wait_for_it(),
        }
    }

    /// Takes the lock if nobody holds it.
    #[inline]
    pub(crate) fn try_lock(&self) -> Option<Guard<'_, T>> {
        self.inner.try_lock()
    }

    /// Waits for the lock until `given_up` is true, which it may never become.
    #[inline]
    pub(crate) fn lock_unless(&self, given_up: &AtomicBool) -> Option<Guard<'_, T>> {
        match self.inner.try_lock() {
            Some(guard) => Some(guard),
            None => self.wait_unless(given_up),
        }
    }

    /// Whether somebody holds it at this moment.
    pub(crate) fn is_locked(&self) -> bool {
        self.inner.is_locked()
    }

    /// Opens the lock whoever holds it: for the child of a fork, where the holder does not exist.
    pub(crate) fn reset_in_child(&self) {
        if self.inner.is_locked() {
            self.force_unlock();
        }
    }

    #[cold]
    fn wait_for_it(&self) -> Guard<'_, T> {
        let mut attempt = 0;
        loop {
            W::wait(attempt);
            if let Some(guard) = self.inner.try_lock() {
                return guard;
            }
            attempt = attempt.saturating_add(1);
        }
    }

    #[cold]
    fn wait_unless(&self, given_up: &AtomicBool) -> Option<Guard<'_, T>> {
        let mut attempt = 0;
        while !given_up.load(Ordering::Relaxed) {
            W::wait(attempt);
            if let Some(guard) = self.inner.try_lock() {
                return Some(guard);
            }
            attempt = attempt.saturating_add(1);
        }
        None
    }

    fn force_unlock(&self) {
        // SAFETY: the only caller is the single thread of a fresh child process. Either the holder was
        // another thread, which does not exist here, or this very thread, interrupted by the signal
        // handler that forked: it goes on alone, and its own unlock is a plain store of `false`.
        unsafe { self.inner.force_unlock() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Spin;
    impl Wait for Spin {
        fn wait(_attempt: u32) {
            std::thread::yield_now();
        }
    }

    #[test]
    fn counts_what_many_threads_add() {
        let lock: Lock<u64, Spin> = Lock::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| *lock.lock() += 1));
            }
        });
        assert_eq!(*lock.lock(), 40_000);
    }

    #[test]
    fn a_given_up_lock_is_not_waited_for() {
        let lock: Lock<(), Spin> = Lock::new(());
        let _held = lock.lock();
        assert!(lock.lock_unless(&AtomicBool::new(true)).is_none());
    }

    #[test]
    fn a_child_opens_what_its_parent_held() {
        let lock: Lock<u8, Spin> = Lock::new(7);
        core::mem::forget(lock.lock());
        assert!(lock.is_locked() && lock.try_lock().is_none());
        lock.reset_in_child();
        assert_eq!(*lock.lock(), 7);
    }
}
