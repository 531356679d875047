//! `errno` of the calling thread.
#![expect(unsafe_code, reason = "errno is behind a C pointer")]

/// Sets `errno`.
pub(crate) fn set_errno(code: i32) {
    // SAFETY: the address of the calling thread's own errno is valid and aligned while it runs.
    unsafe { errno_place().write(code) };
}

/// `errno`.
pub(super) fn errno() -> i32 {
    // SAFETY: as in `set_errno`.
    unsafe { errno_place().read() }
}

fn errno_place() -> *mut i32 {
    // SAFETY: no preconditions.
    unsafe { libc::__errno_location() }
}

/// Puts `errno` back to what it was when this value was made.
pub(crate) struct ErrnoGuard(i32);

impl ErrnoGuard {
    /// Remembers `errno`.
    pub(crate) fn new() -> Self {
        Self(errno())
    }
}

impl Drop for ErrnoGuard {
    fn drop(&mut self) {
        set_errno(self.0);
    }
}
