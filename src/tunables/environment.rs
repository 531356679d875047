//! Settings in the environment: `MALLOC_*`; `GLIBC_TUNABLES`, which wins over those; and
//! `ARENITE_OPTIONS`, which wins over both.

use super::Tunables;
use super::number::parse_number;
use super::settings::{SETTINGS, WORDS};

/// What is wrong with an entry of `ARENITE_OPTIONS`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Complaint<'a> {
    /// There is no such key.
    UnknownKey(&'a [u8]),
    /// The key's value is missing, no number, or out of range.
    BadValue(&'a [u8]),
}

/// Applies the settings of an environment: an iterator over its variables, `NAME=value`. What is no
/// setting, or has a bad value, is ignored; `complain` hears of it if it is in `ARENITE_OPTIONS`.
pub(crate) fn apply_environment<'a>(
    tunables: &Tunables,
    variables: impl Iterator<Item = &'a [u8]> + Clone,
    complain: impl Fn(Complaint<'a>),
) {
    let values = |wanted: &'static [u8]| {
        let variables = variables.clone().filter_map(split_at_equals);
        variables.filter(move |(name, _)| *name == wanted).map(|(_, value)| value)
    };
    // Hardly any process has one of them.
    if !variables.clone().any(is_setting) || values(b"GLIBC_TUNABLES").any(asks_for_security) {
        return;
    }
    for setting in SETTINGS.iter().filter(|setting| !setting.variable.is_empty()) {
        // The last one counts, even if its value does not.
        if let Some(number) = values(setting.variable).last().and_then(parse_number) {
            setting.apply(tunables, number);
        }
    }
    values(b"GLIBC_TUNABLES").for_each(|list| apply_tunables(tunables, list));
    values(b"ARENITE_OPTIONS").for_each(|list| apply_options(tunables, list, &complain));
}

/// Whether a variable may be one of those that are looked at.
fn is_setting(variable: &[u8]) -> bool {
    [b"MALLOC_".as_slice(), b"GLIBC_TUNABLES", b"ARENITE_OPTIONS"]
        .iter()
        .any(|name| variable.starts_with(name))
}

/// The first letters of all variables that [`apply_environment`] looks at.
pub(crate) const FIRST_LETTERS: &[u8] = b"MGA";

/// The entries of a `GLIBC_TUNABLES`, `name=value`. An entry without `=` is skipped; if it is the last one,
/// or an entry has two, the list is void.
fn tunables_of(list: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> + Clone {
    let entries = || list.split(|&byte| byte == b':');
    let equals = |entry: &[u8]| entry.iter().filter(|&&byte| byte == b'=').count();
    let is_void = entries().any(|entry| equals(entry) > 1)
        || entries().next_back().is_none_or(|entry| equals(entry) == 0);
    entries().filter(move |_| !is_void).filter_map(split_at_equals)
}

/// The value of the last entry with this name, which counts even if its value does not.
fn last_value<'a>(list: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    tunables_of(list).filter(|(name, _)| *name == wanted).last().map(|(_, value)| value)
}

/// Whether the program is to be treated as one with more rights than its user.
fn asks_for_security(list: &[u8]) -> bool {
    last_value(list, b"glibc.rtld.enable_secure").and_then(parse_number) == Some(1)
}

fn apply_tunables(tunables: &Tunables, list: &[u8]) {
    for setting in SETTINGS.iter().filter(|setting| !setting.tunable.is_empty()) {
        if let Some(number) = last_value(list, setting.tunable).and_then(parse_number) {
            setting.apply(tunables, number);
        }
    }
}

/// Applies `key=value:key=value`, each entry for itself.
fn apply_options<'a>(tunables: &Tunables, list: &'a [u8], complain: &impl Fn(Complaint<'a>)) {
    let entries = || list.split(|&byte| byte == b':').filter(|entry| !entry.is_empty());
    let pairs = || entries().map(|entry| split_at_equals(entry).unwrap_or((entry, b"")));
    for word in &WORDS {
        // The last one counts, and is set once.
        let value = pairs().rfind(|(key, _)| *key == word.key);
        if value.is_some_and(|(_, value)| !(word.set)(tunables, value)) {
            complain(Complaint::BadValue(word.key));
        }
    }
    let is_word = |key: &[u8]| WORDS.iter().any(|word| word.key == key);
    for (key, value) in pairs().filter(|(key, _)| !is_word(key)) {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
            complain(Complaint::UnknownKey(key));
            continue;
        };
        if !setting.parse(value).is_some_and(|number| setting.apply(tunables, number)) {
            complain(Complaint::BadValue(key));
        }
    }
}

