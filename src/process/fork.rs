//! Fork: nothing is held across it.
//!
//! Handlers that took the heap's locks before a fork would deadlock with a thread that holds one of the
//! C library's own (stdio's list) and wants memory, and with a signal handler that forks while its
//! thread is in here. So the parent does nothing, and the child, in which only the forking thread
//! exists, opens every lock: an arena that somebody was in is abandoned (what lives there stays usable,
//! what is freed there is lost), and the few global structures are right after every single store, or
//! give up what was being changed.
#![expect(unsafe_code, reason = "registers a handler with the C library")]

use super::start::{self, HEAP};
use super::thread;

/// Registers the handler of the child.
pub(super) fn register() {
    // SAFETY: the handler has the required signature and stays: the library is never unloaded. If
    // there is no memory to register it, a child of a threaded process may find locks closed.
    unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
}

unsafe extern "C" fn in_child() {
    start::reset_in_child();
    HEAP.reset_in_child(thread::existing());
}
