//! What thread caches hold and do not need: it keeps slabs and pages from going back.
//!
//! A thread that makes slow calls looks at its bins from time to time. Of a bin that did not run empty since the last
//! time, something was not needed: half goes back, and all if it holds what it held. Others' caches cannot be touched, since their threads use them without a lock. But a thread that made no slow
//! call for a second is *asked*: its fast paths find an empty cache, so that its next call, whenever that is, gets
//! here and gives the cache back.

use super::heap::Heap;
use super::thread::Thread;
use crate::os::System;
use crate::size_class::{MediumClass, SmallClass};

/// Slow calls of a thread after which it reads the clock.
const CALLS: u32 = 16;
/// Milliseconds in which a bin has to run empty.
const BIN_MS: u64 = 100;
/// Milliseconds without a slow call after which a thread is asked.
const THREAD_MS: u64 = 1000;

impl<S: System> Heap<S> {
    /// Notes that this bin of the thread's cache ran empty, and will be refilled.
    pub(super) fn note_refill(&self, thread: &Thread, bin: usize) {
        thread.note_used(bin);
        self.note_slow_call(thread);
    }

    /// Notes that, or that a bin overflows.
    pub(super) fn note_slow_call(&self, thread: &Thread) {
        let calls = thread.slow_calls.get() + 1;
        thread.slow_calls.set(calls % CALLS);
        if calls == CALLS {
            self.flush_unused(thread);
        }
    }

    /// Gives the thread's cache back if it was asked for.
    #[inline]
    pub(super) fn answer(&self, thread: &Thread) {
        if thread.is_asked() {
            self.answer_now(thread);
        }
    }

    #[cold]
    fn answer_now(&self, thread: &Thread) {
        self.threads.answer(thread);
        self.flush(thread);
        thread.cache.reset(&self.stacks);
    }

    /// If it is time, gives back what is in bins and was not needed, and asks threads that did not call.
    #[cold]
    fn flush_unused(&self, thread: &Thread) {
        let now = self.os.now_ms();
        if now.saturating_sub(thread.seen_ms()) < BIN_MS {
            return;
        }
        thread.set_seen_ms(now);
        // A thread that goes on to allocate need not be, until it turns out anew that hardly anything lives.
        if thread.has_refilled() {
            thread.cache.set_thrifty(false);
        }
        for class in SmallClass::all() {
            let bin = thread.cache.small_bin(class);
            let count = thread.unused_blocks(class.index(), bin.len());
            if count > 0 {
                self.flush_objects(thread, class, count);
                if bin.is_empty() {
                    thread.cache.fit_bin(class, self.array_source());
                }
            }
        }
        for class in MediumClass::all() {
            let length = thread.cache.medium_bin(class).len();
            let count = thread.unused_blocks(class.index(), length);
            if count > 0 {
                self.flush_chunks(thread, class, count);
            }
        }
        self.threads.ask_idle(now, THREAD_MS);
    }
}
