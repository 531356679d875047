//! `malloc`, `calloc` and `free`: the fast paths.

use core::ptr::with_exposed_provenance_mut;

use super::{fail, pointer_or_enomem};
use crate::os::ErrnoGuard;
use crate::process::{HEAP, cache, current};
use crate::size_class::SmallClass;

/// `malloc`: a block of at least `size` bytes, 16-aligned; `size` 0 gives a block of its own.
///
/// Source: C17 §7.22.3.4.
#[inline(always)]
pub fn malloc(size: usize) -> *mut u8 {
    match malloc_hit(size) {
        Some(block) => block,
        None => malloc_slow(size),
    }
}

/// [`malloc`] if the thread's cache has such a small block, for callers with a slow path of their own.
#[inline(always)]
pub fn malloc_hit(size: usize) -> Option<*mut u8> {
    let class = SmallClass::for_request(size)?;
    let block = cache().bin(usize::from(class.byte())).pop_checked()?;
    Some(with_exposed_provenance_mut(block))
}

#[cold]
#[inline(never)]
fn malloc_slow(size: usize) -> *mut u8 {
    pointer_or_enomem(HEAP.allocate(current(), size))
}

/// `calloc`: a block of `count × size` bytes that read as zero.
///
/// Source: C17 §7.22.3.2.
pub fn calloc(count: usize, size: usize) -> *mut u8 {
    match count.checked_mul(size) {
        Some(bytes) => pointer_or_enomem(HEAP.allocate_zeroed(current(), bytes)),
        None => fail(libc::ENOMEM),
    }
}

/// `free`: null does nothing; `errno` stays as it is.
///
/// Source: C17 §7.22.3.3, POSIX.1-2024 (`errno`).
#[inline(always)]
pub fn free(block: *mut u8) {
    let address = block.expose_provenance();
    if let Some(class) = HEAP.map.window_class_at(address)
        && cache().bin(class).push_checked(address)
    {
        return;
    }
    free_slow(address);
}

#[cold]
#[inline(never)]
fn free_slow(address: usize) {
    if address == 0 {
        return;
    }
    let _errno = ErrnoGuard::new();
    HEAP.free(current(), address);
}
