//! Blocks and regions that lie in files.

use std::ffi::CString;

use super::memory::{fill, first_difference, first_nonzero, leaked_heap};
use super::{TestHeap, TestSystem};
use crate::arena::Lost;
use crate::heap::Thread;
use crate::sync::Ordering;

const LARGE: usize = 300_000;
/// A thread in the eyes of a fork.
const FORKING: usize = 1;

/// A heap whose large blocks are files.
fn heap_in_files() -> (&'static TestHeap, &'static TestSystem, &'static Thread) {
    let (heap, os) = leaked_heap();
    let directory = CString::new(std::env::temp_dir().into_os_string().into_encoded_bytes());
    assert!(heap.tunables.set_file_directory(directory.unwrap().as_bytes()));
    (heap, os, heap.start_thread().unwrap())
}

fn resize(heap: &TestHeap, thread: &'static Thread, block: usize, size: usize) -> Option<usize> {
    heap.resize(Some(thread), heap.look_up(block).unwrap(), size)
}

#[test]
fn a_large_block_is_a_file_of_its_own_size() {
    let (heap, os, thread) = heap_in_files();
    for alignment in [16, 32, 1024, 4096, 8192, 1 << 16, 1 << 21] {
        let block = heap.allocate_aligned(Some(thread), LARGE, alignment).unwrap();
        assert!(block.is_multiple_of(alignment));
        assert_eq!(first_nonzero(block, LARGE), None);
        fill(block, LARGE, 3);
        let usable = heap.look_up(block).unwrap().usable;
        assert!((LARGE..LARGE + 4096).contains(&usable), "{alignment}: {usable}");
        assert!(heap.mapped.totals().bytes <= LARGE + 2 * 4096);
        heap.free(Some(thread), block);
        let is_its = |size: &usize| (LARGE..LARGE + 3 * 4096).contains(size);
        assert!(!os.mapping_sizes().iter().any(is_its), "{alignment}");
    }
    assert_eq!(heap.mapped.totals().bytes, 0);
}

#[test]
fn a_full_disk_means_no_memory_and_the_block_stays() {
    let (heap, os, thread) = heap_in_files();
    let block = heap.allocate(Some(thread), LARGE).unwrap();
    fill(block, LARGE, 5);
    let system_bytes = heap.regions.system_bytes();
    os.fail_files(true);
    assert_eq!(heap.allocate(Some(thread), LARGE), None);
    assert_eq!(heap.allocate_aligned(Some(thread), LARGE, 8192), None);
    assert_eq!(resize(heap, thread, block, 2 * LARGE), None);
    assert_eq!(first_difference(block, LARGE, 5), None);
    assert_eq!(heap.regions.system_bytes(), system_bytes, "anonymous memory took its place");
    // What is smaller is not concerned.
    assert!(heap.allocate(Some(thread), 60_000).is_some());
    os.fail_files(false);
    assert!(resize(heap, thread, block, 2 * LARGE).is_some());
}

#[test]
fn a_refused_step_leaves_nothing_behind() {
    let (heap, os, thread) = heap_in_files();
    let before = os.mapping_sizes();
    os.fail_files(true);
    for alignment in [16, 4096, 1 << 20] {
        assert_eq!(heap.allocate_aligned(Some(thread), LARGE, alignment), None);
    }
    os.fail_files(false);
    os.fail_maps_after(1);
    assert_eq!(heap.allocate_aligned(Some(thread), LARGE, 1 << 20), None);
    os.fail_maps(false);
    assert_eq!(os.mapping_sizes(), before);
}

