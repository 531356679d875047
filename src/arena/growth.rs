//! How an arena gets regions, and hands them on.

use super::backing::Backing;
use super::chunk::{FENCE, Follows, MIN_CHUNK};
use super::regions::{Region, Source};
use super::state::{ArenaState, first_chunk};
use crate::size_class::ClassByte;
use crate::units::{ALIGNMENT, UNIT, align_down, align_up};

impl ArenaState {
    /// Gets a region in which a chunk of `size` bytes fits, or lengthens the newest to that effect.
    pub(super) fn grow(&mut self, size: usize, backing: Backing<'_>) -> Option<()> {
        let least = size.checked_add(MIN_CHUNK + FENCE)?;
        let wanted = least.saturating_add(self.growth_pad(backing));
        let newest = self.top_region();
        let after = newest.map(|newest| newest.end);
        let region = backing.regions.acquire(least, wanted, after, backing.pages())?;
        let follows = newest
            .filter(|newest| newest.source == region.source && region.source != Source::File)
            .is_some_and(|newest| newest.end == region.start);
        self.add_region(region, if follows { Follows::Newest } else { Follows::Nothing }, backing)
    }

    /// Lengthens the newest region by at least `size` bytes, if the break allows that.
    pub(super) fn grow_newest(&mut self, size: usize, backing: Backing<'_>) -> Option<()> {
        let newest = self.top_region().filter(|newest| newest.source == Source::Break)?;
        let wanted = size.saturating_add(self.growth_pad(backing));
        let region = backing.regions.extend_break(newest.end, size, wanted, backing.pages())?;
        self.add_region(region, Follows::Newest, backing)
    }

    fn add_region(&mut self, region: Region, follows: Follows, backing: Backing<'_>) -> Option<()> {
        let prepared = backing.map.prepare(region.start, region.end, backing.metadata, backing.os);
        let listed = prepared.and_then(|()| match follows {
            Follows::Newest => {
                self.regions.set_newest_end(region.end);
                Some(())
            }
            Follows::Nothing => self.regions.push(region, backing.metadata, backing.os),
        });
        if listed.is_none() {
            backing.regions.release(region, backing.os);
            return None;
        }
        self.slack.note_taken(region.size(), backing.os);
        self.system_bytes += region.size();
        self.system_bytes_max = self.system_bytes_max.max(self.system_bytes);
        backing.map.set_range(region.start, region.end, ClassByte::CHUNK, self.owner);
        self.chunks.add_region(first_chunk(region), region.size(), follows);
        self.report_use(backing);
        Some(())
    }

    /// Finds out whether somebody moved the break down into the newest region, and gives up what is
    /// gone. Called before fresh memory of the top is used.
    pub(super) fn check_break(&mut self, backing: Backing<'_>) {
        let Some(region) = self.top_region() else { return };
        let now = backing.os.current_break();
        if region.source != Source::Break || now >= region.end {
            return;
        }
        let end = self.chunks.cut_top_at(align_down(now, ALIGNMENT));
        self.disown_units(align_up(end, UNIT), region.end, backing);
        backing.regions.note_lost(region.end - end);
        backing.os.note_break_lost(region.end - end);
        self.system_bytes -= region.end - end;
        self.regions.set_newest_end(end);
    }

    /// Clears the units of a range that are still entered as this arena's: those that somebody took
    /// away may be another's by now.
    fn disown_units(&self, start: usize, end: usize, backing: Backing<'_>) {
        for unit in (start..end).step_by(UNIT) {
            if backing.map.entry_at(unit) == (ClassByte::CHUNK, self.owner) {
                backing.map.set(unit, ClassByte::NONE, 0);
            }
        }
    }

    /// The region whose end is the top.
    pub(super) fn top_region(&self) -> Option<Region> {
        let end = self.chunks.top_region_end()?;
        self.regions.newest().filter(|region| region.end == end)
    }

    /// Hands on a region that is one free chunk; false if nobody takes it, then it stays one.
    pub(super) fn release_region(
        &mut self,
        start: usize,
        end: usize,
        backing: Backing<'_>,
    ) -> bool {
        let Some(region) = self.regions.remove(start) else {
            debug_assert!(false, "a region without a node");
            return false;
        };
        backing.map.clear_range(start, end, backing.os);
        if backing.regions.release(region, backing.os) {
            self.system_bytes -= region.size();
            self.report_use(backing);
            return true;
        }
        // The node goes back on the list, for which the one just freed is spare; it must not become the
        // newest, whose end is the top's.
        backing.map.set_range(start, end, ClassByte::CHUNK, self.owner);
        self.regions.push_oldest(region);
        self.keep_region(start, end);
        false
    }

    /// Makes a region that is one free chunk, taken out of the heap, one in a bin again.
    pub(super) fn keep_region(&mut self, start: usize, end: usize) {
        let region = Region { start, end, source: Source::Break };
        self.chunks.keep_region(first_chunk(region), region.size());
    }
}
