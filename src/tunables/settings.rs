//! The one table of settings that the environment can change.

use super::number::parse_size;
use super::{LIMIT_OF_GROUP, Tunables};

/// A setting.
pub(super) struct Setting {
    /// Its variable, if it has one; else empty, as is the name of one that glibc has not.
    pub(super) variable: &'static [u8],
    /// Its name in `ARENITE_OPTIONS`.
    pub(super) key: &'static [u8],
    /// Its name in `GLIBC_TUNABLES`, if it has one there.
    pub(super) tunable: &'static [u8],
    least: usize,
    most: usize,
    set: fn(&Tunables, usize),
}

impl Setting {
    /// The value that `text` in `ARENITE_OPTIONS` means.
    pub(super) fn parse(&self, text: &[u8]) -> Option<usize> {
        if self.key == b"soft_limit" && text == b"cgroup" {
            return Some(LIMIT_OF_GROUP);
        }
        let is_word = |&value: &usize| self.key == b"soft_limit" && value == LIMIT_OF_GROUP;
        parse_size(text).filter(|value| !is_word(value))
    }

    /// Sets a value; false if it is out of range.
    pub(super) fn apply(&self, tunables: &Tunables, value: usize) -> bool {
        let is_in_range = (self.least..=self.most).contains(&value);
        if is_in_range {
            (self.set)(tunables, value);
        }
        is_in_range
    }
}

/// What glibc counts in an `int`.
const INT_MAX: usize = i32::MAX as usize;

/// All settings, ranges as in glibc 2.43.
pub(super) const SETTINGS: [Setting; 17] = [
    Setting {
        variable: b"MALLOC_ARENA_MAX",
        key: b"arena_max",
        tunable: b"glibc.malloc.arena_max",
        least: 1,
        most: usize::MAX,
        set: Tunables::set_arena_max,
    },
    Setting {
        variable: b"MALLOC_ARENA_TEST",
        key: b"arena_test",
        tunable: b"glibc.malloc.arena_test",
        least: 1,
        most: usize::MAX,
        set: Tunables::set_arena_test,
    },
    Setting {
        variable: b"MALLOC_MMAP_MAX_",
        key: b"mmap_max",
        tunable: b"glibc.malloc.mmap_max",
        least: 0,
        most: INT_MAX,
        set: Tunables::set_mmap_max,
    },
    Setting {
        variable: b"MALLOC_MMAP_THRESHOLD_",
        key: b"mmap_threshold",
        tunable: b"glibc.malloc.mmap_threshold",
        least: 0,
        most: usize::MAX,
        set: Tunables::set_mmap_threshold,
    },
    Setting {
        variable: b"MALLOC_TOP_PAD_",
        key: b"top_pad",
        tunable: b"glibc.malloc.top_pad",
        least: 0,
        most: usize::MAX,
        set: Tunables::set_top_pad,
    },
    Setting {
        variable: b"MALLOC_TRIM_THRESHOLD_",
        key: b"trim_threshold",
        tunable: b"glibc.malloc.trim_threshold",
        least: 0,
        most: usize::MAX,
        set: Tunables::set_trim_threshold,
    },
    Setting {
        variable: b"MALLOC_PERTURB_",
        key: b"perturb",
        tunable: b"glibc.malloc.perturb",
        least: 0,
        most: 255,
        set: Tunables::set_perturb,
    },
    Setting {
        variable: b"MALLOC_CHECK_",
        key: b"check",
        tunable: b"glibc.malloc.check",
        least: 0,
        most: 3,
        set: Tunables::set_checked,
    },
    Setting {
        variable: b"",
        key: b"tcache_count",
        tunable: b"glibc.malloc.tcache_count",
        least: 0,
        most: 65_535,
        set: Tunables::set_tcache_count,
    },
    Setting {
        variable: b"",
        key: b"tcache_max",
        tunable: b"glibc.malloc.tcache_max",
        least: 0,
        most: 4 * 1024 * 1024,
        set: Tunables::set_tcache_max,
    },
    Setting {
        variable: b"",
        key: b"tcache_unsorted_limit",
        tunable: b"glibc.malloc.tcache_unsorted_limit",
        least: 0,
        most: usize::MAX,
        set: ignore,
    },
    Setting {
        variable: b"",
        key: b"mxfast",
        tunable: b"glibc.malloc.mxfast",
        least: 0,
        most: usize::MAX,
        set: ignore,
    },
    Setting {
        variable: b"",
        key: b"hugetlb",
        tunable: b"glibc.malloc.hugetlb",
        least: 0,
        most: usize::MAX,
        set: Tunables::set_huge_pages,
    },
    Setting {
        variable: b"",
        key: b"decorate_maps",
        tunable: b"glibc.mem.decorate_maps",
        least: 0,
        most: 1,
        set: Tunables::set_names_mappings,
    },
    Setting {
        variable: b"",
        key: b"file_regions",
        tunable: b"",
        least: 0,
        most: 1,
        set: Tunables::set_file_regions,
    },
    Setting {
        variable: b"",
        key: b"hard_limit",
        tunable: b"",
        least: 0,
        most: usize::MAX,
        set: Tunables::set_hard_limit,
    },
    Setting {
        variable: b"",
        key: b"soft_limit",
        tunable: b"",
        least: 0,
        most: usize::MAX,
        set: Tunables::set_soft_limit,
    },
];

/// A setting of `ARENITE_OPTIONS` that is no number.
pub(super) struct Word {
    pub(super) key: &'static [u8],
    /// Sets it; false if the value is none of it.
    pub(super) set: fn(&Tunables, &[u8]) -> bool,
}

/// All of them.
pub(super) const WORDS: [Word; 2] = [
    Word { key: b"file_dir", set: Tunables::set_file_directory },
    Word { key: b"file_fork", set: Tunables::set_file_fork },
];

/// There are neither unsorted chunks nor fastbins (which glibc, too, has not any more).
fn ignore(_: &Tunables, _: usize) {}
