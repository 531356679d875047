//! `realloc` and `reallocarray`.

use core::ptr::null_mut;

use super::{fail, free, malloc, malloc_medium_cached, pointer_or_enomem};
use crate::diag::fatal;
use crate::heap::{Plain, chunk_fits_well, copy, fits_well, roomy_size};
use crate::process::{HEAP, current};
use crate::size_class::SMALL_MAX;

/// Chunks of up to so many usable bytes are copied rather than grown in place.
const COPIED_MAX: usize = 4096;

/// `realloc`: null allocates, size 0 frees and returns null; on failure the block stays.
///
/// Source: C17 §7.22.3.5; size 0 as in glibc.
pub fn realloc(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() {
        return malloc(size);
    }
    if size == 0 {
        free(block);
        return null_mut();
    }
    match HEAP.look_up_plain(block.expose_provenance()) {
        Some(Plain::Object { usable }) if fits_well(usable, size) => block,
        Some(Plain::Chunk { usable }) if chunk_fits_well(usable, size) => block,
        Some(Plain::Object { usable }) => move_object(block, usable, size),
        Some(Plain::Chunk { usable }) if usable < size && usable <= COPIED_MAX => {
            grow_chunk(block, usable, size)
        }
        _ => realloc_slow(block, size),
    }
}

/// Grows a chunk so small that copying it costs less than finding out whether its neighbour is free, if the thread's
/// cache has a larger one.
#[inline(always)]
fn grow_chunk(block: *mut u8, usable: usize, size: usize) -> *mut u8 {
    let Some(moved) = malloc_medium_cached(roomy_size(usable, size)) else {
        return realloc_slow(block, size);
    };
    copy(block.expose_provenance(), moved.expose_provenance(), usable);
    free(block);
    moved
}

#[inline(always)]
fn move_object(block: *mut u8, usable: usize, size: usize) -> *mut u8 {
    // `malloc` rounds a larger request up by itself, as far as that may be.
    let moved = malloc(if size <= SMALL_MAX { roomy_size(usable, size) } else { size });
    if moved.is_null() {
        // Less may do, or the old place.
        return realloc_slow(block, size);
    }
    copy(block.expose_provenance(), moved.expose_provenance(), usable.min(size));
    free(block);
    moved
}

#[cold]
#[inline(never)]
fn realloc_slow(block: *mut u8, size: usize) -> *mut u8 {
    let address = block.expose_provenance();
    match HEAP.look_up(address) {
        Ok(block) => pointer_or_enomem(HEAP.resize(current(), block, size)),
        Err(fault) => fatal(HEAP.misuse_of_resize(address, fault), address),
    }
}

/// `reallocarray`: `ENOMEM` if `count × size` overflows, else `realloc`.
///
/// Source: POSIX.1-2024.
pub fn reallocarray(block: *mut u8, count: usize, size: usize) -> *mut u8 {
    match count.checked_mul(size) {
        Some(bytes) => realloc(block, bytes),
        None => fail(libc::ENOMEM),
    }
}
