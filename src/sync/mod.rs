//! Atomics and locks.
//!
//! Every other module takes its atomics from here, so that a model checker can stand in for them.

mod byte;
pub(crate) mod counts;
mod lock;
#[cfg(feature = "counts")]
pub(crate) mod tally;

pub(crate) use byte::{load_byte, load_foreign};
pub(crate) use core::sync::atomic::{
    AtomicBool, AtomicI32, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering,
    compiler_fence, fence,
};
pub(crate) use lock::{Lock, Park};
