//! Walks an arena's blocks in steps, between which its lock is open and everything may change.
//!
//! A step copies what lies behind the cursor: the bitmap of one slab, or a few chunks. The cursor is an
//! address, so a block that lives through the whole walk is seen once, whatever happens around it.

use super::arena::slab_of_owner;
use super::backing::Backing;
use super::chunk::{Chunk, Header, Kind, State, Walk, walk_region};
use super::heads::header_of;
use super::regions::Region;
use super::state::{ArenaState, first_chunk};
use crate::size_class::SmallClass;

/// Chunks that one step copies at most.
const CHUNKS: usize = 64;
/// Words of the bitmap of a slab's objects.
const WORDS: usize = 64;

/// How far a walk has come.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cursor {
    /// All below this address was seen.
    pub(super) next: usize,
    /// The last chunk in use that was seen.
    in_use: usize,
}

/// A block as the arena saw it; one in a thread cache counts as in use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// Where the user data begins.
    pub(crate) address: usize,
    /// Bytes of the whole chunk.
    pub(crate) size: usize,
    /// Whether it is free.
    pub(crate) is_free: bool,
    /// Whether a thread cache has it; for others to set.
    pub(crate) is_cached: bool,
}

/// What one step copied: some 2.5 KiB.
pub(crate) struct Batch {
    chunks: [Seen; CHUNKS],
    count: usize,
    slab: Option<SlabCopy>,
}

/// Which objects of a slab are free, and which a thread cache has.
pub(crate) struct SlabCopy {
    pub(crate) unit: usize,
    pub(crate) class: SmallClass,
    pub(crate) objects: usize,
    pub(crate) free: [u64; WORDS],
    /// For others to set.
    pub(crate) cached: [u64; WORDS],
}

impl Batch {
    /// Empty.
    pub(crate) fn new() -> Self {
        let none = Seen { address: 0, size: 0, is_free: false, is_cached: false };
        Self { chunks: [none; CHUNKS], count: 0, slab: None }
    }

    /// The chunks, by rising address.
    pub(crate) fn chunks_mut(&mut self) -> &mut [Seen] {
        self.chunks.get_mut(..self.count).unwrap_or(&mut [])
    }

    /// The slab; then there are no chunks.
    pub(crate) fn slab_mut(&mut self) -> Option<&mut SlabCopy> {
        self.slab.as_mut()
    }

    /// Makes it empty.
    pub(crate) fn clear(&mut self) {
        self.count = 0;
        self.slab = None;
    }

    /// Adds a block; false if there is no more room.
    pub(crate) fn push(&mut self, seen: Seen) -> bool {
        let Some(place) = self.chunks.get_mut(self.count) else { return false };
        *place = seen;
        self.count += 1;
        true
    }

    /// Whether nothing was copied.
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0 && self.slab.is_none()
    }

    /// Takes over one chunk; [`Walk::Stop`] if it was the last, or the next step's first.
    fn take(&mut self, chunk: Chunk, header: Header, backing: Backing<'_>) -> Taken {
        match (header.kind, header.state) {
            (Kind::Fence, _) | (_, State::Broken) => Taken::Last,
            (Kind::Slab, _) if self.count > 0 => Taken::Not,
            (Kind::Slab, _) => {
                let (class, owner) = backing.map.entry_at(chunk.address());
                if let Some(class) = class.small() {
                    let slab = slab_of_owner(owner);
                    let mut copy = SlabCopy {
                        unit: chunk.address(),
                        class,
                        objects: slab.objects() as usize,
                        free: [0; WORDS],
                        cached: [0; WORDS],
                    };
                    slab.copy_free(&mut copy.free);
                    self.slab = Some(copy);
                }
                Taken::AndFull
            }
            _ => {
                let (address, is_free) = (chunk.user_address(), header.state == State::Free);
                let seen = Seen { address, size: header.size, is_free, is_cached: false };
                if self.push(seen) { Taken::AndMore } else { Taken::Not }
            }
        }
    }
}

/// What became of a chunk of the walk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// Copied, and there is room.
    AndMore,
    /// Copied, and the step is over.
    AndFull,
    /// Not copied: the next step begins with it.
    Not,
    /// The end of the region.
    Last,
}

impl ArenaState {
    /// Copies what lies behind the cursor; false if that is nothing.
    pub(super) fn walk(
        &mut self,
        cursor: &mut Cursor,
        batch: &mut Batch,
        backing: Backing<'_>,
    ) -> bool {
        self.check_break(backing);
        batch.clear();
        while batch.is_empty() {
            let behind = |region: &Region| region.end > cursor.next;
            let next = self.regions.iter().filter(behind).min_by_key(|region| region.start);
            let Some(region) = next else { return false };
            self.walk_in_region(region, cursor, batch, backing);
        }
        true
    }

    fn walk_in_region(
        &self,
        region: Region,
        cursor: &mut Cursor,
        batch: &mut Batch,
        backing: Backing<'_>,
    ) {
        let from = cursor.next;
        let first = start_in(region, *cursor, backing);
        // From here on, if nothing stops the walk earlier.
        cursor.next = region.end;
        walk_region(
            first,
            |chunk| header_of(chunk, backing),
            |chunk, header| {
                if chunk.address() + header.size > region.end && header.kind != Kind::Fence {
                    return Walk::Stop;
                }
                if chunk.address() < from && header.kind != Kind::Fence {
                    return Walk::On;
                }
                let taken = batch.take(chunk, header, backing);
                if header.state == State::InUse && matches!(taken, Taken::AndMore | Taken::AndFull)
                {
                    cursor.in_use = chunk.address();
                }
                match taken {
                    Taken::AndMore => return Walk::On,
                    Taken::AndFull => cursor.next = chunk.address() + header.size,
                    Taken::Not => cursor.next = chunk.address(),
                    Taken::Last => {}
                }
                Walk::Stop
            },
        );
    }
}

/// Where to start in order to come to the cursor: there, or at the last chunk in use before it, if a chunk
/// in use starts there (its tag says so; that of a free one may be a remnant), else with the first.
fn start_in(region: Region, cursor: Cursor, backing: Backing<'_>) -> Chunk {
    let first = first_chunk(region);
    [cursor.next, cursor.in_use]
        .into_iter()
        .filter(|address| (region.start..region.end).contains(address))
        .map(|address| first.forward(address - region.start))
        .find(|&chunk| {
            let header = header_of(chunk, backing);
            header.state == State::InUse
                && header.size >= super::chunk::MIN_CHUNK
                && header.size <= region.end - chunk.address()
                && matches!(header.kind, Kind::Plain | Kind::Slab)
        })
        .unwrap_or(first)
}
