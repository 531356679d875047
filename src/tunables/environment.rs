//! Settings in the environment: `MALLOC_*`, and `GLIBC_TUNABLES`, which wins where both say something.

use super::Tunables;

/// Applies a value; one that is out of range is ignored.
type Setter = fn(&Tunables, usize);

/// Name as a variable of its own, name in `GLIBC_TUNABLES`, and what it sets.
const SETTINGS: [(&[u8], &[u8], Setter); 6] = [
    (b"MALLOC_ARENA_MAX", b"glibc.malloc.arena_max", Tunables::set_arena_max),
    (b"MALLOC_ARENA_TEST", b"glibc.malloc.arena_test", Tunables::set_arena_test),
    (b"MALLOC_MMAP_MAX_", b"glibc.malloc.mmap_max", set_mmap_max),
    (b"MALLOC_MMAP_THRESHOLD_", b"glibc.malloc.mmap_threshold", Tunables::set_mmap_threshold),
    (b"MALLOC_TOP_PAD_", b"glibc.malloc.top_pad", Tunables::set_top_pad),
    (b"MALLOC_TRIM_THRESHOLD_", b"glibc.malloc.trim_threshold", Tunables::set_trim_threshold),
];

/// Applies the settings of an environment: an iterator over its variables, `NAME=value`. What is no
/// setting of ours, or has a bad value, is ignored.
pub(crate) fn apply_environment<'a>(
    tunables: &Tunables,
    variables: impl Iterator<Item = &'a [u8]> + Clone,
) {
    for (name, value) in variables.clone().filter_map(split_at_equals) {
        let setting = SETTINGS.iter().find(|(variable, _, _)| *variable == name);
        if let (Some((_, _, set)), Some(number)) = (setting, parse_number(value)) {
            set(tunables, number);
        }
    }
    for (_, list) in variables.filter_map(split_at_equals).filter(|(name, _)| is_list(name)) {
        apply_list(tunables, list);
    }
}

/// Applies `name=value:name=value`, all of it or, if it is malformed, nothing.
fn apply_list(tunables: &Tunables, list: &[u8]) {
    let entries = || list.split(|&byte| byte == b':').filter(|entry| !entry.is_empty());
    let is_malformed = |entry: &[u8]| entry.iter().filter(|&&byte| byte == b'=').count() != 1;
    if entries().any(is_malformed) {
        return;
    }
    for (name, value) in entries().filter_map(split_at_equals) {
        let setting = SETTINGS.iter().find(|(_, tunable, _)| *tunable == name);
        if let (Some((_, _, set)), Some(number)) = (setting, parse_number(value)) {
            set(tunables, number);
        }
    }
}

fn is_list(name: &[u8]) -> bool {
    name == b"GLIBC_TUNABLES"
}

/// The number of mmapped chunks is an `int` in glibc: negative or larger ones are out of range.
fn set_mmap_max(tunables: &Tunables, count: usize) {
    if i32::try_from(count).is_ok() {
        tunables.set_mmap_max(count);
    }
}

fn split_at_equals(variable: &[u8]) -> Option<(&[u8], &[u8])> {
    let position = variable.iter().position(|&byte| byte == b'=')?;
    Some((variable.get(..position)?, variable.get(position + 1..)?))
}

/// A whole number as C's `strtoul` reads it with base 0: white space, a sign (a negative number is that
/// many below 2⁶⁴), then decimal, `0x` hexadecimal or `0` octal digits, and nothing behind them.
fn parse_number(text: &[u8]) -> Option<usize> {
    let text = text.trim_ascii_start();
    let (is_negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (base, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
        _ => (10, text),
    };
    if digits.is_empty() {
        return None;
    }
    let number = digits.iter().try_fold(0_usize, |number, &digit| {
        let digit = char::from(digit).to_digit(base)?;
        number.checked_mul(base as usize)?.checked_add(digit as usize)
    })?;
    Some(if is_negative { number.wrapping_neg() } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(variables: &[&str]) -> Tunables {
        let tunables = Tunables::new();
        tunables.set_defaults();
        apply_environment(&tunables, variables.iter().map(|variable| variable.as_bytes()));
        tunables
    }

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        for (text, number) in [
            ("0", 0),
            ("12", 12),
            ("0x1f", 31),
            ("010", 8),
            (" +7", 7),
            ("-1", usize::MAX),
            ("18446744073709551615", usize::MAX),
        ] {
            assert_eq!(parse_number(text.as_bytes()), Some(number), "{text}");
        }
        for text in ["", "x", "0x", "12a", "-", "1 ", "99999999999999999999999"] {
            assert_eq!(parse_number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn variables_reach_their_setting_and_others_do_nothing() {
        assert!(apply(&["MALLOC_MMAP_THRESHOLD=5", "PATH=/bin", "MALLOC_TOP_PAD_"]).is_dynamic());
        let tunables = apply(&["MALLOC_TOP_PAD_=65536", "MALLOC_TRIM_THRESHOLD_=-1"]);
        assert_eq!((tunables.top_pad(), tunables.trim_threshold()), (65_536, usize::MAX));
        assert!(!tunables.is_dynamic());
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
        for list in ["glibc.malloc.top_pad=1:glibc.malloc.mmap_max", "glibc.malloc.top_pad=1=2"] {
            assert!(apply(&[&format!("GLIBC_TUNABLES={list}")]).is_dynamic(), "{list}");
        }
        let list = "GLIBC_TUNABLES=glibc.malloc.mmap_max=-1:glibc.malloc.top_pad=1";
        let tunables = apply(&[list]);
        assert_eq!((tunables.mmap_max(), tunables.top_pad()), (65_536, 1));
    }
}
