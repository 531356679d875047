//! The arenas of a heap, and which one a thread gets.

use super::arena::Arena;
use super::backing::Backing;
use super::chunk::Key;
use crate::os::Lock;
use crate::sync::counts::LockKind;
use crate::sync::{AtomicPtr, AtomicUsize, Ordering};

/// Arenas that can exist; larger limits are not reached.
const ARENAS_MAX: usize = 1024;

/// All arenas, in the order of their creation.
///
/// The first `count` pointers are not null and never change.
#[repr(align(128))]
pub(crate) struct ArenaSet {
    arenas: [AtomicPtr<Arena>; ARENAS_MAX],
    count: AtomicUsize,
    /// Held to choose or create.
    choice: Lock<()>,
}

impl ArenaSet {
    /// No arenas.
    pub(crate) const fn new() -> Self {
        Self {
            arenas: [const { AtomicPtr::new(core::ptr::null_mut()) }; ARENAS_MAX],
            count: AtomicUsize::new(0),
            choice: Lock::of(LockKind::Choice, ()),
        }
    }

    /// All arenas.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static Arena> + '_ {
        // Acquire: pairs with the Release in `create`.
        let count = self.count.load(Ordering::Acquire);
        self.arenas.iter().take(count).filter_map(read)
    }

    /// An arena for a thread that begins to allocate: one that nobody uses, else a new one if the
    /// limit allows, else the one with the fewest threads. `None` without memory for the first.
    pub(crate) fn join(&self, backing: Backing<'_>) -> Option<&'static Arena> {
        let arena = {
            let _choice = self.choice.lock();
            let usable = || self.iter().filter(|arena| !arena.is_abandoned());
            let arena = match usable().find(|arena| arena.threads() == 0) {
                Some(idle) => idle,
                None => self
                    .create_if_allowed(backing)
                    .or_else(|| usable().min_by_key(|arena| arena.threads()))?,
            };
            arena.join();
            arena
        };
        arena.note_threads(backing);
        Some(arena)
    }

    /// The thread no longer allocates from `arena`; if it was the last, the arena's free memory goes
    /// back to the system.
    pub(crate) fn leave(&self, arena: &'static Arena, backing: Backing<'_>) {
        {
            let _choice = self.choice.lock();
            arena.leave();
        }
        arena.note_threads(backing);
    }

    /// In the child of a fork: abandons arenas that other threads were in, and leaves the others
    /// without threads.
    pub(crate) fn reset_in_child(&self) {
        self.choice.reset_in_child();
        self.iter().for_each(Arena::reset_in_child);
    }

    /// In the child of a fork: abandons all arenas.
    pub(crate) fn abandon_in_child(&self) {
        self.iter().for_each(Arena::abandon_in_child);
    }

    /// Counts the thread that survived a fork.
    pub(crate) fn rejoin_in_child(arena: &Arena, backing: Backing<'_>) {
        arena.join();
        arena.note_threads(backing);
    }

    #[cold]
    #[inline(never)]
    fn create_if_allowed(&self, backing: Backing<'_>) -> Option<&'static Arena> {
        let count = self.count.load(Ordering::Relaxed);
        let usable = self.iter().filter(|arena| !arena.is_abandoned()).count();
        if usable > 0 && !backing.tunables.allows_more_arenas(usable, || backing.os.usable_cpus()) {
            return None;
        }
        let place = self.arenas.get(count)?;
        let memory =
            backing.metadata.allocate(size_of::<Arena>(), align_of::<Arena>(), backing.os)?;
        place.store(create(memory.cast(), backing.key), Ordering::Relaxed);
        // Release: publishes the pointer and the arena.
        self.count.store(count + 1, Ordering::Release);
        read(place)
    }
}

mod raw {
    //! Arenas in metadata.
    #![expect(unsafe_code, reason = "arenas are reached through pointers")]

    use core::ptr::NonNull;

    use super::{Arena, AtomicPtr, Key, Ordering};

    /// Makes an arena of fresh metadata of its size and alignment. Most of it stays zero, and without pages.
    pub(super) fn create(mut memory: NonNull<Arena>, key: Key) -> *mut Arena {
        // SAFETY: the caller just allocated the memory for this, and nobody else knows it. It is zeroed, which is a
        // value of every field: numbers, atomics, and options.
        unsafe { memory.as_mut() }.start(key);
        memory.as_ptr()
    }

    /// The arena in one place of the set.
    pub(super) fn read(place: &AtomicPtr<Arena>) -> Option<&'static Arena> {
        // SAFETY: null, or a pointer that `write` returned; arenas live for ever.
        unsafe { place.load(Ordering::Relaxed).as_ref() }
    }
}

use raw::{create, read};
