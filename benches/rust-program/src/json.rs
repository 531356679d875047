//! JSON: a tree of values, read from a text and written into one.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter, Write as _};

#[derive(Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Object(BTreeMap<String, Value>),
}

impl Value {
    /// `None` if it is not JSON, or if anything follows.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader { rest: text };
        let value = reader.value()?;
        reader.skip_space();
        reader.rest.is_empty().then_some(value)
    }

    /// Leaves out what is null, and writes the names of fields in small letters.
    pub(crate) fn tidy(&mut self) {
        match self {
            Self::List(items) => {
                items.retain(|item| *item != Self::Null);
                items.iter_mut().for_each(Self::tidy);
            }
            Self::Object(fields) => {
                let old = std::mem::take(fields);
                for (name, mut value) in old.into_iter().filter(|field| field.1 != Self::Null) {
                    value.tidy();
                    fields.insert(name.to_lowercase(), value);
                }
            }
            _ => {}
        }
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields.get(name),
            _ => None,
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Calls `visit` with all texts in it.
    pub(crate) fn walk_texts<'value>(&'value self, visit: &mut impl FnMut(&'value str)) {
        match self {
            Self::Text(text) => visit(text),
            Self::List(items) => items.iter().for_each(|item| item.walk_texts(visit)),
            Self::Object(fields) => fields.values().for_each(|value| value.walk_texts(visit)),
            _ => {}
        }
    }
}

impl Display for Value {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Number(number) => write!(out, "{number}"),
            Self::Text(text) => write_text(out, text),
            Self::List(items) => {
                out.write_char('[')?;
                for (at, item) in items.iter().enumerate() {
                    write!(out, "{}{item}", if at == 0 { "" } else { "," })?;
                }
                out.write_char(']')
            }
            Self::Object(fields) => {
                out.write_char('{')?;
                for (at, (name, value)) in fields.iter().enumerate() {
                    out.write_str(if at == 0 { "" } else { "," })?;
                    write_text(out, name)?;
                    write!(out, ":{value}")?;
                }
                out.write_char('}')
            }
        }
    }
}

fn write_text(out: &mut Formatter<'_>, text: &str) -> fmt::Result {
    out.write_char('"')?;
    for part in text.split_inclusive(['"', '\\', '\n']) {
        let plain = part.trim_end_matches(['"', '\\', '\n']);
        out.write_str(plain)?;
        match part.chars().next_back() {
            Some('\n') => out.write_str("\\n")?,
            Some(special @ ('"' | '\\')) => write!(out, "\\{special}")?,
            _ => {}
        }
    }
    out.write_char('"')
}

/// What is still to be read.
struct Reader<'text> {
    rest: &'text str,
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    /// Whether this comes next; then it is read.
    fn take(&mut self, word: &str) -> bool {
        self.skip_space();
        let after = self.rest.strip_prefix(word);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn value(&mut self) -> Option<Value> {
        self.skip_space();
        match self.rest.bytes().next()? {
            b'{' => self.object(),
            b'[' => self.list(),
            b'"' => self.text().map(Value::Text),
            b'n' => self.take("null").then_some(Value::Null),
            b't' => self.take("true").then_some(Value::Bool(true)),
            b'f' => self.take("false").then_some(Value::Bool(false)),
            _ => self.number(),
        }
    }

    fn object(&mut self) -> Option<Value> {
        let mut fields = BTreeMap::new();
        let mut is_open = self.take("{") && !self.take("}");
        while is_open {
            self.skip_space();
            let name = self.text()?;
            if !self.take(":") {
                return None;
            }
            fields.insert(name, self.value()?);
            is_open = self.take(",");
            if !is_open && !self.take("}") {
                return None;
            }
        }
        Some(Value::Object(fields))
    }

    fn list(&mut self) -> Option<Value> {
        let mut items = Vec::new();
        let mut is_open = self.take("[") && !self.take("]");
        while is_open {
            items.push(self.value()?);
            is_open = self.take(",");
            if !is_open && !self.take("]") {
                return None;
            }
        }
        Some(Value::List(items))
    }

    fn number(&mut self) -> Option<Value> {
        let is_part = |letter: char| letter.is_ascii_digit() || "+-.eE".contains(letter);
        let end = self.rest.find(|letter| !is_part(letter)).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        number.parse().ok().map(Value::Number)
    }

    fn text(&mut self) -> Option<String> {
        let mut text = String::new();
        self.rest = self.rest.strip_prefix('"')?;
        loop {
            let (plain, rest) = self.rest.split_at_checked(self.rest.find(['"', '\\'])?)?;
            text.push_str(plain);
            let mut letters = rest.chars();
            let is_end = letters.next() == Some('"');
            self.rest = letters.as_str();
            if is_end {
                return Some(text);
            }
            text.push(self.escaped()?);
        }
    }

    /// The character that follows a backslash.
    fn escaped(&mut self) -> Option<char> {
        let mut letters = self.rest.chars();
        let letter = letters.next()?;
        self.rest = letters.as_str();
        match letter {
            'n' => Some('\n'),
            't' => Some('\t'),
            'u' => {
                let (digits, rest) = self.rest.split_at_checked(4)?;
                self.rest = rest;
                char::from_u32(u32::from_str_radix(digits, 16).ok()?)
            }
            other => Some(other),
        }
    }
}
