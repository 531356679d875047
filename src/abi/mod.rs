//! C semantics over the heap: what null, zero, overflow and a wrong alignment mean, and `errno`.
//!
//! Addresses go in and out as pointers to bytes; null is "no memory", with `errno` set to `ENOMEM`.

mod aligned;
mod allocate;
mod control;
mod inspect;
mod resize;
mod rust;

pub use aligned::{aligned_alloc, memalign, posix_memalign, pvalloc, valloc};
pub use allocate::{calloc, free, malloc, malloc_medium_cached, malloc_small};
pub use control::{malloc_trim, mallopt, purge};
pub use inspect::{
    MallocInfo, MallocInfo2, heap_walk, mallinfo, mallinfo2, malloc_info, malloc_stats,
    malloc_usable_size, stats, stats_json, verify,
};
pub use resize::{realloc, reallocarray};
pub use rust::Arenite;

use core::ptr::{null_mut, with_exposed_provenance_mut};

use crate::os::set_errno;

/// A block as C sees it; null sets `errno` to `ENOMEM`.
#[inline]
fn pointer_or_enomem(block: Option<usize>) -> *mut u8 {
    match block {
        Some(address) => with_exposed_provenance_mut(address),
        None => fail(libc::ENOMEM),
    }
}

#[cold]
fn fail(code: i32) -> *mut u8 {
    set_errno(code);
    null_mut()
}
