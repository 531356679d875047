//! The header compiles without a warning under every standard of C and C++ that the compilers know, in any
//! order with `<malloc.h>`, and agrees with that; and what the reports print is what parsers read.
//!
//! trial: the_header_is_valid_c_of_every_standard
//! shows: header: C99 to C23 without a warning
//! trial: the_header_is_valid_cxx_of_every_standard
//! shows: header: C++11 to C++20 without a warning
//! trial: constants_and_structs_are_those_of_malloc_h
//! shows: header: constants and structs are those of malloc.h
//! trial: json_and_xml_are_what_parsers_read
//! shows: malloc_info: well-formed, as a parser reads it
//! shows: extensions: arenite_stats_json, as a parser reads it

#![allow(
    clippy::std_instead_of_core,
    clippy::panic,
    unreachable_pub,
    reason = "a test program: it has std, and fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

#[path = "programs/library.rs"]
mod library;

use library::Library;

/// Standards of C, each under the names that it has had; the first that the compiler knows is taken.
const C: [&[&str]; 4] = [&["c99"], &["c11"], &["c17", "c18"], &["c23", "c2x"]];
const CXX: [&[&str]; 5] =
    [&["c++11"], &["c++14"], &["c++17"], &["c++20", "c++2a"], &["c++23", "c++2b"]];
/// Standards that a compiler may be too old for.
const OPTIONAL: [&str; 1] = ["c++2b"];

/// What stands in front of the use of the header.
const PREFIXES: [&str; 6] = [
    "#include \"arenite.h\"\n",
    "#include \"arenite.h\"\n#include \"arenite.h\"\n",
    "#include <malloc.h>\n#include \"arenite.h\"\n",
    "#include \"arenite.h\"\n#include <malloc.h>\n",
    "#define _GNU_SOURCE 1\n#include \"arenite.h\"\n",
    "#define _GNU_SOURCE 1\n#include <stdlib.h>\n#include <malloc.h>\n#include \"arenite.h\"\n",
];

/// Uses all that the header declares; valid C and C++.
const BODY: &str = r#"
#ifdef __cplusplus
#define AS(type, value) static_cast<type>(value)
#else
#define AS(type, value) (type)(value)
#endif

static int count(const struct arenite_block *block, void *context)
{
    size_t *sum = AS(size_t *, context);
    if (block->state == ARENITE_ALLOCATED && block->kind != ARENITE_MAPPED && block->arena == 0)
        *sum += block->size;
    return block->address == NULL ? ARENITE_CHUNK : ARENITE_OBJECT;
}

size_t use_all(void);
size_t use_all(void)
{
    struct arenite_stats stats;
    char text[64];
    size_t sum = arenite_stats(&stats, sizeof stats) + arenite_purge() + stats.allocated_bytes;
    struct mallinfo2 info = mallinfo2();
    sum += AS(size_t, arenite_stats_json(text, sizeof text)) + AS(size_t, arenite_heap_walk(count, &sum));
    sum += AS(size_t, arenite_verify()) + AS(size_t, arenite_version()[0]) + info.uordblks;
    sum += AS(size_t, mallopt(M_ARENA_MAX, 1) + mallopt(M_MXFAST, 0) + malloc_trim(0));
    free_sized(malloc(10), 10);
    free_aligned_sized(memalign(64, 128), 64, 128);
    return sum + AS(size_t, ARENITE_CACHED + ARENITE_FREE) + malloc_usable_size(valloc(1));
}
"#;

/// The values and the layout of glibc's malloc.h, whichever of the two headers they come from.
const ASSERTS: &str = r"
#define SAME(name, value) _Static_assert(name == (value), #name)
SAME(M_MXFAST, 1); SAME(M_NLBLKS, 2); SAME(M_GRAIN, 3); SAME(M_KEEP, 4);
SAME(M_TRIM_THRESHOLD, -1); SAME(M_TOP_PAD, -2); SAME(M_MMAP_THRESHOLD, -3); SAME(M_MMAP_MAX, -4);
SAME(M_CHECK_ACTION, -5); SAME(M_PERTURB, -6); SAME(M_ARENA_TEST, -7); SAME(M_ARENA_MAX, -8);
#define AT(member, place) SAME(offsetof(struct mallinfo2, member), place * sizeof(size_t))
AT(arena, 0); AT(ordblks, 1); AT(smblks, 2); AT(hblks, 3); AT(hblkhd, 4); AT(usmblks, 5);
AT(fsmblks, 6); AT(uordblks, 7); AT(fordblks, 8); AT(keepcost, 9);
SAME(sizeof(struct mallinfo2), 10 * sizeof(size_t));
SAME(sizeof(struct mallinfo), 10 * sizeof(int));
SAME(sizeof(struct arenite_stats), 17 * sizeof(size_t));
SAME(sizeof(struct arenite_block), 32);
struct mallinfo2 mallinfo2(void);
struct mallinfo mallinfo(void);
int mallopt(int, int);
int malloc_info(int, FILE *);
int malloc_trim(size_t);
void malloc_stats(void);
size_t malloc_usable_size(void *);
";

