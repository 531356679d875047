//! What `free` says of pointers that are not blocks in use. `diag::fatal` panics in unit tests; a heap
//! may have locks closed for ever after that, so each case has one of its own.

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use super::TestHeap;
use super::memory::{fill, leaked_heap, write_word};
use crate::heap::Thread;
use crate::heap::block::Fault;
use crate::size_class::ClassByte;
use crate::units::UNIT;

const INVALID: &str = "free(): invalid pointer";
const IN_CACHE: &str = "free(): double free detected in tcache 2";
const DOUBLE: &str = "double free or corruption (!prev)";
const UNMAP: &str = "munmap_chunk(): invalid pointer";
const NEXT_SIZE: &str = "free(): invalid next size (normal)";

/// Sizes of a small block, a cached chunk, a chunk that is not cached, and a mapped one.
const SMALL: usize = 40;
const MEDIUM: usize = 5_000;
const LARGE: usize = 80_000;
const MAPPED: usize = 300_000;

/// A heap and the calling thread's share of it.
#[derive(Clone, Copy)]
struct Case {
    heap: &'static TestHeap,
    thread: &'static Thread,
}

impl Case {
    fn new() -> Self {
        let (heap, _) = leaked_heap();
        Self { heap, thread: heap.start_thread().unwrap() }
    }

    fn allocate(self, size: usize) -> usize {
        let block = self.heap.allocate(Some(self.thread), size).unwrap();
        fill(block, size, 3);
        block
    }

    fn free(self, block: usize) {
        self.heap.free(Some(self.thread), block);
    }

    fn flush(self) {
        self.heap.flush(self.thread);
    }

    /// Frees what is not a block in use, which must end with one of these texts and the address.
    #[track_caller]
    fn refuses(self, block: usize, texts: &[&str]) {
        let said = last_words(|| self.free(block));
        let expected: Vec<_> = texts.iter().map(|text| format!("{text}: {block:#x}")).collect();
        assert!(expected.contains(&said), "{said:?} instead of {expected:?}");
    }
}

/// What `fatal` said during `action`.
#[track_caller]
fn last_words(action: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(action)).expect_err("nothing was reported");
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn a_double_free_is_found_in_the_cache() {
    for (size, most) in [(0, 1), (SMALL, 1), (1024, 1), (MEDIUM, 5)] {
        for between in 0..=most {
            let case = Case::new();
            let block = case.allocate(size);
            let others: Vec<_> = (0..between).map(|_| case.allocate(size)).collect();
            case.free(block);
            others.iter().for_each(|&other| case.free(other));
            case.refuses(block, &[IN_CACHE]);
        }
    }
}

#[test]
fn a_double_free_is_found_in_the_slab() {
    let case = Case::new();
    let (block, _kept) = (case.allocate(SMALL), case.allocate(SMALL));
    case.free(block);
    case.flush();
    case.refuses(block, &[DOUBLE]);
}

#[test]
fn a_double_free_is_found_when_its_slab_is_gone() {
    let case = Case::new();
    let blocks: Vec<_> = (0..5_000).map(|_| case.allocate(SMALL)).collect();
    let _kept = case.allocate(LARGE);
    blocks.iter().for_each(|&block| case.free(block));
    case.flush();
    case.refuses(blocks[2_000], &[DOUBLE, INVALID]);
}

#[test]
fn a_double_free_by_a_thread_without_cache_is_found() {
    for size in [SMALL, MEDIUM, LARGE] {
        let case = Case::new();
        let (block, _kept) = (case.allocate(size), case.allocate(size));
        case.heap.free(None, block);
        let said = last_words(|| case.heap.free(None, block));
        assert_eq!(said, format!("{DOUBLE}: {block:#x}"));
    }
}

#[test]
fn a_double_free_of_a_chunk_is_found_wherever_it_merged() {
    // Which of five neighbours are freed before, in this order; the third is freed twice.
    for freed in [&[2][..], &[2, 1], &[1, 2], &[2, 3], &[3, 2], &[1, 3, 2], &[0, 1, 2, 3, 4]] {
        for size in [MEDIUM, LARGE] {
            let case = Case::new();
            let blocks = [(); 5].map(|()| case.allocate(size));
            freed.iter().for_each(|&index| case.free(blocks[index]));
            case.flush();
            case.refuses(blocks[2], &[DOUBLE, INVALID]);
        }
    }
}

