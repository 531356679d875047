//! When and what an arena gives back to the system.

use super::backing::Backing;
use super::chunk::{FENCE, Limit, MIN_CHUNK, PURGE_MIN};
use super::pressure::is_tight;
use super::regions::Source;
use super::slab::{Slab, SlabList};
use super::state::ArenaState;
use crate::size_class::{ClassByte, SmallClass};
use crate::units::{UNIT, align_up, checked_align_up};

/// While the thresholds are dynamic, a new region is this fraction of the arena longer than needed …
const GROWTH_FRACTION: usize = 16;
/// … up to this many bytes.
const GROWTH_MAX: usize = 4 * 1024 * 1024;
/// Dirty free chunks of the arena are purged at once when they are more than what lives, or when they have been more
/// than this fraction of it …
const DIRTY_FRACTION: usize = 4;
/// … for so many milliseconds …
const DECAY_MS: u64 = 500;
/// … and more than this many bytes.
pub(super) const DIRTY_MIN: usize = 2 * 1024 * 1024;
/// No more than about so many bytes are purged by a free, which otherwise would take long (but a chunk at least),
/// and as much again for each so many milliseconds since the last purge: so it takes little of the program's time,
/// and yet a program that hardly frees anything gives back all.
const PURGE_STEP: usize = 4 * 1024 * 1024;
const PURGE_STEP_MS: u64 = 100;
/// So many chunks are looked at first; most have pages.
const PURGE_LOOKS: usize = 200;
/// [`DIRTY_MIN`] for an arena that no thread allocates from …
const DIRTY_MIN_IDLE: usize = 128 * 1024;
/// … which gives back every free page each time that so many bytes were freed in it, or half of what
/// lives if that is more: so the number of visits to all its slabs grows with the logarithm of its size.
const IDLE_PURGE_STEP: usize = 256 * 1024;
/// Bytes that it keeps when its last thread leaves. Of slabs that were hardly used, most has no pages.
const IDLE_KEPT: usize = 512 * 1024;

/// What was given back to the system.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Released {
    /// Whether anything was: pages, or address space that had none.
    pub(crate) anything: bool,
    /// Bytes of pages that were written to since the system gave them, so that so much less may be in memory.
    pub(crate) bytes: usize,
}

impl Released {
    /// So many bytes of pages, or nothing.
    pub(crate) fn pages(bytes: usize) -> Self {
        Self { anything: bytes > 0, bytes }
    }

    /// Both.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { anything: self.anything || other.anything, bytes: self.bytes + other.bytes }
    }
}

impl ArenaState {
    /// From now on threads allocate from the arena, or none does any more; true if that is news.
    pub(super) fn set_idle(&mut self, is_idle: bool) -> bool {
        let before = self.is_idle();
        self.dirty_min = if is_idle { DIRTY_MIN_IDLE } else { DIRTY_MIN };
        before != is_idle
    }

    /// Whether no thread allocates from the arena.
    pub(super) fn is_idle(&self) -> bool {
        self.dirty_min == DIRTY_MIN_IDLE
    }

    /// Gives back all that can be given back; `pad` bytes of the top stay.
    pub(super) fn release_all(&mut self, pad: usize, backing: Backing<'_>) -> Released {
        self.slack.reset();
        self.dirty_to_retry = 0;
        self.release_unasked(pad, backing)
    }

    /// The same, of its own accord.
    fn release_unasked(&mut self, pad: usize, backing: Backing<'_>) -> Released {
        for class in SmallClass::all() {
            self.close_empty_slabs(class, backing);
        }
        self.check_break(backing);
        let mut released = self.purge_slabs(backing).and(self.purge(backing));
        // A region that is all top goes as a whole, unless some of it is to stay.
        let dirty_top = self.dirty_top_bytes(backing);
        if pad == 0
            && let Some((start, end)) = self.chunks.take_empty_top()
            && self.release_region(start, end, backing)
        {
            released = released.and(Released { anything: true, bytes: dirty_top });
        }
        // Their pages are gone by now.
        while backing.regions.can_take()
            && let Some((start, end)) = self.chunks.take_empty_region()
        {
            if !self.release_region(start, end, backing) {
                break;
            }
            released.anything = true;
        }
        // A region ends on a unit boundary, so that more than the pad may be left.
        let released =
            released.and(self.trim_top(pad, backing)).and(self.discard_top(pad, backing));
        self.report_use(backing);
        self.note_holes(backing);
        released
    }

    /// Bytes of the top's pages that were written to.
    pub(super) fn dirty_top_bytes(&self, backing: Backing<'_>) -> usize {
        let dirty = self.chunks.dirty_top();
        let bytes = dirty.map_or(0, |(start, end)| end.saturating_sub(start));
        align_up(bytes, backing.os.page_size())
    }

    /// Whether slabs hold more free memory than memory in use, and much of it.
    pub(super) fn is_sparse(&mut self, backing: Backing<'_>) -> bool {
        let dirty = self.dirty_slab_bytes(backing);
        let live = (self.slabs * UNIT).saturating_sub(self.slab_free_bytes);
        dirty >= self.dirty_min.max(live)
            && backing.tunables.gives_back()
            && dirty >= self.dirty_min + self.keep(backing)
    }

