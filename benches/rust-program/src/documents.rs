//! The text that the program reads: a document a line, the same in every run.

use std::fmt::Write as _;

/// xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32 % limit
    }
}

/// So many documents, some of them newer versions of earlier ones.
pub(crate) fn text(count: u32) -> String {
    let mut random = Random(1);
    let mut text = String::new();
    for number in 0..count {
        add_document(&mut text, number, &mut random);
        text.push('\n');
    }
    text
}

fn add_document(text: &mut String, number: u32, random: &mut Random) {
    let id = random.below(number + 1) / 3;
    let _ = write!(text, r#"{{"Id": "document {id}", "Version": {number}, "Title": "#);
    add_words(text, 2 + random.below(6), random);
    text.push_str(r#", "Obsolete": null, "Lines": ["#);
    for line in 0..random.below(12) {
        let separator = if line == 0 { "" } else { ", " };
        let (amount, cents) = (random.below(500), random.below(100));
        let _ =
            write!(text, r#"{separator}{{"Item": {line}, "Price": {amount}.{cents:02}, "Note": "#);
        add_words(text, random.below(20), random);
        let _ = write!(text, r#", "Sizes": [{amount}, {cents}, null, true]}}"#);
    }
    text.push_str(r#"], "Comment": "#);
    add_words(text, random.below(60), random);
    text.push('}');
}

/// A string of so many words, with what has to be escaped between some of them.
fn add_words(text: &mut String, count: u32, random: &mut Random) {
    const SYLLABLES: [&str; 12] =
        ["are", "ni", "te", "sand", "sto", "ne", "gra", "nu", "lar", "quar", "tz", "silt"];
    text.push('"');
    for _ in 0..count {
        for _ in 0..=random.below(3) {
            text.extend(SYLLABLES.get(random.below(12) as usize).copied());
        }
        text.push_str(if random.below(20) == 0 { r#"\n\"\u00e4\" "# } else { " " });
    }
    text.push('"');
}
