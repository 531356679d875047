//! The rules of the source tree that the compiler does not check: which layer may use which, where
//! `unsafe` and atomics may appear, and how long a file may be.

#![allow(
    clippy::std_instead_of_core,
    clippy::panic,
    reason = "a test program: it has std, and fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the outside in. A module may use its own layer and those further down; the layers
/// of one row, the leaves, may use each other.
const LAYERS: [&[&str]; 13] = [
    &["export"],
    &["abi"],
    &["process"],
    &["report"],
    &["heap"],
    &["tcache"],
    &["arena"],
    &["arena::slab"],
    &["arena::chunk"],
    &["unitmap"],
    // A leaf but for one thing: it writes its line and aborts through `os`.
    &["diag"],
    &["os"],
    &["size_class", "units", "limits", "tunables", "stats", "harden", "sync"],
];

/// The layer that re-exports the atomics.
const ATOMICS: &str = "sync";

const MAX_LINES: usize = 600;

#[test]
fn a_module_uses_only_layers_below_its_own() {
    let mut wrong = Vec::new();
    for file in source_files() {
        if file.is_test || file.module.is_empty() {
            continue;
        }
        let Some(own) = rank(&file.module) else {
            wrong.push(format!("{}: layer not in the table of tests/layering.rs", file.name));
            continue;
        };
        for used in file.uses() {
            let top = used.split("::").next().unwrap_or_default();
            if is_module(top) && rank(&used).is_none_or(|used| used < own) {
                wrong.push(format!("{}: uses crate::{used}", file.name));
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "against the order of layers:\n{}", wrong.join("\n"));
}

#[test]
fn unsafe_appears_only_in_files_that_open_with_the_reason() {
    let mut wrong = Vec::new();
    for file in source_files() {
        let has_reason = file.opens_with_reason_for_unsafe();
        let is_root = file.name.ends_with("mod.rs") || file.name.ends_with("lib.rs");
        if has_reason && is_root {
            wrong.push(format!("{}: a module root must not contain unsafe code", file.name));
        }
        if !has_reason && file.words().any(|word| word == "unsafe") {
            wrong.push(format!("{}: unsafe without #![expect(unsafe_code, reason)]", file.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn atomics_come_from_sync_alone() {
    let wrong: Vec<String> = source_files()
        .into_iter()
        .filter(|file| !file.is_test && file.module.split("::").next() != Some(ATOMICS))
        .filter(|file| file.dense().contains("sync::atomic"))
        .map(|file| file.name)
        .collect();
    assert!(wrong.is_empty(), "atomics imported outside {ATOMICS}: {wrong:?}");
}

#[test]
fn no_file_is_too_long() {
    let wrong: Vec<String> = source_files()
        .into_iter()
        .filter(|file| file.lines > MAX_LINES)
        .map(|file| format!("{}: {} lines", file.name, file.lines))
        .collect();
    assert!(wrong.is_empty(), "more than {MAX_LINES} lines:\n{}", wrong.join("\n"));
}

#[test]
fn this_test_reads_paths_comments_and_strings_correctly() {
    let file = SourceFile::new(
        "arena/slab/bitmap.rs",
        r##"
        //! unsafe in a comment /* and */ "a string
        use crate::{os::{self, Os}, heap::Heap, sync};
        use super::super::set::Set; use super::object;
        pub(in crate::arena) fn f<'a>(c: char) -> &'a str { /* unsafe /* nested */ unsafe */
            let _ = ('"', '\'', b'"', "unsafe \" unsafe", r#"unsafe " "#, crate::units::Unit);
            r#match
        }
        #[cfg(test)]
        mod tests { use crate::export::x; fn g() { { } } }
        fn after() { crate :: diag :: fatal() }
        "##,
        false,
    );
    let uses = file.uses();
    for path in [
        "os::self",
        "os::Os",
        "heap::Heap",
        "sync",
        "arena::set::Set",
        "units::Unit",
        "diag::fatal",
    ] {
        assert!(uses.iter().any(|used| used == path), "{path} not found in {uses:?}");
    }
    assert!(!uses.iter().any(|used| used.starts_with("export")), "test code counted: {uses:?}");
    assert!(!file.words().any(|word| word == "unsafe"), "{}", file.code);
    assert_eq!(rank("arena::slab::bitmap"), rank("arena::slab"));
    assert!(rank("arena::chunk") > rank("arena::slab") && rank("arena::slab") > rank("arena::set"));
}

/// The row of a module in the table; the longest name that fits counts.
fn rank(module: &str) -> Option<usize> {
    let fits = |name: &&&str| {
        module.strip_prefix(**name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    LAYERS
        .iter()
        .enumerate()
        .filter_map(|(row, names)| Some((names.iter().find(fits)?.len(), row)))
        .max()
        .map(|(_, row)| row)
}

/// Whether a name that follows `crate::` is a module of the source tree.
fn is_module(name: &str) -> bool {
    source_root().join(name).is_dir() || source_root().join(format!("{name}.rs")).is_file()
}

/// One file below `src`.
struct SourceFile {
    /// Its path below `src`.
    name: String,
    /// Its module path, without `crate`.
    module: String,
    /// Its text without comments, and with the contents of literals removed.
    code: String,
    /// Its length.
    lines: usize,
    /// Whether it is compiled for tests alone.
    is_test: bool,
}

impl SourceFile {
    fn new(name: &str, text: &str, is_test: bool) -> Self {
        let module = name.trim_end_matches(".rs").replace('/', "::");
        let module = module.trim_end_matches("::mod").trim_end_matches("lib").to_owned();
        let lines = text.lines().count();
        Self { name: name.to_owned(), module, code: strip(text), lines, is_test }
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.code.split(|c: char| !c.is_alphanumeric() && c != '_')
    }

    /// The code without white space.
    fn dense(&self) -> String {
        self.code.split_whitespace().collect()
    }

    fn opens_with_reason_for_unsafe(&self) -> bool {
        let dense = self.dense();
        dense.split("#![expect(").skip(1).any(|rest| {
            let attribute = rest.split(")]").next().unwrap_or_default();
            attribute.split(',').any(|word| word == "unsafe_code") && attribute.contains("reason=")
        })
    }

    /// Every path of another module that the code outside tests names, from the crate's root.
    fn uses(&self) -> Vec<String> {
        let code = without_test_modules(&self.code);
        let tokens = tokens(&code);
        let mut found = Vec::new();
        for start in 0..tokens.len() {
            let before = start.checked_sub(1).and_then(|at| tokens.get(at));
            let is_first = before.is_none_or(|token| token != "::")
                && tokens.get(start + 1).is_some_and(|token| token == "::");
            let Some(base) = tokens.get(start).and_then(|token| self.base_of(token)) else {
                continue;
            };
            // `pub(crate)` and `pub(in crate::a)` name no use.
            if is_first && before.is_none_or(|token| token != "in") {
                paths(&tokens, start + 1, &base, &mut found);
            }
        }
        found
    }

    /// What `crate` and `super` stand for in this file; inline modules outside tests are not used.
    fn base_of(&self, token: &str) -> Option<String> {
        match token {
            "crate" => Some(String::new()),
            "super" => {
                Some(self.module.rsplit_once("::").map_or("", |(parent, _)| parent).to_owned())
            }
            _ => None,
        }
    }
}

/// Follows a path from the token after its first segment, through groups; returns where it ends.
fn paths(tokens: &[String], start: usize, base: &str, found: &mut Vec<String>) -> usize {
    let mut at = start;
    let mut path = base.to_owned();
    while tokens.get(at).is_some_and(|token| token == "::") {
        at += 1;
        match tokens.get(at).map(String::as_str) {
            Some("{") => return group(tokens, at + 1, &path, found),
            Some("super") => {
                path = path.rsplit_once("::").map_or("", |(parent, _)| parent).to_owned();
            }
            Some(segment) => path = join(&path, segment),
            None => break,
        }
        at += 1;
    }
    found.push(path);
    at
}

/// Reads the alternatives of `{a, b::c, d::{e}}` after the opening brace.
fn group(tokens: &[String], start: usize, base: &str, found: &mut Vec<String>) -> usize {
    let mut at = start;
    while let Some(token) = tokens.get(at) {
        match token.as_str() {
            "}" => return at + 1,
            "," => at += 1,
            "as" => at += 2,
            segment => at = paths(tokens, at + 1, &join(base, segment), found),
        }
    }
    at
}

fn join(path: &str, segment: &str) -> String {
    if path.is_empty() { segment.to_owned() } else { format!("{path}::{segment}") }
}

/// Splits code into words, `::` and single other characters.
fn tokens(code: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut in_word = false;
    let mut pending_colon = false;
    for c in code.chars() {
        let is_word = c.is_alphanumeric() || c == '_';
        match tokens.last_mut() {
            Some(last) if is_word && in_word => last.push(c),
            Some(last) if c == ':' && pending_colon => last.push(c),
            _ if c.is_whitespace() => {}
            _ => tokens.push(c.to_string()),
        }
        pending_colon = c == ':' && !pending_colon;
        in_word = is_word;
    }
    tokens
}

/// The code without `#[cfg(test)] mod name { … }`.
fn without_test_modules(code: &str) -> String {
    let mut rest = code;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once("#[cfg(test)]") {
        kept.push_str(before);
        let body = after.find(['{', ';']).unwrap_or(after.len());
        let (head, tail) = after.split_at(body);
        let is_inline_module = tail.starts_with('{') && head.split_whitespace().any(|w| w == "mod");
        rest = if is_inline_module { after_block(tail) } else { after };
    }
    kept + rest
}

/// What follows the block that `text` opens with.
fn after_block(text: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return text.get(at + 1..).unwrap_or_default();
        }
    }
    ""
}

/// Removes comments, and what is between the quotes of strings and characters.
fn strip(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let is_in_word = code.ends_with(|last: char| last.is_alphanumeric() || last == '_');
        let skipped = literal_or_comment(rest, is_in_word);
        let taken = skipped.unwrap_or(c.len_utf8());
        let (head, tail) = rest.split_at_checked(taken).unwrap_or((rest, ""));
        code.push_str(if skipped.is_some() { " " } else { head });
        rest = tail;
    }
    code
}

/// The length of the comment or literal that `text` starts with.
fn literal_or_comment(text: &str, is_in_word: bool) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(block_comment(text));
    }
    if text.starts_with('"') {
        return Some(quoted(text, '"'));
    }
    if text.starts_with('\'') {
        // A character, or else a lifetime.
        let mut after = text.chars().skip(1);
        let is_character = after.next() == Some('\\') || after.next() == Some('\'');
        return is_character.then(|| quoted(text, '\''));
    }
    let raw =
        text.strip_prefix("br").or_else(|| text.strip_prefix("cr")).or(text.strip_prefix('r'))?;
    let hashes = raw.len() - raw.trim_start_matches('#').len();
    if is_in_word || !raw.trim_start_matches('#').starts_with('"') {
        return None;
    }
    let open = text.len() - raw.len() + hashes + 1;
    let close = format!("\"{}", "#".repeat(hashes));
    let length = text.get(open..)?.find(&close)?;
    Some(open + length + close.len())
}

fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !is_escaped {
            return at + 1;
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    text.len()
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn source_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn source_files() -> Vec<SourceFile> {
    let mut files = Vec::new();
    collect(&source_root(), false, &mut files);
    assert!(!files.is_empty(), "no source files found");
    files.sort_by(|left, right| left.name.cmp(&right.name));
    files
}

/// Adds the files of a folder, and notes which of them its `mod.rs` (or `lib.rs`) has for tests only.
fn collect(folder: &Path, is_test: bool, files: &mut Vec<SourceFile>) {
    let root = ["mod.rs", "lib.rs"].map(|name| fs::read_to_string(folder.join(name)));
    let root: String = root.into_iter().flatten().collect();
    let root: String = strip(&root).split_whitespace().collect();
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.flatten() {
        let path = entry.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let test_modules =
            ["", "pub", "pub(crate)", "pub(super)"].map(|v| format!("#[cfg(test)]{v}mod{stem};"));
        let is_test = is_test || test_modules.iter().any(|module| root.contains(module.as_str()));
        if path.is_dir() {
            collect(&path, is_test, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{stem}: {error}"));
            let name =
                path.strip_prefix(source_root()).unwrap_or(&path).to_string_lossy().into_owned();
            files.push(SourceFile::new(&name, &text, is_test));
        }
    }
}
