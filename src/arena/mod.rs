//! Arenas: a lock, chunks, slabs of each small class, and queues of what other arenas' threads freed.

#[expect(clippy::module_inception, reason = "the type that the module is about")]
mod arena;
mod backing;
mod chunk;
mod copies;
mod deserted;
mod files;
mod foreign;
mod growth;
mod heads;
mod huge;
mod mapped;
mod pages;
mod pressure;
mod purge;
mod region_list;
mod regions;
mod remote;
mod set;
mod slab;
mod slack;
mod state;
mod totals;
mod verify;
mod walk;

pub(crate) use arena::{Arena, Growth, arena_of, chunk_size, slab_at, slab_of_owner};
pub(crate) use backing::Backing;
pub(crate) use chunk::{
    CHUNK_OVERHEAD, Chunk, Header, Key, Kind, State as ChunkState, USER_OFFSET,
};
pub(crate) use copies::{Copies, Lost};
pub(crate) use files::{FILE_CHUNK_MIN, Files};
pub(crate) use mapped::{Mapped, MappedTotals};
pub(crate) use purge::Released;
pub(crate) use regions::Regions;
pub(crate) use set::ArenaSet;
pub(crate) use totals::{ClassDetails, Details, Totals};
pub(crate) use walk::{Batch, Cursor};
