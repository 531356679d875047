//! What programs ask about the heap.

use core::ffi::c_int;

use crate::diag::Line;
use crate::os::{ErrnoGuard, write_stderr};
use crate::process::{HEAP, current};
use crate::report::{Block, Stats, print_info, print_json, print_stats, stats_of, visit_blocks};

/// `struct mallinfo2` of glibc; bytes and counts.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct MallocInfo2 {
    arena: usize,
    ordblks: usize,
    smblks: usize,
    hblks: usize,
    hblkhd: usize,
    usmblks: usize,
    fsmblks: usize,
    uordblks: usize,
    fordblks: usize,
    keepcost: usize,
}

/// `struct mallinfo` of glibc, the same truncated to `int`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct MallocInfo {
    arena: c_int,
    ordblks: c_int,
    smblks: c_int,
    hblks: c_int,
    hblkhd: c_int,
    usmblks: c_int,
    fsmblks: c_int,
    uordblks: c_int,
    fordblks: c_int,
    keepcost: c_int,
}

/// `malloc_usable_size`: 0 for null and for what is not a block in use.
///
/// Source: glibc.
pub fn malloc_usable_size(block: *mut u8) -> usize {
    HEAP.look_up(block.expose_provenance()).map_or(0, |block| block.usable)
}

/// `mallinfo2`: the sums over all arenas; blocks in thread caches count as in use, and objects in slabs are
/// blocks like chunks.
///
/// Source: glibc 2.43, which has no fast bins.
pub fn mallinfo2() -> MallocInfo2 {
    let _errno = ErrnoGuard::new();
    current();
    let totals = HEAP.totals();
    let (arena, free) = (totals.system(), totals.arenas.free);
    MallocInfo2 {
        arena,
        ordblks: totals.arenas.free_blocks(),
        hblks: totals.mapped.chunks,
        hblkhd: totals.mapped.bytes,
        uordblks: arena - free,
        fordblks: free,
        keepcost: totals.main_top,
        ..MallocInfo2::default()
    }
}

/// `mallinfo`: [`mallinfo2`] in `int`s.
#[expect(clippy::cast_possible_truncation, reason = "documented to be cut off")]
pub fn mallinfo() -> MallocInfo {
    let info = mallinfo2();
    MallocInfo {
        arena: info.arena as c_int,
        ordblks: info.ordblks as c_int,
        smblks: info.smblks as c_int,
        hblks: info.hblks as c_int,
        hblkhd: info.hblkhd as c_int,
        usmblks: info.usmblks as c_int,
        fsmblks: info.fsmblks as c_int,
        uordblks: info.uordblks as c_int,
        fordblks: info.fordblks as c_int,
        keepcost: info.keepcost as c_int,
    }
}

/// `malloc_stats`: a summary of each arena and of all, on standard error, in glibc's layout.
///
/// Source: glibc; numbers are not cut off at 32 bits.
pub fn malloc_stats() {
    let _errno = ErrnoGuard::new();
    current();
    print_stats(&HEAP, &mut write_stderr);
}

/// `malloc_info`: the state as XML through `write`; `EINVAL` unless `options` is 0.
///
/// Source: glibc; with elements of our own.
pub fn malloc_info(options: c_int, mut write: impl FnMut(&[u8])) -> c_int {
    if options != 0 {
        return libc::EINVAL;
    }
    current();
    print_info(&HEAP, &mut write);
    0
}

/// The statistics of this process's heap; never fails, and may be called by any thread at any time.
///
/// ```
/// let block = vec![0_u8; 1000];
/// let stats = arenite::stats();
/// assert_eq!(
///     stats.system_bytes + stats.mapped_bytes,
///     stats.allocated_bytes + stats.cached_bytes + stats.free_bytes + stats.overhead_bytes,
/// );
/// # drop(block);
/// ```
pub fn stats() -> Stats {
    let _errno = ErrnoGuard::new();
    current();
    stats_of(&HEAP)
}

/// The statistics as one JSON object through `write`.
pub fn stats_json(mut write: impl FnMut(&[u8])) {
    let _errno = ErrnoGuard::new();
    current();
    print_json(&HEAP, &mut write);
}

/// Calls `visit` with every block until it returns something else than 0, which is returned. No lock is
/// held meanwhile: it may allocate and free, and what it changes may be seen or not.
pub fn heap_walk(mut visit: impl FnMut(&Block) -> c_int) -> c_int {
    current();
    visit_blocks(&HEAP, &mut visit)
}

/// Checks every structure of the heap; prints the rule that does not hold.
pub fn verify() -> c_int {
    current();
    match HEAP.verify() {
        Ok(()) => 0,
        Err(rule) => {
            let mut line = Line::new();
            line.push_text("arenite: ");
            line.push_text(rule);
            line.push_text("\n");
            write_stderr(line.as_bytes());
            1
        }
    }
}
