//! Settings that change what every call does.

use super::memory::{bytes, fill, first_difference, first_nonzero, leaked_heap};
use crate::heap::Thread;
use crate::size_class::{ClassByte, SmallClass};

const SIZES: [usize; 7] = [24, 100, 1024, 3000, 20_000, 60_000, 400_000];

/// Number of small blocks of 100 bytes that a thread's cache holds after it freed `count`.
fn cached_after(count: usize, set: impl Fn(&super::TestHeap)) -> usize {
    let (heap, _) = leaked_heap();
    set(heap);
    let thread = heap.start_thread().unwrap();
    // What is cached goes back when little else lives.
    let kept = [(); 4].map(|()| heap.allocate(Some(thread), 120_000).unwrap());
    let blocks: Vec<_> = (0..count).map(|_| heap.allocate(Some(thread), 100).unwrap()).collect();
    blocks.iter().for_each(|&block| heap.free(Some(thread), block));
    let cached = thread.cache.counts().sum();
    assert!(heap.verify().is_ok());
    kept.iter().for_each(|&block| heap.free(Some(thread), block));
    heap.end_thread(thread);
    assert_eq!(thread.cache.counts().sum::<usize>(), 0);
    cached
}

#[test]
fn a_thread_cache_holds_what_it_may() {
    assert_eq!(cached_after(100, |heap| heap.tunables.set_tcache_count(0)), 0);
    assert_eq!(cached_after(100, |heap| heap.tunables.set_tcache_max(99)), 0);
    assert_eq!(cached_after(100, |heap| heap.tunables.set_checked(3)), 0);
    for count in [1, 2, 7, 100, 3_000] {
        let cached = cached_after(4_000, |heap| heap.tunables.set_tcache_count(count));
        assert!((count.div_ceil(2)..=count).contains(&cached), "{count}: {cached}");
    }
}

#[test]
fn a_bin_becomes_roomy_if_what_it_gave_back_is_missed() {
    let (heap, _) = leaked_heap();
    let [thread, other] = [(); 2].map(|()| heap.start_thread().unwrap());
    // What is cached goes back when little else lives.
    let kept = [(); 4].map(|()| heap.allocate(Some(thread), 120_000).unwrap());
    let allocate =
        || -> Vec<_> { (0..4_000).map(|_| heap.allocate(Some(thread), 100).unwrap()).collect() };
    let cached = |thread: &Thread| thread.cache.counts().sum::<usize>();
    // Who only frees keeps no more than usual; others keep more with each round.
    allocate().iter().for_each(|&block| heap.free(Some(other), block));
    assert!((32..=64).contains(&cached(other)), "{}", cached(other));
    for round in 0..5 {
        allocate().iter().for_each(|&block| heap.free(Some(thread), block));
        let most = (256 << round).min(4_000 + 128);
        assert!((most / 2..=most).contains(&cached(thread)), "{round}: {}", cached(thread));
    }
    kept.iter().for_each(|&block| heap.free(Some(thread), block));
    for thread in [thread, other] {
        heap.end_thread(thread);
        assert_eq!(cached(thread), 0);
    }
    assert!(heap.verify().is_ok());
}

#[test]
fn a_roomy_bin_that_was_given_back_may_become_roomy_again_any_number_of_times() {
    let (heap, os) = leaked_heap();
    let thread = heap.start_thread().unwrap();
    let kept = [(); 4].map(|()| heap.allocate(Some(thread), 120_000).unwrap());
    let allocate_and_free = |_| {
        let blocks: Vec<_> =
            (0..4_000).map(|_| heap.allocate(Some(thread), 100).unwrap()).collect();
        blocks.iter().for_each(|&block| heap.free(Some(thread), block));
    };
    let bin =
        thread.cache.small_bin(SmallClass::for_request(100).and_then(ClassByte::small).unwrap());
    for round in 0..40 {
        (0..6).for_each(allocate_and_free);
        assert!(bin.len() > 1_000, "{round}: {}", bin.len());
        // It is looked at twice while others are in use.
        for _ in 0..2 {
            os.pass_ms(150);
            (0..300).for_each(|_| heap.free(None, heap.allocate(Some(thread), 1000).unwrap()));
        }
        assert_eq!(bin.len(), 0);
    }
    kept.iter().for_each(|&block| heap.free(Some(thread), block));
    heap.end_thread(thread);
    assert!(heap.verify().is_ok());
}

#[test]
fn perturbing_fills_what_is_allocated_and_what_is_freed() {
    let (heap, _) = leaked_heap();
    let thread = heap.start_thread().unwrap();
    heap.tunables.set_perturb(0x5a);
    heap.apply_settings();
    for thread in [Some(thread), None] {
        for size in SIZES.into_iter().chain(SIZES) {
            check_fills(heap, thread, size);
        }
    }
    heap.end_thread(thread);
}

fn check_fills(heap: &super::TestHeap, thread: Option<&'static Thread>, size: usize) {
    let block = heap.allocate(thread, size).unwrap();
    assert!(bytes(block, size).iter().all(|&byte| byte == !0x5a), "{size}");
    let zeroed = heap.allocate_zeroed(thread, size).unwrap();
    assert_eq!(first_nonzero(zeroed, size), None, "{size}");
    fill(block, size, 7);
    let old = heap.look_up(block).unwrap();
    let block = heap.resize(thread, old, size * 2).unwrap();
    assert_eq!(first_difference(block, size, 7), None, "{size}");
    assert!(bytes(block, size * 2)[old.usable.min(size * 2)..].iter().all(|&b| b == !0x5a));
    heap.free(thread, zeroed);
    heap.free(thread, block);
    if size < 20_000 {
        assert!(bytes(zeroed, size)[16..].iter().all(|&byte| byte == 0x5a), "{size}");
    }
}
