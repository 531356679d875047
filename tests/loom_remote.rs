//! The lock-free part of remote frees under every interleaving that loom finds.
//!
//! The files under test are the library's own, included here with loom's atomics in the place of
//! `crate::sync` and with a slab of a few objects. There is no test harness, since it would run the tests
//! of those files as well.
//!
//! What the C++ model allows but loom does not explore (a load that sees a later store) is covered all
//! the same: the link of the stack is not an atomic here but a cell whose races loom reports.
#![allow(
    unsafe_code,
    clippy::std_instead_of_core,
    clippy::undocumented_unsafe_blocks,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test program with stand-ins"
)]

#[path = "."]
mod sync {
    //! Stands in for `crate::sync`, with the library's lock.

    use std::cell::OnceCell;

    use loom::sync::atomic::fence;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    /// Nothing is counted here, not even with the feature.
    #[allow(dead_code, unused_variables, clippy::enum_variant_names, reason = "a part of it")]
    pub(crate) mod counts {
        pub(crate) enum LockKind {
            Other,
        }

        pub(crate) enum Line {
            RemoteBits,
            RemoteStack,
        }

        pub(crate) fn written<T>(line: Line, word: &T) {}

        pub(super) fn sleeps() {}

        pub(super) struct LockCounts;

        impl LockCounts {
            pub(super) const fn new(kind: LockKind) -> Self {
                Self
            }

            pub(super) fn taken(&self) {}

            pub(super) fn contended(&self) {}

            pub(super) fn turned_away(&self) {}

            pub(super) fn written(&self, word: &super::AtomicU32) {}
        }
    }

    #[allow(
        dead_code,
        unused_imports,
        reason = "the models only try the lock; it has tests of its own"
    )]
    #[path = "../src/sync/lock.rs"]
    mod lock;
    pub(crate) use lock::{Lock, Park};

    /// Where the fence of a `SeqCst` access is: before it, as compilers do it for some processors, or
    /// after it, as for others. For loom, `SeqCst` on an access is no more than `AcqRel`, only fences are
    /// more. With one kind, weakening the second of two accesses shows, with the other the first.
    pub(crate) static IS_FENCE_AFTER: std::sync::atomic::AtomicBool =
        std::sync::atomic::AtomicBool::new(false);

    /// An atomic that a `const fn` can make, as loom's own cannot be.
    macro_rules! atomic {
        ($name:ident $(<$parameter:ident>)?, $value:ty) => {
            pub(crate) struct $name $(<$parameter>)? {
                initial: $value,
                inner: OnceCell<loom::sync::atomic::$name $(<$parameter>)?>,
            }

            // SAFETY: loom runs one thread at a time, and making the inner atomic is no point to switch.
            unsafe impl $(<$parameter>)? Sync for $name $(<$parameter>)? {}
            // SAFETY: as above.
            unsafe impl $(<$parameter>)? Send for $name $(<$parameter>)? {}

            impl $(<$parameter>)? $name $(<$parameter>)? {
                pub(crate) const fn new(initial: $value) -> Self {
                    Self { initial, inner: OnceCell::new() }
                }

                fn inner(&self) -> &loom::sync::atomic::$name $(<$parameter>)? {
                    self.inner.get_or_init(|| loom::sync::atomic::$name::new(self.initial))
                }

                pub(crate) fn load(&self, order: Ordering) -> $value {
                    fenced(order, || self.inner().load(weaker(order, Ordering::Acquire)))
                }

                #[allow(dead_code, reason = "not all are used of each")]
                pub(crate) fn store(&self, value: $value, order: Ordering) {
                    fenced(order, || self.inner().store(value, weaker(order, Ordering::Release)));
                }

                pub(crate) fn swap(&self, value: $value, order: Ordering) -> $value {
                    fenced(order, || self.inner().swap(value, weaker(order, Ordering::AcqRel)))
                }

                pub(crate) fn compare_exchange(
                    &self,
                    old: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    let on_success = weaker(success, Ordering::AcqRel);
                    let on_failure = weaker(failure, Ordering::Acquire);
                    fenced(success, || {
                        self.inner().compare_exchange(old, new, on_success, on_failure)
                    })
                }

                #[allow(dead_code, reason = "not all are used of each")]
                pub(crate) fn compare_exchange_weak(
                    &self,
                    old: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    self.compare_exchange(old, new, success, failure)
                }
            }
        };
    }
    atomic!(AtomicPtr<T>, *mut T);
    atomic!(AtomicU32, u32);

    impl AtomicU32 {
        pub(crate) fn fetch_add(&self, value: u32, order: Ordering) -> u32 {
            self.inner().fetch_add(value, order)
        }

        pub(crate) fn fetch_sub(&self, value: u32, order: Ordering) -> u32 {
            self.inner().fetch_sub(value, order)
        }
    }

    /// What is left of an ordering without its fence.
    fn weaker(order: Ordering, without_fence: Ordering) -> Ordering {
        if matches!(order, Ordering::SeqCst) { without_fence } else { order }
    }

    fn fenced<R>(order: Ordering, access: impl FnOnce() -> R) -> R {
        let is_after = IS_FENCE_AFTER.load(Ordering::Relaxed);
        let fence_if = |holds| {
            if holds && matches!(order, Ordering::SeqCst) {
                fence(Ordering::SeqCst);
            }
        };
        fence_if(!is_after);
        let result = access();
        fence_if(is_after);
        result
    }
}

