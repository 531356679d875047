//! An arena: its lock, and the queues through which other arenas' threads free into it.

use super::backing::Backing;
use super::chunk::{CHUNK_OVERHEAD, Chunk, Key, Kind, MIN_CHUNK, State, USER_OFFSET};
use super::deserted::Population;
use super::foreign::Foreign;
use super::purge::Released;
use super::remote::RemoteChunks;
use super::slab::{RemoteStack, Slab};
use super::state::{ArenaState, refuse};
use super::totals::{Details, Totals};
use super::walk::{Batch, Cursor};
use crate::diag::{Misuse, fatal};
use crate::os::Lock;
use crate::size_class::{ClassByte, SmallClass};
use crate::sync::counts::{self, Line, LockKind};
use crate::sync::{AtomicBool, AtomicU32, Ordering};
use crate::units::{ALIGNMENT, checked_align_up};

/// Chunks and slabs behind one lock.
#[repr(align(128))]
pub(crate) struct Arena {
    lock: Lock<ArenaState>,
    /// In the child of a fork: another thread held the lock, so the state may be half changed, and
    /// nobody may enter any more.
    is_abandoned: AtomicBool,
    /// Threads that allocate from it.
    threads: AtomicU32,
    remote_slabs: RemoteStack,
    remote_chunks: RemoteChunks,
}

/// What is due after a thread has freed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Due {
    /// A look at how much lives in its own arena ([`Arena::look`]).
    pub(crate) look: bool,
    /// That it gives its cache back: hardly anything lives in another's arena, of which it may hold blocks.
    pub(crate) flush: bool,
}

/// Objects of one other arena in a row that are freed there at once.
const ROW_MIN: usize = 8;

impl Arena {
    /// Becomes an arena without memory, to live at this address for ever; `self` was all zeros.
    pub(super) fn start(&mut self, key: Key) {
        let address = self.address();
        self.lock.set_kind(LockKind::Arena);
        self.remote_chunks.start();
        self.lock.lock().start(address, key);
    }

    /// Number of threads that allocate from it.
    pub(crate) fn threads(&self) -> u32 {
        self.threads.load(Ordering::Relaxed)
    }

    /// Counts one more thread.
    pub(super) fn join(&self) {
        counts::written(Line::Counter, &self.threads);
        self.threads.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts one thread less.
    pub(super) fn leave(&self) {
        counts::written(Line::Counter, &self.threads);
        self.threads.fetch_sub(1, Ordering::Relaxed);
    }

    /// Tells the state whether threads allocate from the arena; if none does any more, the arena gives
    /// its free memory back. Comes after each `join` and `leave`.
    pub(super) fn note_threads(&self, backing: Backing<'_>) {
        self.enter(backing, |state| {
            // Read under the lock, so that the last call leaves the truth.
            let is_idle = self.threads() == 0;
            if state.set_idle(is_idle) && is_idle {
                state.release_if_much(backing);
                self.release_descriptors(state, backing);
            }
        });
    }

    /// Whether nobody may enter.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.is_abandoned.load(Ordering::Relaxed)
    }

    /// Fills `out` from its end backwards with objects of a class; returns how many it got.
    pub(crate) fn take_objects(
        &self,
        class: SmallClass,
        out: &mut [usize],
        backing: Backing<'_>,
    ) -> usize {
        let take = |state: &mut ArenaState| {
            let taken = state.take_objects(class, out, backing);
            if state.descriptors.is_look_due() {
                self.release_descriptors(state, backing);
            }
            taken
        };
        self.enter(backing, take).unwrap_or(0)
    }

    /// A chunk for a request of `request` bytes; its memory from the second value on is zero.
    pub(crate) fn allocate(
        &self,
        request: usize,
        growth: Growth,
        backing: Backing<'_>,
    ) -> Option<(Chunk, usize)> {
        let size = chunk_size(request)?;
        let allocated = self.enter(backing, |state| match growth {
            Growth::Allowed => state.allocate(size, backing),
            Growth::Forbidden => state.allocate_without_growing(size, backing),
        })??;
        Some((allocated.chunk, allocated.zero_from))
    }

    /// The same, and up to `others.len()` chunks more of that size for later, if memory for them need not be taken from
    /// where it is free already; the last value says how many.
    pub(crate) fn allocate_several(
        &self,
        request: usize,
        others: &mut [usize],
        backing: Backing<'_>,
    ) -> Option<(Chunk, usize, usize)> {
        let size = chunk_size(request)?;
        let (allocated, count) =
            self.enter(backing, |state| state.allocate_several(size, others, backing))??;
        Some((allocated.chunk, allocated.zero_from, count))
    }