#[test]
fn the_header_is_valid_c_of_every_standard() {
    let folder = folder("header_c");
    for names in C {
        let standard = known("gcc", "c", names);
        for prefix in PREFIXES {
            let source = folder.join("use.c");
            check(
                write(&source, &format!("{prefix}{BODY}")),
                &compile("gcc", &standard, &source, &[]),
            );
        }
    }
}

#[test]
fn the_header_is_valid_cxx_of_every_standard() {
    let folder = folder("header_cxx");
    for names in CXX {
        let standard = known("g++", "c++", names);
        for prefix in PREFIXES {
            let source = folder.join("use.cpp");
            check(
                write(&source, &format!("{prefix}{BODY}")),
                &compile(
                    "g++",
                    &standard,
                    &source,
                    &["-Wold-style-cast", "-Wzero-as-null-pointer-constant"],
                ),
            );
        }
    }
}

#[test]
fn constants_and_structs_are_those_of_malloc_h() {
    let folder = folder("header_same");
    let source = folder.join("same.c");
    for prefix in PREFIXES {
        let text = format!("{prefix}#include <stddef.h>\n#include <stdio.h>\n{ASSERTS}");
        check(write(&source, &text), &compile("gcc", "gnu11", &source, &[]));
    }
    // Where malloc.h has a name, the header leaves it alone: both must say the same.
    let constants = [
        "M_MXFAST",
        "M_NLBLKS",
        "M_GRAIN",
        "M_KEEP",
        "M_TRIM_THRESHOLD",
        "M_TOP_PAD",
        "M_MMAP_THRESHOLD",
        "M_MMAP_MAX",
        "M_CHECK_ACTION",
        "M_PERTURB",
        "M_ARENA_TEST",
        "M_ARENA_MAX",
    ];
    let header = fs::read_to_string(root().join("include/arenite.h")).unwrap_or_default();
    for name in constants {
        let own = header
            .lines()
            .find_map(|line| line.strip_prefix(&format!("#define {name} ")))
            .unwrap_or_else(|| panic!("{name} is not in the header"));
        let text = format!(
            "#include <malloc.h>\n#ifdef {name}\n_Static_assert({name} == ({own}), \"{name}\");\n#endif\n"
        );
        check(write(&source, &text), &compile("gcc", "gnu11", &source, &[]));
    }
}

/// Python's parsers read what the reports print, and find the same numbers.
#[test]
fn json_and_xml_are_what_parsers_read() {
    let library = Library::build().unwrap_or_else(|message| panic!("{message}"));
    let folder = folder("header_reports");
    let source = folder.join("report.c");
    let program = folder.join("report");
    check(write(&source, REPORTING), &[]);
    let compiled = Command::new("gcc")
        .args(["-std=gnu11", "-pthread", "-fno-builtin", "-I"])
        .arg(root().join("include"))
        .args(["-x", "c"])
        .arg(&source)
        .arg("-o")
        .arg(&program)
        .output();
    succeeded("gcc", compiled);
    let preload = library.preload_path(&folder).unwrap_or_else(|error| panic!("{error}"));
    for (argument, script) in [("json", READ_JSON), ("xml", READ_XML)] {
        let printed = Command::new(&program).arg(argument).env("LD_PRELOAD", &preload).output();
        let printed = succeeded(argument, printed);
        let report = folder.join(argument);
        fs::write(&report, &printed.stdout).unwrap_or_else(|error| panic!("{error}"));
        let read = Command::new("python3").args(["-c", script]).arg(&report).output();
        succeeded("python3", read);
    }
}

/// Prints a report of a heap with several arenas and blocks of all kinds.
const REPORTING: &str = r#"
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "arenite.h"
#pragma weak arenite_stats_json

static void *blocks[3][2000];

static void *work(void *place)
{
    for (size_t i = 0; i < 2000; i++)
        ((void **)place)[i] = malloc(i * 5);
    for (size_t i = 0; i < 2000; i += 3)
        free(((void **)place)[i]);
    return NULL;
}

