//! The model: calls, a naive map of live blocks, and the executor that gives both the heap and the map
//! each call and compares.
//!
//! Nothing here is random: `random` makes the calls, and so can a fuzzer.

use core::fmt;
use std::collections::BTreeMap;

use super::TestHeap;
use super::memory::{fill, first_difference, first_nonzero, leaked_heap};
use crate::arena::USER_OFFSET;
use crate::heap::Thread;
use crate::heap::block::Place;
use crate::os::System;
use crate::os::testing::TestSystem;
use crate::units::{ALIGNMENT, REQUEST_MAX, UNIT};

/// Threads that take turns, all in one thread of the test; calls of one more have no cache, as those
/// of a thread that has ended.
pub(super) const THREADS: usize = 3;
/// Requests that may not be served while blocks of so many bytes live.
const LIVE_BYTES_MAX: usize = 24 << 20;
/// Calls between two walks over everything.
const WALK_EVERY: usize = 24;
/// Bytes of chunks that arenas give to the metadata when nothing can be mapped, at most.
const DONATED_MAX: usize = 16 * 16 * 1024;
/// Bytes of the fences of regions, at most.
const FENCES_MAX: usize = 16 * 64;
/// Bytes that metadata maps at a time, and those of a leaf of the unit map; they are never unmapped.
const METADATA_MAPPINGS: [usize; 3] = [64 * 1024, 256 * 1024, 9 * 65_536];

/// One call, and whose it is: `thread` is below [`THREADS`], or else a thread that has ended.
#[derive(Clone, Copy)]
pub(super) struct Call {
    pub(super) thread: usize,
    pub(super) operation: Operation,
}

/// One line, so that a failing sequence can be read.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {:?}", self.thread, self.operation)
    }
}

/// What is called. `which` is any number; it chooses among the live blocks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation {
    Allocate {
        size: usize,
    },
    AllocateZeroed {
        size: usize,
    },
    AllocateAligned {
        size: usize,
        alignment: usize,
    },
    Resize {
        which: usize,
        size: usize,
    },
    Free {
        which: usize,
    },
    /// Empties the thread's cache.
    Flush,
    /// The thread ends, and another begins in its place.
    EndThread,
    /// `malloc_trim`.
    Release {
        pad: usize,
    },
    /// The operating system begins to refuse.
    FailMapsAfter {
        count: usize,
    },
    FailUnmaps,
    LimitBreak {
        bytes: usize,
    },
    /// It is generous again.
    LiftFaults,
    /// Somebody else moves the break up and keeps the memory.
    RaiseBreak {
        bytes: usize,
    },
}

/// A block that the program has.
#[derive(Clone, Copy)]
struct Live {
    size: usize,
    usable: usize,
    alignment: usize,
    seed: u64,
}

/// A range of the break that somebody else has.
struct Foreign {
    start: usize,
    size: usize,
}

/// The heap and what is known of it.
pub(super) struct Model {
    heap: &'static TestHeap,
    pub(super) os: &'static TestSystem,
    threads: [Option<&'static Thread>; THREADS],
    live: BTreeMap<usize, Live>,
    /// Their addresses in an order that does not depend on them, so that a run can be repeated.
    order: Vec<usize>,
    live_bytes: usize,
    foreign: Vec<Foreign>,
    /// Whether the system ever refused something.
    was_refused: bool,
    seed: u64,
    calls: usize,
}

impl Model {
    /// A fresh heap with at most `arenas` arenas.
    pub(super) fn new(arenas: usize) -> Self {
        let (heap, os) = leaked_heap();
        heap.tunables.set_arena_max(arenas);
        Self {
            heap,
            os,
            threads: [None; THREADS],
            live: BTreeMap::new(),
            order: Vec::new(),
            live_bytes: 0,
            foreign: Vec::new(),
            was_refused: false,
            seed: 0,
            calls: 0,
        }
    }

    /// Executes calls and at the end gives everything back.
    pub(super) fn run(mut self, calls: &[Call]) {
        for &call in calls {
            self.execute(call);
        }
        self.finish();
    }

