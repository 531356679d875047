//! The functions that take an alignment.

use core::ffi::c_int;

use super::{fail, malloc_small, pointer_or_enomem};
use crate::os::{ErrnoGuard, System};
use crate::process::{HEAP, current};
use crate::size_class::aligned_size;
use crate::units::{ALIGNMENT, REQUEST_MAX, checked_align_up};

/// `aligned_alloc`: `EINVAL` unless `alignment` is a power of two; `size` may be anything.
///
/// Source: C17 §7.22.3.1, glibc 2.38.
pub fn aligned_alloc(alignment: usize, size: usize) -> *mut u8 {
    if !alignment.is_power_of_two() {
        return fail(libc::EINVAL);
    }
    memalign(alignment, size)
}

/// `memalign`: an alignment that is no power of two is rounded up to one.
///
/// Source: glibc.
pub fn memalign(alignment: usize, size: usize) -> *mut u8 {
    match memalign_small(alignment, size) {
        Some(block) => block,
        None => memalign_slow(alignment, size),
    }
}

/// [`memalign`] if the thread's cache has a small block for it.
#[inline(always)]
fn memalign_small(alignment: usize, size: usize) -> Option<*mut u8> {
    malloc_small(aligned_size(size, alignment)?)
}

#[inline(never)]
fn memalign_slow(alignment: usize, size: usize) -> *mut u8 {
    let Some(alignment) = alignment.max(ALIGNMENT).checked_next_power_of_two() else {
        return fail(libc::EINVAL);
    };
    pointer_or_enomem(HEAP.allocate_aligned(current(), size, alignment))
}

/// `posix_memalign`: the error is the result, `errno` and `*place` stay as they are on failure.
///
/// Source: POSIX.1-2024.
pub fn posix_memalign(alignment: usize, size: usize) -> Result<*mut u8, c_int> {
    if !alignment.is_power_of_two() || !alignment.is_multiple_of(size_of::<usize>()) {
        return Err(libc::EINVAL);
    }
    if let Some(block) = memalign_small(alignment, size) {
        return Ok(block);
    }
    let _errno = ErrnoGuard::new();
    let block = memalign_slow(alignment, size);
    if block.is_null() { Err(libc::ENOMEM) } else { Ok(block) }
}

/// `valloc`: aligned to a page.
///
/// Source: glibc.
pub fn valloc(size: usize) -> *mut u8 {
    memalign(HEAP.os().page_size(), size)
}

/// `pvalloc`: aligned to a page, and the size rounded up to whole pages.
///
/// Source: glibc.
pub fn pvalloc(size: usize) -> *mut u8 {
    let page = HEAP.os().page_size();
    match checked_align_up(size, page) {
        Some(rounded) if rounded <= REQUEST_MAX => memalign(page, rounded),
        _ => fail(libc::ENOMEM),
    }
}
