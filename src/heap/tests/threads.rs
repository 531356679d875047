//! Real threads that free each other's blocks.

use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::panic::catch_unwind;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::TestHeap;
use super::memory::{fill, first_difference, leaked_heap};
use crate::os::testing::TestSystem;
use crate::sync::{AtomicBool, Ordering};
use crate::units::UNIT;

/// A block on its way to another thread.
struct Parcel {
    address: usize,
    size: usize,
    seed: u64,
}

/// A generator of numbers that is the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % limit
    }

    fn size(&mut self) -> usize {
        match self.below(40) {
            0 => self.below(300_000),
            1..=4 => self.below(60_000),
            5..=12 => self.below(8_000),
            _ => self.below(700),
        }
    }
}

/// Allocates blocks, sends some to others, and checks and frees those that arrive.
fn exchange(
    heap: &'static TestHeap,
    number: u64,
    rounds: usize,
    (others, mine): (&[Sender<Parcel>], &Receiver<Parcel>),
) {
    let mut numbers = Numbers(number * 0x9e37_79b9 + 1);
    // A life of several threads one after the other, so that arenas and caches change hands.
    for life in 0..4 {
        let share = heap.start_thread().unwrap();
        let mut kept = Vec::new();
        for round in 0..rounds {
            let size = numbers.size();
            let address = heap.allocate(Some(share), size).unwrap();
            let seed = number << 48 | life << 32 | round as u64;
            fill(address, size, seed);
            let parcel = Parcel { address, size, seed };
            match numbers.below(3) {
                0 => kept.push(parcel),
                _ => others[numbers.below(others.len())].send(parcel).unwrap(),
            }
            if kept.len() > 50 {
                let oldest = kept.swap_remove(numbers.below(50));
                open(heap, Some(share), &oldest);
            }
            mine.try_iter().for_each(|parcel| open(heap, Some(share), &parcel));
        }
        kept.iter().for_each(|parcel| open(heap, Some(share), parcel));
        heap.end_thread(share);
        // As destructors do that run after the cache is gone.
        mine.try_iter().for_each(|parcel| open(heap, None, &parcel));
    }
}

fn open(heap: &TestHeap, share: Option<&crate::heap::Thread>, parcel: &Parcel) {
    let Parcel { address, size, seed } = *parcel;
    assert_eq!(first_difference(address, size, seed), None, "{size} bytes at {address:#x}");
    heap.free(share, address);
}

/// Nothing is allocated, and the system has its memory back.
fn check_given_back(heap: &TestHeap, os: &TestSystem) {
    assert_eq!(heap.verify(), Ok(()));
    heap.release_all(0);
    assert_eq!(heap.verify(), Ok(()));
    let totals = heap.totals();
    assert_eq!((totals.mapped.chunks, totals.mapped.bytes), (0, 0));
    assert_eq!(totals.arenas.system, 0, "{totals:?}");
    assert!(os.break_bytes() < UNIT, "{} bytes of the break", os.break_bytes());
}

fn run_exchange(threads: u64, arenas: usize, rounds: usize) {
    let (heap, os) = leaked_heap();
    heap.tunables.set_arena_max(arenas);
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..threads).map(|_| channel()).unzip();
    let rest: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .zip(receivers)
            .map(|(number, mine)| {
                let others = senders.clone();
                scope.spawn(move || {
                    exchange(heap, number + 1, rounds, (&others, &mine));
                    mine
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    assert_eq!(heap.verify(), Ok(()));
    assert!(heap.arenas.iter().count() <= arenas);
    rest.iter().flat_map(Receiver::try_iter).for_each(|parcel| open(heap, None, &parcel));
    check_given_back(heap, os);
}

#[test]
fn threads_with_two_arenas_free_each_others_blocks() {
    run_exchange(6, 2, 1_500);
}

#[test]
fn threads_with_an_arena_each_free_each_others_blocks() {
    run_exchange(4, 4, 1_500);
}

/// Opens the gate late in any case, so that a free that waits fails the test instead of hanging it.
fn watch(os: &'static TestSystem, is_done: &'static AtomicBool) -> thread::JoinHandle<bool> {
    thread::spawn(move || {
        for _ in 0..1_000 {
            if is_done.load(Ordering::Acquire) {
                return true;
            }
            thread::sleep(Duration::from_millis(10));
        }
        os.open_gate();
        false
    })
}

#[test]
fn frees_do_not_wait_for_an_arena_that_is_busy() {
    let (heap, os) = leaked_heap();
    let is_done: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
    let own = heap.start_thread().unwrap();
    let warm: Vec<_> = [64, 1000].map(|size| heap.allocate(Some(own), size).unwrap()).into();
    let (blocks_to_me, blocks) = channel();
    let busy = thread::spawn(move || {
        let share = heap.start_thread().unwrap();
        let allocate = |size| heap.allocate(Some(share), size).unwrap();
        let objects: Vec<_> = (0..3_000).map(|_| allocate(64)).collect();
        let chunks: Vec<_> = (0..50).map(|_| allocate(40_000)).collect();
        os.close_gate();
        blocks_to_me.send((objects, chunks)).unwrap();
        // Until the top is used up, this needs more of the break, and waits with its arena's lock.
        let mine: Vec<_> = (0..20).map(|_| allocate(100_000)).collect();
        mine.iter().for_each(|&block| heap.free(Some(share), block));
        heap.end_thread(share);
    });
    let watchdog = watch(os, is_done);
    let (objects, chunks) = blocks.recv().unwrap();
    os.wait_for_a_thread_at_gate();
    // Not in order, so that batches touch several slabs.
    for start in 0..7 {
        objects.iter().skip(start).step_by(7).for_each(|&block| heap.free(Some(own), block));
    }
    heap.flush(own);
    chunks.iter().for_each(|&block| heap.free(Some(own), block));
    let again = catch_unwind(AssertUnwindSafe(|| heap.free(Some(own), objects[9])));
    let said = again.expect_err("a double free").downcast_ref::<String>().cloned();
    assert!(said.is_some_and(|text| text.starts_with("double free or corruption (!prev)")));
    is_done.store(true, Ordering::Release);
    assert!(watchdog.join().unwrap(), "a free waited for the other arena's lock");
    os.open_gate();
    busy.join().unwrap();
    warm.iter().for_each(|&block| heap.free(Some(own), block));
    heap.end_thread(own);
    check_given_back(heap, os);
}