int main(int argc, char **argv)
{
    static char text[65536];
    pthread_t ids[2];
    void *mapped = malloc(1 << 22);
    for (int i = 0; i < 2; i++)
        if (pthread_create(&ids[i], NULL, work, blocks[i]) != 0)
            return 2;
    work(blocks[2]);
    for (int i = 0; i < 2; i++)
        pthread_join(ids[i], NULL);
    if (argc == 2 && strcmp(argv[1], "xml") == 0)
        return malloc_info(0, stdout);
    if (arenite_stats_json(text, sizeof text) >= (int)sizeof text)
        return 3;
    fputs(text, stdout);
    return mapped == NULL;
}
"#;

const READ_JSON: &str = r#"
import json, sys
report = json.load(open(sys.argv[1]))
total = lambda name: sum(arena[name] for arena in report["arena_list"])
assert report["system_bytes"] + report["mapped_bytes"] == (
    report["allocated_bytes"] + report["cached_bytes"] + report["free_bytes"] + report["overhead_bytes"])
assert report["mapped_chunks"] == 1 and report["threads"] == 1
assert len(report["arena_list"]) == report["arenas"] >= 2
assert total("free_bytes") + report["waiting_bytes"] == report["free_bytes"]
sizes = [entry["size"] for entry in report["size_classes"]]
assert sizes == sorted(set(sizes)) and sizes[0] == 16 and sizes[-1] == 65536
assert sum(entry["cached_blocks"] for entry in report["size_classes"]) == report["cached_blocks"] > 0
"#;

/// As a program that knows glibc's elements reads them; the names are those of glibc's malloc.c.
const READ_XML: &str = r#"
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
assert root.tag == "malloc" and root.attrib == {"version": "1"}
heaps = root.findall("heap")
assert [heap.get("nr") for heap in heaps] == [str(n) for n in range(len(heaps))] and len(heaps) >= 2
number = lambda node, path, name="size": int(node.find(path).get(name))
for node in heaps + [root]:
    for kind in ("fast", "rest"):
        assert len(node.findall(f"total[@type='{kind}']")) == 1
    for path in ("system[@type='current']", "system[@type='max']", "aspace[@type='total']",
                 "aspace[@type='mprotect']"):
        assert len(node.findall(path)) == 1
assert len(root.findall("total")) == 3 and number(root, "total[@type='mmap']", "count") == 1
for path, name in (("total[@type='rest']", "size"), ("total[@type='rest']", "count"),
                   ("system[@type='current']", "size"), ("aspace[@type='total']", "size")):
    assert sum(number(heap, path, name) for heap in heaps) == number(root, path, name), path
for heap in heaps:
    sizes = heap.find("sizes")
    assert {child.tag for child in sizes} <= {"size"}
    listed = sum(int(size.get("total")) for size in sizes)
    rest = number(heap, "total[@type='rest']")
    assert listed <= rest <= number(heap, "system[@type='current']")
    assert {child.tag for child in heap} <= {"sizes", "total", "system", "aspace", "slab"}
    for slab in heap.findall("slab"):
        assert int(slab.get("free")) <= int(slab.get("objects"))
assert number(root, "caches", "threads") == 1 and number(root, "caches", "blocks") > 0
assert number(root, "metadata") > 0
"#;

/// The arguments that compile a source of this standard with all warnings as errors.
fn compile(compiler: &str, standard: &str, source: &Path, more: &[&str]) -> Vec<String> {
    let mut words: Vec<String> =
        [compiler, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I"]
            .map(str::to_owned)
            .to_vec();
    words.push(root().join("include").to_string_lossy().into_owned());
    words.push(format!("-std={standard}"));
    words.extend(more.iter().map(|&word| word.to_owned()));
    words.push(source.to_string_lossy().into_owned());
    words
}

/// Runs a command, whose output says what is wrong with the text.
fn check(text: String, words: &[String]) {
    let Some((program, arguments)) = words.split_first() else { return };
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{said}\n{text}", words.join(" "));
}

/// The first of a standard's names that the compiler knows.
fn known(compiler: &str, language: &str, names: &[&str]) -> String {
    let knows = |name: &&&str| {
        let standard = format!("-std={name}");
        Command::new(compiler)
            .args(["-x", language, "-fsyntax-only", &standard, "/dev/null"])
            .output()
            .is_ok_and(|output| output.status.success())
    };
    let found = names.iter().find(knows);
    match found {
        Some(name) => (*name).to_owned(),
        // The standard before it is tested anyway.
        None if names.iter().any(|name| OPTIONAL.contains(name)) => "c++20".to_owned(),
        None => panic!("{compiler} knows none of {names:?}"),
    }
}

fn write(path: &Path, text: &str) -> String {
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.to_owned()
}

fn succeeded(what: &str, output: std::io::Result<Output>) -> Output {
    let output = output.unwrap_or_else(|error| panic!("{what}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {said}");
    output
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    folder
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
