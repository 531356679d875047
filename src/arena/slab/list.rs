//! Lists of slabs of one class and one arena.
#![expect(unsafe_code, reason = "links are pointers to descriptors")]

use core::ptr::{from_ref, null_mut};

use super::Slab;
use crate::sync::Ordering;

/// A doubly linked list of descriptors, empty when all zeros; each is in at most one. Guarded by: the arena's lock.
pub(crate) struct SlabList {
    first: Option<&'static Slab>,
    count: usize,
}

impl SlabList {
    /// The first slab.
    pub(crate) fn first(&self) -> Option<&'static Slab> {
        self.first
    }

    /// Number of slabs.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Puts a slab that is in no list in front.
    pub(crate) fn push(&mut self, slab: &'static Slab) {
        let next = self.first.map_or(null_mut(), |first| from_ref(first).cast_mut());
        slab.next.store(next, Ordering::Relaxed);
        slab.previous.store(null_mut(), Ordering::Relaxed);
        if let Some(first) = self.first {
            first.previous.store(from_ref(slab).cast_mut(), Ordering::Relaxed);
        }
        self.first = Some(slab);
        self.count += 1;
    }

    /// Takes out a slab of this list.
    pub(crate) fn remove(&mut self, slab: &'static Slab) {
        let (next, previous) = (following(slab), preceding(slab));
        match previous {
            Some(previous) => previous.next.store(pointer(next), Ordering::Relaxed),
            None => self.first = next,
        }
        if let Some(next) = next {
            next.previous.store(pointer(previous), Ordering::Relaxed);
        }
        self.count -= 1;
    }

    /// Takes out the first slab.
    pub(crate) fn pop(&mut self) -> Option<&'static Slab> {
        let first = self.first?;
        self.remove(first);
        Some(first)
    }

    /// The slab behind one of a list.
    pub(crate) fn after(slab: &'static Slab) -> Option<&'static Slab> {
        following(slab)
    }

    /// All slabs, first to last.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static Slab> {
        core::iter::successors(self.first, |slab| following(slab))
    }
}

fn pointer(slab: Option<&'static Slab>) -> *mut Slab {
    slab.map_or(null_mut(), |slab| from_ref(slab).cast_mut())
}

fn following(slab: &'static Slab) -> Option<&'static Slab> {
    let next = slab.next.load(Ordering::Relaxed);
    // SAFETY: a link is null or was made from a `&'static Slab`.
    unsafe { next.as_ref() }
}

fn preceding(slab: &'static Slab) -> Option<&'static Slab> {
    let previous = slab.previous.load(Ordering::Relaxed);
    // SAFETY: as in `following`.
    unsafe { previous.as_ref() }
}
