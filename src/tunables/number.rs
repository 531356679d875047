//! Numbers as users write them.

/// A whole number as glibc's loader reads it: white space, a sign (a negative number is that many below
/// 2⁶⁴), then decimal, `0x` hexadecimal or `0` octal digits, and nothing behind them. Without digits it is 0.
pub(super) fn parse_number(text: &[u8]) -> Option<usize> {
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
    let number = digits.iter().try_fold(0_usize, |number, &digit| {
        let digit = char::from(digit).to_digit(base)?;
        number.checked_mul(base as usize)?.checked_add(digit as usize)
    })?;
    Some(if is_negative { number.wrapping_neg() } else { number })
}

/// The same with a digit at least and an optional factor behind it: `k`, `m` or `g` for 2¹⁰, 2²⁰ or 2³⁰.
pub(super) fn parse_size(text: &[u8]) -> Option<usize> {
    if !text.iter().any(u8::is_ascii_digit) {
        return None;
    }
    let (digits, shift) = match text {
        [digits @ .., b'k' | b'K'] => (digits, 10),
        [digits @ .., b'm' | b'M'] => (digits, 20),
        [digits @ .., b'g' | b'G'] => (digits, 30),
        _ => (text, 0),
    };
    parse_number(digits)?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_the_loader_reads_them() {
        for (text, number) in [
            ("0", 0),
            ("12", 12),
            ("0x1f", 31),
            ("010", 8),
            (" +7", 7),
            ("-1", usize::MAX),
            ("", 0),
            ("0x", 0),
            ("-", 0),
            ("18446744073709551615", usize::MAX),
        ] {
            assert_eq!(parse_number(text.as_bytes()), Some(number), "{text}");
        }
        for text in ["x", "12a", "1 ", "--1", "99999999999999999999999"] {
            assert_eq!(parse_number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn sizes_may_have_a_factor() {
        for (text, number) in [("4k", 4096), ("0x10M", 16 << 20), ("1g", 1 << 30), ("7", 7)] {
            assert_eq!(parse_size(text.as_bytes()), Some(number), "{text}");
        }
        for text in ["k", "1kk", "1.5m", "17179869184g"] {
            assert_eq!(parse_size(text.as_bytes()), None, "{text}");
        }
    }
}
