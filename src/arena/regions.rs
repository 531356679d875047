//! Regions: ranges of whole units that arenas carve, from the break or from mappings.
//!
//! The break is shared with the rest of the program: before it moves, it is compared with where this
//! file left it, and whatever somebody else did to it only means that the next region does not follow
//! the last one. When it cannot grow, regions come from `mmap`. If the settings want that, each is a file.

use core::ffi::CStr;

use super::files::{FileMapping, FileRegions, Refused};
use super::pages::{Pages, REGION_NAME};
use crate::os::{Lock, System, Undisturbed};
use crate::sync::counts::{self, Line, LockKind};
use crate::sync::{AtomicBool, AtomicUsize, Ordering};
use crate::units::{UNIT, align_down, align_up, checked_align_up};

/// Smallest region from a mapping, in bytes.
const MAPPING_MIN: usize = 1024 * 1024;
/// How many empty regions wait for an arena at most; neighbours are one. More stay with their arena.
const WAITING_MAX: usize = 128;

/// A range of whole units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Region {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) source: Source,
}

/// Where a region came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// Moving the break; the pages are zero.
    Break,
    /// A mapping; the pages are zero.
    Mapping,
    /// A file; the pages are zero. None becomes one with another.
    File,
}

/// All regions that no arena has, and the ways to get more.
#[repr(align(128))]
pub(crate) struct Regions {
    waiting: Lock<Waiting>,
    /// Bytes that arenas and waiting regions have from the system.
    system_bytes: AtomicUsize,
    system_bytes_max: AtomicUsize,
    /// Bytes of the break that are in no region, because these begin and end on unit boundaries.
    gap_bytes: AtomicUsize,
    /// Whether the break must not be moved; see [`Self::reset_in_child`].
    is_break_closed: AtomicBool,
    in_files: FileRegions,
}

/// Empty regions, their pages given back: the first `count` of `slots`.
struct Waiting {
    slots: [Region; WAITING_MAX],
    count: usize,
}

impl Region {
    /// Size in bytes.
    pub(crate) const fn size(&self) -> usize {
        self.end - self.start
    }

    const NONE: Self = Self { start: 0, end: 0, source: Source::Break };
}

impl Regions {
    /// No regions.
    pub(crate) const fn new() -> Self {
        Self {
            waiting: Lock::of(
                LockKind::Regions,
                Waiting { slots: [Region::NONE; WAITING_MAX], count: 0 },
            ),
            system_bytes: AtomicUsize::new(0),
            system_bytes_max: AtomicUsize::new(0),
            gap_bytes: AtomicUsize::new(0),
            is_break_closed: AtomicBool::new(false),
            in_files: FileRegions::new(),
        }
    }

    /// Bytes of all regions, those that wait included.
    pub(crate) fn system_bytes(&self) -> usize {
        self.system_bytes.load(Ordering::Relaxed)
    }

    /// The most that [`Self::system_bytes`] ever was.
    pub(crate) fn system_bytes_max(&self) -> usize {
        self.system_bytes_max.load(Ordering::Relaxed)
    }

    /// Bytes that were got from the break and are in no region.
    pub(crate) fn gap_bytes(&self) -> usize {
        self.gap_bytes.load(Ordering::Relaxed)
    }

    /// The regions that lie in files, as they are at some moment.
    pub(super) fn in_files(&self) -> impl Iterator<Item = FileMapping> {
        self.in_files.iter()
    }

    /// Whether any does.
    pub(crate) fn are_in_files(&self) -> bool {
        self.in_files().next().is_some()
    }

    /// Calls `visit` with the size of each region that waits for an arena.
    pub(crate) fn for_each_waiting(&self, visit: impl FnMut(usize)) {
        self.waiting.lock().regions().iter().map(Region::size).for_each(visit);
    }

