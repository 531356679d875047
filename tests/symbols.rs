//! The names that the shipped files define: no more and no fewer than `symbols.txt` lists, and
//! enough that a static link never takes in `malloc.o` of the C library as well.

#![allow(
    clippy::std_instead_of_core,
    clippy::panic,
    unreachable_pub,
    reason = "a test program: it has std, and fails by panicking"
)]

#[allow(dead_code, reason = "this test preloads nothing")]
#[path = "programs/library.rs"]
mod library;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use crate::library::Library;

const EXPECTED: &str = include_str!("symbols.txt");

/// The member of `libc.a` that holds malloc.
const MALLOC_MEMBER: &str = "malloc.o";

#[test]
fn the_shared_library_exports_exactly_the_listed_names() {
    let library = built();
    let text = run("nm", &["-D".as_ref(), "--defined-only".as_ref(), library.shared.as_os_str()]);
    let exported: BTreeSet<&str> =
        text.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    let expected: BTreeSet<&str> = EXPECTED.split_whitespace().collect();

    let missing: Vec<_> = expected.difference(&exported).collect();
    let surplus: Vec<_> = exported.difference(&expected).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "not exported: {missing:?}\nexported, but not in symbols.txt: {surplus:?}"
    );
}

/// The linker takes `malloc.o` out of `libc.a` as soon as one name that it defines is still
/// undefined, and then reports all the others as defined twice. Weak references take nothing.
#[test]
fn a_static_link_never_needs_the_malloc_of_the_c_library() {
    let library = built();
    let ours = defined_anywhere(&library.archive);
    let libc = run("gcc", &["-print-file-name=libc.a".as_ref()]);
    let libc = Path::new(libc.trim_end());
    assert!(libc.is_absolute(), "gcc has no libc.a: install the C library's static archive");
    let members = symbols(libc);
    let theirs = members.get(MALLOC_MEMBER).cloned().unwrap_or_default().defined;
    assert!(theirs.contains("malloc"), "{} has no {MALLOC_MEMBER}", libc.display());

    let mut wrong = Vec::new();
    for name in theirs.difference(&ours) {
        if !name.starts_with("__") {
            wrong.push(format!("{name}: programs can call it"));
        }
        for (member, symbols) in &members {
            if member != MALLOC_MEMBER && symbols.needed.contains(name) {
                wrong.push(format!("{name}: needed by {member}"));
            }
        }
    }
    assert!(wrong.is_empty(), "libarenite.a lacks names of {MALLOC_MEMBER}:\n{}", wrong.join("\n"));
}

#[test]
fn the_archive_defines_every_name_of_the_shared_library() {
    let library = built();
    let ours = defined_anywhere(&library.archive);
    let missing: Vec<_> =
        EXPECTED.split_whitespace().filter(|name| !ours.contains(*name)).collect();
    assert!(missing.is_empty(), "in symbols.txt, but not in libarenite.a: {missing:?}");
}

/// The global names of one member of an archive.
#[derive(Clone, Default)]
struct Symbols {
    defined: BTreeSet<String>,
    needed: BTreeSet<String>,
}

/// The global names of an archive, by member.
fn symbols(archive: &Path) -> BTreeMap<String, Symbols> {
    let text = run("nm", &["-g".as_ref(), archive.as_os_str()]);
    let mut members: BTreeMap<String, Symbols> = BTreeMap::new();
    let mut member = String::new();
    for line in text.lines() {
        if let Some(name) = line.strip_suffix(':') {
            name.clone_into(&mut member);
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let symbols = members.entry(member.clone()).or_default();
        match words[..] {
            ["U", name] => symbols.needed.insert(name.to_owned()),
            [_, _, name] => symbols.defined.insert(name.to_owned()),
            _ => false,
        };
    }
    members
}

fn defined_anywhere(archive: &Path) -> BTreeSet<String> {
    symbols(archive).into_values().flat_map(|member| member.defined).collect()
}

fn built() -> Library {
    Library::build().unwrap_or_else(|message| panic!("{message}"))
}

fn run(program: &str, arguments: &[&OsStr]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
