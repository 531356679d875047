//! What the program keeps: the newest version of each document, and which documents have a word.

use std::collections::{BTreeMap, BTreeSet};

use crate::json::Value;

/// A document on its way into the store.
pub(crate) struct Entry {
    id: String,
    version: f64,
    text: String,
    words: Vec<String>,
}

impl Entry {
    /// `None` if the document has no id or version; `text` is the document as it was written.
    pub(crate) fn of(document: &Value, text: String) -> Option<Self> {
        let mut words = Vec::new();
        document.walk_texts(&mut |text| words.extend(text.split_whitespace().map(str::to_owned)));
        words.sort_unstable();
        words.dedup();
        let id = document.field("id")?.as_text()?.to_owned();
        let version = document.field("version")?.as_number()?;
        Some(Self { id, version, text, words })
    }
}

#[derive(Default)]
pub(crate) struct Store {
    documents: BTreeMap<String, Entry>,
    /// The ids of the documents that have a word.
    index: BTreeMap<String, BTreeSet<String>>,
}

impl Store {
    /// The newest version stays, in whichever order they come.
    pub(crate) fn insert(&mut self, entry: Entry) {
        if let Some(known) = self.documents.remove(&entry.id) {
            if known.version > entry.version {
                self.documents.insert(known.id.clone(), known);
                return;
            }
            self.forget_words(&known);
        }
        for word in &entry.words {
            self.index.entry(word.clone()).or_default().insert(entry.id.clone());
        }
        self.documents.insert(entry.id.clone(), entry);
    }

    fn forget_words(&mut self, entry: &Entry) {
        for word in &entry.words {
            let Some(ids) = self.index.get_mut(word) else { continue };
            ids.remove(&entry.id);
            if ids.is_empty() {
                self.index.remove(word);
            }
        }
    }

    /// How much there is, and a sum of all of it in order.
    pub(crate) fn summary(&self) -> String {
        let texts = self.documents.values().map(|entry| &entry.text);
        let index = self.index.iter().flat_map(|(word, ids)| [word].into_iter().chain(ids));
        let sum = texts.chain(index).flat_map(|text| text.bytes()).fold(0, add_to_sum);
        let (documents, words) = (self.documents.len(), self.index.len());
        format!("{documents} documents, {words} words, sum {sum:016x}")
    }
}

/// FNV-1a.
fn add_to_sum(sum: u64, byte: u8) -> u64 {
    (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}
