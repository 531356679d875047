//! A thread's first and last call.
//!
//! ```text
//! not started ──first slow call──▶ live ──key destructor──▶ ended
//! ```
//!
//! In the first and the last state the thread-local word points at a block of zeros, a cache that is
//! always full and always empty. A thread that has ended (other destructors still run) works without a
//! cache, so that nothing can be left behind.
#![expect(unsafe_code, reason = "thread-local word and pthread keys")]

use core::ffi::{c_int, c_void};

use super::start::{HEAP, ensure_started};
use crate::heap::Thread;
use crate::os::ThreadSlot;
use crate::sync::{AtomicI32, Ordering};
use crate::tcache::ThreadCache;

unsafe extern "C" {
    /// Blocks of zeros in the shim.
    static arenite_empty_cache: u8;
    static arenite_ended_cache: u8;
}

/// The key whose destructor ends a thread; negative while there is none.
static KEY: AtomicI32 = AtomicI32::new(-1);

/// The cache of the calling thread, in whichever state it is.
#[inline(always)]
pub(crate) fn cache() -> &'static ThreadCache {
    // SAFETY: the word is the address of a block of zeros as large as a cache, which is a valid one,
    // or of a `Thread`, which begins with its cache. Only this thread uses either.
    unsafe { &*ThreadSlot::get().cast() }
}

/// The calling thread's share of the heap, which the first call makes; `None` if the thread has ended
/// or memory for it ran out.
pub(crate) fn current() -> Option<&'static Thread> {
    let word = ThreadSlot::get();
    if word == &raw const arenite_empty_cache {
        return begin();
    }
    live(word)
}

/// The calling thread's share of the heap if it has one.
pub(super) fn existing() -> Option<&'static Thread> {
    let word = ThreadSlot::get();
    if word == &raw const arenite_empty_cache { None } else { live(word) }
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

fn live(word: *const u8) -> Option<&'static Thread> {
    if word == &raw const arenite_ended_cache {
        return None;
    }
    // SAFETY: not one of the two blocks of zeros, so it is what `begin` stored.
    Some(unsafe { &*word.cast() })
}

#[cold]
fn begin() -> Option<&'static Thread> {
    ensure_started();
    // Starting may have called back and begun this very thread.
    let word = ThreadSlot::get();
    if word != &raw const arenite_empty_cache {
        return live(word);
    }
    let thread = HEAP.start_thread()?;
    ThreadSlot::set(core::ptr::from_ref(thread).cast());
    if let Ok(key) = libc::pthread_key_t::try_from(KEY.load(Ordering::Relaxed)) {
        // This may allocate; the cache is in place. If it fails, the thread's cache is lost at its end.
        // SAFETY: the key exists; the value only has to be other than null.
        unsafe { libc::pthread_setspecific(key, core::ptr::from_ref(thread).cast()) };
    }
    Some(thread)
}

extern "C" fn end(_value: *mut c_void) {
    let Some(thread) = existing() else { return };
    ThreadSlot::set(&raw const arenite_ended_cache);
    HEAP.end_thread(thread);
}
