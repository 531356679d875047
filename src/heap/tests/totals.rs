//! What the heap says it holds.

use super::memory::leaked_heap;
use crate::heap::HeapTotals;
use crate::os::testing::TestSystem;
use crate::report::{Block, Stats, print_info, print_json, stats_of, visit_blocks};
use crate::sync::Ordering;

fn check(stats: &Stats, totals: &HeapTotals, os: &TestSystem) {
    assert_eq!(
        stats.system_bytes + stats.mapped_bytes,
        stats.allocated_bytes + stats.cached_bytes + stats.free_bytes + stats.overhead_bytes,
        "{stats:?}"
    );
    assert!(stats.purged_bytes <= stats.free_bytes, "{stats:?}");
    let from_system = os.break_bytes() + os.mapped.load(Ordering::Relaxed);
    assert_eq!(stats.system_bytes + stats.mapped_bytes + stats.metadata_bytes, from_system);
    assert_eq!(totals.shared.abandoned_bytes, 0);
}

#[test]
fn totals_are_exact_at_every_step() {
    let (heap, os) = leaked_heap();
    let thread = heap.start_thread();
    let mut blocks = Vec::new();
    let mut expected = 0;
    for step in 0..600_usize {
        let size = step * 7919 % 300_000 / (1 + step % 300);
        let address = heap.allocate(thread, size).unwrap();
        let counted = match heap.look_up(address).unwrap().usable {
            usable if usable % 16 == 8 => usable + 8,
            usable if usable <= 1024 => usable,
            usable => usable + 16,
        };
        expected += counted;
        blocks.push((address, counted));
        if step % 3 == 0 {
            let (address, counted) = blocks.swap_remove(step * 31 % blocks.len());
            heap.free(thread, address);
            expected -= counted;
        }
        let stats = stats_of(heap);
        check(&stats, &heap.totals(), os);
        assert_eq!(stats.allocated_bytes, expected, "step {step}");
    }
    let mut walked = [0; 3];
    let stopped = visit_blocks(heap, &mut |block: &Block| {
        walked[usize::try_from(block.state).unwrap()] += block.size;
        0
    });
    let stats = stats_of(heap);
    assert_eq!((stopped, walked), (0, [expected, stats.cached_bytes, stats.free_bytes]));
    for (address, _) in blocks {
        heap.free(thread, address);
    }
    heap.flush(thread.unwrap());
    assert!(heap.release_all(0).anything);
    let again = heap.release_all(0);
    assert!(!again.anything && again.bytes == 0, "{again:?}");
    let stats = stats_of(heap);
    check(&stats, &heap.totals(), os);
    assert_eq!((stats.allocated_bytes, stats.cached_bytes), (0, 0));
}

#[test]
fn reports_of_an_empty_heap_are_whole() {
    let (heap, _) = leaked_heap();
    let (mut xml, mut json) = (Vec::new(), Vec::new());
    print_info(heap, &mut |bytes| xml.extend_from_slice(bytes));
    print_json(heap, &mut |bytes| json.extend_from_slice(bytes));
    assert!(xml.starts_with(b"<malloc version=\"1\">\n") && xml.ends_with(b"</malloc>\n"));
    assert!(json.starts_with(b"{\"version\":\"") && json.ends_with(b"}\n"));
    assert_eq!(stats_of(heap).arenas, 0);
    assert_eq!(visit_blocks(heap, &mut |_| 1), 0);
}
