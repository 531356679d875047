//! Text that goes somewhere in pieces.

use crate::diag::{DIGITS, digits};

/// Bytes that are collected before they are passed on.
const BUFFER: usize = 512;

/// A writer of text and numbers; [`Self::flush`] ends it.
pub(super) struct Output<'a> {
    sink: &'a mut dyn FnMut(&[u8]),
    buffer: [u8; BUFFER],
    used: usize,
}

impl<'a> Output<'a> {
    /// Writes to `sink`.
    pub(super) fn new(sink: &'a mut dyn FnMut(&[u8])) -> Self {
        Self { sink, buffer: [0; BUFFER], used: 0 }
    }

    /// Passes on what was collected.
    pub(super) fn flush(&mut self) {
        let used = core::mem::replace(&mut self.used, 0);
        if used > 0 {
            (self.sink)(self.buffer.get(..used).unwrap_or(&[]));
        }
    }

    /// Writes `text`.
    pub(super) fn text(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.byte(byte));
    }

    /// Writes `number` in decimal.
    pub(super) fn number(&mut self, number: usize) {
        self.padded_number(number, 1);
    }

    /// Writes `number` in decimal, with blanks in front up to `width` places.
    pub(super) fn padded_number(&mut self, number: usize, width: usize) {
        let mut places = [0; DIGITS];
        let digits = digits::<10>(number, &mut places);
        (digits.len()..width).for_each(|_| self.byte(b' '));
        digits.iter().for_each(|&digit| self.byte(digit));
    }

    fn byte(&mut self, byte: u8) {
        if self.used == BUFFER {
            self.flush();
        }
        if let Some(place) = self.buffer.get_mut(self.used) {
            *place = byte;
            self.used += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_pieces_arrive_in_order() {
        let mut written = Vec::new();
        let mut sink = |bytes: &[u8]| written.extend_from_slice(bytes);
        let mut out = Output::new(&mut sink);
        for number in 0..1000 {
            out.number(number);
            out.text(",");
        }
        out.padded_number(7, 4);
        out.padded_number(12_345, 4);
        out.number(usize::MAX);
        out.flush();
        out.flush();
        let expected: String = (0..1000).map(|number| format!("{number},")).collect();
        let expected = expected + "   712345" + &usize::MAX.to_string();
        assert_eq!(written, expected.as_bytes());
    }
}
