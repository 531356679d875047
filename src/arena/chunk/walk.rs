//! Walks a region chunk by chunk.

use super::header::{Chunk, Header, Key, Kind};

/// Calls `visit` for each chunk of the region that starts at `first`, the top included and the fence
/// last. The arena must be locked. Stops where `visit` says so.
pub(crate) fn walk_region(first: Chunk, key: Key, mut visit: impl FnMut(Chunk, Header) -> Walk) {
    let mut chunk = first;
    loop {
        let header = chunk.header(key);
        if visit(chunk, header) == Walk::Stop || header.kind == Kind::Fence || header.size == 0 {
            return;
        }
        chunk = chunk.forward(header.size);
    }
}

/// Whether to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Walk {
    /// To the next chunk.
    On,
    /// No further.
    Stop,
}