#[test]
fn growing_copies_into_more_room_and_shrinking_gives_blocks_back() {
    let (heap, os, thread) = heap_in_files();
    let mut block = heap.allocate(Some(thread), LARGE).unwrap();
    fill(block, LARGE, 9);
    let mut moves = 0;
    for size in (LARGE..8 * LARGE).step_by(LARGE / 10) {
        let now = resize(heap, thread, block, size).unwrap();
        moves += usize::from(now != block);
        block = now;
        assert_eq!(first_difference(block, LARGE, 9), None);
    }
    assert!((5..15).contains(&moves), "{moves}");
    let punched = os.punched.load(Ordering::Relaxed);
    assert_eq!(resize(heap, thread, block, LARGE), Some(block));
    assert!(os.punched.load(Ordering::Relaxed) - punched >= 6 * LARGE);
    assert!(heap.mapped.totals().bytes < LARGE + 4 * 4096);
    assert_eq!(first_difference(block, LARGE, 9), None);
    // A file stays one, however little of it is wanted.
    assert_eq!(resize(heap, thread, block, 1), Some(block));
    heap.free(Some(thread), block);
    assert_eq!(heap.mapped.totals().bytes, 0);
}

#[test]
fn small_and_large_chunks_that_start_in_one_unit_keep_apart() {
    let (heap, os, thread) = heap_in_files();
    heap.tunables.set_mmap_threshold(0);
    let blocks: Vec<usize> = (0..200_u32)
        .map(|number| {
            let size = if number % 3 == 0 { LARGE } else { 2_000 + 4096 * (number as usize % 5) };
            let block = heap.allocate(Some(thread), size).unwrap();
            fill(block, 2_000, u64::from(2 * number));
            block
        })
        .collect();
    for (number, &block) in (0_u32..).zip(&blocks) {
        assert_eq!(first_difference(block, 2_000, u64::from(2 * number)), None);
    }
    // Of the refused, files are punched and others discarded.
    os.fail_unmaps(true);
    let (punched, discards) =
        (os.punched.load(Ordering::Relaxed), os.discards.load(Ordering::Relaxed));
    for &block in blocks.iter().step_by(7).chain(blocks.iter().skip(1).step_by(7)) {
        heap.free(Some(thread), block);
    }
    assert!(os.punched.load(Ordering::Relaxed) > punched);
    assert!(os.discards.load(Ordering::Relaxed) > discards);
}

#[test]
fn a_child_takes_copies_of_what_there_was_at_the_fork() {
    let (heap, os, thread) = heap_in_files();
    let [a, b, c] = [1, 3, 5].map(|seed| {
        let block = heap.allocate(Some(thread), 2 * LARGE).unwrap();
        fill(block, 2 * LARGE, seed);
        block
    });
    heap.prepare_fork(FORKING);
    // Other threads go on: what they map now is no file, what they free or shorten is not to be copied.
    os.fail_files(true);
    let late = heap.allocate(Some(thread), LARGE).unwrap();
    heap.free(Some(thread), b);
    assert_eq!(resize(heap, thread, c, LARGE), Some(c));
    fill(a, 2 * LARGE, 7);
    fill(late, LARGE, 9);
    // The test is parent and child at once: both have what lies in no file.
    assert_eq!(heap.take_files_in_child(FORKING), Lost::default());
    assert_eq!(first_difference(a, 2 * LARGE, 1), None);
    assert_eq!(first_difference(c, LARGE, 5), None);
    assert_eq!(first_difference(late, LARGE, 9), None);
    for block in [a, c, late] {
        heap.free(Some(thread), block);
    }
    assert_eq!(heap.mapped.totals().chunks, 0);
    assert!(heap.verify().is_ok());
}

#[test]
fn parents_drop_their_copies() {
    let (heap, os, thread) = heap_in_files();
    let block = heap.allocate(Some(thread), LARGE).unwrap();
    let before = os.mapping_sizes();
    for thread in [1, 2, 3] {
        heap.prepare_fork(thread);
    }
    assert_eq!(os.mapping_sizes().len(), before.len() + 6);
    for (thread, left) in [(2, 4), (3, 2), (1, 0)] {
        heap.end_fork_in_parent(thread);
        assert_eq!(os.mapping_sizes().len(), before.len() + left);
    }
    assert_eq!(os.mapping_sizes(), before);
    // Files again.
    os.fail_files(true);
    assert_eq!(heap.allocate(Some(thread), LARGE), None);
    heap.free(Some(thread), block);
}

