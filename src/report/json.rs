//! The statistics as one JSON object.

use super::output::Output;
use super::stats::combine;
use crate::arena::{ClassDetails, Details, Totals};
use crate::heap::{CacheTotals, Heap, HeapTotals};
use crate::os::System;
use crate::size_class::{MediumClass, SMALL_CLASSES, SmallClass};

/// Prints the members of [`super::Stats`], then an array of the arenas and one of the size classes. Sums and
/// arrays agree with each other.
pub(crate) fn print_json<S: System>(heap: &Heap<S>, sink: &mut dyn FnMut(&[u8])) {
    let mut out = Output::new(sink);
    out.text("{\"version\":\"");
    out.text(env!("CARGO_PKG_VERSION"));
    out.text("\",\"arena_list\":[");
    let before = heap.totals();
    let mut sums = Totals::default();
    let mut classes = [ClassDetails::default(); SMALL_CLASSES];
    let mut details = Details::new();
    let mut arena_count = 0;
    for (number, arena) in heap.arenas().enumerate() {
        heap.arena_details(arena, &mut details);
        out.text(if number == 0 { "\n {" } else { ",\n {" });
        let is_abandoned = usize::from(arena.is_abandoned());
        members(
            &mut out,
            &[
                ("number", number),
                ("threads", arena.threads() as usize),
                ("abandoned", is_abandoned),
            ],
        );
        out.text(",");
        print_arena(&mut out, &details.totals);
        out.text("}");
        sums.add(&details.totals);
        for (sum, class) in classes.iter_mut().zip(&details.classes) {
            sum.add(class);
        }
        arena_count = number + 1;
    }
    let shared = before.shared;
    shared.add_waiting_to(&mut sums, before.arenas.system_max);
    let caches = heap.cache_totals();
    out.text("],\n\"size_classes\":[");
    print_classes(&mut out, &classes, &caches);
    out.text("],\n");
    let totals = HeapTotals { arenas: sums, arena_count, ..before };
    members(&mut out, &combine(&totals, &caches).members());
    out.text(",\n");
    members(
        &mut out,
        &[
            ("waiting_regions", shared.waiting_regions),
            ("waiting_bytes", shared.waiting_bytes),
            ("break_gap_bytes", shared.gap_bytes),
            ("abandoned_bytes", shared.abandoned_bytes),
            // Settings, 0 for none.
            ("soft_limit", heap.limits().soft()),
            ("hard_limit", heap.limits().hard()),
        ],
    );
    out.text("}\n");
    out.flush();
}

fn print_arena(out: &mut Output<'_>, totals: &Totals) {
    let parts = [
        ("regions", totals.regions),
        ("system_bytes", totals.system),
        ("system_bytes_max", totals.system_max),
        ("used_bytes", totals.in_use()),
        ("free_chunks", totals.free_chunks),
        ("free_objects", totals.free_objects),
        ("free_bytes", totals.free),
        ("top_bytes", totals.top),
        ("purged_bytes", totals.purged),
        ("overhead_bytes", totals.overhead),
    ];
    members(out, &parts);
}

fn print_classes(
    out: &mut Output<'_>,
    classes: &[ClassDetails; SMALL_CLASSES],
    caches: &CacheTotals,
) {
    let mut start = "\n {";
    for ((size, class), &cached) in SmallClass::all().zip(classes).zip(&caches.objects) {
        out.text(start);
        start = ",\n {";
        let parts = [
            ("size", size.size_bytes()),
            ("slabs", class.slabs),
            ("objects", class.objects),
            ("free_objects", class.free),
            ("cached_blocks", cached),
            ("purged_bytes", class.purged),
        ];
        members(out, &parts);
        out.text("}");
    }
    // Above, blocks are chunks, of which only caches know the class.
    for (size, &cached) in MediumClass::all().zip(&caches.chunks) {
        out.text(start);
        members(out, &[("size", size.size_bytes()), ("cached_blocks", cached)]);
        out.text("}");
    }
}

/// Names and numbers with commas between them.
fn members(out: &mut Output<'_>, members: &[(&str, usize)]) {
    let mut start = "\"";
    for &(name, value) in members {
        out.text(start);
        start = ",\"";
        out.text(name);
        out.text("\":");
        out.number(value);
    }
}
