//! Steps that nothing may interrupt in their thread.
#![expect(unsafe_code, reason = "signals and cancellation are the C library's")]

use core::mem::forget;
use core::ptr::null_mut;

use super::ErrnoGuard;

/// As long as this value lives, its thread runs no signal handler and is not cancelled.
///
/// A handler might fork, and return in the child: there it would find a file half made, that the child shares with
/// its parent, or memory that the child did not get. What opens and writes files is a cancellation point,
/// which a call of the heap must not be. What a fault raises is not held back.
pub(crate) struct Undisturbed {
    signals: u64,
    cancelling: i32,
}

unsafe extern "C" {
    fn pthread_setcancelstate(state: i32, old: *mut i32) -> i32;
}

/// `PTHREAD_CANCEL_DISABLE`.
const DISABLED: i32 = 1;

/// Signals that come through: those of faults, which the thread itself causes, and the two with which threads of
/// the C library call each other.
const FREE: [i32; 8] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP, libc::SIGSYS, 32, 33];

impl Undisturbed {
    /// From now on.
    pub(crate) fn new() -> Self {
        let _errno = ErrnoGuard::new();
        let mut cancelling = 0;
        // SAFETY: the pointer is to an integer.
        unsafe { pthread_setcancelstate(DISABLED, &raw mut cancelling) };
        let all = FREE.iter().fold(u64::MAX, |set, signal| set & !(1 << (signal - 1)));
        let mut signals = 0;
        set_signals(libc::SIG_BLOCK, all, &raw mut signals);
        Self { signals, cancelling }
    }

    /// Lets it go on without a value, until one is made with [`Self::from_parts`] in the same thread, or in the
    /// child that it forks.
    pub(crate) fn into_parts(self) -> (u64, i32) {
        let parts = (self.signals, self.cancelling);
        forget(self);
        parts
    }

    /// What [`Self::into_parts`] took apart.
    pub(crate) fn from_parts((signals, cancelling): (u64, i32)) -> Self {
        Self { signals, cancelling }
    }
}

impl Drop for Undisturbed {
    fn drop(&mut self) {
        let _errno = ErrnoGuard::new();
        set_signals(libc::SIG_SETMASK, self.signals, null_mut());
        // SAFETY: the state is what the thread had before; nothing is asked back.
        unsafe { pthread_setcancelstate(self.cancelling, null_mut()) };
    }
}

/// Changes which signals are held back from the thread, a bit for each. `old` is null or the place for those
/// before.
fn set_signals(how: i32, set: u64, old: *mut u64) {
    // SAFETY: the kernel reads and writes 8 bytes behind each pointer that is not null.
    unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, how, &raw const set, old, size_of::<u64>());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held_back() -> u64 {
        let mut set = 0;
        set_signals(libc::SIG_BLOCK, 0, &raw mut set);
        set
    }

    #[test]
    fn signals_are_held_back_for_a_while_but_those_of_faults() {
        let before = held_back();
        let parts = Undisturbed::new().into_parts();
        assert_eq!(
            held_back().count_ones(),
            64 - 8 - 2,
            "all but SIGKILL, SIGSTOP and the free ones"
        );
        assert_eq!(held_back() >> (libc::SIGSEGV - 1) & 1, 0);
        drop(Undisturbed::from_parts(parts));
        assert_eq!(held_back(), before);
    }
}
