//! Chunks of one heap over plain memory, without an arena around it.
#![expect(unsafe_code, reason = "plain memory becomes a region")]

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use super::*;
use crate::arena::chunk::PURGE_MIN;
use crate::arena::chunk::dirty::FREE_WORDS;
use crate::arena::chunk::{Walk, walk_region};
use crate::os::testing::reserve_zeroed;
use crate::units::align_down;

const KEY: Key = Key::new(0x0123_4567_89ab_cdef);

/// A heap with a first region of so many units, all of it top.
fn heap_of(units: usize) -> (ChunkHeap, Chunk) {
    let mut heap = ChunkHeap::new(KEY);
    let first = region(units);
    heap.add_region(first, units * UNIT, Follows::Nothing);
    (heap, first)
}

/// Zeroed memory of so many units (at most 64) on a unit boundary.
fn region(units: usize) -> Chunk {
    assert!(units <= 64);
    let memory: *mut [u8; 66 * UNIT] = reserve_zeroed();
    // SAFETY: the units lie in the reserved memory, which nobody else has.
    unsafe { Chunk::at(align_up(memory.expose_provenance(), UNIT)) }
}

fn take(heap: &mut ChunkHeap, size: usize) -> Chunk {
    let found = heap.allocate_from_bins(size).or_else(|| heap.allocate_from_top(size));
    found.unwrap().chunk
}

/// Whether a chunk could be resized in place.
fn resized(heap: &mut ChunkHeap, chunk: Chunk, size: usize) -> bool {
    heap.resize_in_place(chunk, size) != Resized::No
}

/// Walks a region and checks each tag against its neighbours; returns the sizes of its chunks in bytes,
/// those of free ones negative.
fn sizes(first: Chunk) -> Vec<isize> {
    let mut sizes: Vec<isize> = Vec::new();
    walk_region(
        first,
        |chunk| chunk.header(KEY),
        |chunk, header| {
            assert_ne!(header.state, State::Broken, "{chunk:?}");
            if let Some(&last) = sizes.last() {
                // Above the top, the fence does not know it as free.
                assert!(header.kind == Kind::Fence || header.is_prev_in_use == (last > 0));
                assert!(last > 0 || header.state == State::InUse, "two free neighbours");
            }
            let size = isize::try_from(header.size).unwrap();
            if header.kind != Kind::Fence {
                sizes.push(if header.state == State::Free { -size } else { size });
            }
            Walk::On
        },
    );
    sizes
}

/// The same without the top; also checks the sums of the heap, which has only this region.
fn sizes_below_top(heap: &ChunkHeap, first: Chunk) -> Vec<isize> {
    let mut sizes = sizes(first);
    let free: isize = sizes.iter().filter(|&&size| size < 0).map(|size| -size).sum();
    assert_eq!(usize::try_from(free).unwrap(), heap.free_bytes());
    assert_eq!(sizes.iter().filter(|&&size| size < 0).count(), heap.free_chunks());
    if heap.top.is_some() {
        sizes.pop();
    }
    sizes
}

#[track_caller]
fn last_words(action: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(action)).expect_err("nothing was reported");
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

/// Overwrites the tag of a chunk.
fn break_tag(chunk: Chunk, tag: usize) {
    // SAFETY: a chunk of this test; its header is 16 bytes.
    unsafe { core::ptr::with_exposed_provenance_mut::<usize>(chunk.address() + 8).write(tag) };
}

#[test]
fn a_free_chunk_is_split_and_the_rest_stays_free() {
    let (mut heap, first) = heap_of(2);
    let chunk = take(&mut heap, 1024);
    take(&mut heap, 64);
    assert_eq!(heap.free(chunk), Freed::Binned { size: 1024 });
    assert_eq!(take(&mut heap, 256), chunk);
    assert_eq!(sizes_below_top(&heap, first), [256, -768, 64]);
    // A rest that is too small for a chunk stays with the block.
    take(&mut heap, 768 - 16);
    assert_eq!(sizes_below_top(&heap, first), [256, 768, 64]);
}

