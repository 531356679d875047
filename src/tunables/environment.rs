//! `MALLOC_*` variables of the environment.

use super::Tunables;

/// Applies one variable, `NAME=value`; what is no setting of ours, or has a bad value, is ignored.
pub(crate) fn apply_environment(tunables: &Tunables, variable: &[u8]) {
    let Some(position) = variable.iter().position(|&byte| byte == b'=') else { return };
    let (name, value) = variable.split_at(position);
    let Some(value) = value.get(1..).and_then(parse_number) else { return };
    match name {
        b"MALLOC_ARENA_MAX" => tunables.set_arena_max(value),
        b"MALLOC_ARENA_TEST" => tunables.set_arena_test(value),
        b"MALLOC_MMAP_MAX_" => tunables.set_mmap_max(value),
        b"MALLOC_MMAP_THRESHOLD_" => tunables.set_mmap_threshold(value),
        b"MALLOC_TOP_PAD_" => tunables.set_top_pad(value),
        b"MALLOC_TRIM_THRESHOLD_" => tunables.set_trim_threshold(value),
        _ => {}
    }
}

/// A whole number in C's notation: decimal, `0x` hexadecimal, `0` octal.
fn parse_number(text: &[u8]) -> Option<usize> {
    let (base, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
        _ => (10, text),
    };
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_usize, |number, &digit| {
        let digit = char::from(digit).to_digit(base)?;
        number.checked_mul(base as usize)?.checked_add(digit as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        for (text, number) in
            [("0", Some(0)), ("12", Some(12)), ("0x1f", Some(31)), ("010", Some(8))]
        {
            assert_eq!(parse_number(text.as_bytes()), number, "{text}");
        }
        for text in ["", "x", "0x", "12a", "-1", "1 ", "99999999999999999999999"] {
            assert_eq!(parse_number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn variables_reach_their_setting_and_others_do_nothing() {
        let tunables = Tunables::new();
        tunables.set_defaults();
        apply_environment(&tunables, b"MALLOC_MMAP_THRESHOLD=5");
        apply_environment(&tunables, b"PATH=/bin");
        apply_environment(&tunables, b"MALLOC_TOP_PAD_");
        assert!(tunables.is_dynamic());
        apply_environment(&tunables, b"MALLOC_TOP_PAD_=65536");
        assert_eq!(tunables.top_pad(), 65_536);
        assert!(!tunables.is_dynamic());
    }
}
