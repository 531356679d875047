//! Routes a request: small and medium ones through the thread cache to an arena, large ones to an
//! arena or to a mapping; and finds out what a pointer from the program is.

mod allocate;
mod block;
mod files;
mod free;
#[expect(clippy::module_inception, reason = "the type that the module is about")]
mod heap;
mod limits;
mod medium;
mod memory;
mod perturb;
mod resize;
#[cfg(test)]
mod tests;
mod thread;
mod threads;
mod totals;
mod unused;

pub(crate) use block::Plain;
pub(crate) use heap::Heap;
pub(crate) use memory::{clear, copy};
pub(crate) use resize::{chunk_fits_well, fits_well, roomy_size};
pub(crate) use thread::Thread;
pub(crate) use totals::{CacheTotals, HeapTotals, SharedTotals};
