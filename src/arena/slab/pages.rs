//! Which pages of a slab were given back, and when its first one may be.
//!
//! The first page of a slab's unit holds the header of its chunk, and nothing else if no object in it is in use. It
//! goes back, too, when the unit before is an open slab: that one's objects end in its own unit (the data of any other
//! chunk reaches into the header behind it), and it is the only neighbour that writes to the header, when it closes.
//! Until an object of the page is handed out, or either slab closes, the header reads as zeros and is known to be that
//! of a slab in use behind a chunk in use.

use super::Slab;
use crate::sync::Ordering;
use crate::units::UNIT;

/// The bit of the page with the chunk's header.
const HEAD: u32 = 1;

impl Slab {
    /// Number of pages that were given back.
    pub(crate) fn purged_pages(&self) -> u32 {
        self.purged.load(Ordering::Relaxed).count_ones()
    }

    /// Whether the chunk's header was given back and not written again. Needs the owner's lock.
    pub(crate) fn is_head_gone(&self) -> bool {
        self.purged.load(Ordering::Relaxed) & HEAD != 0
    }

    /// Notes that the header was written again. Needs the owner's lock.
    pub(crate) fn note_head(&self) {
        let purged = self.purged.load(Ordering::Relaxed);
        self.purged.store(purged & !HEAD, Ordering::Relaxed);
    }

    /// Gives the pages in which no object is in use, and that were not given back before, to `discard`
    /// (start and end of a run); the first one only if `with_head`. Needs the owner's lock.
    pub(crate) fn purge(
        &self,
        page: usize,
        with_head: bool,
        mut discard: impl FnMut(usize, usize) -> bool,
    ) {
        let mut purged = self.purged.load(Ordering::Relaxed);
        let (mut offset, mut run) = (if with_head { 0 } else { page }, None);
        // One step beyond the end closes the last run.
        while offset <= UNIT {
            let bit = page_bit(offset, page);
            let purgeable = offset < UNIT && purged & bit == 0 && self.is_page_free(offset, page);
            match (purgeable, run) {
                (true, None) => run = Some(offset),
                (false, Some(start)) => {
                    if discard(self.unit() + start, self.unit() + offset) {
                        purged |= page_range(start, offset - 1, page);
                    }
                    run = None;
                }
                _ => {}
            }
            offset += page;
        }
        self.purged.store(purged, Ordering::Relaxed);
    }

    /// The pages of the objects just taken (the last `taken` of `out`) are the program's again.
    #[cold]
    pub(super) fn forget_purged(&self, out: &[usize], taken: usize, page: usize) {
        let mut purged = self.purged.load(Ordering::Relaxed);
        for &object in out.iter().rev().take(taken) {
            let offset = object % UNIT;
            purged &= !page_range(offset, offset + self.size as usize - 1, page);
        }
        self.purged.store(purged, Ordering::Relaxed);
    }

    /// Whether no object that overlaps this page is in use.
    fn is_page_free(&self, offset: usize, page: usize) -> bool {
        let index_at = |offset: usize| ((offset as u64 * u64::from(self.magic)) >> 32) as u32;
        // The place of object 0 is the chunk's header.
        let mut index = index_at(offset).max(1);
        let last = index_at(offset + page - 1).min(self.objects);
        while index <= last {
            // As many objects at a time as a word describes.
            let here = (64 - index % 64).min(last - index + 1);
            let mask = (u64::MAX >> (64 - here)) << (index % 64);
            let word = self.local().get(index as usize / 64);
            if word.is_none_or(|word| word.load(Ordering::Relaxed) & mask != mask) {
                return false;
            }
            index += here;
        }
        true
    }
}

/// The bit of the page at this offset in the unit.
fn page_bit(offset: usize, page: usize) -> u32 {
    let shift = offset >> page.trailing_zeros();
    1_u32.checked_shl(u32::try_from(shift).unwrap_or(32)).unwrap_or(0)
}

/// The bits of the pages from the one at offset `first` to the one at `last`.
fn page_range(first: usize, last: usize, page: usize) -> u32 {
    let (low, high) = (page_bit(first, page), page_bit(last, page));
    (high - low) | high
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::slab::Blocks;
    use crate::os::testing::TestSystem;
    use crate::size_class::SmallClass;
    use crate::unitmap::Metadata;

    fn slab(class: usize) -> &'static Slab {
        let metadata: &'static Metadata = Box::leak(Box::new(Metadata::new()));
        let class = SmallClass::from_index(class).unwrap();
        Slab::create(class, 0x1000, &mut Blocks::new(), metadata, TestSystem::leaked()).unwrap()
    }

    #[test]
    fn pages_without_objects_in_use_are_given_back_once() {
        let classes = SmallClass::all().flat_map(|class| [(class, true), (class, false)]);
        for (class, with_head) in classes {
            let slab = slab(class.index());
            slab.open(0x10_0000);
            let mut out = [0; 5000];
            let taken = slab.take(&mut out, 4096);
            let objects = &out[5000 - taken..];
            let kept: Vec<_> = objects.iter().copied().filter(|a| (a >> 12) % 3 == 2).collect();
            for address in objects.iter().filter(|address| !kept.contains(address)) {
                slab.put(slab.index_of(*address).unwrap()).unwrap();
            }
            let mut pages = Vec::new();
            slab.purge(4096, with_head, |start, end| {
                pages.extend((start..end).step_by(4096));
                true
            });
            let size = class.size_bytes();
            for page in (if with_head { 0x10_0000 } else { 0x10_1000 }..0x11_0000).step_by(4096) {
                let used = kept.iter().any(|&a| a < page + 4096 && a + size > page);
                assert_eq!(pages.contains(&page), !used, "{page:#x}");
            }
            assert_eq!(slab.purged_pages() as usize, pages.len());
            assert_eq!(slab.is_head_gone(), pages.contains(&0x10_0000));
            slab.purge(4096, with_head, |_, _| panic!("a second time"));
            let first_purged = pages[0];
            out[4999] = 0;
            while out[4999] + size <= first_purged {
                assert_eq!(slab.take(&mut out[4999..], 4096), 1);
            }
            assert!((slab.purged_pages() as usize) < pages.len());
        }
    }
}
