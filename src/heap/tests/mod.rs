//! The whole heap over an operating system that tests command.
//!
//! `model` has the calls, the naive map of live blocks that they are checked against, and the
//! executor; a fuzzer can drive it as well. `random` makes sequences of calls, with faults and
//! foreign moves of the break among them; `break_moves`, `files`, `limits`, `returns`, `settings`, `threads` and
//! `misuse` are about one thing each.

mod break_moves;
mod files;
mod limits;
mod memory;
mod misuse;
mod model;
mod random;
mod returns;
mod settings;
mod threads;
mod totals;

use crate::heap::Heap;
use crate::os::testing::TestSystem;

/// A heap whose operating system the test keeps hold of.
type TestHeap = Heap<&'static TestSystem>;