#[test]
fn what_cannot_be_copied_is_lost_and_not_the_heaps_any_more() {
    for copies in [true, false] {
        let (heap, os, thread) = heap_in_files();
        let block = heap.allocate_aligned(Some(thread), LARGE, 4096).unwrap();
        assert!(heap.tunables.set_file_fork(if copies { b"copy" } else { b"none" }));
        os.fail_files(copies);
        heap.prepare_fork(FORKING);
        let lost = heap.take_files_in_child(FORKING);
        assert!(lost.region_bytes == 0 && lost.chunk_bytes > LARGE, "{lost:?}");
        assert!(heap.look_up(block).is_err());
        assert_eq!((heap.mapped.totals().chunks, heap.mapped.totals().bytes), (0, 0));
        os.fail_files(false);
        assert!(heap.allocate(Some(thread), LARGE).is_some());
    }
}

#[test]
fn regions_in_files_are_not_purged_but_given_back_whole() {
    let (heap, os, _) = heap_in_files();
    heap.tunables.set_file_regions(1);
    heap.tunables.set_mmap_threshold(1 << 30);
    let thread = heap.start_thread().unwrap();
    let break_before = os.break_bytes();
    let sizes = [50, 900, 5_000, 60_000, 200_000];
    let mut blocks: Vec<(usize, usize)> = Vec::new();
    for round in 0..400 {
        let size = sizes[round % sizes.len()];
        let block = heap.allocate(Some(thread), size).unwrap();
        fill(block, size, 1);
        blocks.push((block, size));
    }
    assert_eq!(os.break_bytes(), break_before);
    assert!(heap.regions.system_bytes() > 16 << 20);
    // Free memory that was not purged must not be taken for zeros.
    for (block, _) in blocks.iter().step_by(2) {
        heap.free(Some(thread), *block);
    }
    heap.trim(Some(thread), 0);
    for (_, size) in blocks.iter().step_by(2) {
        let block = heap.allocate_zeroed(Some(thread), *size).unwrap();
        assert_eq!(first_nonzero(block, *size), None, "{size}");
        heap.free(Some(thread), block);
    }
    for (block, size) in blocks.iter().skip(1).step_by(2) {
        assert_eq!(first_difference(*block, *size, 1), None);
        heap.free(Some(thread), *block);
    }
    assert!(heap.verify().is_ok());
    heap.trim(Some(thread), 0);
    assert!(heap.regions.system_bytes() <= 8 << 20, "{}", heap.regions.system_bytes());
    assert_eq!(os.punched.load(Ordering::Relaxed), 0);
}

#[test]
fn regions_in_files_end_with_the_disk_and_are_copied_for_a_child() {
    let (heap, os, _) = heap_in_files();
    heap.tunables.set_file_regions(1);
    let thread = heap.start_thread().unwrap();
    let blocks: Vec<usize> =
        (0..100).map(|_| heap.allocate(Some(thread), 50_000).unwrap()).collect();
    blocks.iter().for_each(|&block| fill(block, 50_000, 1));
    assert!(heap.tunables.set_file_fork(b"none"));
    heap.prepare_fork(FORKING);
    blocks.iter().for_each(|&block| fill(block, 50_000, 3));
    assert_eq!(heap.take_files_in_child(FORKING), Lost::default());
    assert!(blocks.iter().all(|&block| first_difference(block, 50_000, 1).is_none()));
    assert!(heap.verify().is_ok());
    os.fail_files(true);
    while heap.allocate(Some(thread), 50_000).is_some() {}
    assert!(heap.regions.system_bytes() < 64 << 20);
    heap.prepare_fork(FORKING);
    assert!(heap.take_files_in_child(FORKING).region_bytes > 0);
}
