//! `M_PERTURB`: the content of blocks that are not initialised, or free, is overwritten.
//!
//! The fast paths know nothing of it: while it is on, they find an empty cache, so that every call comes
//! through the functions of this layer, which fill.

use super::block::{Block, Place};
use super::heap::Heap;
use super::memory;
use crate::os::System;

impl<S: System> Heap<S> {
    /// Makes the settings that all threads have to know of take effect.
    pub(crate) fn apply_settings(&self) {
        self.threads.set_guarded(self.tunables.perturb().is_some());
    }

    /// Overwrites the `size` bytes that were asked for of a block just allocated.
    pub(super) fn perturb_allocated(&self, address: usize, size: usize) {
        if let Some(byte) = self.tunables.perturb() {
            memory::fill(address, size, !byte);
        }
    }

    /// Overwrites a block that the program freed, before anything else uses its memory.
    pub(super) fn perturb_freed(&self, address: usize, size: usize) {
        if let Some(byte) = self.tunables.perturb() {
            memory::fill(address, size, byte);
        }
    }

    /// Whether a resized block moves, so that what it leaves and what it gains is overwritten. Not if the
    /// difference is too small for the block to move otherwise; and mapped chunks keep their pages.
    pub(super) fn perturb_moves(&self, block: &Block, size: usize) -> bool {
        self.tunables.perturb().is_some()
            && !matches!(block.place, Place::Mapped(_))
            && (size > block.usable || block.usable - size >= super::resize::CRUMB)
    }

    /// Overwrites what a mapped chunk gained by growing to `size` bytes.
    pub(super) fn perturb_grown(&self, address: usize, old_usable: usize, size: usize) {
        if size > old_usable {
            self.perturb_allocated(address + old_usable, size - old_usable);
        }
    }
}