fn split_at_equals(variable: &[u8]) -> Option<(&[u8], &[u8])> {
    let position = variable.iter().position(|&byte| byte == b'=')?;
    Some((variable.get(..position)?, variable.get(position + 1..)?))
}

#[cfg(test)]
mod tests {
    use core::cell::RefCell;

    use super::*;
    use crate::tunables::SoftLimit;

    fn apply(variables: &[&str]) -> Tunables {
        let (tunables, complaints) = apply_with_complaints(variables);
        assert_eq!(complaints, [""; 0]);
        tunables
    }

    fn apply_with_complaints(variables: &[&str]) -> (Tunables, Vec<String>) {
        let tunables = Tunables::new();
        tunables.set_defaults();
        let complaints = RefCell::new(Vec::new());
        apply_environment(&tunables, variables.iter().map(|variable| variable.as_bytes()), |c| {
            complaints.borrow_mut().push(match c {
                Complaint::UnknownKey(key) => format!("key {}", key.escape_ascii()),
                Complaint::BadValue(key) => format!("value {}", key.escape_ascii()),
            });
        });
        (tunables, complaints.into_inner())
    }

    #[test]
    fn the_names_of_all_settings_begin_with_the_first_letters() {
        for setting in SETTINGS.iter().filter(|setting| !setting.variable.is_empty()) {
            assert!(is_setting(setting.variable) && FIRST_LETTERS.contains(&setting.variable[0]));
        }
    }

    #[test]
    fn variables_reach_their_setting_and_others_do_nothing() {
        assert!(
            apply(&["MALLOC_MMAP_THRESHOLD=5", "PATH=/bin", "MALLOC_TOP_PAD_", "=7"]).is_dynamic()
        );
        let tunables = apply(&["MALLOC_TOP_PAD_=65536", "MALLOC_TRIM_THRESHOLD_=-1"]);
        assert_eq!((tunables.top_pad(), tunables.trim_threshold()), (65_536, usize::MAX));
        assert!(!tunables.is_dynamic());
        assert_eq!(apply(&["MALLOC_PERTURB_=255"]).perturb(), Some(255));
        assert_eq!(apply(&["MALLOC_PERTURB_=256"]).perturb(), None);
        assert_eq!(apply(&["MALLOC_CHECK_=3"]).tcache_limit(16), Some(0));
        assert_eq!(apply(&["MALLOC_CHECK_=4"]).tcache_limit(16), None);
    }

    #[test]
    fn the_list_wins_over_variables_and_its_last_entry_over_the_others() {
        let list = "GLIBC_TUNABLES=glibc.malloc.top_pad=1:x.y=2:glibc.malloc.top_pad=0x10";
        for variables in [[list, "MALLOC_TOP_PAD_=5"], ["MALLOC_TOP_PAD_=5", list]] {
            assert_eq!(apply(&variables).top_pad(), 16);
        }
    }

    #[test]
    fn a_malformed_list_is_ignored_whole_and_a_bad_value_alone() {
        for list in [
            "glibc.malloc.top_pad=1:glibc.malloc.mmap_max",
            "glibc.malloc.top_pad=1=2",
            "glibc.malloc.top_pad=1:",
            "",
        ] {
            assert!(apply(&[&format!("GLIBC_TUNABLES={list}")]).is_dynamic(), "{list}");
        }
        let list = "GLIBC_TUNABLES=glibc.malloc.mmap_max=-1:glibc.malloc.top_pad=1";
        let tunables = apply(&[list]);
        assert_eq!((tunables.mmap_max(), tunables.top_pad()), (65_536, 1));
        assert_eq!(
            apply(&["GLIBC_TUNABLES=glibc.malloc.perturb::glibc.malloc.top_pad=3"]).top_pad(),
            3
        );
    }

