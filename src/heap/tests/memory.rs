//! What a test writes into blocks and reads back, and the heap under test itself.
#![expect(unsafe_code, reason = "writes and reads blocks that the test was given")]

use core::ptr::{with_exposed_provenance, with_exposed_provenance_mut};

use super::TestHeap;
use crate::os::Metered;
use crate::os::testing::{TestSystem, reserve_zeroed};

/// A heap over a fresh system, both for ever. It is too large to be made on a thread's stack.
pub(super) fn leaked_heap() -> (&'static TestHeap, &'static TestSystem) {
    let os = TestSystem::leaked();
    let place: *mut TestHeap = reserve_zeroed();
    // SAFETY: in the memory just reserved.
    let place_of_os = unsafe { &raw mut (*place).os };
    // SAFETY: as above, and aligned.
    unsafe { place_of_os.write(Metered::new(os)) };
    // SAFETY: `os` was written, every other field of an unstarted heap is all zeros.
    let heap = unsafe { &*place };
    heap.start(0x1234_5678_9abc_def1);
    (heap, os)
}

/// Fills a block with a pattern that depends on the seed and on the place in the block.
pub(super) fn fill(block: usize, size: usize, seed: u64) {
    let mut words = words(seed);
    for (index, word) in (0..size / 8).zip(words.by_ref()) {
        // SAFETY: the block has so many bytes and is 8-aligned.
        unsafe { with_exposed_provenance_mut::<u64>(block + index * 8).write(word) };
    }
    let last = words.next().unwrap_or_default().to_le_bytes();
    for (offset, byte) in (size & !7..size).zip(last) {
        // SAFETY: the block has so many bytes.
        unsafe { with_exposed_provenance_mut::<u8>(block + offset).write(byte) };
    }
}

/// The offset of the first byte that is not as [`fill`] wrote it, with at least this size.
pub(super) fn first_difference(block: usize, size: usize, seed: u64) -> Option<usize> {
    let mut words = words(seed);
    for (index, word) in (0..size / 8).zip(words.by_ref()) {
        // SAFETY: the block has so many bytes and is 8-aligned.
        let found = unsafe { with_exposed_provenance::<u64>(block + index * 8).read() };
        if found != word {
            return Some(index * 8 + (found ^ word).trailing_zeros() as usize / 8);
        }
    }
    let last = words.next().unwrap_or_default().to_le_bytes();
    (size & !7..size).zip(last).find_map(|(offset, byte)| {
        // SAFETY: the block has so many bytes.
        let found = unsafe { with_exposed_provenance::<u8>(block + offset).read() };
        (found != byte).then_some(offset)
    })
}

/// The bytes of a block, copied.
pub(super) fn bytes(block: usize, size: usize) -> Vec<u8> {
    let start = with_exposed_provenance::<u8>(block);
    // SAFETY: the test's own block, or one that it freed whose memory is still mapped.
    (0..size).map(|i| unsafe { start.wrapping_add(i).read_volatile() }).collect()
}

/// The offset of the first byte that is not zero.
pub(super) fn first_nonzero(block: usize, size: usize) -> Option<usize> {
    // SAFETY: the block has so many bytes; the slice is gone before anybody writes to it.
    let bytes = unsafe { core::slice::from_raw_parts(with_exposed_provenance::<u8>(block), size) };
    bytes.iter().position(|&byte| byte != 0)
}

/// Writes one word, also where a test has no business.
pub(super) fn write_word(address: usize, word: usize) {
    // SAFETY: the test chose memory of its own process that is mapped.
    unsafe { with_exposed_provenance_mut::<usize>(address).write(word) };
}

fn words(seed: u64) -> impl Iterator<Item = u64> {
    let mut word = seed | 1;
    core::iter::from_fn(move || {
        word = word.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(0x9e37_79b9_7f4a_7c15);
        Some(word)
    })
}