    /// A chunk for `request` bytes whose user data is aligned to `alignment`, a power of two.
    pub(crate) fn allocate_aligned(
        &self,
        request: usize,
        alignment: usize,
        backing: Backing<'_>,
    ) -> Option<Chunk> {
        let size = chunk_size(request)?;
        self.enter(backing, |state| state.allocate_aligned(size, alignment, backing))?
    }

    /// Frees a chunk of this arena, now or when the holder of the lock is done. Returns whether a look is due
    /// ([`Self::look`]).
    pub(crate) fn free(&self, chunk: Chunk, backing: Backing<'_>) -> bool {
        let free = |state: &mut ArenaState| {
            state.free(chunk, backing);
            state.is_look_due(backing)
        };
        if let Some(is_look_due) = self.try_enter(backing, free) {
            return is_look_due;
        }
        if self.is_abandoned() {
            return false;
        }
        if self.remote_chunks.push(chunk.user_address()) {
            self.collect_what_is_left(backing);
            return false;
        }
        self.enter(backing, free).unwrap_or(false)
    }

    /// How much lives in the arena (`None` if it is abandoned) if `cached` bytes of it are in a thread cache that will be emptied.
    pub(crate) fn look(&self, cached: usize, backing: Backing<'_>) -> Option<Population> {
        self.enter(backing, |state| state.look(cached, backing))
    }

    /// Gives back some of what such an arena has.
    pub(crate) fn release_deserted(&self, backing: Backing<'_>) {
        self.enter(backing, |state| {
            if state.release_deserted(backing) {
                self.release_descriptors(state, backing);
            }
        });
    }

    /// Resizes a chunk of this arena in place so that it holds `request` bytes.
    pub(crate) fn resize(&self, chunk: Chunk, request: usize, backing: Backing<'_>) -> bool {
        let Some(size) = chunk_size(request) else { return false };
        self.enter(backing, |state| state.resize(chunk, size, backing)).unwrap_or(false)
    }

    /// Frees small objects of one class and any arenas; `self` is the calling thread's own. Returns what is
    /// due now.
    pub(crate) fn free_objects(
        &self,
        class: SmallClass,
        objects: &[usize],
        backing: Backing<'_>,
    ) -> Due {
        let mut rest = objects;
        let mut due = Due::default();
        let mut foreign = Foreign::new();
        while let Some(&first) = rest.first() {
            // What one thread frees for another comes in long rows: no need for the own lock then, nor to sort.
            let owner = slab_at(first, backing).owner();
            if owner != self.address() {
                let is_owner = |&&object: &&usize| slab_at(object, backing).owner() == owner;
                let row = rest.iter().take_while(is_owner).count();
                if row >= ROW_MIN || row == rest.len() {
                    let (row, others) = rest.split_at_checked(row).unwrap_or((rest, &[]));
                    due.flush |= arena_of(owner).free_remote_objects(class, row, backing);
                    rest = others;
                    continue;
                }
            }
            let done = self.enter(backing, |state| {
                let done = state.put_objects(class, rest, &mut foreign, backing);
                due.look = state.is_look_due(backing);
                done
            });
            // What is freed in an abandoned arena is lost.
            rest = done.and_then(|done| rest.get(done..)).unwrap_or_default();
            due.flush |= foreign.send_home(class, backing);
        }
        due
    }

    /// The same for objects that all belong to this arena, which is another thread's; true if hardly anything lives in
    /// it any more.
    pub(super) fn free_remote_objects(
        &self,
        class: SmallClass,
        objects: &[usize],
        backing: Backing<'_>,
    ) -> bool {
        let done = self.try_enter(backing, |state| {
            state.put_objects(class, objects, &mut Foreign::new(), backing);
            let is_released = state.look_for_others(backing);
            if is_released {
                self.release_descriptors(state, backing);
            }
            is_released
        });
        if done.is_none() {
            self.queue_objects(class, objects, backing);
        }
        done.unwrap_or(false)
    }