#[test]
fn a_double_free_of_a_mapped_block_is_found() {
    let case = Case::new();
    let block = case.allocate(MAPPED);
    case.free(block);
    case.refuses(block, &[INVALID, UNMAP]);
}

#[test]
fn pointers_into_blocks_are_refused() {
    for (size, offsets) in [
        (SMALL, &[8, 16, 32][..]),
        (1024, &[8, 16, 512]),
        (MEDIUM, &[8, 16, 64, 4096]),
        (LARGE, &[8, 16, 64, 4096, 49_000]),
        (MAPPED, &[8, 16, 4096, 65_536, 200_000]),
    ] {
        for offset in offsets {
            let case = Case::new();
            let block = case.allocate(size);
            case.refuses(block + offset, &[INVALID, UNMAP]);
        }
    }
}

#[test]
fn wild_pointers_are_refused() {
    let on_the_stack = [0_u128; 4];
    let stack = (&raw const on_the_stack).expose_provenance();
    let foreign = Box::leak(Box::new([0_u128; 4]));
    let foreign = core::ptr::from_mut(foreign).expose_provenance();
    for wild in [8, 16, 4096, stack, foreign, 1 << 46, 1 << 47, 1 << 63, usize::MAX & !15] {
        let case = Case::new();
        case.allocate(SMALL);
        case.refuses(wild, &[INVALID]);
    }
}

#[test]
fn the_rest_of_a_region_is_refused() {
    let case = Case::new();
    let (small, large) = (case.allocate(SMALL), case.allocate(LARGE));
    // The header of a slab, an object that was never handed out, and the middle of the top.
    let unit = small & !0xffff;
    for wild in [unit, unit + 16, unit + 0xfff0, large + 2 * LARGE, unit - 16] {
        let fresh = Case::new();
        let offset = wild.wrapping_sub(small);
        let same = fresh.allocate(SMALL).wrapping_add(offset);
        fresh.allocate(LARGE);
        fresh.refuses(same, &[INVALID, DOUBLE]);
    }
    case.free(large);
}

#[test]
fn an_overflow_into_the_next_header_is_found() {
    for junk in [0, 1, usize::MAX, 0x4141_4141_4141_4141] {
        let case = Case::new();
        let [block, next, _kept] = [(); 3].map(|()| case.allocate(LARGE));
        write_word(next - 8, junk);
        case.refuses(block, &[NEXT_SIZE]);
        let case = Case::new();
        let [_block, next] = [(); 2].map(|()| case.allocate(LARGE));
        write_word(next - 8, junk);
        case.refuses(next, &[INVALID]);
    }
}

#[test]
fn a_freed_chunk_that_was_written_to_is_found() {
    let case = Case::new();
    let [first, second, _kept] = [(); 3].map(|()| case.allocate(LARGE));
    case.free(first);
    write_word(first, 0x4141_4141_4141_4140);
    write_word(first + 8, first);
    // The neighbour merges with it: its links do not point back. The next may lie outside all memory,
    // so it must point at some.
    write_word(first, second);
    let said = last_words(|| case.free(second));
    assert!(said.starts_with("corrupted double-linked list"), "{said:?}");
}

#[test]
fn what_is_free_is_not_looked_up() {
    let case = Case::new();
    let [small, large, _kept] = [SMALL, LARGE, LARGE].map(|size| case.allocate(size));
    case.free(small);
    case.free(large);
    assert!(case.heap.look_up(small).is_ok(), "it waits in the cache");
    case.flush();
    for block in [small, large] {
        assert_eq!(case.heap.look_up(block).err(), Some(Fault::Free));
    }
    assert_eq!(case.heap.verify(), Ok(()));
}

#[test]
fn a_tag_that_would_lie_in_front_of_a_region_is_not_read() {
    let case = Case::new();
    // Nothing is mapped there: the look-up would not survive a read.
    let region = 0x10_0000_0000;
    for class in [ClassByte::NONE, ClassByte::MAPPED] {
        let heap = case.heap;
        heap.map.prepare(region - UNIT, region + UNIT, &heap.metadata, &heap.os).unwrap();
        heap.map.set(region - UNIT, class, 1);
        heap.map.set(region, ClassByte::CHUNK, 0);
        assert!(matches!(heap.look_up(region), Err(Fault::NotABlock)));
        assert_eq!(heap.misuse_of_free(region, Fault::NotABlock).text(), INVALID);
    }
}
