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

/// An arena is deserted when no more lives than this fraction of the most, …
const FRACTION: usize = 8;
/// … or than three quarters of the most if so many times as much free memory has pages, …
const SPARSE: usize = 8;
/// So many times its size a small block may keep from going back, when few live.
const PINNED: usize = 8;
/// … which was so many bytes at least, or when nothing lives: no more than the fences of its regions and a few
/// blocks may come to …
const LEAST: usize = 16 * 1024;
const NOTHING: usize = 2 * 1024;
/// … and so many bytes of free memory have pages.
const DIRTY_LEAST: usize = 32 * 1024;
/// It is looked at again when so many bytes less live at least.
const LOOK_MIN: usize = 4 * 1024;
/// A step gives back no more than about so many bytes of free chunks …
const STEP: usize = 4 * 1024 * 1024;
/// … and pages of so many slabs.
const STEP_SLABS: usize = 64;

/// Less than so many bytes that live is little.
const SMALL: usize = 2 * 1024 * 1024;

/// As many bytes or more are much.
const MUCH: usize = 512 * 1024;

/// How much lives in an arena.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Population {
    /// Hardly anything beside what lived before, and there is memory to give back.
    pub(crate) is_deserted: bool,
    /// Not much more than that.
    pub(crate) is_declining: bool,
    /// Little in any case.
    pub(crate) is_small: bool,
    /// Of much that lived before.
    pub(crate) was_much: bool,
}

/// What the look-out for a deserted arena needs to know, in bytes.
pub(super) struct Desertion {
    /// The most that lived since the last release.
    most: usize,
    /// It is worth while to look when no more than this lives: somewhat less than when that was done last, …
    look_at: usize,
    /// … unless so much has lived since that there is more to be found.
    look_again: usize,
    /// Whether no more lives than that.
    is_low: bool,
}

impl Desertion {
    /// Notes that so many bytes were freed, so that so many live.
    #[inline]
    pub(super) fn note_freed(&mut self, bytes: usize, live: usize) {
        let before = live + bytes;
        if before > self.look_again {
            self.most = self.most.max(before);
            self.look_again = before;
            self.look_at = before / 4 * 3;
        }
        self.is_low = live <= self.look_at;
    }

    /// Notes that somebody looked, or that everything was given back, when so many bytes lived: the next look is when
    /// no more than `at` live, or after more than `again` did.
    fn note_look(&mut self, live: usize, at: usize, again: usize) {
        self.look_again = again;
        let least = if live > NOTHING { NOTHING } else { 0 };
        self.look_at = at.min(live.saturating_sub(LOOK_MIN)).max(least);
        self.is_low = false;
    }
}

impl ArenaState {
    /// Whether so much was freed that it is worth while to look.
    #[inline]
    pub(super) fn is_look_due(&self, backing: Backing<'_>) -> bool {
        // Whatever is cached lives.
        self.desertion.is_low
            && self.dirty_free_bytes(backing) + self.live_bytes() >= self.much_dirty()
    }

    /// How much lives if `cached` bytes of it are in a thread cache that will be emptied.
    pub(super) fn look(&mut self, cached: usize, backing: Backing<'_>) -> Population {
        let all = self.live_bytes();
        let live = all.saturating_sub(cached);
        let most = self.desertion.most.max(all);
        self.desertion.most = most;
        // So much has to be freed at least; other threads free, too, and more may be cached then.
        let dirty = self.dirty_free_bytes(backing) + cached;
        let few = if dirty >= SPARSE * live { most / 4 * 3 } else { most / FRACTION };
        let missing = live.saturating_sub(few);
        // If that much has not become free, nothing is new until more lives than ever; else until much more is dirty.
        let again = if missing > 0 { most } else { all + self.much_dirty() };
        self.desertion.note_look(all, all - missing / 2, again);
        let is_empty = missing == 0 && (most >= LEAST || live <= NOTHING);
        self.keep(backing);
        // There is that much to give back, or will be when no more lives.
        let is_much =
            backing.tunables.gives_back() && dirty.min(PINNED * (most - live)) >= self.much_dirty();
        Population {
            is_deserted: is_empty && is_much,
            is_declining: missing <= few && is_much,
            is_small: live < SMALL,
            was_much: most >= MUCH,
        }
    }

    /// So many bytes of free memory that have pages are much. A release does not leave what is to be kept, so it must be
    /// worth while beside that.
    fn much_dirty(&self) -> usize {
        let kept = self.slack.bytes();
        DIRTY_LEAST + kept + kept / 4
    }

    /// Looks if it is due, after other threads than the arena's own freed something in it; true if all that could be
    /// given back was.
    pub(super) fn look_for_others(&mut self, backing: Backing<'_>) -> bool {
        self.is_look_due(backing)
            && self.look(0, backing).is_deserted
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
            let pad = backing.tunables.top_pad();
            released = released.and(self.trim_top(pad, backing)).and(self.discard_top(0, backing));
        }
        self.note_given_back(released.bytes, backing);
        let is_done = are_slabs_done && gone < STEP;
        let live = self.live_bytes();
        if is_done {
            self.desertion.most = live;
        }
        self.desertion.note_look(live, live - live / 16, live + self.much_dirty());
        if !is_done {
            // With the next free.
            self.desertion.look_at = live;
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
