//! What `malloc_info` writes is well-formed XML with the elements that parsers of glibc's documents look for,
//! and its numbers add up; the same on the C library's own allocator, so that a wrong expectation shows.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    clippy::missing_docs_in_private_items,
    unreachable_pub,
    reason = "a test program: a failure is a panic, and its modules are private to it"
)]

#[path = "programs/library.rs"]
mod library;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use roxmltree::{Document, Node};

use crate::library::Library;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Allocator {
    Arenite,
    Glibc,
}

#[test]
fn documents_of_the_c_library_add_up() {
    check_documents(Allocator::Glibc);
}

#[test]
fn documents_of_arenite_add_up() {
    check_documents(Allocator::Arenite);
}

fn check_documents(allocator: Allocator) {
    let texts = documents_of(allocator);
    assert_eq!(texts.len(), 5, "{texts:?}");
    for text in &texts {
        let parsed = Document::parse(text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
        Checked { allocator, text }.check(parsed.root_element());
    }
    // Three threads and a mapped block are there beside the first heap.
    assert!(texts[2].matches("<heap ").count() >= 2, "{}", texts[2]);
    let parsed = Document::parse(&texts[2]).expect("parsed above");
    let checked = Checked { allocator, text: &texts[2] };
    let mapped = checked.typed(parsed.root_element(), "total", "mmap");
    assert!(checked.number(mapped, "size") >= 40 << 20, "{}", texts[2]);
}

/// A document that is looked at, for the messages.
struct Checked<'t> {
    allocator: Allocator,
    text: &'t str,
}

/// A number of chunks and of their bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Sum {
    count: u64,
    size: u64,
}

/// The end of a heap and of the document: what both have.
struct Totals {
    fast: Sum,
    rest: Sum,
    current: u64,
    max: u64,
}

impl Checked<'_> {
    fn check(&self, root: Node<'_, '_>) {
        assert_eq!(root.tag_name().name(), "malloc");
        assert_eq!(root.attribute("version"), Some("1"));
        let heaps: Vec<_> = elements(root, "heap").collect();
        assert!(!heaps.is_empty(), "{}", self.text);
        let mut sum = Totals { fast: Sum::default(), rest: Sum::default(), current: 0, max: 0 };
        for (index, heap) in heaps.iter().enumerate() {
            assert_eq!(self.number(*heap, "nr"), index as u64);
            let of_heap = self.check_heap(*heap);
            sum.fast = sum.fast + of_heap.fast;
            sum.rest = sum.rest + of_heap.rest;
            sum.current += of_heap.current;
            sum.max = sum.max.max(of_heap.max);
        }
        let totals = self.totals(root);
        let mapped = self.typed(root, "total", "mmap");
        assert_eq!(self.number(mapped, "count") == 0, self.number(mapped, "size") == 0);
        assert_eq!(totals.fast, sum.fast, "{}", self.text);
        assert!(totals.max >= sum.max, "{}", self.text);
        match self.allocator {
            Allocator::Glibc => {
                assert_eq!((totals.rest, totals.current), (sum.rest, sum.current), "{}", self.text);
            }
            // Regions that wait for a heap are free memory of none.
            Allocator::Arenite => {
                let waiting = totals.current.checked_sub(sum.current);
                assert!(waiting.is_some(), "{}", self.text);
                assert_eq!(totals.rest.size.checked_sub(sum.rest.size), waiting, "{}", self.text);
                assert!(totals.rest.count >= sum.rest.count, "{}", self.text);
            }
        }
    }

    fn check_heap(&self, heap: Node<'_, '_>) -> Totals {
        let sizes: Vec<_> = elements(heap, "sizes").collect();
        assert_eq!(sizes.len(), 1, "{}", self.text);
        let mut listed = Sum::default();
        for bin in sizes[0].children().filter(Node::is_element) {
            let name = bin.tag_name().name();
            if name != "size" && name != "unsorted" {
                assert_eq!(self.allocator, Allocator::Arenite, "<{name}> in <sizes>");
                continue;
            }
            let [from, to] = ["from", "to"].map(|name| self.number(bin, name));
            let bytes = Sum { count: self.number(bin, "count"), size: self.number(bin, "total") };
            assert!(bytes.count > 0 && from <= to, "{bin:?}");
            assert!(bytes.count * from <= bytes.size && bytes.size <= bytes.count * to, "{bin:?}");
            listed = listed + bytes;
        }
        let totals = self.totals(heap);
        // All free chunks are listed but the top.
        let total = totals.fast + totals.rest;
        assert!(listed.size <= total.size, "{listed:?} {total:?}\n{}", self.text);
        let top = total.count.checked_sub(listed.count);
        assert!(matches!(top, Some(0 | 1)), "{listed:?} {total:?}\n{}", self.text);
        totals
    }

    fn totals(&self, node: Node<'_, '_>) -> Totals {
        let sum = |kind| {
            let total = self.typed(node, "total", kind);
            Sum { count: self.number(total, "count"), size: self.number(total, "size") }
        };
        let size = |name, kind| self.number(self.typed(node, name, kind), "size");
        let (current, max) = (size("system", "current"), size("system", "max"));
        assert!(max >= current, "{}", self.text);
        assert!(size("aspace", "total") >= current, "{}", self.text);
        assert!(size("aspace", "mprotect") >= current, "{}", self.text);
        Totals { fast: sum("fast"), rest: sum("rest"), current, max }
    }

    /// The only child with this name and type.
    fn typed<'a, 'd>(&self, node: Node<'a, 'd>, name: &str, kind: &str) -> Node<'a, 'd> {
        let mut found = elements(node, name).filter(|node| node.attribute("type") == Some(kind));
        let first = found.next();
        assert!(found.next().is_none(), "<{name} type=\"{kind}\"> twice:\n{}", self.text);
        first.unwrap_or_else(|| panic!("no <{name} type=\"{kind}\">:\n{}", self.text))
    }

    fn number(&self, node: Node<'_, '_>, attribute: &str) -> u64 {
        let value = node.attribute(attribute).and_then(|text| text.parse().ok());
        value.unwrap_or_else(|| panic!("{attribute} of {node:?} is no number:\n{}", self.text))
    }
}

