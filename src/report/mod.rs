//! Reports: what the heap holds, as numbers and as text.
//!
//! Nothing here changes the heap, allocates, or formats through `core::fmt`. Every report first copies
//! what it prints, one arena at a time, and then prints without a lock, since what it prints to may call
//! back into the allocator.

mod json;
mod output;
mod stats;
mod text;
mod visit;
mod xml;

pub(crate) use json::print_json;
pub use stats::Stats;
pub(crate) use stats::stats_of;
pub(crate) use text::print_stats;
pub use visit::Block;
pub(crate) use visit::visit_blocks;
pub(crate) use xml::print_info;
