//! Sleeping on a word in memory.
#![expect(unsafe_code, reason = "futex is a raw system call")]

use core::ptr::null;

use super::ErrnoGuard;
use crate::sync::{AtomicU32, Park};

/// Sleeps and wakes through the `futex` system call.
pub(crate) struct Futex;

/// Longest sleep. Only a thread that a signal handler took into the child of a fork, away from the
/// holder of the lock, ever sleeps so long: there is nobody to wake it.
static SLEEP: libc::timespec = libc::timespec { tv_sec: 0, tv_nsec: 100_000_000 };

impl Park for Futex {
    fn park(word: &AtomicU32, value: u32) {
        let _errno = ErrnoGuard::new();
        // SAFETY: the word is behind a reference and the timeout is static; the kernel reads both.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                word.as_ptr(),
                libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
                value,
                &raw const SLEEP,
                null::<u32>(),
                0,
            );
        }
    }

    fn wake_one(word: &AtomicU32) {
        let _errno = ErrnoGuard::new();
        // SAFETY: the word's address only names the queue of sleepers.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                word.as_ptr(),
                libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
                1,
                null::<libc::timespec>(),
                null::<u32>(),
                0,
            );
        }
    }
}
