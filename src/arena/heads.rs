//! Headers of slabs that were given back with their page, and are known without it (`slab::pages`).
//!
//! A slab that closes writes its own again and that of the slab behind it, and a slab of which an object in that page
//! is handed out. Walks take them for what they are and write nothing.

use super::arena::slab_of_owner;
use super::backing::Backing;
use super::chunk::{Chunk, Header, Kind};
use super::slab::Slab;
use super::state::{ArenaState, chunk_at};
use crate::units::UNIT;

/// The header of a slab's chunk that was given back.
const HEAD: Header = Header::in_use(UNIT, Kind::Slab, true);

impl ArenaState {
    /// Writes the header of a slab whose first page is in use again.
    #[cold]
    pub(super) fn write_head(&mut self, slab: &Slab) {
        chunk_at(slab.unit()).set_header(HEAD, self.chunks.key());
    }

    /// Writes the header of a slab again if it was given back.
    pub(super) fn restore_gone_head(&mut self, slab: &Slab) {
        if slab.is_head_gone() {
            self.write_head(slab);
            slab.note_head();
            self.slab_purged_pages -= 1;
        }
    }

    /// The same for the chunk behind a slab, which is about to close.
    pub(super) fn restore_head_behind(&mut self, slab: &Slab, backing: Backing<'_>) {
        if let Some(behind) = slab_in(slab.unit() + UNIT, backing)
            && behind.owner() == self.owner
        {
            self.restore_gone_head(behind);
        }
    }

    /// Whether the page with the header of a slab may go.
    pub(super) fn may_purge_head(&self, slab: &Slab, backing: Backing<'_>) -> bool {
        // The chunk may be 16 bytes longer than its unit, if those were too few for one of their own.
        !slab.is_head_gone()
            && slab_in(slab.unit() - UNIT, backing)
                .is_some_and(|before| before.owner() == self.owner)
            && chunk_at(slab.unit()).header(self.chunks.key()) == HEAD
    }
}

/// The header of a chunk, also if it was given back. Needs the lock of the arena.
pub(super) fn header_of(chunk: Chunk, backing: Backing<'_>) -> Header {
    if chunk.address().is_multiple_of(UNIT)
        && slab_in(chunk.address(), backing).is_some_and(Slab::is_head_gone)
    {
        return HEAD;
    }
    chunk.header(backing.key)
}

/// The open slab in a unit.
fn slab_in(unit: usize, backing: Backing<'_>) -> Option<&'static Slab> {
    let (class, owner) = backing.map.entry_at(unit);
    class.small().map(|_| slab_of_owner(owner))
}
