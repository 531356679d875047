//! An arena in which hardly anything lives any more gives back all that it can, at once and in steps.
//!
//! Free memory that is little beside what lives stays, for the program to use again. When what lives falls to a
//! small fraction of what lived before, that is no reason any more: the program has freed everything, perhaps never
//! calls again, and whatever is left now would show for ever. Since what lived is counted anew from then on, each
//! such release is of a heap that is several times smaller than that before, down to very little.
//!
//! What thread caches hold counts as living. The thread that frees says how much of it is in its own cache, which
//! goes back, too.

use super::backing::Backing;
use super::chunk::Limit;
use super::purge::Released;
use super::slab::SlabList;
use super::state::ArenaState;
use crate::size_class::SmallClass;

/// An arena is deserted when no more lives than this fraction of the most …
const FRACTION: usize = 8;
/// … which were so many bytes at least, or when nothing lives: no more than the fences of its regions and a few
/// blocks may come to …
const LEAST: usize = 16 * 1024;
const NOTHING: usize = 2 * 1024;
/// … and so many bytes of free memory have pages.
const DIRTY_LEAST: usize = 64 * 1024;
/// After so many bytes were freed at least it is looked at again.
const LOOK_MIN: usize = 4 * 1024;
/// A step gives back no more than about so many bytes of free chunks …
const STEP: usize = 4 * 1024 * 1024;
/// … and pages of so many slabs.
const STEP_SLABS: usize = 256;

/// An arena in which less lives, in bytes, is small.
const SMALL: usize = 2 * 1024 * 1024;

/// How much lives in an arena.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Population {
    /// As much as ever, or at least not so much less that it matters.
    Usual,
    /// The same of an arena that is small.
    Small,
    /// Hardly anything beside what lived before.
    Deserted,
    /// The same of an arena that is small now.
    DesertedSmall,
}

impl Population {
    /// Whether hardly anything lives beside what lived before.
    pub(crate) fn is_deserted(self) -> bool {
        matches!(self, Self::Deserted | Self::DesertedSmall)
    }
}

/// What the look-out for a deserted arena needs to know.
pub(super) struct Desertion {
    /// The most that lived, in bytes, since the last release.
    most: usize,
    /// Bytes to be freed before it is worth while to look.
    until_look: usize,
}

impl Desertion {
    /// Notes that so many bytes were freed, so that so many live.
    #[inline]
    pub(super) fn note_freed(&mut self, bytes: usize, live: usize) {
        self.most = self.most.max(live + bytes);
        self.until_look = if live <= NOTHING { 0 } else { self.until_look.saturating_sub(bytes) };
    }
}

impl ArenaState {
    /// Whether so much was freed that it is worth while to look.
    #[inline]
    pub(super) fn is_look_due(&self, backing: Backing<'_>) -> bool {
        // Whatever is cached lives.
        self.desertion.until_look == 0
            && self.dirty_free_bytes(backing) + self.live_bytes()
                >= DIRTY_LEAST + self.slack.bytes()
    }

    /// How much lives if `cached` bytes of it are in a thread cache that will be emptied.
    pub(super) fn look(&mut self, cached: usize, backing: Backing<'_>) -> Population {
        let live = self.live_bytes().saturating_sub(cached);
        let most = self.desertion.most;
        if live > most / FRACTION || (most < LEAST && live > NOTHING) {
            // So much has to be freed at least; other threads free, too, and more may be cached then.
            let missing = live.saturating_sub(most / FRACTION);
            self.desertion.until_look = LOOK_MIN.max(missing / 2);
            return if live < SMALL { Population::Small } else { Population::Usual };
        }
        self.desertion.until_look = LOOK_MIN;
        let dirty = self.dirty_free_bytes(backing) + cached;
        let is_much = dirty >= DIRTY_LEAST && dirty >= DIRTY_LEAST + self.keep(backing);
        match (live < SMALL, is_much) {
            (true, true) => Population::DesertedSmall,
            (true, false) => Population::Small,
            (false, true) => Population::Deserted,
            (false, false) => Population::Usual,
        }
    }

    /// Looks if it is due, after other threads than the arena's own freed something in it; true if all that could be
    /// given back was.
    pub(super) fn look_for_others(&mut self, backing: Backing<'_>) -> bool {
        self.is_look_due(backing)
            && self.look(0, backing).is_deserted()
            && self.release_deserted(backing)
    }

    /// Gives back some of what a deserted arena has; true if that was the rest.
    pub(super) fn release_deserted(&mut self, backing: Backing<'_>) -> bool {
        let (mut released, are_slabs_done) = self.purge_some_slabs(backing);
        let page = backing.os.page_size();
        let discard = |start, end| backing.os.discard(start, end - start);
        let limit = Limit { enough: STEP, looks: usize::MAX };
        let (gone, _) = self.chunks.purge_some(page, limit, page, discard);
        released = released.and(Released::pages(gone));
        if backing.tunables.is_dynamic() {
            self.check_break(backing);
            released = released.and(self.trim_top(0, backing)).and(self.discard_top(0, backing));
        }
        self.note_given_back(released.bytes, backing);
        let is_done = are_slabs_done && gone < STEP;
        if is_done {
            self.desertion.most = self.live_bytes();
        }
        is_done
    }

    /// Closes slabs that are empty and gives back pages of others; false if there are more.
    fn purge_some_slabs(&mut self, backing: Backing<'_>) -> (Released, bool) {
        let (mut released, mut rest) = (Released::default(), STEP_SLABS);
        for class in SmallClass::all() {
            let mut next = self.partial.get(class.index()).and_then(SlabList::first);
            while let Some(slab) = next {
                next = SlabList::after(slab);
                if slab.in_use() == 0 {
                    self.close_slab(slab, backing);
                    continue;
                }
                let purged = self.purge_slab(slab, backing);
                released = released.and(purged);
                rest -= usize::from(purged.anything);
                if rest == 0 {
                    return (released, false);
                }
            }
        }
        (released, true)
    }
}
