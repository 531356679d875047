//! Objects that a thread's cache gives back and that belong to other arenas than the thread's own.
//!
//! They are put aside under the own arena's lock, and go home when that is open again: a thread holds one
//! arena's lock at a time.

use super::arena::{arena_of, slab_at};
use super::backing::Backing;
use crate::size_class::SmallClass;

/// How many objects are put aside at a time.
const MOST: usize = 64;

/// Objects of one class.
pub(super) struct Foreign {
    objects: [usize; MOST],
    count: usize,
}

impl Foreign {
    /// None.
    pub(super) const fn new() -> Self {
        Self { objects: [0; MOST], count: 0 }
    }

    /// Puts one aside; false if there is no room.
    pub(super) fn push(&mut self, object: usize) -> bool {
        let Some(place) = self.objects.get_mut(self.count) else { return false };
        *place = object;
        self.count += 1;
        true
    }

    /// Frees them, each owner's in one go: under the owner's lock if that is open, else through its queue. True if hardly
    /// anything lives any more in the arena of one.
    pub(super) fn send_home(&mut self, class: SmallClass, backing: Backing<'_>) -> bool {
        let mut is_deserted = false;
        let mut rest = self.objects.get_mut(..self.count).unwrap_or_default();
        while let Some(&first) = rest.first() {
            let owner = slab_at(first, backing).owner();
            // Objects of this owner first, the others behind them.
            let mut mine = 0;
            for index in 0..rest.len() {
                let Some(&object) = rest.get(index) else { break };
                if slab_at(object, backing).owner() == owner {
                    exchange(rest, mine, index);
                    mine += 1;
                }
            }
            let Some((of_owner, others)) = rest.split_at_mut_checked(mine) else { break };
            is_deserted |= arena_of(owner).free_remote_objects(class, of_owner, backing);
            rest = others;
        }
        self.count = 0;
        is_deserted
    }
}

/// As `slice::swap`, without a way to panic.
fn exchange(objects: &mut [usize], a: usize, b: usize) {
    if let (Some(&first), Some(&second)) = (objects.get(a), objects.get(b)) {
        objects.get_mut(a).into_iter().for_each(|place| *place = second);
        objects.get_mut(b).into_iter().for_each(|place| *place = first);
    }
}
