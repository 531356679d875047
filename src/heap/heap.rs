//! The heap: all layers below in one value, so that a test can have one of its own.

use super::thread::Thread;
use super::threads::Threads;
use crate::arena::{Arena, ArenaSet, Backing, Copies, Files, Key, Mapped, Regions};
use crate::limits::Limits;
use crate::os::{Metered, System};
use crate::sync::{AtomicU64, Ordering};
use crate::tcache::{ArraySource, StackMemory};
use crate::tunables::Tunables;
use crate::unitmap::{Metadata, UnitMap};

/// A heap over an operating system. All zeros but for the defaults of the tunables.
///
/// Each part begins on cache lines of its own: what every call reads must not share one with a lock.
pub(crate) struct Heap<S> {
    pub(crate) map: UnitMap,
    pub(super) os: Metered<S>,
    pub(super) metadata: Metadata,
    pub(super) regions: Regions,
    pub(super) arenas: ArenaSet,
    pub(super) mapped: Mapped,
    pub(super) files: Files,
    pub(super) copies: Copies,
    pub(crate) tunables: Tunables,
    pub(super) stacks: StackMemory,
    pub(crate) threads: Threads,
    key: Secret,
}

/// The key of the boundary tags, on a cache line that nobody writes to.
#[repr(align(128))]
struct Secret(AtomicU64);

impl<S: System> Heap<S> {
    /// A heap that [`Self::start`] makes usable.
    pub(crate) const fn new(os: S) -> Self {
        Self {
            map: UnitMap::new(),
            os: Metered::new(os),
            metadata: Metadata::new(),
            regions: Regions::new(),
            arenas: ArenaSet::new(),
            mapped: Mapped::new(),
            files: Files::new(),
            copies: Copies::new(),
            tunables: Tunables::new(),
            stacks: StackMemory::new(),
            threads: Threads::new(),
            key: Secret(AtomicU64::new(0)),
        }
    }

    /// Sets the key of the boundary tags and places the window of the unit map; once, before any other
    /// call.
    pub(crate) fn start(&self, random: u64) {
        self.key.0.store(Key::new(random).bits(), Ordering::Relaxed);
        self.tunables.set_defaults();
        self.map.place_window(self.os.current_break());
    }

    /// The operating system below.
    pub(crate) fn os(&self) -> &impl System {
        &self.os
    }

    /// How much memory it may have.
    #[inline]
    pub(crate) fn limits(&self) -> &Limits {
        self.os.own_limits()
    }

    /// What arenas stand on.
    #[inline]
    pub(super) fn backing(&self) -> Backing<'_> {
        Backing {
            os: &self.os,
            map: &self.map,
            metadata: &self.metadata,
            regions: &self.regions,
            files: &self.files,
            tunables: &self.tunables,
            key: self.chunk_key(),
        }
    }

    /// The key of the boundary tags.
    #[inline]
    pub(super) fn chunk_key(&self) -> Key {
        Key::from_bits(self.key.0.load(Ordering::Relaxed))
    }

    /// Where thread caches get their arrays.
    pub(super) fn array_source(&self) -> ArraySource<'_> {
        ArraySource {
            tunables: &self.tunables,
            memory: &self.stacks,
            metadata: &self.metadata,
            os: &self.os,
            threads: self.threads.live(),
        }
    }

    /// A cache and an arena for a thread that calls for the first time; `None` without memory.
    pub(crate) fn start_thread(&self) -> Option<&'static Thread> {
        self.threads.note_start();
        if let Some(thread) = self.threads.take_spare() {
            return match self.arenas.join(self.backing()) {
                Some(arena) => {
                    thread.set_arena(arena);
                    Some(thread)
                }
                None => {
                    self.threads.keep_spare(thread);
                    None
                }
            };
        }
        let arena = self.arenas.join(self.backing())?;
        let thread = self.create_thread(arena);
        if thread.is_none() {
            self.arenas.leave(arena, self.backing());
        }
        thread
    }

    /// A new share. Apart, since it is made on the stack, as in `ArenaSet::create_if_allowed`.
    #[cold]
    #[inline(never)]
    fn create_thread(&self, arena: &'static Arena) -> Option<&'static Thread> {
        let memory = self.metadata.allocate(size_of::<Thread>(), align_of::<Thread>(), &self.os)?;
        let thread = Thread::create(memory.cast(), arena);
        self.threads.add(thread);
        Some(thread)
    }

    /// Empties and takes back the cache of a thread that ends; the reference is not used again.
    pub(crate) fn end_thread(&self, thread: &'static Thread) {
        self.flush(thread);
        thread.cache.reset(&self.stacks);
        self.arenas.leave(thread.arena(), self.backing());
        self.threads.keep_spare(thread);
    }

    /// The arena that serves a thread, or whoever has none.
    pub(super) fn arena_for(&self, thread: Option<&Thread>) -> Option<&'static Arena> {
        match thread {
            Some(thread) if !thread.arena().is_abandoned() => Some(thread.arena()),
            Some(thread) => {
                let arena = self.arenas.join(self.backing())?;
                thread.set_arena(arena);
                Some(arena)
            }
            None => match self.arenas.iter().find(|arena| !arena.is_abandoned()) {
                Some(arena) => Some(arena),
                None => self.arenas.join(self.backing()),
            },
        }
    }

    /// In the child of a fork, where only the calling thread exists: opens every lock, gives up what
    /// other threads were changing, and makes their arenas available.
    pub(crate) fn reset_in_child(&self, thread: Option<&Thread>) {
        self.metadata.reset_in_child();
        self.regions.reset_in_child(self.threads.were_several());
        self.mapped.reset_in_child();
        self.stacks.reset_in_child(thread.map(|thread| &thread.cache));
        self.threads.reset_in_child(thread);
        self.arenas.reset_in_child();
        if self.threads.were_several() && self.regions.are_in_files() {
            // What other threads did in an arena after its regions were copied is not in the copies.
            self.arenas.abandon_in_child();
        }
        if let Some(thread) = thread {
            ArenaSet::rejoin_in_child(thread.arena(), self.backing());
        }
    }

    /// Checks every structure of every arena; the text says which rule does not hold.
    pub(crate) fn verify(&self) -> Result<(), &'static str> {
        self.arenas.iter().try_for_each(|arena| arena.verify(self.backing()))
    }
}
