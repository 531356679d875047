//! From a pointer of the program to what it points at.
//!
//! [`Heap::look_up`] is the only way from a wild address to a [`Block`]; the rest of the heap works on
//! looked-up ones.

use super::heap::Heap;
use super::memory;
use crate::arena::{
    Arena, CHUNK_OVERHEAD, Chunk, ChunkState, Kind, Mapped, USER_OFFSET, arena_of, slab_of_owner,
};
use crate::diag::Misuse;
use crate::os::System;
use crate::size_class::{ClassByte, MediumClass, SmallClass};
use crate::units::{ALIGNMENT, UNIT};

/// A block in use, as far as the structures tell.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    /// Where the user data begins.
    pub(crate) address: usize,
    /// Bytes that the user may use.
    pub(crate) usable: usize,
    /// What it is.
    pub(crate) place: Place,
}

/// Where a block lies.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// An object of a slab.
    Object(SmallClass),
    /// A chunk of an arena.
    Chunk(Chunk, &'static Arena),
    /// A mapping of its own.
    Mapped(Chunk),
}

/// A block as [`Heap::look_up_plain`] finds it; `usable` as in [`Block`].
#[derive(Clone, Copy)]
pub(crate) enum Plain {
    /// An object of a slab.
    Object { usable: usize },
    /// A chunk of an arena.
    Chunk { usable: usize },
}

/// Why a pointer is not a block in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// Not the start of a block of ours.
    NotABlock,
    /// Where mapped chunks start, but not the start of one in use.
    NotMapped,
    /// Free already.
    Free,
}

/// The size in a broken tag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ClaimedSize {
    /// None that says anything.
    None,
    /// Too small for a chunk.
    TooSmall,
    /// Another that is not the chunk's.
    Other,
}

/// The smallest chunk in bytes.
const LEAST: usize = USER_OFFSET + ALIGNMENT;
/// The bits of a size in glibc's tags that are flags.
const FLAGS: usize = 0b111;

impl<S: System> Heap<S> {
    /// The block that starts at `address`, which may be anything. An object that waits in a thread
    /// cache, and a chunk that does, count as blocks in use here.
    pub(crate) fn look_up(&self, address: usize) -> Result<Block, Fault> {
        let (class, owner) = self.map.entry_at(address);
        if !address.is_multiple_of(ALIGNMENT) || class == ClassByte::NONE {
            return Err(Fault::NotABlock);
        }
        if let Some(class) = class.small() {
            return look_up_object(address, class, owner);
        }
        // The tag lies 8 bytes before the block: where no chunks lie that is not a tag, and may be unmapped.
        if class == ClassByte::CHUNK
            && address.is_multiple_of(UNIT)
            && self.map.class_at(address - USER_OFFSET) != ClassByte::CHUNK
        {
            return Err(Fault::NotABlock);
        }
        if class == ClassByte::MAPPED && !Mapped::may_start_at(owner, address, self.backing()) {
            return Err(Fault::NotMapped);
        }
        let chunk = chunk_before(address);
        let header = chunk.header(self.backing().key);
        if class == ClassByte::MAPPED {
            return match (header.state, header.kind) {
                (ChunkState::InUse, Kind::Mapped) => Ok(Block {
                    address,
                    usable: header.size - USER_OFFSET,
                    place: Place::Mapped(chunk),
                }),
                _ => Err(Fault::NotMapped),
            };
        }
        match (header.state, header.kind) {
            (ChunkState::InUse, Kind::Plain) => Ok(Block {
                address,
                usable: header.size - CHUNK_OVERHEAD,
                place: Place::Chunk(chunk, arena_of(owner)),
            }),
            (ChunkState::Free, Kind::Plain) => Err(Fault::Free),
            _ => Err(Fault::NotABlock),
        }
    }

    /// The same for the two plain cases: a small block or a chunk in use in the window of the unit map, and no
    /// block has to be filled.
    #[inline(always)]
    pub(crate) fn look_up_plain(&self, address: usize) -> Option<Plain> {
        let (class, owner) = self.map.window_entry_at(address)?;
        if self.tunables.perturb().is_some() {
            return None;
        }
        if class == ClassByte::CHUNK {
            let header = self.plain_chunk(address)?;
            return Some(Plain::Chunk { usable: header.size - CHUNK_OVERHEAD });
        }
        class.small()?;
        let slab = slab_of_owner(owner);
        let index = slab.index_of(address).ok()?;
        (!slab.is_free(index)).then(|| Plain::Object { usable: slab.size_bytes() })
    }