    /// Executes one call and checks its result; every now and then, checks everything.
    pub(super) fn execute(&mut self, call: Call) {
        let thread = self.thread(call.thread);
        match call.operation {
            Operation::Allocate { size } => self.allocate(thread, size),
            Operation::AllocateZeroed { size } => self.allocate_zeroed(thread, size),
            Operation::AllocateAligned { size, alignment } => {
                self.allocate_aligned(thread, size, alignment);
            }
            Operation::Resize { which, size } => self.resize(thread, which, size),
            Operation::Free { which } => {
                if let Some(address) = self.choose(which) {
                    self.free(thread, address);
                }
            }
            Operation::Flush => {
                if let Some(thread) = thread {
                    self.heap.flush(thread);
                }
            }
            Operation::EndThread => self.end_thread(call.thread),
            Operation::Release { pad } => {
                self.heap.release_all(pad);
            }
            Operation::FailMapsAfter { count } => self.os.fail_maps_after(count),
            Operation::FailUnmaps => self.os.fail_unmaps(true),
            Operation::LimitBreak { bytes } => self.os.limit_break(bytes),
            Operation::LiftFaults => self.os.lift_faults(),
            Operation::RaiseBreak { bytes } => self.raise_break(bytes),
        }
        self.was_refused |= !self.os.is_generous();
        self.calls += 1;
        if self.calls.is_multiple_of(WALK_EVERY) {
            self.check_everything();
        }
    }

    /// Frees all blocks, ends all threads, and checks that the system has its memory back.
    pub(super) fn finish(&mut self) {
        self.check_everything();
        self.os.lift_faults();
        let mut turn = 1_usize;
        while let Some(address) = self.choose(turn) {
            turn = turn.wrapping_mul(5).wrapping_add(1);
            self.free(self.threads[turn % THREADS], address);
        }
        (0..THREADS).for_each(|index| self.end_thread(index));
        self.heap.release_all(0);
        self.check_everything();
        self.check_given_back();
    }

    /// Checks every live block, the memory of others, and every structure of the heap.
    pub(super) fn check_everything(&self) {
        assert_eq!(self.heap.verify(), Ok(()));
        for (&address, live) in &self.live {
            self.check_block(address, live);
        }
        for foreign in &self.foreign {
            assert_eq!(first_difference(foreign.start, foreign.size, 1), None, "foreign memory");
        }
        let in_blocks: usize = self.live.values().map(|live| live.usable).sum();
        let totals = self.heap.totals();
        let used = totals.arenas.system - totals.arenas.free + totals.mapped.bytes;
        assert!(used >= in_blocks, "{used} bytes in use, {in_blocks} in live blocks");
        assert!(totals.arenas.system <= totals.arenas.system_max);
    }

    /// Checks that a heap without blocks and threads has given everything back.
    fn check_given_back(&self) {
        let totals = self.heap.totals();
        assert_eq!((totals.mapped.chunks, totals.mapped.bytes), (0, 0));
        if self.foreign.is_empty() && !self.was_refused {
            assert_eq!(totals.arenas.system, 0, "arenas keep memory: {totals:?}");
            assert!(self.os.break_bytes() < UNIT, "{} bytes of the break", self.os.break_bytes());
            return;
        }
        // Others hold the break up, and arenas gave chunks for metadata; but nothing else is in use.
        let used = totals.arenas.system - totals.arenas.free;
        let donated = if self.was_refused { DONATED_MAX } else { 0 };
        assert!(used <= donated + FENCES_MAX, "{used} bytes in use: {totals:?}");
        let others: usize = self.foreign.iter().map(|foreign| foreign.size + 2 * 4096).sum();
        let resident = self.os.resident_break_bytes();
        assert!(
            resident <= others + donated + UNIT,
            "{resident} bytes of the break, {others} foreign"
        );
    }

    /// Checks that only metadata is mapped; not after unmaps failed.
    pub(super) fn check_unmapped(&self) {
        let sizes = self.os.mapping_sizes();
        assert!(sizes.iter().all(|size| METADATA_MAPPINGS.contains(size)), "mapped: {sizes:?}");
        assert!(sizes.len() <= 12, "mapped: {sizes:?}");
    }

    fn thread(&mut self, index: usize) -> Option<&'static Thread> {
        let place = self.threads.get_mut(index)?;
        if place.is_none() {
            *place = self.heap.start_thread();
            assert!(place.is_some() || !self.os.is_generous(), "no memory for a thread");
        }
        *place
    }

    fn end_thread(&mut self, index: usize) {
        if let Some(thread) = self.threads.get_mut(index).and_then(Option::take) {
            self.heap.end_thread(thread);
        }
    }

    fn allocate(&mut self, thread: Option<&'static Thread>, size: usize) {
        if self.is_too_much(size) {
            return;
        }
        let block = self.heap.allocate(thread, size);
        self.note_allocated(block, size, ALIGNMENT);
    }

    fn allocate_zeroed(&mut self, thread: Option<&'static Thread>, size: usize) {
        if self.is_too_much(size) {
            return;
        }
        let block = self.heap.allocate_zeroed(thread, size);
        if let Some(address) = block {
            assert_eq!(first_nonzero(address, size), None, "calloc({size}) at {address:#x}");
        }
        self.note_allocated(block, size, ALIGNMENT);
    }

