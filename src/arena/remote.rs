//! Chunks that threads of other arenas freed while the owner's lock was taken.
//!
//! The queue has a lock of its own, which is held only to copy pointers: a thread that frees never
//! waits for an allocation, and nothing is written into the freed blocks.

use crate::os::Lock;
use crate::sync::counts::{self, Line, LockKind};
use crate::sync::{AtomicUsize, Ordering};

/// Blocks that the queue holds at most.
pub(crate) const REMOTE_CHUNKS: usize = 62;

/// User addresses of freed chunks.
pub(crate) struct RemoteChunks {
    queue: Lock<Queue>,
    /// A copy of the length, to be looked at without the lock.
    waiting: AtomicUsize,
}

struct Queue {
    blocks: [usize; REMOTE_CHUNKS],
    length: usize,
}

impl RemoteChunks {
    /// Empty; `self` was all zeros.
    pub(crate) fn start(&mut self) {
        self.queue.set_kind(LockKind::Queue);
    }

    /// Whether nothing waits, at this moment.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) == 0
    }

    /// Adds a block; false if the queue is full.
    pub(crate) fn push(&self, block: usize) -> bool {
        let mut queue = self.queue.lock();
        let length = queue.length;
        let Some(place) = queue.blocks.get_mut(length) else { return false };
        counts::written(Line::RemoteQueue, place);
        *place = block;
        queue.length = length + 1;
        counts::written(Line::RemoteQueue, &self.waiting);
        self.waiting.store(length + 1, Ordering::SeqCst);
        true
    }

    /// Calls `visit` with each block and empties the queue.
    pub(crate) fn drain(&self, visit: impl FnMut(usize)) {
        let (blocks, length) = {
            let mut queue = self.queue.lock();
            let length = queue.length;
            queue.length = 0;
            counts::written(Line::RemoteQueue, &self.waiting);
            self.waiting.store(0, Ordering::Relaxed);
            (queue.blocks, length)
        };
        blocks.into_iter().take(length).for_each(visit);
    }

    /// In the child of a fork: what another thread was adding is lost.
    pub(crate) fn reset_in_child(&self) {
        self.queue.reset_in_child();
    }
}
