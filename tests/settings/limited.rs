//! A program whose heap is larger than the memory it may use: with `file_dir` it completes, without it is killed.
//!
//! The limit is that of a control group, where one can be made: in version 1 of these or 2, by root. Elsewhere the
//! anonymous memory of both runs is compared, which is what a limit would count and no disk can take.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use libtest_mimic::{Failed, Trial};

use crate::{compile, library, sources};

/// Bytes of memory that the program may use; its heap has 200 MiB.
const LIMIT: u64 = 64 << 20;
const SIGKILL: i32 = 9;
/// Kilobytes of anonymous memory that it has at most with files, and at least without.
const WITH_FILES: u64 = 48 << 10;
const WITHOUT_FILES: u64 = 150 << 10;

/// One trial for large blocks and one for small ones.
pub fn trials() -> Vec<Trial> {
    let trial_for = |kind: &'static str, options: &'static str| {
        let name = format!("limited::larger_than_memory({kind}) [arenite]");
        Trial::test(name, move || check(kind, options).map_err(Failed::from))
    };
    vec![trial_for("large", ""), trial_for("small", ":file_regions=1:file_fork=copy")]
}

fn check(kind: &str, more_options: &str) -> Result<(), String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let binary = folder.join(format!("larger_than_memory-{kind}"));
    compile(&sources().join("limited/larger_than_memory.c"), &binary, &[])?;
    let group = if is_on_disk(folder) { Group::create(kind) } else { None };
    let path = group.as_ref().map(|group| group.0.as_path());
    let options = format!("file_dir={}{more_options}", folder.display());
    let with = run(&binary, kind, path, &options)?;
    let without = run(&binary, kind, path, "")?;
    println!(
        "larger_than_memory({kind}): {}",
        match path {
            Some(path) => format!("in the control group {}", path.display()),
            None => "no control group can be made here: counted anonymous memory".into(),
        }
    );
    let used = anonymous_kb(&with)?;
    if used > WITH_FILES {
        return Err(format!("{used} kB of anonymous memory with files"));
    }
    match path {
        Some(_) if without.status.signal() == Some(SIGKILL) => Ok(()),
        Some(_) => Err(format!("not killed without files: {without:?}")),
        None => match anonymous_kb(&without)? {
            used if used >= WITHOUT_FILES => Ok(()),
            used => Err(format!("only {used} kB of anonymous memory without files")),
        },
    }
}

fn run(binary: &Path, kind: &str, group: Option<&Path>, options: &str) -> Result<Output, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let preload = library()?.preload_path(folder).map_err(|error| error.to_string())?;
    let mut command = Command::new(binary);
    command.env_clear().env("LD_PRELOAD", preload).env("ARENITE_EXPECTED", "1");
    if !options.is_empty() {
        command.env("ARENITE_OPTIONS", options);
    }
    command.arg(kind).args(group);
    command.output().map_err(|error| format!("{command:?}: {error}"))
}

/// What a run that completed says.
fn anonymous_kb(output: &Output) -> Result<u64, String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let number = text.strip_prefix("anonymous ").and_then(|number| number.trim().parse().ok());
    number
        .filter(|_| output.status.success() && output.stderr.is_empty())
        .ok_or_else(|| format!("{output:?}"))
}

/// Whether a folder is on a file system with a disk, to which memory can go.
fn is_on_disk(folder: &Path) -> bool {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let kinds = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let place = words.next()?;
        folder.starts_with(place).then_some((place.len(), words.next()?))
    });
    kinds
        .max_by_key(|(length, _)| *length)
        .is_some_and(|(_, kind)| kind != "tmpfs" && kind != "ramfs")
}

/// A control group of its own with the limit, gone with this value.
struct Group(PathBuf);

impl Group {
    /// `None` where none can be made.
    fn create(kind: &str) -> Option<Self> {
        let name = format!("arenite-{kind}-{}", std::process::id());
        let limit = LIMIT.to_string();
        // Version 2, where the memory is handed to children of the root, and version 1.
        for (root, files) in [
            ("/sys/fs/cgroup", ["memory.max", "memory.swap.max"]),
            ("/sys/fs/cgroup/memory", ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"]),
        ] {
            let group = Self(Path::new(root).join(&name));
            if fs::create_dir(&group.0).is_err() {
                continue;
            }
            let swap = if root.ends_with("memory") { limit.as_str() } else { "0" };
            let is_limited = group.0.join(files[0]).exists()
                && fs::write(group.0.join(files[0]), &limit).is_ok();
            let may_swap =
                group.0.join(files[1]).exists() && fs::write(group.0.join(files[1]), swap).is_err();
            if is_limited && !may_swap {
                return Some(group);
            }
        }
        None
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // A process that was killed may take a moment to be gone.
        for _ in 0..100 {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}