#[test]
fn freed_neighbours_become_one_in_any_order() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let (mut heap, first) = heap_of(2);
        take(&mut heap, 32);
        let chunks = [48, 5_008, 320].map(|size| take(&mut heap, size));
        take(&mut heap, 32);
        order.iter().for_each(|&index| assert_ne!(heap.free(chunks[index]), Freed::Top));
        assert_eq!(sizes_below_top(&heap, first), [32, -5_376, 32], "{order:?}");
    }
}

#[test]
fn what_is_freed_below_the_top_becomes_top() {
    let (mut heap, first) = heap_of(2);
    let whole = heap.top_size();
    let chunks = [64, 128, 256].map(|size| take(&mut heap, size));
    assert!(matches!(heap.free(chunks[1]), Freed::Binned { .. }));
    assert_eq!(heap.free(chunks[2]), Freed::Top);
    assert_eq!((sizes_below_top(&heap, first), heap.top_size()), (vec![64], whole - 64));
    assert_eq!(heap.free(chunks[0]), Freed::Top);
    assert_eq!(heap.top_size(), whole);
    assert_eq!(heap.take_empty_top(), Some((first.address(), first.address() + 2 * UNIT)));
    assert_eq!((heap.free_bytes(), heap.free_chunks()), (0, 0));
}

#[test]
fn a_region_that_follows_lengthens_the_top_and_another_retires_it() {
    let (mut heap, first) = heap_of(2);
    take(&mut heap, 1024);
    heap.add_region(first.forward(2 * UNIT), UNIT, Follows::Newest);
    assert_eq!(heap.top_size(), 3 * UNIT - FENCE - 1024);
    let other = region(1);
    heap.add_region(other, UNIT, Follows::Nothing);
    assert_eq!(heap.top_size(), UNIT - FENCE);
    assert_eq!(sizes(first), [1024, -isize::try_from(3 * UNIT - FENCE - 1024).unwrap()]);
    // The retired top is found in its bin.
    assert_eq!(take(&mut heap, 2 * UNIT), first.forward(1024));
}

#[test]
fn fresh_memory_is_known_to_be_zero() {
    let (mut heap, first) = heap_of(4);
    let one = heap.allocate_from_top(1024).unwrap();
    assert_eq!(one.zero_from, one.chunk.user_address());
    let two = heap.allocate_from_top(1024).unwrap();
    heap.free(two.chunk);
    let again = heap.allocate_from_top(4096).unwrap();
    assert_eq!(again.chunk, two.chunk);
    // The header of the top lay there.
    assert_eq!(again.zero_from, two.chunk.address() + 1024 + 16);
    heap.add_region(first.forward(4 * UNIT), UNIT, Follows::Newest);
    let over_the_fence = heap.allocate_from_top(4 * UNIT).unwrap();
    let bytes = over_the_fence.zero_from..over_the_fence.chunk.address() + 4 * UNIT;
    for address in bytes.step_by(8) {
        // SAFETY: inside the chunk.
        let word = unsafe { core::ptr::with_exposed_provenance::<usize>(address).read() };
        assert_eq!(word, 0, "{address:#x}");
    }
}

#[test]
fn a_region_without_blocks_is_taken_out_and_can_be_kept() {
    let (mut heap, first) = heap_of(3);
    let chunks = [64, 70_000, 128].map(|size| take(&mut heap, align_up(size, 16)));
    heap.add_region(region(1), UNIT, Follows::Nothing);
    for round in 0..2 {
        let whole = Freed::Region { start: first.address(), end: first.address() + 3 * UNIT };
        if round == 0 {
            heap.free(chunks[1]);
            heap.free(chunks[0]);
            assert_eq!(heap.free(chunks[2]), whole);
        } else {
            // Kept, it is one free chunk, and can be taken out again.
            let all = take(&mut heap, 3 * UNIT - FENCE);
            assert_eq!((all, heap.free(all)), (first, whole));
        }
        assert_eq!(heap.free_bytes(), heap.top_size());
        heap.keep_region(first, 3 * UNIT);
        assert_eq!(sizes(first), [-isize::try_from(3 * UNIT - FENCE).unwrap()]);
        assert_eq!(heap.free_bytes(), heap.top_size() + 3 * UNIT - FENCE);
    }
}

