//! The life of the process: start, threads, fork, exit; and the only global state there is.

mod fork;
mod start;
mod thread;

pub(crate) use start::HEAP;
pub(crate) use thread::{cache, current};

use crate::heap::Heap;
use crate::os::Linux;

/// The heap of this process.
pub(crate) type ProcessHeap = Heap<Linux>;