    #[test]
    fn the_last_of_several_counts_even_if_it_is_bad() {
        assert!(apply(&["MALLOC_TOP_PAD_=3", "MALLOC_TOP_PAD_=x"]).is_dynamic());
        let list = "GLIBC_TUNABLES=glibc.malloc.top_pad=3:glibc.malloc.top_pad=x";
        assert!(apply(&[list]).is_dynamic());
        assert_eq!(apply(&["MALLOC_TOP_PAD_="]).top_pad(), 0);
    }

    #[test]
    fn a_program_asked_to_be_secure_obeys_nothing() {
        let list = "GLIBC_TUNABLES=glibc.rtld.enable_secure=1:glibc.malloc.top_pad=1";
        let variables = [list, "MALLOC_TRIM_THRESHOLD_=5", "ARENITE_OPTIONS=mmap_max=1:nonsense"];
        assert!(apply(&variables).is_dynamic());
        assert!(
            !apply(&["GLIBC_TUNABLES=glibc.rtld.enable_secure=0", "MALLOC_TOP_PAD_=1"])
                .is_dynamic()
        );
    }

    #[test]
    fn the_limits_of_the_thread_cache() {
        let list = "GLIBC_TUNABLES=glibc.malloc.tcache_count=40:glibc.malloc.tcache_max=512";
        let tunables = apply(&[list]);
        assert_eq!([512, 513].map(|size| tunables.tcache_limit(size)), [Some(40), Some(0)]);
        assert_eq!(apply(&[]).tcache_limit(1 << 20), None);
    }

    #[test]
    fn words_are_options_whose_last_value_counts() {
        let tunables = apply(&["ARENITE_OPTIONS=file_dir=/a:file_fork=none:file_dir=/b c"]);
        assert_eq!(tunables.file_directory(), Some(c"/b c"));
        assert!(!tunables.copies_files() && tunables.region_directory().is_none());
        let tunables = apply(&["ARENITE_OPTIONS=file_regions=1:file_dir=/a"]);
        assert_eq!(tunables.region_directory(), Some(c"/a"));
        assert!(tunables.copies_files());
        let options = "ARENITE_OPTIONS=file_dir=tmp:file_fork=all:file_fork=:file_regions=2";
        let (tunables, complaints) = apply_with_complaints(&[options]);
        assert!(tunables.file_directory().is_none() && tunables.copies_files());
        assert_eq!(complaints, ["value file_dir", "value file_fork", "value file_regions"]);
    }

    #[test]
    fn options_win_and_what_is_wrong_with_them_is_told() {
        let options =
            "ARENITE_OPTIONS=top_pad=64k:nonsense=1:mmap_max=-1::perturb:arena_max=0:check=1";
        let variables = [options, "MALLOC_TOP_PAD_=5", "GLIBC_TUNABLES=glibc.malloc.top_pad=6"];
        let (tunables, complaints) = apply_with_complaints(&variables);
        assert_eq!((tunables.top_pad(), tunables.mmap_max()), (65_536, 65_536));
        assert_eq!(tunables.tcache_limit(16), Some(0));
        let expected = ["key nonsense", "value mmap_max", "value perturb", "value arena_max"];
        assert_eq!(complaints, expected);
    }

    #[test]
    fn limits_are_bytes_or_the_groups_and_have_no_tunable() {
        let tunables = apply(&["ARENITE_OPTIONS=hard_limit=2g:soft_limit=0x10m"]);
        assert_eq!(tunables.hard_limit(), 2 << 30);
        assert_eq!(tunables.soft_limit(), SoftLimit::Bytes(16 << 20));
        let tunables = apply(&["ARENITE_OPTIONS=soft_limit=cgroup"]);
        assert_eq!((tunables.soft_limit(), tunables.hard_limit()), (SoftLimit::Group, 0));
        let list = "ARENITE_OPTIONS=hard_limit=cgroup:soft_limit=cgroups:top_pad=cgroup";
        let (_, complaints) = apply_with_complaints(&[list]);
        assert_eq!(complaints, ["value hard_limit", "value soft_limit", "value top_pad"]);
        assert_eq!(apply(&["GLIBC_TUNABLES==5"]).hard_limit(), 0);
    }
}
