//! Arenite: a memory allocator that stands in for glibc's `malloc`, and a Rust global allocator.
//!
//! ```no_run
//! #[global_allocator]
//! static ALLOCATOR: arenite::Arenite = arenite::Arenite;
//! ```
//!
//! Layers, from the outside in; each uses only those below it (`ARCHITECTURE.md` walks through them):
//!
//! | module | what it does |
//! |---|---|
//! | `abi` | C semantics: null, zero, overflow, `errno`; [`Arenite`] for Rust |
//! | `process` | start, threads, fork; the only global state |
//! | `report` | statistics as numbers, text, XML and JSON; a walk over all blocks |
//! | `heap` | routes a request; finds out what a pointer is |
//! | `tcache` | one thread's stacks of blocks, no locks |
//! | `arena` | shared and locked: slabs, chunks with boundary tags, regions, mappings |
//! | `unitmap` | address → what is there; memory for metadata |
//! | `diag` | last words |
//! | `os` | system calls |
//! | `size_class`, `units`, `limits`, `tunables`, `sync` | used by all |
#![cfg_attr(not(test), no_std)]

mod abi;
mod arena;
mod diag;
mod heap;
mod limits;
mod os;
mod process;
mod report;
mod size_class;
mod sync;
mod tcache;
mod tunables;
mod unitmap;
mod units;

pub use abi::{Arenite, stats};
pub use report::{Block, Stats};

/// What the C names forward to, for the package `arenite-c`; not part of the Rust interface.
#[doc(hidden)]
pub mod c {
    pub use crate::abi::{
        MallocInfo, MallocInfo2, aligned_alloc, calloc, free, heap_walk, mallinfo, mallinfo2,
        malloc, malloc_info, malloc_medium_cached, malloc_small, malloc_stats, malloc_trim,
        malloc_usable_size, mallopt, memalign, posix_memalign, purge, pvalloc, realloc,
        reallocarray, stats, stats_json, valloc, verify,
    };
    pub use crate::os::abort;
    #[cfg(feature = "counts")]
    pub use crate::sync::tally::{name as count_name, read as counts};
}