#[test]
fn a_chunk_is_cut_to_size_and_alignment() {
    for alignment in (4..=20).map(|shift| 1 << shift) {
        for skipped in [32, 48, 4_080, 65_488] {
            let (mut heap, first) = heap_of(40);
            take(&mut heap, skipped);
            let room = aligned_room(1_024, alignment).unwrap();
            let chunk = take(&mut heap, align_up(room, 16));
            let cut = heap.cut_aligned(chunk, 1_024, alignment);
            assert_eq!(cut.user_address() % alignment, 0);
            let size = cut.header(KEY).size;
            assert!((1_024..1_024 + MIN_CHUNK).contains(&size), "{size} for {alignment}");
            sizes_below_top(&heap, first);
        }
    }
}

#[test]
fn units_lie_on_their_boundary_wherever_they_come_from() {
    for skipped in [0, 32, 48, 1_024, UNIT - 48, UNIT - 32, UNIT - 16, UNIT] {
        let (mut heap, first) = heap_of(8);
        if skipped > 0 {
            take(&mut heap, skipped);
        }
        let from_top = heap.allocate_unit_from_top().unwrap().chunk;
        let spacious = heap.allocate_from_top(3 * UNIT).unwrap().chunk;
        heap.allocate_from_top(32).unwrap();
        assert!(matches!(heap.free(spacious), Freed::Binned { .. }));
        let from_bin = heap.allocate_unit_from_bins().unwrap().chunk;
        for unit in [from_top, from_bin] {
            assert!(unit.address().is_multiple_of(UNIT));
            let header = unit.header(KEY);
            assert_eq!(header, Header::in_use(UNIT, Kind::Plain, header.is_prev_in_use));
        }
        sizes_below_top(&heap, first);
    }
}

#[test]
fn a_free_chunk_in_which_no_unit_lies_is_left_alone() {
    let (mut heap, first) = heap_of(4);
    take(&mut heap, 1_024);
    let long = take(&mut heap, 2 * UNIT - 2_048);
    take(&mut heap, 32);
    heap.free(long);
    assert!(heap.allocate_unit_from_bins().is_none());
    assert_eq!(sizes_below_top(&heap, first)[1], -isize::try_from(2 * UNIT - 2_048).unwrap());
}

#[test]
fn a_chunk_grows_into_a_free_neighbour_and_the_top_and_shrinks() {
    let (mut heap, first) = heap_of(2);
    let [one, two, three] = [128, 512, 64].map(|size| take(&mut heap, size));
    assert!(!resized(&mut heap, one, 160), "the next is in use");
    heap.free(two);
    assert!(!resized(&mut heap, one, 656), "the next is too small");
    assert!(resized(&mut heap, one, 160));
    assert_eq!(sizes_below_top(&heap, first), [160, -480, 64]);
    // All of it, since the rest would be too small.
    assert!(resized(&mut heap, one, 624));
    assert_eq!(sizes_below_top(&heap, first), [640, 64]);
    assert!(resized(&mut heap, one, 32));
    assert_eq!(sizes_below_top(&heap, first), [32, -608, 64]);
    assert!(resized(&mut heap, one, 640));
    heap.free(three);
    assert!(heap.is_below_top(one));
    let most = 640 + heap.top_size() - MIN_CHUNK;
    assert!(!resized(&mut heap, one, most + 16));
    assert!(resized(&mut heap, one, most));
    assert_eq!(heap.top_size(), MIN_CHUNK);
    assert!(heap.allocate_from_top(MIN_CHUNK).is_none());
    assert!(resized(&mut heap, one, 64));
    assert_eq!((sizes_below_top(&heap, first), heap.top_size()), (vec![64], 2 * UNIT - FENCE - 64));
}

