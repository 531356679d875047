//! Every block of the heap, one after the other.

use crate::arena::{Batch, Cursor};
use crate::heap::Heap;
use crate::os::System;

/// A block of the heap: `struct arenite_block` in C.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Block {
    /// Where the block begins.
    pub address: usize,
    /// Its bytes as `Stats::allocated_bytes` counts them.
    pub size: usize,
    /// One of [`Self::OBJECT`], [`Self::CHUNK`], [`Self::MAPPED`].
    pub kind: i32,
    /// One of [`Self::ALLOCATED`], [`Self::CACHED`], [`Self::FREE`].
    pub state: i32,
    /// The number of its arena; [`Self::NO_ARENA`] for a mapped chunk.
    pub arena: u32,
}

impl Block {
    /// An object of a slab.
    pub const OBJECT: i32 = 0;
    /// A chunk of an arena.
    pub const CHUNK: i32 = 1;
    /// A chunk with a mapping of its own.
    pub const MAPPED: i32 = 2;
    /// The program has it.
    pub const ALLOCATED: i32 = 0;
    /// It was freed, and a thread cache has it.
    pub const CACHED: i32 = 1;
    /// It is free.
    pub const FREE: i32 = 2;
    /// Not in an arena.
    pub const NO_ARENA: u32 = u32::MAX;
}

/// Calls `visit` with every block, arena by arena and in each by rising address, then with the mapped
/// chunks, until it returns something else than 0, which is returned. No lock is held meanwhile.
pub(crate) fn visit_blocks<S: System>(heap: &Heap<S>, visit: &mut dyn FnMut(&Block) -> i32) -> i32 {
    let mut batch = Batch::new();
    for (number, arena) in heap.arenas().enumerate() {
        let number = u32::try_from(number).unwrap_or(Block::NO_ARENA);
        let mut cursor = Cursor::default();
        while heap.walk_arena(arena, &mut cursor, &mut batch) {
            let stopped = visit_slab(&mut batch, number, visit);
            let stopped =
                if stopped == 0 { visit_chunks(&mut batch, number, visit) } else { stopped };
            if stopped != 0 {
                return stopped;
            }
        }
    }
    let mut cursor = Cursor::default();
    while heap.walk_mapped(&mut cursor, &mut batch) {
        let stopped = visit_chunks(&mut batch, Block::NO_ARENA, visit);
        if stopped != 0 {
            return stopped;
        }
    }
    0
}

fn visit_slab(batch: &mut Batch, arena: u32, visit: &mut dyn FnMut(&Block) -> i32) -> i32 {
    let Some(slab) = batch.slab_mut() else { return 0 };
    let size = slab.class.size_bytes();
    // The place of object 0 is the chunk's header.
    for index in 1..=slab.objects {
        let is_set =
            |bits: &[u64]| bits.get(index / 64).is_some_and(|word| word & (1 << (index % 64)) != 0);
        let state = state_of(is_set(&slab.free), is_set(&slab.cached));
        let address = slab.unit + index * size;
        let stopped = visit(&Block { address, size, kind: Block::OBJECT, state, arena });
        if stopped != 0 {
            return stopped;
        }
    }
    0
}

fn visit_chunks(batch: &mut Batch, arena: u32, visit: &mut dyn FnMut(&Block) -> i32) -> i32 {
    let kind = if arena == Block::NO_ARENA { Block::MAPPED } else { Block::CHUNK };
    for seen in batch.chunks_mut() {
        let state = state_of(seen.is_free, seen.is_cached);
        let (address, size) = (seen.address, seen.size);
        let stopped = visit(&Block { address, size, kind, state, arena });
        if stopped != 0 {
            return stopped;
        }
    }
    0
}

fn state_of(is_free: bool, is_cached: bool) -> i32 {
    match (is_free, is_cached) {
        (true, _) => Block::FREE,
        (false, true) => Block::CACHED,
        (false, false) => Block::ALLOCATED,
    }
}
