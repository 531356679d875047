//! Fork: nothing is held across it.
//!
//! Handlers that took the heap's locks before a fork would deadlock with a thread that holds one of the
//! C library's own (stdio's list) and wants memory, and with a signal handler that forks while its
//! thread is in here. So the parent does nothing, and the child, in which only the forking thread
//! exists, opens every lock: an arena that somebody was in is abandoned (what lives there stays usable,
//! what is freed there is lost), and the few global structures are right after every single store, or
//! give up what was being changed.
//!
//! Only if memory lies in files does the parent have something to do: it copies that for the child
//! (`arena/copies.rs`), which takes no lock either.
#![expect(unsafe_code, reason = "registers handlers with the C library")]

use core::ffi::{c_int, c_void};
use core::ptr::null_mut;

use super::start::{self, HEAP};
use super::thread;
use crate::arena::Lost;
use crate::diag::{DIGITS, Line, digits};
use crate::os::{ThreadSlot, abort, write_stderr};

/// Registers the handlers.
pub(super) fn register() {
    // SAFETY: the handlers have the required signature and stay: the library is never unloaded. If
    // there is no memory to register them, a child of a threaded process may find locks closed, and the
    // child of one with files does not get what lies in them.
    unsafe { register_handlers(Some(before), Some(in_parent), Some(in_child)) };
}

type Handler = Option<unsafe extern "C" fn()>;

/// `pthread_atfork`.
#[cfg(not(target_env = "gnu"))]
unsafe fn register_handlers(before: Handler, in_parent: Handler, in_child: Handler) {
    // SAFETY: as the caller says.
    unsafe { libc::pthread_atfork(before, in_parent, in_child) };
}

/// What it calls: glibc has it in each object that uses it, far from all that the start needs, whose pages would
/// come into memory for it. No object is named, since this one is never unloaded.
#[cfg(target_env = "gnu")]
unsafe fn register_handlers(before: Handler, in_parent: Handler, in_child: Handler) {
    unsafe extern "C" {
        fn __register_atfork(
            before: Handler,
            in_parent: Handler,
            in_child: Handler,
            object: *mut c_void,
        ) -> c_int;
    }
    // SAFETY: as the caller says.
    unsafe { __register_atfork(before, in_parent, in_child, null_mut()) };
}

unsafe extern "C" fn before() {
    HEAP.prepare_fork(ThreadSlot::own().address());
}

unsafe extern "C" fn in_parent() {
    HEAP.end_fork_in_parent(ThreadSlot::own().address());
}

unsafe extern "C" fn in_child() {
    let lost = HEAP.take_files_in_child(ThreadSlot::own().address());
    if lost.region_bytes > 0 || (lost.chunk_bytes > 0 && HEAP.tunables.copies_files()) {
        tell(lost);
    }
    if lost.region_bytes > 0 {
        abort();
    }
    start::reset_in_child();
    HEAP.reset_in_child(thread::existing());
}

/// Says that there was no room for all copies.
#[cold]
fn tell(lost: Lost) {
    let mut line = Line::new();
    let mut places = [0; DIGITS];
    line.push_text("arenite: fork: no room in file_dir for the child's copy of ");
    let bytes = digits::<10>(lost.chunk_bytes + lost.region_bytes, &mut places);
    line.push_printable(bytes);
    line.push_text(if lost.region_bytes > 0 {
        " bytes of the heap, without which it cannot go on\n"
    } else {
        " bytes of large blocks, which it must not use\n"
    });
    write_stderr(line.as_bytes());
}
