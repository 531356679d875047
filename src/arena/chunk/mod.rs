//! Chunks: the arena's memory as one sequence of blocks with boundary tags per region.

mod bins;
mod dirty;
mod header;
mod heap;
mod purge;
mod walk;

pub(crate) use dirty::{Dirty, PURGE_MIN, RANGE_MIN};
pub(crate) use header::{CHUNK_OVERHEAD, Chunk, Header, Key, Kind, MIN_CHUNK, State, USER_OFFSET};
pub(crate) use heap::{Allocated, ChunkHeap, FENCE, Follows, Freed, Resized, aligned_room};
pub(crate) use purge::Limit;
pub(crate) use walk::{Walk, walk_region};
