//! Memory from the system in the kind of pages, and with the names, that the settings ask for.

use core::ffi::CStr;

use super::files::Files;
use crate::os::System;
use crate::tunables::{HUGE_PAGE, HugePages, Tunables};

/// Names of mappings, as glibc's.
pub(super) const CHUNK_NAME: &CStr = c" glibc: malloc";
pub(super) const REGION_NAME: &CStr = c" glibc: malloc arena";

/// The system and what is asked of it.
#[derive(Clone, Copy)]
pub(crate) struct Pages<'h> {
    pub(super) os: &'h dyn System,
    pub(super) tunables: &'h Tunables,
    pub(super) files: &'h Files,
}

impl<'h> Pages<'h> {
    /// The system as the settings want it.
    pub(super) fn new(os: &'h dyn System, tunables: &'h Tunables, files: &'h Files) -> Self {
        Self { os, tunables, files }
    }

    /// The size of the reserved huge pages that are wished, if they are.
    pub(super) fn reserved(self) -> Option<usize> {
        match self.tunables.huge_pages() {
            HugePages::Reserved(page) => Some(page),
            HugePages::Default | HugePages::Advised => None,
        }
    }

    /// What the size of a mapping of at least `size` bytes is to be a multiple of.
    pub(super) fn granule(self, size: usize) -> usize {
        self.reserved().filter(|&page| size >= page).unwrap_or_else(|| self.os.page_size())
    }

    /// Maps `size` bytes, from the pool of huge pages if that is wished and possible.
    pub(super) fn map(self, size: usize, name: &'static CStr) -> Option<usize> {
        let mapping = match self.map_huge(size) {
            Some(mapping) => mapping,
            None => self.os.map(size)?,
        };
        if size >= HUGE_PAGE {
            self.advise(mapping, size);
        }
        self.set_name(mapping, size, name);
        Some(mapping)
    }

    /// The same from that pool alone.
    pub(super) fn map_huge(self, size: usize) -> Option<usize> {
        let page = self.reserved().filter(|&page| size.is_multiple_of(page))?;
        self.os.map_huge(size, page)
    }

    /// Asks for huge pages in fresh memory, if that is wished.
    pub(super) fn advise(self, address: usize, size: usize) {
        if self.tunables.huge_pages() == HugePages::Advised {
            self.os.advise_huge(address, size);
        }
    }

    /// Asks for small pages in memory that has holes, unless huge ones are wished.
    pub(super) fn avoid_huge(self, address: usize, size: usize) {
        if self.tunables.huge_pages() == HugePages::Default {
            self.os.avoid_huge(address, size);
        }
    }

    /// Names a mapping, if that is wished.
    pub(super) fn set_name(self, address: usize, size: usize, name: &'static CStr) {
        if self.tunables.names_mappings() {
            self.os.name_mapping(address, size, name);
        }
    }
}
