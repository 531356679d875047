//! The thread cache: for each size class a stack of blocks that one thread keeps for itself.
//!
//! No locks and no atomics. It knows nothing of arenas: whoever misses or overflows refills and
//! empties it in batches.

mod bin;
mod cache;
mod stacks;

pub(crate) use cache::{ArraySource, MEDIUM_REFILL_MAX, ThreadCache};
pub(crate) use stacks::StackMemory;
