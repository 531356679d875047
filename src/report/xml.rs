//! `malloc_info`: glibc's XML, and elements of our own.
//!
//! ```text
//! <malloc version="1">
//! <heap nr="0">            each arena; memory that no arena has counts with the first
//! <sizes>
//!   <size from= to= total= count=/>            free chunks by size, then free objects by class
//! </sizes>
//! <slab size= slabs= objects= free= purged=/>  ours: the slabs of one class, purged in bytes
//! <total type="fast" …/> <total type="rest" …/> <system …/> <aspace …/>
//! </heap>
//! <total type="fast|rest|mmap" …/> <system …/> <aspace …/>
//! <caches threads= blocks= size=/> <metadata size=/> <purged size=/> <limits soft= hard=/>   ours, the last if set
//! </malloc>
//! ```
//!
//! As in glibc the top counts in `rest` and is in no `<size>`; `aspace`'s `mprotect` is what can be read
//! and written, which is all, and `subheaps` the number of regions.

use super::output::Output;
use crate::arena::{Details, Totals};
use crate::heap::{Heap, SharedTotals};
use crate::os::System;
use crate::size_class::SmallClass;

/// Prints every arena and the sums of what was printed.
pub(crate) fn print_info<S: System>(heap: &Heap<S>, sink: &mut dyn FnMut(&[u8])) {
    let mut out = Output::new(sink);
    out.text("<malloc version=\"1\">\n");
    let before = heap.totals();
    let mut sums = Totals::default();
    let mut details = Details::new();
    for (number, arena) in heap.arenas().enumerate() {
        heap.arena_details(arena, &mut details);
        if number == 0 {
            add_shared(heap, &before.shared, &mut details);
        }
        print_heap(&mut out, number, &details);
        sums.add(&details.totals);
    }
    let totals = heap.totals();
    print_sums(&mut out, &sums);
    let mapped = totals.mapped;
    element(&mut out, "<total type=\"mmap\"", &[("count", mapped.chunks), ("size", mapped.bytes)]);
    let max = totals.system_max().max(sums.system);
    print_system(&mut out, sums.system, max);
    let caches = heap.cache_totals();
    let (blocks, bytes) = (caches.blocks(), caches.bytes(&sums));
    let caches = [("threads", caches.threads), ("blocks", blocks), ("size", bytes)];
    element(&mut out, "<caches", &caches);
    element(&mut out, "<metadata", &[("size", totals.metadata_bytes)]);
    element(&mut out, "<purged", &[("size", sums.purged)]);
    let (soft, hard) = (heap.limits().soft(), heap.limits().hard());
    if (soft, hard) != (0, 0) {
        element(&mut out, "<limits", &[("soft", soft), ("hard", hard)]);
    }
    out.text("</malloc>\n");
    out.flush();
}

/// Regions that wait for an arena are free chunks of the first.
fn add_shared<S: System>(heap: &Heap<S>, shared: &SharedTotals, details: &mut Details) {
    let (mut bytes, mut regions) = (0, 0);
    heap.for_each_waiting_region(|size| {
        details.add_size(size);
        bytes += size;
        regions += 1;
    });
    let totals = &mut details.totals;
    totals.system += bytes + shared.unusable();
    totals.system_max = totals.system_max.max(totals.system);
    totals.overhead += shared.unusable();
    totals.free += bytes;
    totals.free_chunks += regions;
    totals.purged += bytes;
    totals.regions += regions;
}

fn print_heap(out: &mut Output<'_>, number: usize, details: &Details) {
    out.text("<heap nr=\"");
    out.number(number);
    out.text("\">\n<sizes>\n");
    for range in details.sizes.iter().filter(|range| range.count > 0) {
        print_size(out, [range.from, range.to, range.total, range.count]);
    }
    let classes = || SmallClass::all().map(SmallClass::size_bytes).zip(&details.classes);
    for (size, class) in classes().filter(|(_, class)| class.free > 0) {
        print_size(out, [size, size, class.free * size, class.free]);
    }
    out.text("</sizes>\n");
    for (size, class) in classes().filter(|(_, class)| class.slabs > 0) {
        let parts = [
            ("size", size),
            ("slabs", class.slabs),
            ("objects", class.objects),
            ("free", class.free),
            ("purged", class.purged),
        ];
        element(out, "<slab", &parts);
    }
    let totals = &details.totals;
    print_sums(out, totals);
    print_system(out, totals.system, totals.system_max);
    element(out, "<aspace type=\"subheaps\"", &[("size", totals.regions)]);
    out.text("</heap>\n");
}

fn print_size(out: &mut Output<'_>, [from, to, total, count]: [usize; 4]) {
    let parts = [("from", from), ("to", to), ("total", total), ("count", count)];
    element(out, "  <size", &parts);
}

fn print_sums(out: &mut Output<'_>, totals: &Totals) {
    element(out, "<total type=\"fast\"", &[("count", 0), ("size", 0)]);
    let rest = [("count", totals.free_blocks()), ("size", totals.free)];
    element(out, "<total type=\"rest\"", &rest);
}

fn print_system(out: &mut Output<'_>, now: usize, most: usize) {
    element(out, "<system type=\"current\"", &[("size", now)]);
    element(out, "<system type=\"max\"", &[("size", most)]);
    element(out, "<aspace type=\"total\"", &[("size", now)]);
    element(out, "<aspace type=\"mprotect\"", &[("size", now)]);
}

/// An empty element with these attributes, after what it starts with.
fn element(out: &mut Output<'_>, start: &str, attributes: &[(&str, usize)]) {
    out.text(start);
    for &(name, value) in attributes {
        out.text(" ");
        out.text(name);
        out.text("=\"");
        out.number(value);
        out.text("\"");
    }
    out.text("/>\n");
}