mod os {
    //! Stands in for `crate::os`: nobody waits for the lock in these models.

    use crate::sync::{AtomicU32, Park};

    pub(crate) struct Futex;

    impl Park for Futex {
        fn park(_word: &AtomicU32, _value: u32) {
            unreachable!()
        }

        fn wake_one(_word: &AtomicU32) {
            unreachable!()
        }
    }
}

mod slab {
    //! Stands in for `arena::slab`.

    use std::ptr::null_mut;

    use loom::cell::UnsafeCell;

    use crate::remote::{self, RemoteStack};
    use crate::sync::{AtomicBool, AtomicU64, Ordering};

    /// Objects of a slab; the last has a word of bits of its own, since a word that is found to be zero
    /// is not swapped.
    pub(crate) const OBJECTS: usize = 3;
    const WORDS: usize = 2;

    /// A slab with the fields that the stack uses, its second bitmap, and its objects.
    pub(crate) struct Slab {
        pub(crate) is_queued: AtomicBool,
        pub(crate) remote_next: Link,
        bits: [AtomicU64; WORDS],
        /// What the program writes into each object; the owner does when it has it back.
        objects: [UnsafeCell<u32>; OBJECTS],
        /// Stands for its memory, which the owner gives back by writing to this.
        memory: UnsafeCell<()>,
    }

    // SAFETY: loom checks the access to the cells.
    unsafe impl Sync for Slab {}

    /// The link as a cell that is not atomic.
    pub(crate) struct Link(UnsafeCell<*mut Slab>);

    impl Link {
        pub(crate) fn store(&self, next: *mut Slab, _order: Ordering) {
            self.0.with_mut(|place| unsafe { *place = next });
        }

        pub(crate) fn load(&self, _order: Ordering) -> *mut Slab {
            self.0.with(|place| unsafe { *place })
        }
    }

    impl Slab {
        pub(crate) fn leaked() -> &'static Self {
            Box::leak(Box::new(Self {
                is_queued: AtomicBool::new(false),
                remote_next: Link(UnsafeCell::new(null_mut())),
                bits: [(); WORDS].map(|()| AtomicU64::new(0)),
                objects: [(); OBJECTS].map(|()| UnsafeCell::new(0)),
                memory: UnsafeCell::new(()),
            }))
        }

        /// The program's last use of an object, and then its free by a thread of another arena.
        pub(crate) fn use_and_free(&'static self, object: usize, queue: &RemoteStack) {
            self.objects[object].with_mut(|place| unsafe { *place += 1 });
            assert!(remote::set_bit(&self.bits[object / 2], 1 << object), "freed twice");
            self.memory.with(|_| ());
            queue.push(self);
            self.memory.with(|_| ());
        }

        /// The owner unmaps it; false if it is on the stack.
        pub(crate) fn release(&self) -> bool {
            let is_queued = self.is_queued.load(Ordering::Relaxed);
            if !is_queued {
                self.memory.with_mut(|_| ());
            }
            !is_queued
        }

        /// The owner collects, and hands out and uses what it has back; returns the bits.
        pub(crate) fn collect(&self) -> u64 {
            let bits = self.bits.iter().fold(0, |bits, word| bits | remote::take_bits(word));
            for (index, object) in self.objects.iter().enumerate() {
                if bits & (1 << index) != 0 {
                    object.with_mut(|place| unsafe { *place += 1 });
                }
            }
            bits
        }
    }
}

#[path = "../src/arena/slab/remote.rs"]
mod remote;

use loom::thread;
use os::Futex;
use remote::RemoteStack;
use slab::{OBJECTS, Slab};
use sync::Lock;

/// All bits that a drain finds, those of the first slab in the low half.
fn drain(stack: &RemoteStack, slabs: &[&'static Slab]) -> u64 {
    let mut found = 0;
    stack.drain(|slab| {
        let index = slabs.iter().position(|&other| std::ptr::eq(other, slab)).expect("a slab");
        let bits = slab.collect() << (index * OBJECTS);
        assert_eq!(found & bits, 0, "collected twice");
        found |= bits;
    });
    found
}

/// Threads free (slab, object) in turn while the owner drains `drains` times; in the end nothing is lost.
fn run(slabs: usize, frees: &'static [&'static [(usize, usize)]], drains: usize) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let slabs: Vec<_> = (0..slabs).map(|_| Slab::leaked()).collect();
        let stack: &'static RemoteStack = Box::leak(Box::new(RemoteStack::new()));
        assert!(stack.is_empty());
        let threads: Vec<_> = frees
            .iter()
            .map(|frees| {
                let slabs = slabs.clone();
                thread::spawn(move || {
                    frees
                        .iter()
                        .for_each(|&(slab, object)| slabs[slab].use_and_free(object, stack));
                })
            })
            .collect();
        let mut found = 0;
        for _ in 0..drains {
            let bits = drain(stack, &slabs);
            assert_eq!(found & bits, 0, "collected twice");
            found |= bits;
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        found |= drain(stack, &slabs);
        let all = frees.iter().flat_map(|frees| frees.iter());
        let expected = all.fold(0, |bits, (slab, object)| bits | 1 << (slab * OBJECTS + object));
        assert_eq!(found, expected, "a free was lost");
        assert!(stack.is_empty());
    });
}