    /// A zeroed region of at least `least` bytes, if possible `wanted`; preferably one that starts at
    /// `after`. `None` when the system has no more memory.
    pub(crate) fn acquire(
        &self,
        least: usize,
        wanted: usize,
        after: Option<usize>,
        pages: Pages<'_>,
    ) -> Option<Region> {
        let os = pages.os;
        let least = checked_align_up(least, UNIT)?;
        let wanted = align_down(wanted, UNIT).max(least);
        let mut waiting = self.waiting.lock();
        if let Some(region) = waiting.take(least, wanted, after) {
            return Some(region);
        }
        if let Some(directory) = pages.tunables.region_directory() {
            let size = wanted.max(self.in_files.least_size());
            let region = self
                .map_file(directory, size, pages)
                .or_else(|_| self.map_file(directory, least, pages));
            if region != Err(Refused::Forking) {
                return region.ok();
            }
        }
        let region = from_huge_pages(wanted, pages)
            .or_else(|| self.raise_break(wanted, os))
            .or_else(|| self.raise_break(least, os))
            .or_else(|| from_mapping(wanted.max(MAPPING_MIN), os))
            .or_else(|| from_mapping(least, os))?;
        pages.advise(region.start, region.size());
        if region.source == Source::Mapping {
            pages.set_name(region.start, region.size(), REGION_NAME);
        }
        self.count(region);
        Some(region)
    }

    /// Raises the break by at least `least` bytes, if possible `wanted`, where a region ends at it.
    pub(crate) fn extend_break(
        &self,
        end: usize,
        least: usize,
        wanted: usize,
        pages: Pages<'_>,
    ) -> Option<Region> {
        let os = pages.os;
        let least = checked_align_up(least, UNIT)?;
        let wanted = align_down(wanted, UNIT).max(least);
        let mut waiting = self.waiting.lock();
        if self.is_break_closed()
            || os.current_break() != end
            || pages.tunables.region_directory().is_some()
        {
            return None;
        }
        let region = self.raise_break(wanted, os).or_else(|| self.raise_break(least, os))?;
        pages.advise(region.start, region.size());
        self.count(region);
        if region.start == end {
            return Some(region);
        }
        // Somebody moved the break in between.
        waiting.keep(region);
        None
    }

    /// Whether an empty region finds a place.
    pub(crate) fn can_take(&self) -> bool {
        self.waiting.lock().has_room()
    }

    /// Takes back an empty region whose units the caller cleared in the map; false: the caller has to
    /// keep it.
    pub(crate) fn release(&self, region: Region, os: &dyn System) -> bool {
        let mut waiting = self.waiting.lock();
        if self.give_back(region, os) {
            waiting.give_back_end_of_break(|region| self.give_back(region, os));
            return true;
        }
        // In the middle of the break: only its pages can go, and the next arena gets the rest.
        waiting.has_room() && os.discard(region.start, region.size()) && waiting.keep(region)
    }

    /// Whether the break is at `end`, where a region ends, so that it may be lowered. It may move meanwhile:
    /// this only saves those the work who would clear units for nothing.
    pub(crate) fn ends_at_break(&self, end: usize, os: &dyn System) -> bool {
        !self.is_break_closed() && os.current_break() == end
    }

    /// Lowers the break from `end`, where a region ends, to `new_end`; false if it is not there.
    pub(crate) fn lower_break(&self, end: usize, new_end: usize, os: &dyn System) -> bool {
        let _waiting = self.waiting.lock();
        self.lower_break_locked(end, new_end, os)
    }

