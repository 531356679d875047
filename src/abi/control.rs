//! `mallopt` and `malloc_trim`.

use core::ffi::c_int;

use crate::arena::Released;
use crate::os::ErrnoGuard;
use crate::process::{HEAP, current};

/// Parameters of `mallopt`, as in glibc's malloc.h.
const M_TRIM_THRESHOLD: c_int = -1;
const M_TOP_PAD: c_int = -2;
const M_MMAP_THRESHOLD: c_int = -3;
const M_MMAP_MAX: c_int = -4;
const M_PERTURB: c_int = -6;
const M_ARENA_TEST: c_int = -7;
const M_ARENA_MAX: c_int = -8;

/// `mallopt`: 1 for every parameter, known or not, as glibc.
///
/// Source: glibc 2.43.
pub fn mallopt(parameter: c_int, value: c_int) -> c_int {
    // The first call reads the environment, which must not override this one later.
    current();
    let tunables = &HEAP.tunables;
    // glibc converts to size_t, so −1 is the largest one.
    let size = value as isize as usize;
    match parameter {
        M_TRIM_THRESHOLD => tunables.set_trim_threshold(size),
        M_TOP_PAD => tunables.set_top_pad(size),
        M_MMAP_THRESHOLD => tunables.set_mmap_threshold(size),
        M_MMAP_MAX => tunables.set_mmap_max(usize::try_from(value).unwrap_or(0)),
        M_ARENA_TEST => tunables.set_arena_test(usize::try_from(value).unwrap_or(0)),
        M_ARENA_MAX => tunables.set_arena_max(usize::try_from(value).unwrap_or(0)),
        M_PERTURB => {
            // glibc keeps the whole int, of which any other than 0 turns the filling on.
            tunables.set_perturb(size);
            HEAP.apply_settings();
        }
        // M_MXFAST and M_CHECK_ACTION have nothing to act on, as in glibc.
        _ => {}
    }
    1
}

/// `malloc_trim`: gives back what can be given back of all arenas; 1 if anything was.
///
/// Source: glibc; the tops of all arenas are trimmed, not just the first one's.
pub fn malloc_trim(pad: usize) -> c_int {
    c_int::from(release_all(pad).anything)
}

/// Everything that `malloc_trim(0)` does; returns how many bytes of pages were given back that had been
/// written to, which is about, and at most, by how much the process shrinks.
pub fn purge() -> usize {
    release_all(0).bytes
}

fn release_all(pad: usize) -> Released {
    let _errno = ErrnoGuard::new();
    HEAP.trim(current(), pad)
}
