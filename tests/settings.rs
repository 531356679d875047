//! What the C programs of `tests/c` cannot show about settings from within: the system calls of a run,
//! compared with the rule for the mmap threshold; a set-user-ID program's deafness to its environment; the limits of
//! control groups; what is asked of the system for huge pages; and a heap larger than memory.
//!
//! Where the C library does the same, a trial runs on Arenite and on the C library's own allocator, so that a wrong
//! expectation shows.
//! The trials of set-user-ID programs need root and a file system that honours the bit; without them they
//! are reported as ignored, with the reason.

#![allow(
    clippy::std_instead_of_core,
    clippy::missing_docs_in_private_items,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test program: it has std, and its modules are private to it"
)]

#[path = "settings/groups.rs"]
mod groups;
#[path = "settings/huge.rs"]
mod huge;
#[path = "programs/library.rs"]
mod library;
#[path = "settings/limited.rs"]
mod limited;
#[path = "settings/rule.rs"]
mod rule;
#[path = "settings/secure.rs"]
mod secure;
#[path = "settings/traced.rs"]
mod traced;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::OnceLock;

use libtest_mimic::Arguments;

use crate::library::Library;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = traced::trials()
        .into_iter()
        .chain(secure::trials())
        .chain(groups::trials())
        .chain(huge::trials())
        .chain(limited::trials());
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// On whose allocator a program runs.
#[derive(Clone, Copy)]
pub enum Allocator {
    /// The release library.
    Arenite,
    /// The C library's own.
    Glibc,
}

impl Allocator {
    /// Both of them.
    pub const BOTH: [Self; 2] = [Self::Arenite, Self::Glibc];

    /// As in the names of trials.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Arenite => "arenite",
            Self::Glibc => "glibc",
        }
    }
}

/// The release library, built at the first call.
pub fn library() -> Result<&'static Library, String> {
    static LIBRARY: OnceLock<Result<Library, String>> = OnceLock::new();
    LIBRARY.get_or_init(Library::build).as_ref().map_err(Clone::clone)
}

/// The folder of the C sources.
pub fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c")
}

/// Compiles a C program to `binary`, with `link` behind the source on the command line.
pub fn compile(source: &Path, binary: &Path, link: &[&OsStr]) -> Result<(), String> {
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let mut command = Command::new(compiler);
    command.args(["-std=gnu11", "-O1", "-g", "-Wall", "-pthread", "-fno-builtin"]);
    command.args(["-U_FORTIFY_SOURCE", "-D_GNU_SOURCE", "-I"]).arg(sources());
    command.arg(source).arg("-o").arg(binary).args(link);
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

/// Runs a command to its end; what it prints if it fails or prints anything on stderr is the error.
pub fn succeed_quietly(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let (text, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() && errors.is_empty() {
        return Ok(text.into_owned());
    }
    Err(format!("{command:?}: {}\nstderr: {errors}\nstdout: {text}", output.status))
}