impl std::ops::Add for Sum {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { count: self.count + other.count, size: self.size + other.size }
    }
}

fn elements<'a, 'd>(node: Node<'a, 'd>, name: &str) -> impl Iterator<Item = Node<'a, 'd>> {
    node.children().filter(move |child| child.has_tag_name(name))
}

/// The documents that the program prints.
fn documents_of(allocator: Allocator) -> Vec<String> {
    let binary = compiled(allocator);
    let mut command = Command::new(binary);
    for (key, _) in env::vars_os() {
        let name = key.to_string_lossy();
        if name.starts_with("MALLOC_") || ["GLIBC_TUNABLES", "ARENITE_OPTIONS"].contains(&&*name) {
            command.env_remove(&key);
        }
    }
    command.env_remove("LD_PRELOAD");
    if allocator == Allocator::Arenite {
        command.env("LD_PRELOAD", preload()).env("ARENITE_EXPECTED", "1");
    }
    let output = command.output().expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{}\n{errors}", output.status);
    text.split_terminator("--\n").map(String::from).collect()
}

fn preload() -> OsString {
    if let Some(folder) = env::var_os("ARENITE_LIB_DIR") {
        return Path::new(&folder).join("libarenite.so").into();
    }
    let library = Library::build().expect("the library builds");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    library.preload_path(folder).expect("a path to preload").into()
}

/// The program; each test compiles its own, since they run side by side.
fn compiled(allocator: Allocator) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let binary = folder.join(format!("malloc_info-{allocator:?}-{}", std::process::id()));
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c");
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let mut command = Command::new(compiler);
    command.args(["-std=gnu11", "-O1", "-pthread", "-fno-builtin", "-D_GNU_SOURCE", "-I"]);
    command.arg(&sources).arg(sources.join("documents/malloc_info.c")).arg("-o").arg(&binary);
    let output = command.output().expect("a C compiler");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    binary
}
