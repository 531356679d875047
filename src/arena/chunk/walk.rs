//! Walks a region chunk by chunk.

use super::header::{Chunk, Header, Kind};

/// Calls `visit` for each chunk of the region that starts at `first`, the top included and the fence
/// last, with what `header_of` says of it. The arena must be locked. Stops where `visit` says so.
pub(crate) fn walk_region(
    first: Chunk,
    header_of: impl Fn(Chunk) -> Header,
    mut visit: impl FnMut(Chunk, Header) -> Walk,
) {
    let mut chunk = first;
    loop {
        let header = header_of(chunk);
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
