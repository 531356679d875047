//! That the system does not make huge pages of what was given back.
//!
//! Where it gives huge pages to everybody (`always`), it also makes one of 2 MiB in which a single page is left
//! (`khugepaged`, `max_ptes_none`), so that a heap full of holes would be as large again, some time after its pages
//! went. Which it does cannot be seen without reading files. So an arena of which much was given back asks for small
//! pages; the rest would gain little from huge ones. Regions are marked whole and all at once, so that the system
//! does not have to keep track of many ranges; nothing takes the mark away.

use super::backing::Backing;
use super::state::ArenaState;
use crate::tunables::HUGE_PAGE;

/// Of how many parts of an arena one has to be without pages.
const HOLES_FRACTION: usize = 4;
/// An arena that grew by less than such a part since it was marked is not marked again.
const GROWTH_FRACTION: usize = 8;

impl ArenaState {
    /// Asks for small pages, if much of the arena was given back.
    pub(super) fn note_holes(&mut self, backing: Backing<'_>) {
        let of_slabs = self.slab_purged_pages * backing.os.page_size();
        let holes = self.chunks.purged_bytes_of_bins() + of_slabs;
        let all = self.system_bytes;
        self.small_paged = self.small_paged.min(all);
        let grown = all - self.small_paged;
        if holes < all / HOLES_FRACTION || grown < HUGE_PAGE.max(all / GROWTH_FRACTION) {
            return;
        }
        // Smaller ones are in no huge page alone, and each would be a range of its own for the system.
        for region in self.regions.iter().filter(|region| region.size() >= HUGE_PAGE) {
            backing.pages().avoid_huge(region.start, region.size());
        }
        self.small_paged = all;
    }
}
