//! `malloc_stats`: glibc's text.

use super::output::Output;
use crate::arena::Totals;
use crate::heap::{Heap, HeapTotals};
use crate::os::System;

/// Prints each arena and the sums, numbers in full.
///
/// Memory that no arena has counts with the first one, so that the arenas add up to the total.
pub(crate) fn print_stats<S: System>(heap: &Heap<S>, sink: &mut dyn FnMut(&[u8])) {
    let mut out = Output::new(sink);
    let HeapTotals { shared, mapped, .. } = heap.totals();
    let (mut system, mut in_use) = (0, 0);
    for (number, totals) in heap.arena_totals().enumerate() {
        let mut totals: Totals = totals;
        if number == 0 {
            totals.system += shared.waiting_bytes + shared.unusable();
            totals.free += shared.waiting_bytes;
        }
        out.text("Arena ");
        out.number(number);
        out.text(":\n");
        print_row(&mut out, "system bytes     = ", totals.system);
        print_row(&mut out, "in use bytes     = ", totals.system - totals.free);
        out.flush();
        system += totals.system;
        in_use += totals.system - totals.free;
    }
    out.text("Total (incl. mmap):\n");
    print_row(&mut out, "system bytes     = ", system + mapped.bytes);
    print_row(&mut out, "in use bytes     = ", in_use + mapped.bytes);
    print_row(&mut out, "max mmap regions = ", mapped.chunks_max);
    print_row(&mut out, "max mmap bytes   = ", mapped.bytes_max);
    out.flush();
}

/// A label and a number, right-aligned to ten places as `%10u` does.
fn print_row(out: &mut Output<'_>, label: &str, number: usize) {
    out.text(label);
    out.padded_number(number, 10);
    out.text("\n");
}
