//! A thread's first and last call.
//!
//! ```text
//! not started ──first slow call──▶ live ──key destructor──▶ ended
//! ```
//!
//! In the first and the last state the fast paths find a block of zeros, a cache that is always full and
//! always empty. A thread that has ended (other destructors still run) works without a cache, so that
//! nothing can be left behind.
#![expect(unsafe_code, reason = "thread-local words and pthread keys")]

use core::ffi::{c_int, c_void};
use core::ptr::{from_ref, without_provenance};

use super::start::{HEAP, ensure_started};
use crate::heap::Thread;
use crate::os::ThreadSlot;
use crate::sync::{AtomicI32, Ordering};
use crate::tcache::ThreadCache;

/// The share of a thread that has ended; no address of one.
const ENDED: *const u8 = without_provenance(1);

/// The key whose destructor ends a thread; negative while there is none.
static KEY: AtomicI32 = AtomicI32::new(-1);

/// The cache of the calling thread, in whichever state it is.
#[inline(always)]
pub(crate) fn cache() -> &'static ThreadCache {
    // SAFETY: the word is the address of a block of zeros as large as a cache, which is a valid one,
    // or of a `Thread`, which begins with its cache. Only this thread uses either.
    unsafe { &*ThreadSlot::cache().cast() }
}

/// The calling thread's share of the heap, which the first call makes; `None` if the thread has ended
/// or memory for it ran out.
pub(crate) fn current() -> Option<&'static Thread> {
    let share = ThreadSlot::share();
    if share.is_null() {
        return begin();
    }
    live(share)
}

/// The calling thread's share of the heap if it has one.
pub(super) fn existing() -> Option<&'static Thread> {
    let share = ThreadSlot::share();
    if share.is_null() { None } else { live(share) }
}

/// Makes the key; before any thread has begun.
pub(super) fn create_key() {
    let mut key: libc::pthread_key_t = 0;
    // SAFETY: the pointer is to a key; the destructor has the required signature.
    let failed = unsafe { libc::pthread_key_create(&raw mut key, Some(end)) };
    if failed == 0 {
        KEY.store(c_int::try_from(key).unwrap_or(-1), Ordering::Relaxed);
    }
}

fn live(share: *const u8) -> Option<&'static Thread> {
    if share == ENDED {
        return None;
    }
    // SAFETY: neither null nor `ENDED`, so it is what `begin` stored.
    Some(unsafe { &*share.cast() })
}

#[cold]
fn begin() -> Option<&'static Thread> {
    ensure_started();
    // Starting may have called back and begun this very thread.
    let share = ThreadSlot::share();
    if !share.is_null() {
        return live(share);
    }
    let thread = HEAP.start_thread()?;
    ThreadSlot::set_share(from_ref(thread).cast());
    // This may allocate; the share is in place.
    let will_end = calls_end(thread);
    // SAFETY: the words are this thread's; if it is registered, `end` will come before it is gone.
    unsafe { HEAP.threads.open_cache(thread, ThreadSlot::own(), will_end) };
    Some(thread)
}

/// Arranges for the thread's end; false if that is not possible, and its cache will be lost.
fn calls_end(thread: &Thread) -> bool {
    let Ok(key) = libc::pthread_key_t::try_from(KEY.load(Ordering::Relaxed)) else { return false };
    // SAFETY: the key exists; the value only has to be other than null.
    unsafe { libc::pthread_setspecific(key, from_ref(thread).cast()) == 0 }
}

extern "C" fn end(_value: *mut c_void) {
    let Some(thread) = existing() else { return };
    HEAP.threads.close_cache(thread, ThreadSlot::own());
    ThreadSlot::set_share(ENDED);
    HEAP.end_thread(thread);
}
