//! Traces a program with each value of `glibc.malloc.hugetlb`: never more huge pages than asked for.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use crate::{compile, library, sources, succeed_quietly};

/// One trial for each value.
pub fn trials() -> Vec<Trial> {
    let trial_for = |value: usize| {
        let run = move || check(value).map_err(Failed::from);
        Trial::test(format!("huge::hugetlb={value}"), run)
    };
    [0, 1, 2].into_iter().map(trial_for).collect()
}

fn check(value: usize) -> Result<(), String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let binary = folder.join(format!("huge_pages-{value}"));
    let log = folder.join(format!("huge_pages-{value}.strace"));
    compile(&sources().join("traced/huge_pages.c"), &binary, &[])?;
    let preload = library()?.preload_path(folder).map_err(|error| error.to_string())?;
    let mut command = Command::new("strace");
    command.args(["-f", "-e", "trace=mmap,madvise,prctl", "-o"]).arg(&log);
    command.arg("-E").arg(format!("LD_PRELOAD={}", preload.display()));
    command.arg("-E").arg(format!("GLIBC_TUNABLES=glibc.malloc.hugetlb={value}"));
    succeed_quietly(command.arg(&binary))?;
    let text = fs::read_to_string(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let asks = |what: &str| text.contains(what);
    let found = [asks("MADV_HUGEPAGE"), asks("MADV_COLLAPSE"), asks("MAP_HUGETLB"), asks("THP")];
    let expected = [value == 1, false, value == 2, false];
    if found != expected || !asks("MADV_DONTNEED") || (value == 1 && asks("MADV_NOHUGEPAGE")) {
        return Err(format!("{}: {found:?}, not {expected:?}", log.display()));
    }
    Ok(())
}