    /// Gives back the pages of a slab in which no object is in use.
    pub(super) fn purge_slab(&mut self, slab: &'static Slab, backing: Backing<'_>) -> Released {
        let before = slab.purged_pages();
        let with_head = self.may_purge_head(slab, backing);
        let discard = |start, end| backing.os.discard(start, end - start);
        slab.purge(backing.os.page_size(), with_head, discard);
        let purged = slab.purged_pages() - before;
        self.slab_purged_pages += purged as usize;
        Released::pages(purged as usize * backing.os.page_size())
    }

    /// Gives back such pages of all slabs.
    pub(super) fn purge_slabs(&mut self, backing: Backing<'_>) -> Released {
        let mut released = Released::default();
        for class in SmallClass::all() {
            let mut next = self.partial.get(class.index()).and_then(SlabList::first);
            while let Some(slab) = next {
                next = SlabList::after(slab);
                released = released.and(self.purge_slab(slab, backing));
            }
        }
        released
    }

    /// Purges large free chunks if their dirty memory is much beside what lives, or has been some of it for a while.
    pub(super) fn purge_if_due(&mut self, backing: Backing<'_>) {
        if backing.tunables.has_soft_limit() && self.purge_if_tight(backing) {
            return;
        }
        let dirty = self.chunks.dirty_bytes();
        let live = self.live_bytes();
        let some = self.dirty_min.max(live / DIRTY_FRACTION);
        let keep = if dirty < some { 0 } else { self.keep(backing) };
        let is_little = dirty < some.max(self.dirty_to_retry) || dirty < some + keep;
        if is_little || !backing.tunables.gives_back() {
            self.dirty_since_ms = None;
            return;
        }
        let is_much = dirty >= self.dirty_min.max(live) + keep;
        if is_much || self.has_been_dirty(backing) {
            let purged = self.purge_large(backing);
            self.note_given_back(purged.bytes, backing);
        }
    }

    /// Bytes in use, what thread caches hold included.
    pub(super) fn live_bytes(&self) -> usize {
        let free = self.chunks.free_bytes() + self.slab_free_bytes;
        self.system_bytes - free - self.slab_waste_bytes
    }

    /// Whether there has been dirty memory, which there is, for some time.
    fn has_been_dirty(&mut self, backing: Backing<'_>) -> bool {
        let now = backing.os.now_ms();
        let since = *self.dirty_since_ms.get_or_insert(now);
        now.saturating_sub(since) >= DECAY_MS
    }

    /// Gives back about as much of chunks of 64 KiB and more as one free should, the largest first.
    pub(super) fn purge_large(&mut self, backing: Backing<'_>) -> Released {
        let now = backing.os.now_ms();
        let last = self.purged_at_ms.replace(now).unwrap_or(now);
        let steps = 1 + now.saturating_sub(last) / PURGE_STEP_MS;
        let enough = PURGE_STEP.saturating_mul(usize::try_from(steps).unwrap_or(usize::MAX));
        let page = backing.os.page_size();
        let mut purge_some = |looks| {
            let discard = |start, end| backing.os.discard(start, end - start);
            self.chunks.purge_some(PURGE_MIN, Limit { enough, looks }, page, discard)
        };
        let (mut gone, mut refused) = purge_some(PURGE_LOOKS);
        if gone == 0 {
            // Many of the largest may have no pages any more.
            (gone, refused) = purge_some(usize::MAX);
        }
        // What the program locked in memory is not to be offered again by each free, nor to be looked for.
        let is_in_vain = gone <= refused;
        self.dirty_to_retry = if is_in_vain { 2 * self.chunks.dirty_bytes() } else { 0 };
        Released::pages(gone)
    }

    /// Notes that memory was given back without being asked for.
    pub(super) fn note_given_back(&mut self, bytes: usize, backing: Backing<'_>) {
        self.given_back_bytes += bytes;
        self.slack.note_given_back(bytes, self.system_bytes_max, backing.os);
        self.report_use(backing);
        self.note_holes(backing);
    }

    /// Bytes of free memory to keep.
    pub(super) fn keep(&mut self, backing: Backing<'_>) -> usize {
        let dirty = self.dirty_free_bytes(backing);
        self.slack.keep(dirty, backing.os)
    }

    /// Bytes of free objects that have pages.
    pub(super) fn dirty_slab_bytes(&self, backing: Backing<'_>) -> usize {
        self.slab_free_bytes.saturating_sub(self.slab_purged_pages * backing.os.page_size())
    }

    /// Hands on a region that became one free chunk, unless it may be missed soon.
    pub(super) fn release_or_keep_region(
        &mut self,
        start: usize,
        end: usize,
        backing: Backing<'_>,
    ) {
        let free = self.dirty_free_bytes(backing) + (end - start);
        if free <= self.keep(backing) || !backing.tunables.gives_back() {
            self.keep_region(start, end);
        } else if self.release_region(start, end, backing) {
            self.note_given_back(end - start, backing);
        }
    }

