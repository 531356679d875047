//! Runs a static program as set-user-ID root for an unprivileged user, with settings in its environment.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use crate::{Allocator, compile, library, sources, succeed_quietly};

/// A user and group without rights: `nobody`.
const NOBODY: u32 = 65_534;
/// Settings of every kind; as a plain program it goes by those that are not overridden.
const SETTINGS: [(&str, &str); 6] = [
    ("MALLOC_ARENA_MAX", "2"),
    ("MALLOC_PERTURB_", "5"),
    ("MALLOC_MMAP_MAX_", "3"),
    ("MALLOC_CHECK_", "0"),
    ("GLIBC_TUNABLES", "glibc.malloc.perturb=7:glibc.malloc.top_pad=1048576"),
    ("ARENITE_OPTIONS", "perturb=9"),
];

/// For each allocator one trial as set-user-ID program, and one as plain program that shows that the
/// settings have an effect there.
pub fn trials() -> Vec<Trial> {
    let obstacle = obstacle();
    if let Some(reason) = &obstacle {
        println!("ignored: secure::settings_ignored as set-user-ID program: {reason}");
    }
    let mut trials = Vec::new();
    for allocator in Allocator::BOTH {
        let name = format!("secure::settings_ignored [{}]", allocator.name());
        let secure = Trial::test(name, move || run_secure(allocator).map_err(Failed::from));
        trials.push(secure.with_ignored_flag(obstacle.is_some()));
        let name = format!("secure::settings_heard_otherwise [{}]", allocator.name());
        trials.push(Trial::test(name, move || run_plain(allocator).map_err(Failed::from)));
    }
    trials
}

/// Why a set-user-ID program cannot be tried here.
fn obstacle() -> Option<String> {
    if fs::metadata("/proc/self").map_or(true, |process| process.uid() != 0) {
        return Some("not root".into());
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if !status.lines().any(|line| line == "NoNewPrivs:\t0") {
        return Some("new privileges are forbidden (no_new_privs)".into());
    }
    if folder().is_none() {
        return Some("no folder on a file system without nosuid and noexec".into());
    }
    None
}

/// A folder that everybody may enter, on a file system that honours the set-user-ID bit.
fn folder() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let honours = |folder: &&str| {
        let options = mounts
            .lines()
            .filter_map(|line| {
                let mut words = line.split(' ').skip(1);
                let place = words.next()?;
                Path::new(folder).starts_with(place).then_some((place.len(), words.nth(1)?))
            })
            .max_by_key(|(length, _)| *length);
        options.is_some_and(|(_, options)| {
            !options.split(',').any(|option| option == "nosuid" || option == "noexec")
        })
    };
    ["/tmp", "/var/tmp", "/dev/shm"].into_iter().find(honours).map(PathBuf::from)
}

fn build(allocator: Allocator, binary: &Path) -> Result<(), String> {
    let source = sources().join("secure/settings_ignored.c");
    match allocator {
        Allocator::Arenite => {
            let archive = library()?.archive.as_os_str();
            compile(&source, binary, &["-static".as_ref(), archive, "-lpthread".as_ref()])
        }
        Allocator::Glibc => compile(&source, binary, &["-static".as_ref()]),
    }
}

fn run_plain(allocator: Allocator) -> Result<(), String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let binary = folder.join(format!("settings_heard-{}", allocator.name()));
    build(allocator, &binary)?;
    succeed_quietly(program(&binary, allocator).arg("plain")).map(drop)
}

fn run_secure(allocator: Allocator) -> Result<(), String> {
    let explain = |error: std::io::Error| error.to_string();
    let parent = folder().ok_or("no folder")?;
    // Entered by everybody, changed by nobody else, and gone afterwards.
    let private =
        parent.join(format!("arenite-secure-{}-{}", allocator.name(), std::process::id()));
    fs::create_dir(&private).map_err(explain)?;
    let outcome = (|| {
        fs::set_permissions(&private, fs::Permissions::from_mode(0o711)).map_err(explain)?;
        let binary = private.join("settings_ignored");
        build(allocator, &binary)?;
        chown(&binary, Some(0), Some(0)).map_err(explain)?;
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o4755)).map_err(explain)?;
        let mut command = program(&binary, allocator);
        // Not even what is wrong with the options may be said.
        command.env("ARENITE_OPTIONS", "perturb=9:nonsense=1");
        command.arg("secure").uid(NOBODY).gid(NOBODY).current_dir("/");
        succeed_quietly(&mut command).map(drop)
    })();
    fs::remove_dir_all(&private).map_err(explain)?;
    outcome
}

/// The program with all settings, and nothing else, in its environment.
fn program(binary: &Path, allocator: Allocator) -> Command {
    let mut command = Command::new(binary);
    command.env_clear().envs(SETTINGS);
    if matches!(allocator, Allocator::Arenite) {
        command.env("ARENITE_EXPECTED", "1");
    }
    command
}
