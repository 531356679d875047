//! The Rust global allocator.
#![expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait")]

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::null_mut;

use super::allocate::{free, malloc};
use super::{memalign, resize};
use crate::process::{HEAP, current};
use crate::units::ALIGNMENT;

/// The allocator, for `#[global_allocator]`.
///
/// All values are the same heap, which is also that of the C functions where those are linked.
/// Thread-safe. Blocks are aligned as the layout says, of at least its size; null means that memory
/// ran out.
#[derive(Clone, Copy, Default, Debug)]
pub struct Arenite;

// SAFETY: blocks come from the heap, which hands out each at most once, aligned and as large as asked
// for, and keeps it until it is deallocated; no method unwinds.
unsafe impl GlobalAlloc for Arenite {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() <= ALIGNMENT {
            malloc(layout.size())
        } else {
            memalign(layout.align(), layout.size())
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, _layout: Layout) {
        free(block);
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.align() <= ALIGNMENT {
            let block = HEAP.allocate_zeroed(current(), layout.size());
            return block.map_or(null_mut(), core::ptr::with_exposed_provenance_mut);
        }
        let block = memalign(layout.align(), layout.size());
        if !block.is_null() {
            // SAFETY: the block has so many bytes and nobody else knows it yet.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if layout.align() <= ALIGNMENT {
            return resize::realloc(block, new_size);
        }
        let moved = memalign(layout.align(), new_size);
        if !moved.is_null() {
            // SAFETY: both blocks have so many bytes and are different ones.
            unsafe { moved.copy_from_nonoverlapping(block, layout.size().min(new_size)) };
            free(block);
        }
        moved
    }
}

#[cfg(test)]
#[expect(clippy::multiple_unsafe_ops_per_block, reason = "one story per block")]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_met() {
        for align in (0..16).map(|shift| 1 << shift) {
            for size in [1, 24, 100, 1000, 5000, 40_000, 300_000] {
                let layout = Layout::from_size_align(size, align).unwrap();
                // SAFETY: the layout's size is not zero; blocks are used within their size and freed
                // with the layout they have.
                unsafe {
                    let block = Arenite.alloc_zeroed(layout);
                    assert_eq!(block.addr() % align, 0);
                    assert!((0..size).all(|i| block.add(i).read() == 0));
                    block.write_bytes(7, size);
                    let moved = Arenite.realloc(block, layout, size * 2);
                    assert_eq!(moved.addr() % align, 0);
                    assert!((0..size).all(|i| moved.add(i).read() == 7));
                    Arenite.dealloc(moved, Layout::from_size_align(size * 2, align).unwrap());
                }
            }
        }
    }
}