    /// Notes that `bytes` of regions were taken away by somebody who moved the break.
    pub(crate) fn note_lost(&self, bytes: usize) {
        counts::written(Line::Counter, &self.system_bytes);
        self.system_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// In the child of a fork: regions in files that were about to be acquired are nobody's.
    pub(super) fn drop_tentative(&self) {
        self.in_files.drop_tentative();
    }

    /// In the child of a fork: if another thread was in here, the waiting regions are lost.
    ///
    /// If the parent `had_threads`, the child leaves the break alone: while another thread moves it,
    /// Linux may give the child a break that does not match its mappings (`dup_mm` copies it before it
    /// takes the lock), and then growing it succeeds without mapping anything.
    pub(crate) fn reset_in_child(&self, had_threads: bool) {
        if had_threads {
            self.is_break_closed.store(true, Ordering::Relaxed);
        }
        if self.waiting.is_locked() {
            self.waiting.reset_in_child();
            self.waiting.lock().count = 0;
        }
    }

    /// Raises the break by `size` bytes, plus what it takes to start on a unit boundary.
    fn raise_break(&self, size: usize, os: &dyn System) -> Option<Region> {
        if self.is_break_closed() {
            return None;
        }
        let before = os.current_break();
        let start = align_up(before, UNIT);
        let total = size.checked_add(start - before)?;
        let old = os.move_break(isize::try_from(total).ok()?)?;
        // If somebody moved the break in between, the whole units of what we got are used.
        let (start, end) = (align_up(old, UNIT), align_down(old + total, UNIT));
        let region = Region { start, end, source: Source::Break };
        let region = (end >= start + size).then_some(region);
        let gap = total - region.map_or(0, |region| region.size());
        self.gap_bytes.fetch_add(gap, Ordering::Relaxed);
        region
    }

    /// A file of `size` bytes in that directory. Needs the lock.
    fn map_file(&self, directory: &CStr, size: usize, pages: Pages<'_>) -> Result<Region, Refused> {
        let os = pages.os;
        if pages.files.are_forking() {
            return Err(Refused::Forking);
        }
        // Until a fork would see the region among those in files.
        let _undisturbed = Undisturbed::new();
        let file = FileMapping::create(directory, (size, 0), UNIT, os).ok_or(Refused::NoMemory)?;
        os.never_discard(file.start, size);
        let is_entered = self.in_files.enter(file);
        let is_forking = pages.files.are_forking();
        if !is_entered || is_forking {
            self.in_files.leave(file);
            os.unmap(file.start, size);
            return Err(if is_forking { Refused::Forking } else { Refused::NoMemory });
        }
        self.in_files.confirm(file);
        let region = Region { start: file.start, end: file.start + size, source: Source::File };
        self.count(region);
        Ok(region)
    }

    fn count(&self, region: Region) {
        counts::written(Line::Counter, &self.system_bytes);
        let total = self.system_bytes.fetch_add(region.size(), Ordering::Relaxed) + region.size();
        self.system_bytes_max.fetch_max(total, Ordering::Relaxed);
    }

    fn is_break_closed(&self) -> bool {
        self.is_break_closed.load(Ordering::Relaxed)
    }

    fn lower_break_locked(&self, end: usize, new_end: usize, os: &dyn System) -> bool {
        let Ok(delta) = isize::try_from(end - new_end) else { return false };
        if !self.ends_at_break(end, os) || os.move_break(-delta).is_none() {
            return false;
        }
        counts::written(Line::Counter, &self.system_bytes);
        self.system_bytes.fetch_sub(end - new_end, Ordering::Relaxed);
        true
    }

    fn give_back(&self, region: Region, os: &dyn System) -> bool {
        match region.source {
            Source::Break => self.lower_break_locked(region.end, region.start, os),
            Source::Mapping => self.unmap(region, os),
            Source::File => {
                let file = FileMapping { start: region.start, size: region.size() };
                // Before others can map something there.
                self.in_files.leave(file);
                let is_gone = self.unmap(region, os);
                if !is_gone && self.in_files.enter(file) {
                    self.in_files.confirm(file);
                }
                is_gone
            }
        }
    }

    fn unmap(&self, region: Region, os: &dyn System) -> bool {
        let is_gone = os.unmap(region.start, region.size());
        if is_gone {
            counts::written(Line::Counter, &self.system_bytes);
            self.system_bytes.fetch_sub(region.size(), Ordering::Relaxed);
        }
        is_gone
    }
}

impl Waiting {
    /// A region of at least `least` bytes, at most `wanted`: from the one that starts at `after`, or else
    /// from the smallest.
    fn take(&mut self, least: usize, wanted: usize, after: Option<usize>) -> Option<Region> {
        let rank = |region: &Region| (Some(region.start) != after, region.size());
        let (index, _) = self
            .regions()
            .iter()
            .enumerate()
            .filter(|(_, region)| region.size() >= least)
            .min_by_key(|(_, region)| rank(region))?;
        let region = self.remove(index)?;
        let end = region.end.min(region.start + wanted);
        if end < region.end {
            self.keep(Region { start: end, ..region });
        }
        Some(Region { end, ..region })
    }

    fn regions(&self) -> &[Region] {
        self.slots.get(..self.count).unwrap_or(&[])
    }

    fn remove(&mut self, index: usize) -> Option<Region> {
        let last = *self.regions().last()?;
        let removed = core::mem::replace(self.slots.get_mut(index)?, last);
        self.count -= 1;
        Some(removed)
    }

    fn has_room(&self) -> bool {
        self.count < WAITING_MAX
    }

    /// Keeps a region, as one with its neighbours; false if there is no room.
    fn keep(&mut self, region: Region) -> bool {
        let touches = |other: &Region| {
            other.source == region.source
                && (other.end == region.start || other.start == region.end)
        };
        if let Some(index) = self.regions().iter().position(touches)
            && let Some(other) = self.remove(index)
        {
            let (start, end) = (region.start.min(other.start), region.end.max(other.end));
            return self.keep(Region { start, end, ..region });
        }
        let Some(slot) = self.slots.get_mut(self.count) else { return false };
        *slot = region;
        self.count += 1;
        true
    }

