//! The few places where the heap touches the memory of blocks.
#![expect(
    unsafe_code,
    reason = "reads and writes blocks that belong to the heap or are being resized"
)]

use core::ptr::{with_exposed_provenance, with_exposed_provenance_mut};

/// Clears `size` bytes of a block that was just allocated and is not handed out yet; returns the block.
pub(crate) fn clear(block: usize, size: usize) -> usize {
    // SAFETY: the caller allocated the block with at least so many bytes.
    unsafe { with_exposed_provenance_mut::<u8>(block).write_bytes(0, size) };
    block
}

/// Fills `size` bytes of a block that was just allocated and is not handed out yet, or that the program
/// freed and nothing else uses yet.
pub(super) fn fill(block: usize, size: usize, byte: u8) {
    // SAFETY: the block has so many bytes, and belongs to the heap at this moment.
    unsafe { with_exposed_provenance_mut::<u8>(block).write_bytes(byte, size) };
}

/// Copies `size` bytes from a block of the program into one just allocated.
pub(crate) fn copy(from: usize, to: usize, size: usize) {
    let source = with_exposed_provenance::<u8>(from);
    let target = with_exposed_provenance_mut::<u8>(to);
    // SAFETY: both blocks have so many bytes and are different ones.
    unsafe { target.copy_from_nonoverlapping(source, size) };
}

/// Writes the mark of a chunk that waits in a thread cache into its second word.
pub(super) fn set_mark(block: usize, mark: usize) {
    // SAFETY: the chunk was freed by the program, is at least 1 KiB long and 16-aligned.
    unsafe { with_exposed_provenance_mut::<usize>(block + 8).write(mark) };
}

/// The second word of a block of at least 24 bytes.
pub(super) fn mark(block: usize) -> usize {
    // SAFETY: the block's tag is valid, so the word is mapped and aligned; its value does not matter.
    unsafe { with_exposed_provenance::<usize>(block + 8).read_volatile() }
}
