//! `malloc`, `calloc` and `free`: the fast paths.

use core::ptr::with_exposed_provenance_mut;

use super::{fail, pointer_or_enomem};
use crate::heap::clear;
use crate::os::ErrnoGuard;
use crate::process::{HEAP, ProcessHeap, cache, current};
use crate::size_class::{ClassByte, SmallClass};

/// `malloc`: a block of at least `size` bytes, 16-aligned; `size` 0 gives a block of its own.
///
/// Source: C17 §7.22.3.4.
#[inline(always)]
pub fn malloc(size: usize) -> *mut u8 {
    match malloc_small(size) {
        Some(block) => block,
        None => malloc_medium(size),
    }
}

/// The second fast path, which needs no frame either.
#[inline(never)]
fn malloc_medium(size: usize) -> *mut u8 {
    match malloc_medium_cached(size) {
        Some(block) => block,
        None => malloc_slow(size),
    }
}

/// [`malloc`] if the thread's cache has such a small block, for callers with a slow path of their own.
#[inline(always)]
pub fn malloc_small(size: usize) -> Option<*mut u8> {
    let class = SmallClass::for_request(size)?;
    let block = cache().bin(usize::from(class.byte())).pop_checked()?;
    Some(with_exposed_provenance_mut(block))
}

/// The same for medium blocks.
#[inline(always)]
pub fn malloc_medium_cached(size: usize) -> Option<*mut u8> {
    ProcessHeap::pop_medium(cache(), size).map(with_exposed_provenance_mut)
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
    let Some(bytes) = count.checked_mul(size) else { return fail(libc::ENOMEM) };
    let cached = match SmallClass::for_request(bytes) {
        Some(class) => cache().bin(usize::from(class.byte())).pop_checked(),
        None => ProcessHeap::pop_medium(cache(), bytes),
    };
    match cached {
        Some(block) => with_exposed_provenance_mut(clear(block, bytes)),
        None => calloc_slow(bytes),
    }
}

#[cold]
#[inline(never)]
fn calloc_slow(size: usize) -> *mut u8 {
    pointer_or_enomem(HEAP.allocate_zeroed(current(), size))
}

/// `free`: null does nothing; `errno` stays as it is.
///
/// Source: C17 §7.22.3.3, POSIX.1-2024 (`errno`).
#[inline(always)]
pub fn free(block: *mut u8) {
    let address = block.expose_provenance();
    let Some(class) = HEAP.map.window_class_at(address) else { return free_far(address) };
    if !cache().bin(class).push_checked(address) {
        free_medium(address, class);
    }
}

/// The second fast path, for what is no small block, or not to be cached just like that.
#[inline(never)]
fn free_medium(address: usize, class: usize) {
    let is_chunk = class == usize::from(ClassByte::CHUNK.byte());
    if !is_chunk || !HEAP.push_medium(cache(), address) {
        free_slow(address);
    }
}

/// Null, and what lies outside the window of the unit map.
#[inline(never)]
fn free_far(address: usize) {
    if address != 0 {
        free_slow(address);
    }
}

#[cold]
#[inline(never)]
fn free_slow(address: usize) {
    // Before the heap is started, null looks as if it were in the window.
    if address == 0 {
        return;
    }
    let _errno = ErrnoGuard::new();
    HEAP.free(current(), address);
}