    /// Gives everything back after the last thread has left, unless that is so little that the next thread
    /// would only pay for it.
    pub(super) fn release_if_much(&mut self, backing: Backing<'_>) {
        let gives_back = backing.tunables.gives_back();
        if gives_back && self.dirty_free_bytes(backing) >= IDLE_KEPT + self.keep(backing) {
            let released = self.release_unasked(0, backing);
            self.note_given_back(released.bytes, backing);
        }
    }

    /// Counts `freed` bytes; in an arena that no thread allocates from gives all free pages back when it was
    /// enough: nobody will use them soon.
    pub(super) fn note_freed(&mut self, freed: usize, backing: Backing<'_>) {
        if !self.is_idle() || !backing.tunables.gives_back() {
            self.desertion.note_freed(freed, self.live_bytes());
            return;
        }
        self.freed_while_idle += freed;
        let live = self.live_bytes();
        if self.freed_while_idle >= IDLE_PURGE_STEP.max(live / 2) && backing.tunables.gives_back() {
            self.freed_while_idle = 0;
            self.purge_slabs(backing);
            self.purge(backing);
            self.discard_top(0, backing);
            self.report_use(backing);
        }
    }

    /// Gives back the whole pages of all free chunks but the top.
    pub(super) fn purge(&mut self, backing: Backing<'_>) -> Released {
        self.purge_from(backing.os.page_size(), backing)
    }

    fn purge_from(&mut self, least: usize, backing: Backing<'_>) -> Released {
        let discard = |start, end| backing.os.discard(start, end - start);
        Released::pages(self.chunks.purge(least, backing.os.page_size(), discard))
    }

    pub(super) fn trim_if_due(&mut self, backing: Backing<'_>) {
        let pad = self.growth_pad(backing);
        let threshold = backing.tunables.trim_threshold();
        if !backing.tunables.is_dynamic() {
            if self.chunks.top_size() >= threshold {
                self.check_break(backing);
                let trimmed = self.trim_top(pad, backing);
                self.note_given_back(trimmed.bytes, backing);
            }
            return;
        }
        let threshold = if is_tight(backing) { 2 * pad } else { threshold.max(2 * pad) };
        if self.chunks.top_size() < threshold {
            return;
        }
        let keep = self.keep(backing);
        if self.chunks.top_size() >= threshold + keep {
            self.check_break(backing);
            let trimmed = self.trim_top(pad + keep, backing);
            self.note_given_back(trimmed.bytes, backing);
        }
    }

    /// Gives back the top but for `pad` bytes: by lowering the break, or else its dirty pages.
    pub(super) fn trim_top(&mut self, pad: usize, backing: Backing<'_>) -> Released {
        let Some(region) = self.top_region() else { return Released::default() };
        let top_start = region.end - FENCE - self.chunks.top_size();
        let kept = pad.checked_add(top_start + MIN_CHUNK + FENCE);
        let new_end = kept.and_then(|end| checked_align_up(end, UNIT));
        if region.source == Source::Break
            && let Some(new_end) = new_end.filter(|&end| end < region.end)
            && backing.regions.ends_at_break(region.end, backing.os)
        {
            // Cleared before the break falls: after that another arena may have these units.
            backing.map.clear_range(new_end, region.end, backing.os);
            let dirty_end = self.chunks.dirty_top().map_or(0, |(_, end)| end);
            if backing.regions.lower_break(region.end, new_end, backing.os) {
                self.chunks.shorten_top(new_end);
                self.regions.set_newest_end(new_end);
                self.system_bytes -= region.end - new_end;
                let dirty_end = align_up(dirty_end, backing.os.page_size()).min(region.end);
                let bytes = dirty_end.saturating_sub(new_end);
                return Released { anything: true, bytes };
            }
            backing.map.set_range(new_end, region.end, ClassByte::CHUNK, self.owner);
        }
        self.discard_top(pad, backing)
    }

    /// Gives back the dirty pages of the top above its first `pad` bytes.
    pub(super) fn discard_top(&mut self, pad: usize, backing: Backing<'_>) -> Released {
        let Some((start, end)) = self.chunks.dirty_top() else { return Released::default() };
        let page = backing.os.page_size();
        let start = start.checked_add(pad).and_then(|start| checked_align_up(start, page));
        let (Some(start), end) = (start, align_up(end, page)) else {
            return Released::default();
        };
        // If that is the region's last page, the fence goes with it and is written again.
        if start >= end || !backing.os.discard(start, end - start) {
            return Released::default();
        }
        self.chunks.note_top_discarded(start);
        Released::pages(end - start)
    }

    pub(super) fn growth_pad(&self, backing: Backing<'_>) -> usize {
        let pad = backing.tunables.top_pad();
        if backing.tunables.is_dynamic() && !is_tight(backing) {
            pad.max((self.system_bytes / GROWTH_FRACTION).min(GROWTH_MAX))
        } else {
            pad
        }
    }
}
