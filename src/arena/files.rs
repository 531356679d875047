//! Memory that lies in files: what is known about it, so that a fork can copy it.
//!
//! A mapping of a file is shared with whoever inherits it, so children of fork must not: the kernel
//! leaves it out of them, and [`copies`](super::copies) puts a copy there. Copies are made before the
//! fork, without locks; so what there is to copy is known from words that are read at once:
//!
//! - a mapped chunk: from the word of the unit in which its user data starts,
//!
//!   ```text
//!   63 FILE | 62 TENTATIVE | 61..17 pages of the mapping | 16 begins a page in front | 15..0 a bit a page
//!   ```
//!
//!   A chunk in a file is a unit at least, so it is the last that starts in its unit: that of the highest bit.
//! - a region: from a word of [`FileRegions`], `TENTATIVE | first unit | units`.
//!
//! While a fork is on its way, new memory does not come from files: it would not be copied. Whoever makes some
//! enters it tentatively, asks whether there is such a fork, and gives it up or confirms it. What a child finds
//! entered tentatively is nobody's.

use core::ffi::CStr;

use crate::os::System;
use crate::sync::{AtomicUsize, Ordering, fence};
use crate::units::{UNIT, align_down, align_up};

/// Smallest mapped chunk that lies in a file, in bytes of its user data.
pub(crate) const FILE_CHUNK_MIN: usize = UNIT;

/// The bits of pages in the word of a unit.
const PAGES: usize = 0xffff;
const BEGINS_IN_FRONT: usize = 1 << 16;
const SIZE_SHIFT: u32 = 17;
/// Not set in any address, which such a word is while the unit is an arena's.
const FILE: usize = 1 << 63;
const TENTATIVE: usize = 1 << 62;

/// A mapping that is a whole file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FileMapping {
    pub(crate) start: usize,
    /// In bytes.
    pub(crate) size: usize,
}

impl FileMapping {
    /// The mapping that the word of a unit says something about.
    pub(super) fn from_word(unit: usize, word: usize, page: usize) -> Option<Self> {
        if word & FILE == 0 {
            return None;
        }
        let last = (word & PAGES).checked_ilog2()? as usize;
        let front = if word & BEGINS_IN_FRONT == 0 { 0 } else { page };
        let size = ((word & !FILE & !TENTATIVE) >> SIZE_SHIFT) << page.trailing_zeros();
        Some(Self { start: unit + last * page - front, size })
    }

    /// Whether what a word says is not confirmed.
    pub(super) const fn is_tentative(word: usize) -> bool {
        word & (FILE | TENTATIVE) == FILE | TENTATIVE
    }

    /// The same word, confirmed.
    pub(super) const fn confirmed(word: usize) -> usize {
        word & !TENTATIVE
    }

    /// The same as bits of the word, tentatively, but for the page in which its user data starts, at `user`.
    pub(super) fn bits(self, user: usize, page: usize) -> usize {
        let front = if self.start < align_down(user, page) { BEGINS_IN_FRONT } else { 0 };
        FILE | TENTATIVE | (self.size >> page.trailing_zeros()) << SIZE_SHIFT | front
    }

    /// Whether a word says something about a file and means the page with this bit: the last.
    pub(super) const fn is_of_page(word: usize, bit: usize) -> bool {
        let pages = word & PAGES;
        word & FILE != 0 && pages & bit != 0 && pages < bit << 1
    }

    /// The word without what it says about a file.
    pub(super) const fn without(word: usize) -> usize {
        if word & FILE == 0 { word } else { word & PAGES }
    }

    /// A new file of `size` bytes, the first `front` of which are in front of the user data.
    pub(super) fn create(
        directory: &CStr,
        (size, front): (usize, usize),
        alignment: usize,
        os: &dyn System,
    ) -> Option<Self> {
        if alignment <= os.page_size() {
            let start = os.map_file(directory, size, None)?;
            return Some(Self { start, size });
        }
        let space = size.checked_add(alignment)?;
        let first = os.reserve(space)?;
        let start = align_up(first + front, alignment) - front;
        let (last, end) = (start + size, first + space);
        // What is left of the space where a step fails goes back, and nothing else: others may be there by now.
        if start > first && !os.unmap(first, start - first) {
            os.unmap(first, space);
        } else if end > last && !os.unmap(last, end - last) {
            os.unmap(start, end - start);
        } else if os.map_file(directory, size, Some(start)).is_some() {
            return Some(Self { start, size });
        } else {
            os.unmap(start, size);
        }
        None
    }
}

/// Why new memory does not lie in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refused {
    /// A fork is on its way: anonymous memory will do.
    Forking,
    /// There is no room, or something else that would not be better with anonymous memory.
    NoMemory,
}

/// The forks of this process that are on their way.
#[repr(align(128))]
pub(crate) struct Files {
    forks: AtomicUsize,
}

impl Files {
    /// None.
    pub(crate) const fn new() -> Self {
        Self { forks: AtomicUsize::new(0) }
    }

    /// Whether new memory must not lie in a file. If the answer is no, the fork that comes next sees what was
    /// entered before the question.
    pub(crate) fn are_forking(&self) -> bool {
        // Pairs with the fence in `begin_fork`: the entry comes before this, the walk after that.
        fence(Ordering::SeqCst);
        self.forks.load(Ordering::Relaxed) > 0
    }

    pub(super) fn begin_fork(&self) {
        self.forks.fetch_add(1, Ordering::Relaxed);
        // Pairs with the fence in `are_forking`.
        fence(Ordering::SeqCst);
    }

