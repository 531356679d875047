//! What programs ask about the heap.

use core::ffi::c_int;

use crate::diag::Line;
use crate::os::{ErrnoGuard, write_stderr};
use crate::process::{HEAP, current};

/// `struct mallinfo2` of glibc; bytes and counts.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct MallocInfo2 {
    arena: usize,
    ordblks: usize,
    smblks: usize,
    hblks: usize,
    hblkhd: usize,
    usmblks: usize,
    fsmblks: usize,
    uordblks: usize,
    fordblks: usize,
    keepcost: usize,
}

/// `struct mallinfo` of glibc, the same truncated to `int`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct MallocInfo {
    arena: c_int,
    ordblks: c_int,
    smblks: c_int,
    hblks: c_int,
    hblkhd: c_int,
    usmblks: c_int,
    fsmblks: c_int,
    uordblks: c_int,
    fordblks: c_int,
    keepcost: c_int,
}

/// `malloc_usable_size`: 0 for null and for what is not a block in use.
///
/// Source: glibc.
pub fn malloc_usable_size(block: *mut u8) -> usize {
    HEAP.look_up(block.expose_provenance()).map_or(0, |block| block.usable)
}

/// `mallinfo2`: the sums over all arenas; blocks in thread caches count as in use.
///
/// Source: glibc.
pub fn mallinfo2() -> MallocInfo2 {
    let _errno = ErrnoGuard::new();
    current();
    let totals = HEAP.totals();
    MallocInfo2 {
        arena: totals.arenas.system,
        ordblks: totals.arenas.free_chunks,
        hblks: totals.mapped_chunks,
        hblkhd: totals.mapped_bytes,
        uordblks: totals.arenas.system.saturating_sub(totals.arenas.free),
        fordblks: totals.arenas.free,
        keepcost: totals.main_top,
        ..MallocInfo2::default()
    }
}

/// `mallinfo`: [`mallinfo2`] in `int`s.
#[expect(clippy::cast_possible_truncation, reason = "documented to be cut off")]
pub fn mallinfo() -> MallocInfo {
    let info = mallinfo2();
    MallocInfo {
        arena: info.arena as c_int,
        ordblks: info.ordblks as c_int,
        smblks: info.smblks as c_int,
        hblks: info.hblks as c_int,
        hblkhd: info.hblkhd as c_int,
        usmblks: info.usmblks as c_int,
        fsmblks: info.fsmblks as c_int,
        uordblks: info.uordblks as c_int,
        fordblks: info.fordblks as c_int,
        keepcost: info.keepcost as c_int,
    }
}

/// `malloc_stats`: a summary of each arena and of all, on standard error, in glibc's layout.
pub fn malloc_stats() {
    let _errno = ErrnoGuard::new();
    current();
    let totals = HEAP.totals();
    for (number, arena) in HEAP.arena_totals().enumerate() {
        let mut line = Line::new();
        line.push_text("Arena ");
        line.push_decimal(number);
        line.push_text(":\n");
        push_row(&mut line, "system bytes     = ", arena.system);
        push_row(&mut line, "in use bytes     = ", arena.system.saturating_sub(arena.free));
        write_stderr(line.as_bytes());
    }
    let in_use = totals.arenas.system.saturating_sub(totals.arenas.free);
    let mut line = Line::new();
    line.push_text("Total (incl. mmap):\n");
    push_row(&mut line, "system bytes     = ", totals.arenas.system + totals.mapped_bytes);
    push_row(&mut line, "in use bytes     = ", in_use + totals.mapped_bytes);
    write_stderr(line.as_bytes());
    let mut line = Line::new();
    push_row(&mut line, "max mmap regions = ", totals.mapped_chunks_max);
    push_row(&mut line, "max mmap bytes   = ", totals.mapped_bytes_max);
    write_stderr(line.as_bytes());
}

/// `malloc_info`: the state as XML through `write`; `EINVAL` unless `options` is 0.
///
/// Source: glibc; bins are not listed one by one.
pub fn malloc_info(options: c_int, write: impl Fn(&[u8])) -> c_int {
    if options != 0 {
        return libc::EINVAL;
    }
    current();
    let print = |parts: &[Part<'_>]| {
        let mut line = Line::new();
        for part in parts {
            match part {
                Part::Text(text) => line.push_text(text),
                Part::Number(number) => line.push_decimal(*number),
            }
        }
        write(line.as_bytes());
    };
    print(&[Part::Text("<malloc version=\"1\">\n")]);
    for (number, arena) in HEAP.arena_totals().enumerate() {
        print(&[
            Part::Text("<heap nr=\""),
            Part::Number(number),
            Part::Text("\">\n<sizes>\n</sizes>\n"),
        ]);
        print_sums(&print, arena.free_chunks, arena.free);
        print_system(&print, arena.system, arena.system_max);
        print(&[Part::Text("</heap>\n")]);
    }
    let totals = HEAP.totals();
    print_sums(&print, totals.arenas.free_chunks, totals.arenas.free);
    print(&[
        Part::Text("<total type=\"mmap\" count=\""),
        Part::Number(totals.mapped_chunks),
        Part::Text("\" size=\""),
        Part::Number(totals.mapped_bytes),
        Part::Text("\"/>\n"),
    ]);
    print_system(&print, totals.arenas.system, totals.arenas.system_max);
    print(&[Part::Text("</malloc>\n")]);
    0
}

/// Checks every structure of the heap; prints the rule that does not hold.
pub fn verify() -> c_int {
    current();
    match HEAP.verify() {
        Ok(()) => 0,
        Err(rule) => {
            let mut line = Line::new();
            line.push_text("arenite: ");
            line.push_text(rule);
            line.push_text("\n");
            write_stderr(line.as_bytes());
            1
        }
    }
}

/// A piece of a line.
enum Part<'a> {
    Text(&'a str),
    Number(usize),
}

fn print_sums(print: &impl Fn(&[Part<'_>]), count: usize, bytes: usize) {
    print(&[Part::Text("<total type=\"fast\" count=\"0\" size=\"0\"/>\n")]);
    print(&[
        Part::Text("<total type=\"rest\" count=\""),
        Part::Number(count),
        Part::Text("\" size=\""),
        Part::Number(bytes),
        Part::Text("\"/>\n"),
    ]);
}

fn print_system(print: &impl Fn(&[Part<'_>]), now: usize, most: usize) {
    for (element, kind, bytes) in [
        ("<system type=\"", "current", now),
        ("<system type=\"", "max", most),
        ("<aspace type=\"", "total", now),
        ("<aspace type=\"", "mprotect", now),
    ] {
        print(&[
            Part::Text(element),
            Part::Text(kind),
            Part::Text("\" size=\""),
            Part::Number(bytes),
            Part::Text("\"/>\n"),
        ]);
    }
}

/// A label and a number, right-aligned to ten places as `%10u` does.
fn push_row(line: &mut Line, label: &str, number: usize) {
    line.push_text(label);
    let digits = number.checked_ilog10().unwrap_or(0) as usize + 1;
    (digits..10).for_each(|_| line.push_text(" "));
    line.push_decimal(number);
    line.push_text("\n");
}