    fn queue_objects(&self, class: SmallClass, objects: &[usize], backing: Backing<'_>) {
        self.remote_slabs.begin_pushing();
        for &object in objects {
            let slab = slab_of_class(object, class, backing);
            let queued =
                slab.index_of(object).and_then(|index| slab.put_remote(index, &self.remote_slabs));
            if let Err(error) = queued {
                refuse(error, object);
            }
        }
        self.remote_slabs.end_pushing();
        self.collect_what_is_left(backing);
    }

    /// Gives the memory of descriptors back that describe nothing, unless another thread is about to queue a slab.
    fn release_descriptors(&self, state: &mut ArenaState, backing: Backing<'_>) {
        // In this order: collecting closes slabs, too, and a thread may be about to queue such a one again that began
        // after an earlier look.
        self.collect(state, backing);
        if self.remote_slabs.is_nobody_pushing() {
            state.release_descriptors(backing);
        }
    }

    /// Gives back all that can be given back.
    pub(crate) fn release_all(&self, pad: usize, backing: Backing<'_>) -> Released {
        let release = |state: &mut ArenaState| {
            let released = state.release_all(pad, backing);
            self.release_descriptors(state, backing);
            released
        };
        self.enter(backing, release).unwrap_or_default()
    }

    /// All that the arena ever gave back without being asked to, in bytes.
    pub(crate) fn given_back_bytes(&self, backing: Backing<'_>) -> usize {
        self.enter(backing, |state| state.given_back_bytes).unwrap_or_default()
    }

    /// The counts at one moment; `None` if the arena is abandoned.
    pub(crate) fn totals(&self, backing: Backing<'_>) -> Option<Totals> {
        self.enter(backing, |state| state.totals(backing))
    }

    /// The same and what they are made of; all zeros if the arena is abandoned.
    pub(crate) fn details(&self, details: &mut Details, backing: Backing<'_>) {
        if self.enter(backing, |state| state.details(details, backing)).is_none() {
            details.clear();
        }
    }

    /// The bytes of those of the blocks that `list` passes on which are chunks of this arena in use, whatever
    /// addresses these are.
    pub(crate) fn sum_chunks(
        &self,
        backing: Backing<'_>,
        list: impl FnOnce(&mut dyn FnMut(usize)),
    ) -> usize {
        let mut sum = 0;
        self.enter(backing, |_| {
            list(&mut |block| {
                let Some(address) = block.checked_sub(USER_OFFSET) else { return };
                let is_here = backing.map.entry_at(address) == (ClassByte::CHUNK, self.address());
                if !is_here || !block.is_multiple_of(ALIGNMENT) {
                    return;
                }
                // The unit is this arena's and stays so while the lock is held.
                let header = chunk_of(block).header(backing.key);
                if (header.state, header.kind) == (State::InUse, Kind::Plain) {
                    sum += header.size;
                }
            });
        });
        sum
    }

    /// Copies what lies behind the cursor; false at the end, or if the arena is abandoned.
    pub(crate) fn walk(
        &self,
        cursor: &mut Cursor,
        batch: &mut Batch,
        backing: Backing<'_>,
    ) -> bool {
        self.enter(backing, |state| state.walk(cursor, batch, backing)).unwrap_or(false)
    }