#[test]
fn a_broken_neighbour_ends_the_process() {
    let fresh = || {
        let (mut heap, _) = heap_of(2);
        let chunks = [256; 5].map(|size| take(&mut heap, size));
        (heap, chunks)
    };
    let (mut heap, chunks) = fresh();
    break_tag(chunks[2], 0x4141_4141_4141_4141);
    assert_eq!(
        last_words(|| _ = heap.free(chunks[1])),
        format!("free(): invalid next size (normal): {:#x}", chunks[1].user_address())
    );
    let (mut heap, chunks) = fresh();
    break_tag(chunks[2], 0);
    let said = last_words(|| _ = heap.resize_in_place(chunks[1], 512));
    assert!(said.starts_with("realloc(): invalid next size"), "{said}");
    let (mut heap, chunks) = fresh();
    heap.free(chunks[1]);
    for size in [0, 16, 24, 272, 0x4141_4141_4141_4140] {
        chunks[2].set_prev_size(size);
        let said = last_words(|| _ = heap.free(chunks[2]));
        assert!(said.starts_with("corrupted size vs. prev_size"), "{size}: {said}");
        chunks[2].set_header(Header::in_use(256, Kind::Plain, false), KEY);
    }
    let (mut heap, chunks) = fresh();
    break_tag(chunks[4].forward(256), 0x1_0001);
    let said = last_words(|| _ = heap.allocate_from_top(64));
    assert!(said.starts_with("malloc(): corrupted top size"), "{said}");
    let (mut heap, chunks) = fresh();
    heap.free(chunks[1]);
    heap.free(chunks[3]);
    chunks[3].set_next_link(Some(chunks[0]));
    let said = last_words(|| _ = heap.free(chunks[4]));
    assert!(said.starts_with("corrupted double-linked list"), "{said}");
}

const PAGE: usize = 4096;

/// Ranges that `purge` gives back.
fn purged(heap: &mut ChunkHeap, least: usize) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    heap.purge(least, PAGE, |start, end| {
        ranges.push((start, end));
        true
    });
    ranges
}

#[test]
fn large_free_chunks_are_purged_once() {
    let (mut heap, _) = heap_of(8);
    let [large, _guard, small, _end] = [2 * UNIT, 32, 8_192, 32].map(|size| take(&mut heap, size));
    heap.free(large);
    heap.free(small);
    assert_eq!(heap.dirty_bytes(), 2 * UNIT);
    let range = |chunk: Chunk, size| {
        let start = align_up(chunk.address() + FREE_WORDS, PAGE);
        (start, align_down(chunk.address() + size, PAGE))
    };
    assert_eq!(purged(&mut heap, PURGE_MIN), [range(large, 2 * UNIT)]);
    assert_eq!(heap.dirty_bytes(), 0);
    assert_eq!(purged(&mut heap, PURGE_MIN), []);
    assert_eq!(purged(&mut heap, PAGE), [range(small, 8_192)]);
    assert_eq!(purged(&mut heap, PAGE), []);
    // What is left of a purged chunk has no pages still; what was used has.
    assert_eq!(take(&mut heap, 12_288), large);
    assert_eq!((heap.dirty_bytes(), purged(&mut heap, PURGE_MIN)), (0, vec![]));
    heap.free(large);
    assert!((12_288..12_288 + 4_096).contains(&heap.dirty_bytes()));
    assert_eq!(purged(&mut heap, PURGE_MIN)[0].0, align_up(large.address() + FREE_WORDS, PAGE));
}

#[test]
fn what_cannot_be_given_back_stays_dirty() {
    let (mut heap, _) = heap_of(8);
    let [large, _guard] = [2 * UNIT, 32].map(|size| take(&mut heap, size));
    heap.free(large);
    heap.purge(PURGE_MIN, PAGE, |_, _| false);
    assert_eq!(heap.dirty_bytes(), 2 * UNIT);
    assert_eq!(purged(&mut heap, PURGE_MIN).len(), 1);
}

#[test]
fn dirty_chunks_that_merge_are_dirty_however_small_they_were() {
    let (mut heap, _) = heap_of(8);
    let [one, between, two, _guard] = [60_000, 2_000, 60_000, 32].map(|size| take(&mut heap, size));
    heap.free(one);
    heap.free(two);
    assert_eq!(heap.free(between), Freed::Binned { size: 122_000 });
    assert_eq!(heap.dirty_bytes(), 122_000);
    assert_eq!(purged(&mut heap, PURGE_MIN).len(), 1);
}

#[test]
fn a_top_that_becomes_a_chunk_is_dirty_as_far_as_it_was_used() {
    let (mut heap, _) = heap_of(8);
    let [_kept, used] = [64, 2 * UNIT].map(|size| take(&mut heap, size));
    heap.free(used);
    heap.add_region(region(1), UNIT, Follows::Nothing);
    assert!((2 * UNIT..2 * UNIT + 4_096).contains(&heap.dirty_bytes()));
}
