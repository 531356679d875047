//! What one run of a scenario did, and how it differs from the other run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// All that a run did: named pieces of bytes.
#[derive(Default)]
pub struct Transcript {
    /// What each piece is, and its bytes.
    pub entries: BTreeMap<String, Vec<u8>>,
}

impl Transcript {
    /// A description of what differs; empty when nothing does.
    pub fn differences(&self, other: &Self) -> String {
        let keys: BTreeSet<&String> = self.entries.keys().chain(other.entries.keys()).collect();
        let mut text = String::new();
        for key in keys {
            let (plain, preloaded) = (self.entries.get(key), other.entries.get(key));
            if plain != preloaded {
                let (plain, preloaded) = (describe(plain), describe(preloaded));
                let _ = write!(text, "{key}\n  without: {plain}\n  with:    {preloaded}\n");
            }
        }
        text
    }
}

fn describe(bytes: Option<&Vec<u8>>) -> String {
    bytes.map_or_else(|| "missing".to_owned(), |b| format!("{} bytes: {}", b.len(), tail(b)))
}

/// The end of an output, short enough for a message.
pub fn tail(bytes: &[u8]) -> String {
    let start = bytes.len().saturating_sub(1500);
    String::from_utf8_lossy(bytes.get(start..).unwrap_or_default()).trim_end().to_owned()
}

/// Adds every file below `folder` to the transcript.
pub fn collect_files(
    root: &Path,
    folder: &Path,
    volatile: &[&str],
    transcript: &mut Transcript,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        if volatile.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() && !path.is_symlink() {
            collect_files(root, &path, volatile, transcript)?;
        } else if path.is_file() {
            transcript.entries.insert(format!("file: {name}"), fs::read(&path)?);
        }
    }
    Ok(())
}