    fn allocate_aligned(&mut self, thread: Option<&'static Thread>, size: usize, alignment: usize) {
        if self.is_too_much(size) {
            return;
        }
        let block = self.heap.allocate_aligned(thread, size, alignment);
        self.note_allocated(block, size, alignment.max(ALIGNMENT));
    }

    fn resize(&mut self, thread: Option<&'static Thread>, which: usize, size: usize) {
        let size = size.max(1);
        let Some(address) = self.choose(which) else { return };
        if self.is_too_much(size) {
            return;
        }
        let old = self.live[&address];
        self.check_block(address, &old);
        let Ok(block) = self.heap.look_up(address) else { panic!("{address:#x} is not found") };
        let Some(moved) = self.heap.resize(thread, block, size) else {
            self.check_refusal(size);
            self.check_block(address, &old);
            return;
        };
        self.forget(address);
        let kept = old.usable.min(size);
        let wrong = first_difference(moved, kept, old.seed);
        assert_eq!(wrong, None, "{address:#x} of {} bytes, resized to {size}", old.usable);
        let alignment = if moved == address { old.alignment } else { ALIGNMENT };
        self.note_allocated(Some(moved), size, alignment);
    }

    fn free(&mut self, thread: Option<&'static Thread>, address: usize) {
        let live = self.live[&address];
        self.check_block(address, &live);
        self.forget(address);
        self.heap.free(thread, address);
    }

    /// Checks a new block against all others and fills it.
    fn note_allocated(&mut self, block: Option<usize>, size: usize, alignment: usize) {
        let Some(address) = block else { return self.check_refusal(size) };
        assert!(size <= REQUEST_MAX, "{size} bytes were served");
        let Ok(found) = self.heap.look_up(address) else { panic!("{address:#x} is not found") };
        assert_eq!(found.address, address);
        let usable = found.usable;
        assert!(usable >= size, "{usable} bytes for {size}");
        if self.os.is_generous() && !matches!(found.place, Place::Object(..)) {
            // At most a class's rounding, room for growth, a remainder that is not worth cutting off, or a
            // page's end.
            let slack = if matches!(found.place, Place::Mapped(_)) { 4096 } else { size / 3 + 64 };
            assert!(usable <= size + slack, "{usable} bytes for {size}");
        }
        assert!(address.is_multiple_of(alignment), "{address:#x} for alignment {alignment}");
        let before = self.live.range(..=address).next_back();
        let after = self.live.range(address..).next();
        assert!(before.is_none_or(|(&start, live)| start + live.usable <= address), "overlap");
        assert!(after.is_none_or(|(&start, _)| address + usable <= start), "overlap");
        self.seed += 1;
        let live = Live { size, usable, alignment, seed: self.seed };
        fill(address, usable, live.seed);
        self.live_bytes += usable;
        self.live.insert(address, live);
        self.order.push(address);
    }

    fn check_block(&self, address: usize, live: &Live) {
        let Live { size, usable, alignment, seed } = *live;
        assert!(usable >= size && address.is_multiple_of(alignment));
        let found = self.heap.look_up(address).map(|block| (block.address, block.usable));
        assert_eq!(found, Ok((address, usable)), "block of {size} bytes");
        let wrong = first_difference(address, usable, seed);
        assert_eq!(wrong, None, "content of {address:#x}, {size} bytes");
    }

    fn check_refusal(&self, size: usize) {
        let is_absurd = size > REQUEST_MAX - USER_OFFSET - UNIT || size > 1 << 40;
        assert!(is_absurd || !self.os.is_generous(), "{size} bytes were refused");
    }

    fn forget(&mut self, address: usize) {
        let live = self.live.remove(&address);
        self.live_bytes -= live.map_or(0, |live| live.usable);
        if let Some(place) = self.order.iter().position(|&other| other == address) {
            self.order.swap_remove(place);
        }
    }

    fn choose(&self, which: usize) -> Option<usize> {
        let index = which.checked_rem(self.order.len())?;
        self.order.get(index).copied()
    }

    /// Whether the test itself would need too much memory.
    fn is_too_much(&self, size: usize) -> bool {
        size < 1 << 40 && self.live_bytes + size > LIVE_BYTES_MAX
    }

    fn raise_break(&mut self, bytes: usize) {
        let Ok(delta) = isize::try_from(bytes) else { return };
        let Some(start) = self.os.move_break(delta) else { return };
        let start = start.next_multiple_of(8);
        let size = bytes.saturating_sub(8) & !7;
        fill(start, size, 1);
        self.foreign.push(Foreign { start, size });
    }
}
