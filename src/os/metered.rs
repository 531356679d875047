//! A system that counts what is taken of it, and gives no more than the limits allow.
//!
//! All memory of the heap comes through here, so that the count holds whoever takes it, for whatever. What is
//! mapped to find an aligned address in it counts until the rest is unmapped. Without limits nothing is counted.

use core::ffi::CStr;

use super::{FileSystem, System};
use crate::limits::Limits;

/// The system and the limits.
pub(crate) struct Metered<S> {
    system: S,
    limits: Limits,
}

impl<S: System> Metered<S> {
    /// Without limits.
    pub(crate) const fn new(system: S) -> Self {
        Self { system, limits: Limits::new() }
    }

    /// As [`System::limits`].
    pub(crate) const fn own_limits(&self) -> &Limits {
        &self.limits
    }

    /// Takes `bytes` by `call`, if the limits allow it. Apart, so that what is not counted costs nothing.
    #[cold]
    #[inline(never)]
    fn take<R>(&self, bytes: usize, call: impl FnOnce(&S) -> Option<R>) -> Option<R> {
        if !self.limits.take(bytes) {
            return None;
        }
        let taken = call(&self.system);
        if taken.is_none() {
            self.limits.give(bytes);
        }
        taken
    }

    /// Gives `bytes` back by `call`.
    #[cold]
    #[inline(never)]
    fn give<R>(&self, bytes: usize, call: impl FnOnce(&S) -> Option<R>) -> Option<R> {
        let given = call(&self.system);
        if given.is_some() {
            self.limits.give(bytes);
        }
        given
    }
}

impl<S: System> System for Metered<S> {
    fn page_size(&self) -> usize {
        self.system.page_size()
    }

    fn current_break(&self) -> usize {
        self.system.current_break()
    }

    fn move_break(&self, delta: isize) -> Option<usize> {
        if !self.limits.is_any() {
            return self.system.move_break(delta);
        }
        let call = |system: &S| system.move_break(delta);
        let bytes = delta.unsigned_abs();
        if delta > 0 { self.take(bytes, call) } else { self.give(bytes, call) }
    }

    fn map(&self, size: usize) -> Option<usize> {
        if !self.limits.is_any() {
            return self.system.map(size);
        }
        self.take(size, |system| system.map(size))
    }

    fn unmap(&self, address: usize, size: usize) -> bool {
        if !self.limits.is_any() {
            return self.system.unmap(address, size);
        }
        self.give(size, |system| system.unmap(address, size).then_some(())).is_some()
    }

    fn map_huge(&self, size: usize, page: usize) -> Option<usize> {
        if !self.limits.is_any() {
            return self.system.map_huge(size, page);
        }
        self.take(size, |system| system.map_huge(size, page))
    }

    fn advise_huge(&self, address: usize, size: usize) {
        self.system.advise_huge(address, size);
    }

    fn avoid_huge(&self, address: usize, size: usize) {
        self.system.avoid_huge(address, size);
    }

    fn name_mapping(&self, address: usize, size: usize, name: &'static CStr) {
        self.system.name_mapping(address, size, name);
    }

    fn now_ms(&self) -> u64 {
        self.system.now_ms()
    }

    #[inline]
    fn remap(&self, address: usize, old_size: usize, new_size: usize) -> Option<usize> {
        if !self.limits.is_any() {
            return self.system.remap(address, old_size, new_size);
        }
        let call = |system: &S| system.remap(address, old_size, new_size);
        match new_size.checked_sub(old_size) {
            Some(more) => self.take(more, call),
            None => self.give(old_size - new_size, call),
        }
    }

    fn discard(&self, address: usize, size: usize) -> bool {
        self.system.discard(address, size)
    }

    fn limits(&self) -> Option<&Limits> {
        Some(&self.limits)
    }

    fn note_break_lost(&self, bytes: usize) {
        if self.limits.is_any() {
            self.limits.give(bytes);
        }
    }

    fn usable_cpus(&self) -> usize {
        self.system.usable_cpus()
    }
}

/// Copies of files on their way into the child of a fork do not count: they take the place of what they are copies
/// of, or are dropped at once.
impl<S: System> FileSystem for Metered<S> {
    fn reserve(&self, size: usize) -> Option<usize> {
        if !self.limits.is_any() {
            return self.system.reserve(size);
        }
        self.take(size, |system| system.reserve(size))
    }

    fn map_file(&self, directory: &CStr, size: usize, place: Option<usize>) -> Option<usize> {
        // What was reserved counts already.
        if place.is_some() || !self.limits.is_any() {
            return self.system.map_file(directory, size, place);
        }
        self.take(size, |system| system.map_file(directory, size, place))
    }

    fn copy_to_file(&self, directory: &CStr, address: usize, size: usize) -> Option<usize> {
        self.system.copy_to_file(directory, address, size)
    }

    fn drop_copy(&self, copy: usize, size: usize) -> bool {
        self.system.drop_copy(copy, size)
    }

    fn move_mapping(&self, from: usize, size: usize, to: usize) -> bool {
        self.system.move_mapping(from, size, to)
    }

    fn withhold(&self, address: usize, size: usize) -> bool {
        self.system.withhold(address, size)
    }

    fn punch(&self, address: usize, size: usize) -> bool {
        self.system.punch(address, size)
    }

    fn never_discard(&self, address: usize, size: usize) {
        self.system.never_discard(address, size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::testing::TestSystem;

    #[test]
    fn every_way_to_take_memory_is_counted_and_limited() {
        let os = Metered::new(TestSystem::leaked());
        os.own_limits().set(100_000, 0, 0);
        let mapping = os.map(40_960).unwrap();
        assert!(os.map(61_440).is_none());
        assert!(os.move_break(60_000).is_none());
        os.move_break(50_000).unwrap();
        assert_eq!(os.own_limits().taken(), 90_960);
        assert!(os.remap(mapping, 40_960, 53_248).is_none());
        os.move_break(-50_000).unwrap();
        let mapping = os.remap(mapping, 40_960, 53_248).unwrap();
        assert_eq!(os.own_limits().taken(), 53_248);
        let mapping = os.remap(mapping, 53_248, 8192).unwrap();
        assert!(os.unmap(mapping, 4096));
        assert_eq!(os.own_limits().taken(), 4096);
        os.note_break_lost(96);
        assert_eq!(os.own_limits().taken(), 4000);
    }

    #[test]
    fn what_the_system_refuses_is_not_counted() {
        let system = TestSystem::leaked();
        let os = Metered::new(system);
        os.own_limits().set(usize::MAX, 0, 0);
        let mapping = os.map(8192).unwrap();
        system.fail_maps(true);
        system.fail_unmaps(true);
        assert!(os.map(4096).is_none() && !os.unmap(mapping, 8192));
        assert!(os.remap(mapping, 8192, 12288).is_none() && os.map_huge(8192, 4096).is_none());
        assert_eq!(os.own_limits().taken(), 8192);
    }
}
