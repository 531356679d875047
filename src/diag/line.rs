//! A line of text on the stack.

/// At most [`Line::CAPACITY`] bytes of text; what does not fit is cut off.
pub(crate) struct Line {
    bytes: [u8; Self::CAPACITY],
    length: usize,
}

impl Line {
    /// Longest line in bytes.
    pub(crate) const CAPACITY: usize = 160;

    /// An empty line.
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; Self::CAPACITY], length: 0 }
    }

    /// Appends `text`.
    pub(crate) fn push_text(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.push_byte(byte));
    }

    /// Appends up to half a line of foreign text, with `?` for what is not printable ASCII.
    pub(crate) fn push_printable(&mut self, text: &[u8]) {
        for &byte in text.iter().take(Self::CAPACITY / 2) {
            self.push_byte(if byte == b' ' || byte.is_ascii_graphic() { byte } else { b'?' });
        }
    }

    /// Appends `0x` and `value` in hexadecimal.
    pub(crate) fn push_hex(&mut self, value: usize) {
        self.push_text("0x");
        let mut places = [0; DIGITS];
        digits::<16>(value, &mut places).iter().for_each(|&digit| self.push_byte(digit));
    }

    /// The text so far.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }

    fn push_byte(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }
}

/// Places for the digits of any number.
pub(crate) const DIGITS: usize = 20;

/// The digits of `value` in a base from 10 to 16.
pub(crate) fn digits<const BASE: usize>(value: usize, places: &mut [u8; DIGITS]) -> &[u8] {
    let (mut rest, mut count) = (value, 0);
    for place in places.iter_mut().rev() {
        *place = b"0123456789abcdef".get(rest % BASE).copied().unwrap_or(b'?');
        rest /= BASE;
        count += 1;
        if rest == 0 {
            break;
        }
    }
    places.get(DIGITS - count..).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_full() {
        let mut line = Line::new();
        line.push_hex(0);
        line.push_text(" ");
        line.push_hex(usize::MAX);
        assert_eq!(line.as_bytes(), b"0x0 0xffffffffffffffff");
    }

    #[test]
    fn a_long_line_is_cut() {
        let mut line = Line::new();
        (0..100).for_each(|_| line.push_text("abc"));
        assert_eq!(line.as_bytes().len(), Line::CAPACITY);
    }
}
