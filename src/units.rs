//! Units and alignments that every layer shares.
//!
//! A *unit* is the 64 KiB granule of the unit map: a slab is exactly one unit, a region a whole
//! number of them.

/// Bytes in a unit, as a power of two.
pub(crate) const UNIT_SHIFT: u32 = 16;
/// Bytes in a unit: the size and the alignment of a slab, and the granule of the unit map.
pub(crate) const UNIT: usize = 1 << UNIT_SHIFT;
/// Alignment in bytes of every block that the allocator hands out.
pub(crate) const ALIGNMENT: usize = 16;
/// Bytes in a cache line.
pub(crate) const CACHE_LINE: usize = 64;
/// The largest request in bytes: larger ones fail with `ENOMEM`.
pub(crate) const REQUEST_MAX: usize = isize::MAX as usize;

/// Rounds `value` up to a multiple of `alignment`, a power of two; `None` on overflow.
pub(crate) const fn checked_align_up(value: usize, alignment: usize) -> Option<usize> {
    match value.checked_add(alignment - 1) {
        Some(sum) => Some(sum & !(alignment - 1)),
        None => None,
    }
}

/// Rounds `value` up to a multiple of `alignment`, a power of two.
///
/// The caller knows that the sum does not overflow.
pub(crate) const fn align_up(value: usize, alignment: usize) -> usize {
    value.wrapping_add(alignment - 1) & !(alignment - 1)
}

/// Rounds `value` down to a multiple of `alignment`, a power of two.
pub(crate) const fn align_down(value: usize, alignment: usize) -> usize {
    value & !(alignment - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_to_the_next_multiple() {
        assert_eq!(align_up(1, 16), 16);
        assert_eq!(align_up(16, 16), 16);
        assert_eq!(align_down(31, 16), 16);
        assert_eq!(checked_align_up(usize::MAX - 3, 16), None);
    }
}
