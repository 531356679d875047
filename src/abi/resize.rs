//! `realloc` and `reallocarray`.

use core::ptr::null_mut;

use super::{fail, free, malloc, pointer_or_enomem};
use crate::diag::fatal;
use crate::process::{HEAP, current};

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
