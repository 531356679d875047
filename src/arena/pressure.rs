//! What an arena does about the soft limit of memory: it tells how much of it has no pages, and keeps hardly
//! anything while little is left. (`purge` asks here.)

use super::backing::Backing;
use super::state::ArenaState;
use crate::limits::Limits;
use crate::units::UNIT;

/// Dirty free memory of less than this is left alone also then, so that not each free makes a system call.
const DIRTY_MIN_TIGHT: usize = 256 * 1024;
/// Changes of less than this are not told.
const REPORT_MIN: usize = UNIT;
/// Slabs are looked at again when as much as this fraction of them became free since.
const SLABS_FRACTION: usize = 8;

/// What the limits were told, and what was done about them; all zeros at first.
pub(super) struct Pressure {
    /// Whether there is a limit.
    is_limited: bool,
    without_pages: usize,
    system: usize,
    /// From how many dirty bytes of free objects on the slabs are looked at again.
    slabs_again_at: usize,
}

impl ArenaState {
    /// Notes that so many bytes of memory which had no pages are in use again.
    #[inline]
    pub(super) fn note_clean_taken(&mut self, bytes: usize, backing: Backing<'_>) {
        if bytes > 0 {
            self.slack.note_taken(bytes, backing.os);
            self.report_use(backing);
        }
    }

    /// Tells the limits how much of the arena has no pages, if there is a soft one and that changed.
    #[inline]
    pub(super) fn report_use(&mut self, backing: Backing<'_>) {
        if backing.tunables.has_soft_limit() {
            self.report_changed_use(backing);
        }
    }

    #[cold]
    #[inline(never)]
    fn report_changed_use(&mut self, backing: Backing<'_>) {
        self.pressure.is_limited = true;
        if is_tight_now(backing) {
            // Nothing is learnt about what it would be good to keep.
            self.slack.reset();
        }
        let of_slabs = self.slab_purged_pages * backing.os.page_size();
        let without_pages = self.chunks.purged_bytes() + of_slabs;
        let Pressure { without_pages: before, system, .. } = self.pressure;
        if without_pages.abs_diff(before) < REPORT_MIN && system == self.system_bytes {
            return;
        }
        let Some(limits) = backing.os.limits() else { return };
        // Where a region comes from, or goes, is where regions wait.
        let mut waiting = 0;
        backing.regions.for_each_waiting(|bytes| waiting += bytes);
        limits.note_without_pages(before, without_pages, waiting);
        self.pressure.without_pages = without_pages;
        self.pressure.system = self.system_bytes;
    }

    /// If little is left of the soft limit: purges large free chunks, whatever lives, and says so.
    #[cold]
    #[inline(never)]
    pub(super) fn purge_if_tight(&mut self, backing: Backing<'_>) -> bool {
        let is_tight = is_tight_now(backing);
        if is_tight && self.chunks.dirty_bytes() >= DIRTY_MIN_TIGHT.max(self.dirty_to_retry) {
            let purged = self.purge_large(backing);
            self.note_given_back(purged.bytes, backing);
        }
        is_tight
    }

    /// The same for free pages of slabs, each time that much became free in them.
    #[inline]
    pub(super) fn purge_slabs_if_tight(&mut self, backing: Backing<'_>) {
        if self.pressure.is_limited {
            self.purge_slabs_if_many(backing);
        }
    }

    #[cold]
    #[inline(never)]
    fn purge_slabs_if_many(&mut self, backing: Backing<'_>) {
        let is_due =
            self.dirty_slab_bytes(backing) >= self.pressure.slabs_again_at.max(DIRTY_MIN_TIGHT);
        if is_due && is_tight_now(backing) {
            let purged = self.purge_slabs(backing);
            // What is left shares its pages with objects in use.
            let step = DIRTY_MIN_TIGHT.max(self.slabs * UNIT / SLABS_FRACTION);
            self.pressure.slabs_again_at = self.dirty_slab_bytes(backing) + step;
            self.note_given_back(purged.bytes, backing);
        }
    }
}

/// Whether little is left of the soft limit.
#[inline]
pub(super) fn is_tight(backing: Backing<'_>) -> bool {
    backing.tunables.has_soft_limit() && is_tight_now(backing)
}

/// The same where there is a limit. Apart: there is none nearly always.
#[cold]
#[inline(never)]
fn is_tight_now(backing: Backing<'_>) -> bool {
    backing.os.limits().is_some_and(Limits::is_tight)
}