fn two_threads_free_into_one_slab() {
    run(1, &[&[(0, 0)], &[(0, 1)]], 1);
}

fn two_threads_free_into_two_words_of_one_slab() {
    run(1, &[&[(0, 0)], &[(0, 2)]], 1);
}

fn three_threads_free_into_one_slab() {
    run(1, &[&[(0, 0)], &[(0, 2)], &[(0, 1)]], 1);
}

fn one_thread_frees_twice_into_one_slab() {
    run(1, &[&[(0, 0), (0, 2)]], 2);
}

fn two_threads_free_into_two_slabs() {
    run(2, &[&[(0, 0)], &[(1, 0)]], 2);
}

fn two_threads_cross_two_slabs() {
    run(2, &[&[(0, 0), (1, 0)], &[(1, 2), (0, 2)]], 1);
}

/// The part of an arena that decides who looks at the stack.
struct Arena {
    lock: Lock<(), Futex>,
    stack: RemoteStack,
    found: loom::sync::atomic::AtomicU64,
}

impl Arena {
    /// As the library's function of this name.
    fn collect_what_is_left(&self, slabs: &[&'static Slab]) {
        while !self.stack.is_empty() {
            let Some(guard) = self.lock.try_lock() else { return };
            self.collect(slabs);
            drop(guard);
        }
    }

    fn collect(&self, slabs: &[&'static Slab]) {
        self.found.fetch_or(drain(&self.stack, slabs), sync::Ordering::Relaxed);
    }
}

fn a_free_into_a_busy_arena_is_collected_by_one_of_the_two() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let slabs = [Slab::leaked()];
        let arena: &'static Arena = Box::leak(Box::new(Arena {
            lock: Lock::new(()),
            stack: RemoteStack::new(),
            found: loom::sync::atomic::AtomicU64::new(0),
        }));
        assert!(arena.stack.is_empty() && !arena.lock.is_locked());
        let other = thread::spawn(move || {
            slabs[0].use_and_free(0, &arena.stack);
            arena.collect_what_is_left(&slabs);
        });
        if let Some(guard) = arena.lock.try_lock() {
            arena.collect(&slabs);
            drop(guard);
            arena.collect_what_is_left(&slabs);
        }
        other.join().unwrap();
        assert_eq!(arena.found.load(sync::Ordering::Relaxed), 1, "a free lies in an arena at rest");
    });
}

/// As `Arena::release_descriptors`, of a slab that closes when its last object is collected.
fn a_closed_slab_is_released_when_nobody_will_queue_it() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let slab = Slab::leaked();
        let stack: &'static RemoteStack = Box::leak(Box::new(RemoteStack::new()));
        assert!(stack.is_empty() && stack.is_nobody_pushing());
        let others = [0, 2].map(|object| {
            thread::spawn(move || {
                stack.begin_pushing();
                slab.use_and_free(object, stack);
                stack.end_pushing();
            })
        });
        let (mut found, mut is_released) = (0, false);
        let mut release = || {
            if !is_released {
                found |= drain(stack, &[slab]);
                is_released = found == 0b101 && stack.is_nobody_pushing() && slab.release();
            }
        };
        release();
        release();
        others.into_iter().for_each(|other| other.join().unwrap());
        // What was pushed too late to be of use is taken off.
        release();
        assert!(is_released);
    });
}

/// The models by name.
const MODELS: [(&str, fn()); 8] = [
    ("two threads free into one slab", two_threads_free_into_one_slab),
    ("two threads free into two words of one slab", two_threads_free_into_two_words_of_one_slab),
    ("three threads free into one slab", three_threads_free_into_one_slab),
    ("one thread frees twice into one slab", one_thread_frees_twice_into_one_slab),
    ("two threads free into two slabs", two_threads_free_into_two_slabs),
    ("two threads cross two slabs", two_threads_cross_two_slabs),
    (
        "a free into a busy arena is collected by one of the two",
        a_free_into_a_busy_arena_is_collected_by_one_of_the_two,
    ),
    (
        "a closed slab is released when nobody will queue it",
        a_closed_slab_is_released_when_nobody_will_queue_it,
    ),
];

fn main() {
    for is_after in [false, true] {
        sync::IS_FENCE_AFTER.store(is_after, sync::Ordering::Relaxed);
        for (name, model) in MODELS {
            println!("model: {name}");
            model();
        }
    }
}