    /// Checks every structure of the arena; the text says what is wrong.
    pub(crate) fn verify(&self, backing: Backing<'_>) -> Result<(), &'static str> {
        self.enter(backing, |state| state.verify(backing)).unwrap_or(Ok(()))
    }

    /// In the child of a fork, where only the calling thread exists: abandons the arena if somebody
    /// was in it. What lives in it can be used, but what is freed there is lost.
    pub(super) fn reset_in_child(&self) {
        if self.lock.is_locked() {
            self.is_abandoned.store(true, Ordering::Relaxed);
        }
        self.remote_chunks.reset_in_child();
        // Arenas of threads that are gone count as idle from their next thread's end on.
        self.threads.store(0, Ordering::Relaxed);
    }

    /// In the child of a fork: abandons the arena, as if somebody had been in it.
    pub(super) fn abandon_in_child(&self) {
        core::mem::forget(self.lock.try_lock());
        self.is_abandoned.store(true, Ordering::Relaxed);
    }

    fn address(&self) -> usize {
        core::ptr::from_ref(self).expose_provenance()
    }

    /// Runs `action` under the lock; `None` if the arena is abandoned.
    fn enter<R>(
        &self,
        backing: Backing<'_>,
        action: impl FnOnce(&mut ArenaState) -> R,
    ) -> Option<R> {
        let mut state = self.lock.lock_unless(&self.is_abandoned)?;
        self.collect(&mut state, backing);
        let result = action(&mut state);
        drop(state);
        self.collect_what_is_left(backing);
        Some(result)
    }

    /// Runs `action` if the lock is open.
    fn try_enter<R>(
        &self,
        backing: Backing<'_>,
        action: impl FnOnce(&mut ArenaState) -> R,
    ) -> Option<R> {
        let mut state = self.lock.try_lock()?;
        self.collect(&mut state, backing);
        let result = action(&mut state);
        drop(state);
        self.collect_what_is_left(backing);
        Some(result)
    }

    /// Whoever queues tries the lock afterwards, and whoever opens the lock looks at the queues
    /// afterwards, so that nothing is left lying there by an arena that nobody enters again.
    fn collect_what_is_left(&self, backing: Backing<'_>) {
        // All four accesses are SeqCst (opening, queueing, and the looks at either), so that not both
        // threads can look before the other has acted.
        while !(self.remote_slabs.is_empty() && self.remote_chunks.is_empty()) {
            let Some(mut state) = self.lock.try_lock() else { return };
            self.collect(&mut state, backing);
            drop(state);
        }
    }

    #[inline]
    fn collect(&self, state: &mut ArenaState, backing: Backing<'_>) {
        if !(self.remote_slabs.is_empty() && self.remote_chunks.is_empty()) {
            self.collect_queued(state, backing);
        }
    }

    #[inline(never)]
    fn collect_queued(&self, state: &mut ArenaState, backing: Backing<'_>) {
        self.remote_slabs.drain(|slab| state.collect_slab(slab, backing));
        if !self.remote_chunks.is_empty() {
            self.remote_chunks.drain(|block| state.free(chunk_of(block), backing));
        }
        let _ = state.look_for_others(backing);
    }
}

/// Whether an arena may ask the system for memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Growth {
    /// If nothing that it has fits.
    Allowed,
    /// Not for this request.
    Forbidden,
}

/// The slab whose unit holds `object`, which ends the process if there is none (any more).
pub(crate) fn slab_at(object: usize, backing: Backing<'_>) -> &'static Slab {
    let (class, owner) = backing.map.entry_at(object);
    match class.small() {
        Some(_) => slab_of_owner(owner),
        None if class == ClassByte::CHUNK => fatal(Misuse::DoubleFree, object),
        None => fatal(Misuse::FreeInvalidPointer, object),
    }
}

/// The same, of a slab of this class: in another nothing of it can be in use.
#[inline(always)]
pub(super) fn slab_of_class(
    object: usize,
    class: SmallClass,
    backing: Backing<'_>,
) -> &'static Slab {
    let (found, owner) = backing.map.entry_at(object);
    if found != class.class_byte() {
        slab_at(object, backing);
        fatal(Misuse::DoubleFree, object);
    }
    slab_of_owner(owner)
}

/// Size of a chunk that holds `request` bytes; `None` on overflow.
pub(crate) fn chunk_size(request: usize) -> Option<usize> {
    Some(checked_align_up(request.checked_add(CHUNK_OVERHEAD)?, ALIGNMENT)?.max(MIN_CHUNK))
}

mod raw {
    //! From addresses of the unit map to what lies there.
    #![expect(unsafe_code, reason = "the unit map holds addresses")]

    use super::{Arena, Chunk, Slab};
    use crate::arena::chunk::USER_OFFSET;

    /// The arena whose address the map or a descriptor holds.
    pub(crate) fn arena_of(owner: usize) -> &'static Arena {
        // SAFETY: owners of chunk units and of slabs are addresses of arenas, which live for ever.
        unsafe { &*core::ptr::with_exposed_provenance(owner) }
    }

    /// The slab whose address the map holds for a unit of a small class.
    pub(crate) fn slab_of_owner(owner: usize) -> &'static Slab {
        // SAFETY: the caller read a small class byte beside it.
        unsafe { Slab::from_owner(owner) }
    }

    /// The chunk of a block that was queued as one of this arena, or of what may be one in a unit of it.
    pub(super) fn chunk_of(block: usize) -> Chunk {
        // SAFETY: only addresses of chunks are queued, and chunks stay mapped while they are; so do units of
        // the arena while its lock is held. The address is aligned.
        unsafe { Chunk::at(block - USER_OFFSET) }
    }
}

use raw::chunk_of;
pub(crate) use raw::{arena_of, slab_of_owner};
