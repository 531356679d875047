//! Waiting for a lock: pauses first, then short sleeps.
#![expect(unsafe_code, reason = "futex is a raw system call")]

use core::ptr::null;

use super::ErrnoGuard;
use crate::sync::{AtomicU32, Wait};

/// Pauses for a few microseconds, then sleeps by a timed futex wait.
pub(crate) struct TimedWait;

/// Attempts that only pause the processor.
const SPINS: u32 = 64;
/// Pauses in one such attempt.
const PAUSES: u32 = 16;
/// The first sleep, and the longest.
const SLEEP_FIRST_NS: i64 = 20_000;
const SLEEP_MAX_NS: i64 = 1_000_000;

impl Wait for TimedWait {
    fn wait(attempt: u32) {
        if attempt < SPINS {
            (0..PAUSES).for_each(|_| core::hint::spin_loop());
            return;
        }
        let doublings = ((attempt - SPINS) / 8).min(6);
        sleep((SLEEP_FIRST_NS << doublings).min(SLEEP_MAX_NS));
    }
}

/// Sleeps by waiting on a word of its own that nobody ever wakes: `futex` is among the system calls
/// that a filter written for malloc allows, `nanosleep` and `sched_yield` are not.
fn sleep(nanoseconds: i64) {
    let _errno = ErrnoGuard::new();
    let word = AtomicU32::new(0);
    let timeout = libc::timespec { tv_sec: 0, tv_nsec: nanoseconds };
    // SAFETY: the word and the timeout live on this stack until the call returns.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            0,
            &raw const timeout,
            null::<u32>(),
            0,
        );
    }
}
