//! Memory that goes back to the system, and what is known of it afterwards.

use super::TestHeap;
use super::memory::{fill, first_nonzero, leaked_heap};
use crate::heap::Thread;
use crate::os::System;
use crate::os::testing::TestSystem;
use crate::sync::Ordering;
use crate::units::UNIT;

/// A heap that maps nothing and whose thresholds stand, and so many threads with an arena each.
fn heap_without_mappings<const N: usize>()
-> (&'static TestHeap, &'static TestSystem, [&'static Thread; N]) {
    let (heap, os) = leaked_heap();
    heap.tunables.set_mmap_max(0);
    heap.tunables.set_top_pad(0);
    heap.tunables.set_trim_threshold(1 << 40);
    (heap, os, [(); N].map(|()| heap.start_thread().unwrap()))
}

fn end(heap: &TestHeap, threads: &[&'static Thread]) {
    threads.iter().for_each(|thread| heap.end_thread(thread));
    heap.release_all(0);
    assert_eq!(heap.verify(), Ok(()));
}

#[test]
fn a_region_that_was_all_top_is_given_back_after_another_took_its_place() {
    let (heap, os, [one, two]) = heap_without_mappings();
    let first = heap.allocate(Some(one), 200_000).unwrap();
    let between = heap.allocate(Some(two), 200_000).unwrap();
    heap.free(Some(one), first);
    // Does not fit into what is free, and the break has gone on: a new region.
    let second = heap.allocate(Some(one), 800_000).unwrap();
    heap.free(Some(one), second);
    heap.free(Some(two), between);
    end(heap, &[one, two]);
    assert_eq!(heap.totals().arenas.system, 0, "{:?}", heap.totals());
    assert!(os.break_bytes() < UNIT);
}

#[test]
fn nothing_goes_back_if_trimming_is_turned_off_nor_when_the_last_thread_leaves() {
    let (heap, os, [one, two]) = heap_without_mappings();
    heap.tunables.set_trim_threshold(usize::MAX);
    let allocate = |_| {
        let block = heap.allocate(Some(two), 900).unwrap();
        fill(block, 900, 3);
        block
    };
    let (blocks, others): (Vec<_>, Vec<_>) =
        (0..10_000).map(allocate).partition(|block| !(block / UNIT).is_multiple_of(3));
    let resident = os.resident_break_bytes();
    blocks.iter().for_each(|&block| heap.free(Some(two), block));
    heap.end_thread(two);
    others.iter().for_each(|&block| heap.free(Some(one), block));
    assert_eq!(os.discards.load(Ordering::Relaxed), 0);
    assert!(os.resident_break_bytes() >= resident);
    end(heap, &[one]);
    assert!(os.resident_break_bytes() < UNIT);
}

#[test]
fn any_number_of_regions_is_given_back() {
    let (heap, os, threads) = heap_without_mappings::<2>();
    // The arenas take turns at the break, so that no region follows one of its own arena.
    let blocks: Vec<_> = (0..60)
        .map(|turn| heap.allocate(Some(threads[turn % 2]), 200_000 + turn * 10_000).unwrap())
        .collect();
    blocks.iter().for_each(|&block| heap.free(Some(threads[0]), block));
    end(heap, &threads);
    assert_eq!(heap.totals().arenas.system, 0, "{:?}", heap.totals());
    assert!(os.break_bytes() < UNIT && os.resident_break_bytes() < UNIT);
}

#[test]
fn a_top_that_was_given_back_is_zero_to_its_last_byte_or_is_cleared() {
    let (heap, os, [thread]) = heap_without_mappings();
    heap.tunables.set_top_pad(2 * UNIT);
    let kept = heap.allocate(Some(thread), 40_000).unwrap();
    // All of the top but what must remain of it.
    let size = heap.totals().main_top - 32 - 8;
    let last = heap.allocate(Some(thread), size).unwrap();
    assert_eq!(heap.totals().main_top, 32);
    fill(last, size, 5);
    heap.free(Some(thread), last);
    // Somebody sits above, so that the pages go but the break stays.
    os.move_break(100).unwrap();
    heap.release_all(0);
    let again = heap.allocate_zeroed(Some(thread), size).unwrap();
    assert_eq!(again, last);
    assert_eq!(first_nonzero(again, size), None, "of {size} bytes");
    heap.free(Some(thread), again);
    heap.free(Some(thread), kept);
    end(heap, &[thread]);
}

#[test]
fn pages_of_free_chunks_are_given_back_whatever_order_they_were_freed_in() {
    for order in [[0, 2, 1], [0, 1, 2], [1, 0, 2], [2, 1, 0]] {
        let (heap, os, [thread]) = heap_without_mappings();
        let allocate = |size| {
            let block = heap.allocate(Some(thread), size).unwrap();
            fill(block, size, 5);
            block
        };
        let runs = [(); 16].map(|()| [60_000, 2_000, 60_000, 40_000].map(allocate));
        for run in runs {
            // Without a cache, in which the small one would stay.
            order.iter().for_each(|&index| heap.free(None, run[index]));
        }
        heap.release_all(0);
        let resident = os.resident_break_bytes();
        assert!(resident < 16 * (40_000 + 3 * 4096) + UNIT, "{resident} bytes, freed as {order:?}");
        runs.iter().for_each(|run| heap.free(Some(thread), run[3]));
        end(heap, &[thread]);
    }
}

#[test]
fn a_large_free_run_is_given_back_by_the_free_that_completes_it() {
    let (heap, os, [thread]) = heap_without_mappings();
    let blocks: Vec<_> = (0..400)
        .map(|_| {
            let block = heap.allocate(Some(thread), 40_000).unwrap();
            fill(block, 40_000, 5);
            block
        })
        .collect();
    let kept = heap.allocate(Some(thread), 40_000).unwrap();
    blocks.iter().for_each(|&block| heap.free(Some(thread), block));
    let resident = os.resident_break_bytes();
    assert!(resident < 2 << 20, "{resident} bytes");
    heap.free(Some(thread), kept);
    end(heap, &[thread]);
}

#[test]
fn memory_that_the_system_does_not_take_is_not_offered_with_every_free() {
    const BLOCKS: usize = 400;
    let (heap, os, [thread]) = heap_without_mappings();
    let blocks: Vec<_> =
        (0..2 * BLOCKS).map(|_| heap.allocate(Some(thread), 80_000).unwrap()).collect();
    os.fail_discards(true);
    let before = os.discards.load(Ordering::Relaxed);
    // In the middle of it half a second is over: that much is not much beside what lives.
    let free_slowly = |blocks: Vec<&usize>| {
        for (index, &&block) in blocks.iter().enumerate() {
            heap.free(Some(thread), block);
            if index == blocks.len() / 2 {
                os.pass_ms(1000);
            }
        }
    };
    free_slowly(blocks.iter().step_by(2).collect());
    let tried = os.discards.load(Ordering::Relaxed) - before;
    assert!(tried > 0 && tried < 4 * BLOCKS, "{tried}");
    // It is when it is asked for, and if it is more than twice as much.
    os.fail_discards(false);
    assert!(heap.release_all(0).bytes >= BLOCKS / 2 * 80_000);
    let purged = heap.totals().arenas.purged;
    free_slowly(blocks.iter().skip(1).step_by(4).collect());
    assert!(heap.totals().arenas.purged > purged);
    blocks.iter().skip(3).step_by(4).for_each(|&block| heap.free(Some(thread), block));
    end(heap, &[thread]);
}
