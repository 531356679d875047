//! The break is shared with the rest of the program, which moves it as it likes.

use super::TestHeap;
use super::memory::{fill, first_difference, first_nonzero, leaked_heap};
use crate::heap::Thread;
use crate::os::System;
use crate::os::testing::TestSystem;
use crate::units::UNIT;

/// Size of chunks that no cache keeps, below the mmap threshold.
const LARGE: usize = 40_000;

#[derive(Clone, Copy)]
struct Case {
    heap: &'static TestHeap,
    os: &'static TestSystem,
    thread: &'static Thread,
}

impl Case {
    fn new() -> Self {
        let (heap, os) = leaked_heap();
        heap.tunables.set_arena_max(1);
        Self { heap, os, thread: heap.start_thread().unwrap() }
    }

    fn allocate(self, size: usize) -> usize {
        let block = self.heap.allocate_zeroed(Some(self.thread), size).unwrap();
        assert_eq!(first_nonzero(block, size), None, "{size} bytes at {block:#x}");
        fill(block, size, block as u64);
        block
    }

    fn free(self, block: usize, size: usize) {
        assert_eq!(first_difference(block, size, block as u64), None, "{block:#x}");
        self.heap.free(Some(self.thread), block);
    }

    fn top(self) -> usize {
        self.heap.totals().main_top
    }

    /// Somebody lowers the break so that `left` bytes of the top (and its fence) remain.
    fn lower_break(self, left: usize) {
        let gone = isize::try_from(self.top() + 16 - left).unwrap();
        self.os.move_break(-gone).unwrap();
    }

    fn end(self) {
        self.heap.end_thread(self.thread);
        self.heap.release_all(0);
        assert_eq!(self.heap.verify(), Ok(()));
    }
}

#[test]
fn a_break_that_others_raised_is_not_lowered_below_them() {
    let case = Case::new();
    let first: Vec<_> = (0..10).map(|_| case.allocate(LARGE)).collect();
    let foreign = case.os.move_break(10_000).unwrap();
    fill(foreign.next_multiple_of(8), 9_000, 77);
    let second: Vec<_> = (0..10).map(|_| case.allocate(LARGE)).collect();
    assert!(second.iter().any(|&block| block > foreign));
    assert_eq!(case.heap.verify(), Ok(()));
    first.iter().chain(&second).for_each(|&block| case.free(block, LARGE));
    case.end();
    assert_eq!(first_difference(foreign.next_multiple_of(8), 9_000, 77), None);
    assert!(case.os.current_break() >= foreign + 10_000);
    // The region below theirs waits for the next arena; that above is gone.
    assert!(case.os.current_break() < foreign + 10_000 + UNIT);
    assert!(case.os.resident_break_bytes() <= 10_000 + 4 * 4096 + UNIT);
}

#[test]
fn a_break_that_others_lowered_is_noticed_before_the_top_is_used() {
    for left in [200_000, 65_536, 20_000, 4_096 + 64, 4_096, 2_000, 64, 48, 32, 16] {
        let case = Case::new();
        let mut blocks: Vec<_> = (0..6).map(|_| case.allocate(LARGE)).collect();
        if left > case.top() {
            continue;
        }
        case.lower_break(left);
        blocks.extend((0..20).map(|_| case.allocate(LARGE)));
        assert_eq!(case.heap.verify(), Ok(()), "{left} bytes left");
        blocks.iter().for_each(|&block| case.free(block, LARGE));
        assert_eq!(case.heap.verify(), Ok(()), "{left} bytes left");
        case.end();
    }
}

#[test]
fn a_block_below_a_top_that_is_gone_can_be_freed() {
    for left in [100_000, 20_000, 4_096 + 64] {
        let case = Case::new();
        let blocks: Vec<_> = (0..6).map(|_| case.allocate(LARGE)).collect();
        case.lower_break(left.min(case.top() - 4096));
        blocks.iter().rev().for_each(|&block| case.free(block, LARGE));
        assert_eq!(case.heap.verify(), Ok(()), "{left} bytes left");
        case.end();
    }
}

#[test]
fn a_block_below_a_top_that_is_gone_can_be_resized() {
    let case = Case::new();
    let blocks: Vec<_> = (0..6).map(|_| case.allocate(LARGE)).collect();
    case.lower_break(8_000);
    let last = *blocks.iter().max().unwrap();
    let block = case.heap.look_up(last).ok().unwrap();
    let moved = case.heap.resize(Some(case.thread), block, LARGE + 30_000).unwrap();
    assert_eq!(first_difference(moved, LARGE, last as u64), None);
    case.heap.free(Some(case.thread), moved);
    case.end();
}

#[test]
fn trimming_a_top_that_is_gone_does_no_harm() {
    let case = Case::new();
    let blocks: Vec<_> = (0..6).map(|_| case.allocate(LARGE)).collect();
    case.lower_break(8_000);
    case.heap.release_all(0);
    blocks.iter().for_each(|&block| case.free(block, LARGE));
    case.end();
}