    /// Offers every region to `give_back` until none is taken any more, since the one below the last
    /// can only go after it.
    fn give_back_end_of_break(&mut self, give_back: impl Fn(Region) -> bool) {
        while let Some(index) = self.regions().iter().position(|&region| give_back(region)) {
            self.remove(index);
        }
    }
}

/// Maps at least `size` bytes of huge pages, if they are wished and there are enough.
fn from_huge_pages(size: usize, pages: Pages<'_>) -> Option<Region> {
    let size = checked_align_up(size, pages.reserved()?)?;
    let start = pages.map_huge(size)?;
    Some(Region { start, end: start + size, source: Source::Mapping })
}

/// Maps `size` bytes on a unit boundary.
fn from_mapping(size: usize, os: &dyn System) -> Option<Region> {
    let padded = size.checked_add(UNIT)?;
    let mapping = os.map(padded)?;
    let start = align_up(mapping, UNIT);
    let end = start + size;
    if start > mapping {
        os.unmap(mapping, start - mapping);
    }
    if mapping + padded > end {
        os.unmap(end, mapping + padded - end);
    }
    Some(Region { start, end, source: Source::Mapping })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::Files;
    use crate::os::testing::TestSystem;
    use crate::tunables::Tunables;

    fn pages(os: &'static TestSystem) -> Pages<'static> {
        Pages::new(
            Box::leak(Box::new(os)),
            Box::leak(Box::new(Tunables::new())),
            Box::leak(Box::new(Files::new())),
        )
    }

    #[test]
    fn regions_follow_each_other_in_the_break() {
        let (regions, os) = (Regions::new(), TestSystem::leaked());
        let first = regions.acquire(1, 200_000, None, pages(os)).unwrap();
        assert_eq!((first.start % UNIT, first.size()), (0, 3 * UNIT));
        let second = regions.acquire(UNIT, UNIT, Some(first.end), pages(os)).unwrap();
        assert_eq!(second.start, first.end);
        assert_eq!(regions.system_bytes(), 4 * UNIT);
    }

    #[test]
    fn a_blocked_break_means_mappings() {
        let (regions, os) = (Regions::new(), TestSystem::leaked());
        os.limit_break(3 * UNIT);
        let small = regions.acquire(UNIT, 8 * UNIT, None, pages(os)).unwrap();
        assert_eq!((small.source, small.size()), (Source::Break, UNIT));
        let large = regions.acquire(4 * UNIT, 4 * UNIT, None, pages(os)).unwrap();
        assert_eq!(large.source, Source::Mapping);
        assert_eq!((large.start % UNIT, large.size()), (0, MAPPING_MIN));
        assert!(regions.release(large, os));
        assert_eq!(os.mapped.load(Ordering::Relaxed), 0);
        os.fail_maps(true);
        assert!(regions.acquire(4 * UNIT, 4 * UNIT, None, pages(os)).is_none());
    }

    #[test]
    fn an_empty_region_waits_for_the_next_arena_or_leaves_with_the_break() {
        let (regions, os) = (Regions::new(), TestSystem::leaked());
        let below = os.break_bytes();
        let [a, b, c] = [(); 3].map(|()| regions.acquire(UNIT, UNIT, None, pages(os)).unwrap());
        assert!(regions.release(a, os));
        assert_eq!(regions.acquire(UNIT, UNIT, None, pages(os)), Some(a));
        assert!(regions.release(b, os) && regions.release(a, os));
        assert_eq!(regions.system_bytes(), 3 * UNIT);
        assert!(regions.release(c, os));
        assert_eq!(regions.system_bytes(), 0);
        assert!(os.break_bytes() - below < UNIT);
    }

    #[test]
    fn the_break_is_lowered_only_where_it_is_ours() {
        let (regions, os) = (Regions::new(), TestSystem::leaked());
        let region = regions.acquire(UNIT, 4 * UNIT, None, pages(os)).unwrap();
        assert!(regions.lower_break(region.end, region.end - UNIT, os));
        os.move_break(100).unwrap();
        assert!(!regions.lower_break(region.end - UNIT, region.start, os));
        assert_eq!(regions.system_bytes(), 3 * UNIT);
    }
}
