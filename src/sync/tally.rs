//! The numbers of the feature `counts`, of the whole process: a library that was built to be measured has
//! one heap, and to hand a tally down to every lock would change what is measured.
#![expect(unsafe_code, reason = "the number of a thread comes from C")]

use core::ffi::CStr;
use core::sync::atomic::{AtomicU64, Ordering};

use super::counts::{Line, LockKind};

/// What happens to a lock.
#[derive(Clone, Copy)]
pub(super) enum Event {
    /// A thread has it now.
    Taken,
    /// A thread found it held and waits.
    Contended,
    /// A thread found it held and does something else.
    TurnedAway,
    /// Its word was written to, after another thread had done so.
    LineWritten,
}

/// Which of the numbers.
#[derive(Clone, Copy)]
pub(super) struct Index(usize);

/// What the numbers are called, those of the locks by event and kind.
#[rustfmt::skip]
const NAMES: [&CStr; 43] = [
    c"locks.other", c"locks.arena", c"locks.choice", c"locks.queue", c"locks.regions",
    c"locks.metadata", c"locks.mapped", c"locks.stacks", c"locks.threads",
    c"contended.other", c"contended.arena", c"contended.choice", c"contended.queue", c"contended.regions",
    c"contended.metadata", c"contended.mapped", c"contended.stacks", c"contended.threads",
    c"turned_away.other", c"turned_away.arena", c"turned_away.choice", c"turned_away.queue",
    c"turned_away.regions", c"turned_away.metadata", c"turned_away.mapped", c"turned_away.stacks",
    c"turned_away.threads",
    c"lines.lock.other", c"lines.lock.arena", c"lines.lock.choice", c"lines.lock.queue", c"lines.lock.regions",
    c"lines.lock.metadata", c"lines.lock.mapped", c"lines.lock.stacks", c"lines.lock.threads",
    c"lines.slab", c"lines.remote_bits", c"lines.remote_stack", c"lines.remote_queue", c"lines.unit_map",
    c"lines.counter",
    c"sleeps",
];

const LOCK_KINDS: usize = 9;
const LINES: usize = 4 * LOCK_KINDS;
/// Threads that slept.
pub(super) const SLEEPS: Index = Index(NAMES.len() - 1);

/// That of an event of locks of a kind.
#[inline(always)]
pub(super) fn of_lock(event: Event, kind: LockKind) -> Index {
    Index(event as usize * LOCK_KINDS + kind as usize)
}

/// That of writes to a line.
#[inline(always)]
pub(super) fn of_line(line: Line) -> Index {
    Index(LINES + line as usize)
}

/// One more.
pub(super) fn add(index: Index) {
    let shard = SHARDS.get(thread_number() as usize % SHARDS.len());
    if let Some(number) = shard.and_then(|shard| shard.0.get(index.0)) {
        number.fetch_add(1, Ordering::Relaxed);
    }
}

/// Notes a write of the calling thread to the line with this address, and counts it if another thread
/// wrote there last.
pub(super) fn note_write(index: Index, address: usize) {
    let line = (address / LINE_BYTES) as u64;
    let place = line.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - WRITERS_SHIFT);
    let Some(writer) = usize::try_from(place).ok().and_then(|place| WRITERS.get(place)) else {
        return;
    };
    let now = line << THREAD_BITS | u64::from(thread_number()) & ((1 << THREAD_BITS) - 1);
    let before = writer.load(Ordering::Relaxed);
    if before == now {
        return;
    }
    writer.store(now, Ordering::Relaxed);
    // Else a line that was not written to until now, or that lost its place to another one.
    if before >> THREAD_BITS == line {
        add(index);
    }
}

/// Copies the numbers as they are; returns how many there are.
pub fn read(out: &mut [u64]) -> usize {
    for (index, place) in out.iter_mut().enumerate() {
        let numbers = SHARDS.iter().filter_map(|shard| shard.0.get(index));
        *place = numbers.map(|number| number.load(Ordering::Relaxed)).sum();
    }
    NAMES.len()
}

/// What a number is called; `None` after the last.
pub fn name(index: usize) -> Option<&'static CStr> {
    NAMES.get(index).copied()
}

/// The numbers of some threads, in lines of their own.
#[repr(align(128))]
struct Shard([AtomicU64; NAMES.len()]);

static SHARDS: [Shard; 128] = [const { Shard([const { AtomicU64::new(0) }; NAMES.len()]) }; 128];

const LINE_BYTES: usize = 64;
const WRITERS_SHIFT: u32 = 16;
const THREAD_BITS: u32 = 20;

/// By a hash of the line: its number, and below that the thread that wrote there last.
static WRITERS: [AtomicU64; 1 << WRITERS_SHIFT] = [const { AtomicU64::new(0) }; 1 << WRITERS_SHIFT];

fn thread_number() -> u32 {
    unsafe extern "C" {
        safe fn arenite_thread_number() -> u32;
    }
    arenite_thread_number()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::Lock;

    fn number(wanted: &CStr) -> u64 {
        let mut numbers = [0; NAMES.len()];
        assert_eq!(read(&mut numbers), numbers.len());
        numbers[NAMES.iter().position(|&name| name == wanted).unwrap()]
    }

    #[test]
    fn a_lock_that_two_threads_take_in_turn_is_a_shared_line() {
        let lock = Lock::of(LockKind::Choice, 0);
        let (taken, written) = (number(c"locks.choice"), number(c"lines.lock.choice"));
        for _ in 0..10 {
            *lock.lock() += 1;
            std::thread::scope(|scope| scope.spawn(|| *lock.lock() += 1).join().unwrap());
        }
        assert!(number(c"locks.choice") >= taken + 20);
        assert!(number(c"lines.lock.choice") >= written + 19);
    }

    #[test]
    fn a_try_that_finds_it_held_is_no_contention() {
        let lock = Lock::of(LockKind::Queue, ());
        let _held = lock.lock();
        let before = (number(c"turned_away.queue"), number(c"contended.queue"));
        assert!(lock.try_lock().is_none());
        assert!(number(c"turned_away.queue") > before.0);
        assert_eq!(number(c"contended.queue"), before.1);
    }
}
