//! What the whole heap does about the limits of memory: near the soft one everybody gives back what is kept for
//! later; at the hard one, and where the system has no more, that is done before a request fails.

use super::heap::Heap;
use super::thread::Thread;
use crate::os::System;
use crate::tunables::SoftLimit;

impl<S: System> Heap<S> {
    /// Makes the settings take effect; what the control group allows is `of_group` bytes, 0 if that is not limited.
    pub(crate) fn apply_limits(&self, of_group: impl FnOnce() -> usize) {
        let soft = match self.tunables.soft_limit() {
            SoftLimit::Bytes(bytes) => bytes,
            SoftLimit::Group => of_group(),
        };
        let regions = self.regions.system_bytes() + self.regions.gap_bytes();
        let taken = regions + self.mapped.totals().bytes + self.metadata.mapped_bytes();
        self.limits().set(self.tunables.hard_limit(), soft, taken);
    }

    /// Sees to a release, if one is due; `thread` is the calling one's share. Allocations that the cache cannot serve
    /// begin here.
    #[inline]
    pub(super) fn heed_limits(&self, thread: Option<&Thread>) {
        let releases = self.limits().releases();
        if releases != 0 {
            self.heed_release(thread, releases);
        }
    }

    #[cold]
    #[inline(never)]
    fn heed_release(&self, thread: Option<&Thread>, number: usize) {
        if self.limits().begin_release(number) {
            // Other threads are asked for their caches.
            self.trim(thread, 0);
        }
    }

    /// Gives back all that can be given back, after a request of `size` bytes failed because of the hard limit or because
    /// the system has no more; false if that cannot help.
    #[cold]
    pub(super) fn release_for(&self, thread: Option<&Thread>, size: usize) -> bool {
        let may_fit = self.limits().may_fit(size) || size < self.regions.system_bytes();
        if may_fit {
            self.trim(thread, 0);
        }
        may_fit
    }
}
