//! The hard and the soft limit of memory.

use super::TestHeap;
use super::memory::{fill, first_difference, leaked_heap};
use crate::heap::Thread;
use crate::os::System;
use crate::size_class::{ClassByte, SmallClass};
use crate::tunables::SoftLimit;

const MIB: usize = 1 << 20;

fn limit(heap: &TestHeap, hard: usize, soft: usize) {
    heap.tunables.set_hard_limit(hard);
    heap.tunables.set_soft_limit(soft);
    heap.apply_limits(|| 0);
}

/// All that the statistics know to come from the system.
fn total(heap: &TestHeap) -> usize {
    let totals = heap.totals();
    totals.system() + totals.mapped.bytes + totals.metadata_bytes
}

/// Allocates until nothing is left.
fn use_up(heap: &TestHeap, thread: &Thread, size: usize) -> Vec<usize> {
    core::iter::from_fn(|| heap.allocate(Some(thread), size)).collect()
}

#[test]
fn the_count_agrees_with_the_statistics_at_every_size() {
    let (heap, _) = leaked_heap();
    limit(heap, 16 * MIB, 0);
    let thread = heap.start_thread().unwrap();
    for size in [40, 900, 5000, 50_000, 100_000, 300_000, 3 * MIB] {
        let blocks = use_up(heap, thread, size);
        assert!(blocks.len() * size > 10 * MIB, "{size}: {}", blocks.len());
        assert_eq!(heap.limits().taken(), total(heap), "{size}");
        assert!(total(heap) <= 16 * MIB);
        assert!(heap.allocate_zeroed(Some(thread), 8 * MIB).is_none());
        assert!(heap.allocate_aligned(Some(thread), 8 * MIB, 4096).is_none());
        blocks.iter().for_each(|&block| heap.free(Some(thread), block));
    }
    heap.end_thread(thread);
    assert_eq!((heap.verify(), heap.limits().taken()), (Ok(()), total(heap)));
}

#[test]
fn what_others_keep_is_given_back_before_a_request_fails() {
    let (heap, _) = leaked_heap();
    limit(heap, 32 * MIB, 0);
    heap.tunables.set_trim_threshold(1 << 40);
    let [thread, other] = [(); 2].map(|()| heap.start_thread().unwrap());
    // In the heap of another thread, and in the cache of this one.
    for (owner, size) in [(other, 100_000), (thread, 700), (thread, 9000)] {
        let blocks: Vec<_> =
            (0..20 * MIB / size).map(|_| heap.allocate(Some(owner), size).unwrap()).collect();
        blocks.iter().for_each(|&block| heap.free(Some(owner), block));
        let large = heap.allocate(Some(thread), 24 * MIB).unwrap();
        heap.free(Some(thread), large);
        let large = heap.allocate_aligned(Some(thread), 22 * MIB, 8192).unwrap();
        heap.free(Some(thread), large);
    }
    assert_eq!(heap.verify(), Ok(()));
}

#[test]
fn a_block_grows_up_to_the_limit_and_stays_as_it_was_beyond() {
    let (heap, _) = leaked_heap();
    limit(heap, 32 * MIB, 0);
    let thread = heap.start_thread().unwrap();
    let resize = |block, size| heap.resize(Some(thread), heap.look_up(block).unwrap(), size);
    for first in [20 * MIB, 100_000] {
        let block = heap.allocate(Some(thread), first).unwrap();
        fill(block, first, 7);
        let block = resize(block, 28 * MIB).unwrap();
        assert!(resize(block, 32 * MIB).is_none() && resize(block, 60 * MIB).is_none());
        assert_eq!(first_difference(block, first, 7), None);
        heap.free(Some(thread), block);
    }
    assert_eq!((heap.verify(), heap.limits().taken()), (Ok(()), total(heap)));
}

#[test]
fn what_was_taken_before_the_limit_is_known_counts() {
    let (heap, _) = leaked_heap();
    let thread = heap.start_thread().unwrap();
    let blocks: Vec<_> =
        [100, 5000, 70_000, 300_000].map(|size| heap.allocate(Some(thread), size).unwrap()).into();
    limit(heap, 4 * MIB, 0);
    assert_eq!(heap.limits().taken(), total(heap));
    blocks.iter().for_each(|&block| heap.free(Some(thread), block));
    assert_eq!(heap.limits().taken(), total(heap));
}

#[test]
fn near_the_soft_limit_free_memory_and_caches_go_and_later_come_again() {
    let (heap, os) = leaked_heap();
    limit(heap, 0, 40 * MIB);
    let thread = heap.start_thread().unwrap();
    let cached: Vec<_> = (0..300).map(|_| heap.allocate(Some(thread), 200).unwrap()).collect();
    cached.iter().for_each(|&block| heap.free(Some(thread), block));
    let allocate = |size: usize, sum: usize| -> Vec<_> {
        (0..sum / size).map(|_| heap.allocate(Some(thread), size).unwrap()).collect()
    };
    let blocks = allocate(1000, 38 * MIB);
    blocks.iter().for_each(|&block| fill(block, 1000, 1));
    assert!(heap.limits().is_tight() && heap.limits().releases() > 0);
    for (_, &block) in blocks.iter().enumerate().filter(|(index, _)| index % 50 != 0) {
        heap.free(Some(thread), block);
    }
    let class = SmallClass::for_request(200).and_then(ClassByte::small).unwrap();
    assert!(thread.cache.small_bin(class).is_empty());
    let resident = os.resident_break_bytes();
    assert!(resident < 20 * MIB, "{resident}");
    let again = allocate(1000, MIB);
    assert!(!heap.limits().is_tight());
    again.iter().for_each(|&block| heap.free(Some(thread), block));
    assert_eq!(heap.verify(), Ok(()));
}

#[test]
fn a_group_without_a_limit_is_none() {
    let (heap, _) = leaked_heap();
    heap.tunables.set_soft_limit(usize::MAX);
    assert_eq!(heap.tunables.soft_limit(), SoftLimit::Group);
    heap.apply_limits(|| 0);
    let thread = heap.start_thread().unwrap();
    let block = heap.allocate(Some(thread), 50 * MIB).unwrap();
    assert!(!heap.limits().is_tight() && !heap.limits().is_any());
    heap.free(Some(thread), block);
    heap.apply_limits(|| 10 * MIB);
    assert_eq!((heap.limits().soft(), heap.limits().hard()), (10 * MIB, 0));
    assert!(heap.os().limits().is_some());
}
