//! Routes a request: small and medium ones through the thread cache to an arena, large ones to an
//! arena or to a mapping; and finds out what a pointer from the program is.

mod allocate;
mod block;
mod free;
mod heap;
mod memory;
mod resize;
mod thread;
#[cfg(test)]
mod tests;

pub(crate) use block::{Block, Fault, Place};
pub(crate) use heap::{Heap, HeapTotals};
pub(crate) use thread::Thread;