    pub(super) fn end_fork(&self) {
        self.forks.fetch_sub(1, Ordering::Relaxed);
    }

    /// In the child of a fork, where only the calling thread exists.
    pub(super) fn reset_in_child(&self) {
        self.forks.store(0, Ordering::Relaxed);
    }
}

/// Regions in files at a time at most; they become larger as they become more.
const REGIONS_MAX: usize = 2048;
/// Smallest region in a file, in bytes; or this fraction of all of them.
const REGION_MIN: usize = 4 * 1024 * 1024;
const REGION_FRACTION: usize = 64;

/// The regions that are files. Guarded by: the lock of the waiting regions, but for reading.
pub(super) struct FileRegions {
    /// Whether it is tentative, the first unit and the number of units of each; 0 for none.
    words: [AtomicUsize; REGIONS_MAX],
}

impl FileRegions {
    /// None.
    pub(super) const fn new() -> Self {
        Self { words: [const { AtomicUsize::new(0) }; REGIONS_MAX] }
    }

    /// What a new one should have at least.
    pub(super) fn least_size(&self) -> usize {
        let all: usize = self.iter().map(|region| region.size).sum();
        align_up(all / REGION_FRACTION, UNIT).max(REGION_MIN)
    }

    /// Enters one tentatively; false if there are too many.
    pub(super) fn enter(&self, region: FileMapping) -> bool {
        self.replace(0, region_word(region) | REGION_TENTATIVE)
    }

    /// Confirms it.
    pub(super) fn confirm(&self, region: FileMapping) {
        self.replace(region_word(region) | REGION_TENTATIVE, region_word(region));
    }

    /// Takes one out.
    pub(super) fn leave(&self, region: FileMapping) {
        let word = region_word(region);
        let _ = self.replace(word, 0) || self.replace(word | REGION_TENTATIVE, 0);
    }

    /// In the child of a fork: takes out what was not confirmed.
    pub(super) fn drop_tentative(&self) {
        let words = self.words.iter();
        let tentative = words.filter(|word| word.load(Ordering::Relaxed) & REGION_TENTATIVE != 0);
        tentative.for_each(|word| word.store(0, Ordering::Relaxed));
    }

    /// All of them, as they are at some moment.
    pub(super) fn iter(&self) -> impl Iterator<Item = FileMapping> {
        let words = self.words.iter().map(|word| word.load(Ordering::Relaxed));
        words.filter(|&word| word != 0).map(|word| {
            let (first, units) = ((word & !REGION_TENTATIVE) >> 32, word & 0xffff_ffff);
            FileMapping { start: first * UNIT, size: units * UNIT }
        })
    }

    fn replace(&self, old: usize, new: usize) -> bool {
        let place = self.words.iter().find(|word| word.load(Ordering::Relaxed) == old);
        place.inspect(|place| place.store(new, Ordering::Relaxed)).is_some()
    }
}

const REGION_TENTATIVE: usize = 1 << 63;

/// An address has 47 bits, so either number has fewer than 32.
fn region_word(region: FileMapping) -> usize {
    (region.start / UNIT) << 32 | (region.size / UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 4096;

    #[test]
    fn a_word_says_where_the_file_is() {
        let unit = 0x7f12_3450_0000;
        for (user, start) in [
            (unit + 3 * PAGE + 16, unit + 3 * PAGE),
            (unit + 3 * PAGE, unit + 2 * PAGE),
            (unit, unit - PAGE),
            (unit + 15 * PAGE + 2048, unit + 15 * PAGE),
        ] {
            let file = FileMapping { start, size: 1 << 40 };
            let word = file.bits(user, PAGE) | 1 << ((user - unit) / PAGE);
            assert_eq!(FileMapping::from_word(unit, word, PAGE), Some(file));
            assert!(FileMapping::is_tentative(word));
            let word = FileMapping::confirmed(word);
            assert_eq!(FileMapping::from_word(unit, word, PAGE), Some(file));
            assert!(!FileMapping::is_tentative(word));
            assert_eq!(FileMapping::without(word), 1 << ((user - unit) / PAGE));
            let is_of_page = |page: usize| FileMapping::is_of_page(word, 1_usize << page);
            assert!((0..16).all(|page| is_of_page(page) == (page == (user - unit) / PAGE)));
        }
        for word in [0, 0b1000, 0x7f12_3456_7880] {
            assert_eq!(FileMapping::from_word(unit, word, PAGE), None);
            assert_eq!(FileMapping::without(word), word);
        }
    }

    #[test]
    fn regions_are_entered_until_there_are_too_many() {
        let regions = FileRegions::new();
        let region = |number| FileMapping { start: (0x7fff << 32) + number * UNIT, size: UNIT };
        assert!((0..REGIONS_MAX).all(|number| regions.enter(region(number))));
        assert!(!regions.enter(region(REGIONS_MAX)));
        regions.leave(region(5));
        (0..REGIONS_MAX).filter(|&number| number != 7).for_each(|n| regions.confirm(region(n)));
        regions.drop_tentative();
        assert!(regions.iter().all(|other| other != region(7)) && regions.enter(region(7)));
        assert!(regions.iter().all(|other| other != region(5)));
        assert_eq!(regions.iter().count(), REGIONS_MAX - 1);
        assert_eq!(regions.least_size(), REGION_MIN);
        assert!(regions.enter(FileMapping { start: UNIT, size: 1 << 40 }));
        assert_eq!(regions.least_size(), (1 << 34) + 2 * 1024 * 1024);
    }
}