    /// What it is in glibc's words to free this address, in which the look-up found this fault.
    #[cold]
    pub(super) fn misuse_of_free(&self, address: usize, fault: Fault) -> Misuse {
        match (fault, self.claimed_size(address)) {
            (Fault::NotMapped, _) => Misuse::UnmapInvalidPointer,
            (Fault::Free, _) if self.is_top(address) => Misuse::DoubleFreeTop,
            (Fault::Free, _) => Misuse::DoubleFree,
            (Fault::NotABlock, ClaimedSize::TooSmall) => Misuse::FreeInvalidSize,
            // More likely a pointer into a block than a header that was overwritten.
            (Fault::NotABlock, _) => Misuse::FreeInvalidPointer,
        }
    }

    /// The same for resizing it.
    #[cold]
    pub(crate) fn misuse_of_resize(&self, address: usize, fault: Fault) -> Misuse {
        match (fault, self.claimed_size(address)) {
            (Fault::NotMapped, _) => Misuse::RemapInvalidPointer,
            (Fault::Free, _) | (Fault::NotABlock, ClaimedSize::None) => {
                Misuse::ReallocInvalidPointer
            }
            (Fault::NotABlock, _) => Misuse::ReallocInvalidOldSize,
        }
    }

    /// How glibc would take the broken tag in front of an address that lies among chunks.
    fn claimed_size(&self, address: usize) -> ClaimedSize {
        let Some(chunk) = self.chunk_among_chunks(address) else { return ClaimedSize::None };
        let is_broken = chunk.header(self.backing().key).state == ChunkState::Broken;
        if !is_broken || self.map.class_at(address) != ClassByte::CHUNK {
            return ClaimedSize::None;
        }
        let size = chunk.raw_tag() & !FLAGS;
        if chunk.address() > size.wrapping_neg() {
            ClaimedSize::None
        } else if size < LEAST {
            ClaimedSize::TooSmall
        } else {
            ClaimedSize::Other
        }
    }

    /// Whether the free chunk of this address reaches to the end of the newest region of its arena.
    fn is_top(&self, address: usize) -> bool {
        let Some(chunk) = self.chunk_among_chunks(address) else { return false };
        let next = address + chunk.header(self.backing().key).size;
        let Some(next) = self.chunk_among_chunks(next) else { return false };
        let fence = next.header(self.backing().key);
        fence.kind == Kind::Fence && fence.state == ChunkState::InUse && fence.is_prev_in_use
    }

    /// The chunk whose user data would start at this address, if its tag lies in a unit of chunks.
    fn chunk_among_chunks(&self, address: usize) -> Option<Chunk> {
        let tag = address.checked_sub(USER_OFFSET)?;
        let is_readable =
            address.is_multiple_of(ALIGNMENT) && self.map.class_at(tag) == ClassByte::CHUNK;
        is_readable.then(|| chunk_before(address))
    }

    /// The word that marks a chunk in a thread cache.
    pub(super) fn cache_mark(&self, block: usize) -> usize {
        self.backing().key.mark(block)
    }

    /// Whether the chunk looks as if it waited in a thread cache.
    pub(super) fn has_cache_mark(&self, block: usize) -> bool {
        memory::mark(block) == self.cache_mark(block)
    }
}

impl Block {
    /// The medium class that a chunk serves in a thread cache.
    pub(super) fn medium_class(&self) -> Option<MediumClass> {
        MediumClass::that_fits(self.usable)
    }
}

fn look_up_object(address: usize, class: SmallClass, owner: usize) -> Result<Block, Fault> {
    let slab = slab_of_owner(owner);
    let Ok(index) = slab.index_of(address) else { return Err(Fault::NotABlock) };
    if slab.is_free(index) {
        return Err(Fault::Free);
    }
    Ok(Block { address, usable: class.size_bytes(), place: Place::Object(class) })
}

mod raw {
    //! From addresses to what lies there.
    #![expect(unsafe_code, reason = "addresses that the unit map vouches for")]

    use super::{Chunk, USER_OFFSET};

    /// The chunk whose user data would start at `address`, in memory that is ours.
    pub(in crate::heap) fn chunk_before(address: usize) -> Chunk {
        // SAFETY: 16-aligned; the unit map says that the unit is ours (for mapped chunks: that one starts
        // in this page), and the caller checked the one case where the tag lies in the unit before.
        unsafe { Chunk::at(address - USER_OFFSET) }
    }
}

pub(super) use raw::chunk_before;
