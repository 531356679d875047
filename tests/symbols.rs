//! The names that the shipped files define: no more and no fewer than `symbols.txt` lists, and
//! enough that a static link never takes in `malloc.o` of the C library as well.
//!
//! trial: a_static_link_never_needs_the_malloc_of_the_c_library
//! shows: static: no duplicate symbols
//! trial: the_archive_defines_every_global_of_the_c_librarys_malloc
//! shows: static: every global of the C library's malloc.o is defined

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

/// What `malloc.o` defines besides that for other members of the C library alone, which refer to it
/// weakly or not at all once `malloc.o` is not linked.
const INTERNAL: [&str; 5] = [
    "__glibc_morecore",
    "__malloc_arena_thread_freeres",
    "__malloc_fork_lock_parent",
    "__malloc_fork_unlock_child",
    "__malloc_fork_unlock_parent",
];

/// What the `malloc.o` of glibc 2.43 adds; its other names are those of the C library here.
const ADDED_BY_2_43: [&str; 2] = ["free_sized", "free_aligned_sized"];

#[test]
fn the_archive_defines_every_global_of_the_c_librarys_malloc() {
    let library = built();
    let ours = defined_anywhere(&library.archive);
    let libc = run("gcc", &["-print-file-name=libc.a".as_ref()]);
    let members = symbols(Path::new(libc.trim_end()));
    let mut wanted = members.get(MALLOC_MEMBER).cloned().unwrap_or_default().defined;
    assert!(wanted.len() > 40, "{MALLOC_MEMBER} defines only {wanted:?}");
    wanted.extend(ADDED_BY_2_43.map(String::from));
    let missing: Vec<_> =
        wanted.difference(&ours).filter(|name| !INTERNAL.contains(&name.as_str())).collect();
    assert!(missing.is_empty(), "libarenite.a lacks {missing:?}");
}

/// The replaceable operators of C++20, after the `_Zn` or `_Zd` and the `w`, `a` or `l`, `a`.
const NEW_FORMS: [&str; 4] =
    ["m", "mRKSt9nothrow_t", "mSt11align_val_t", "mSt11align_val_tRKSt9nothrow_t"];
const DELETE_FORMS: [&str; 6] = [
    "Pv",
    "Pvm",
    "PvRKSt9nothrow_t",
    "PvSt11align_val_t",
    "PvmSt11align_val_t",
    "PvSt11align_val_tRKSt9nothrow_t",
];

/// All twenty, mangled.
fn operators() -> BTreeSet<String> {
    let new = ["_Znw", "_Zna"].into_iter().flat_map(|p| NEW_FORMS.map(|form| format!("{p}{form}")));
    let delete =
        ["_Zdl", "_Zda"].into_iter().flat_map(|p| DELETE_FORMS.map(|form| format!("{p}{form}")));
    new.chain(delete).collect()
}

fn is_operator(name: &str) -> bool {
    ["_Znw", "_Zna", "_Zdl", "_Zda"].iter().any(|prefix| name.starts_with(prefix))
}

#[test]
fn the_operators_are_those_of_the_cxx_library() {
    let expected: BTreeSet<String> =
        EXPECTED.split_whitespace().filter(|name| is_operator(name)).map(String::from).collect();
    assert_eq!(expected, operators());
    let runtime = run("g++", &["-print-file-name=libstdc++.so".as_ref()]);
    let text = run("nm", &["-D".as_ref(), "--defined-only".as_ref(), runtime.trim_end().as_ref()]);
    let theirs: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2)?.split('@').next())
        .filter(|name| is_operator(name))
        .map(String::from)
        .collect();
    let missing: Vec<_> = theirs.difference(&expected).collect();
    assert!(missing.is_empty(), "of libstdc++, but not of Arenite: {missing:?}");
}

/// A C program must not need the C++ library, and a C++ program may define operators of its own.
#[test]
fn the_operators_are_a_member_of_their_own_and_weak() {
    let library = built();
    let members = symbols(&library.archive);
    let with_operators: Vec<_> = members
        .iter()
        .filter(|(_, symbols)| symbols.defined.iter().any(|name| is_operator(name)))
        .collect();
    let [(member, symbols)] = with_operators[..] else {
        panic!("the operators are in {} members", with_operators.len());
    };
    assert_eq!(symbols.defined.iter().filter(|n| is_operator(n)).count(), operators().len());
    assert!(!symbols.defined.contains("malloc"), "{member} holds malloc, too");
    for name in symbols.defined.iter().filter(|name| is_operator(name)) {
        assert!(symbols.weak.contains(name), "{name} can't be replaced by a program");
    }
    // What the linker looks for in libstdc++.a, without an error if it is not there.
    const SEARCHED: &str = "_ZSt16__throw_bad_castv";
    for (other, symbols) in &members {
        for name in &symbols.needed {
            let is_cxx =
                name.starts_with("_ZSt") || name.starts_with("__cxa_") || is_operator(name);
            assert!(
                !is_cxx || (other == member && name == SEARCHED),
                "{other} needs {name} of the C++ library"
            );
        }
    }
}

/// The global names of one member of an archive.
#[derive(Clone, Default)]
struct Symbols {
    defined: BTreeSet<String>,
    /// Those of them that are weak.
    weak: BTreeSet<String>,
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
            [_, kind, name] => {
                if kind == "W" {
                    symbols.weak.insert(name.to_owned());
                }
                symbols.defined.insert(name.to_owned())
            }
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
