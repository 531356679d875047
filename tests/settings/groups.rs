//! Runs a program in control groups with limits, which it has to find.
//!
//! That needs root and writable trees of control groups, of version 1 or 2; without, the trial is reported as
//! ignored, with the reason. (What the files may look like elsewhere is tested beside `os::cgroup`.)

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use crate::{compile, library, sources, succeed_quietly};

const MIB: usize = 1024 * 1024;
const ROOT: &str = "/sys/fs/cgroup";

/// One trial for the processors and one for the memory.
pub fn trials() -> Vec<Trial> {
    type Run = fn(&Path) -> Result<(), String>;
    let all: [(&str, &str, Run); 2] =
        [("arenas", "cpu", check_arenas), ("memory", "memory", check_memory)];
    let trial_for = |(name, controller, run): (&'static str, &'static str, Run)| {
        let parent = parent_of(controller);
        if let Err(reason) = &parent {
            println!("ignored: groups::{name}: {reason}");
        }
        let is_ignored = parent.is_err();
        let run = move || run(&parent?);
        Trial::test(format!("groups::{name}"), move || run().map_err(Failed::from))
            .with_ignored_flag(is_ignored)
    };
    all.into_iter().map(trial_for).collect()
}

/// The directory of this process's group for a controller, if groups can be made in there.
fn parent_of(controller: &str) -> Result<PathBuf, String> {
    let list = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
    let path_of = |is_it: &dyn Fn(&str) -> bool| {
        list.lines().find_map(|line| {
            let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
            is_it(controllers).then(|| path.trim_start_matches('/').to_owned())
        })
    };
    let one = path_of(&|controllers| controllers.split(',').any(|one| one == controller));
    let parent = match one {
        Some(path) => Path::new(ROOT).join(controller).join(path),
        // A group of version 2 with processes cannot hand controllers down, but for the root.
        None => {
            path_of(&str::is_empty).ok_or("no control groups")?;
            let enabled = Path::new(ROOT).join("cgroup.subtree_control");
            let text = fs::read_to_string(&enabled).map_err(|error| error.to_string())?;
            if !text.split_whitespace().any(|one| one == controller) {
                fs::write(&enabled, format!("+{controller}"))
                    .map_err(|error| format!("{}: {error}", enabled.display()))?;
            }
            PathBuf::from(ROOT)
        }
    };
    let trial =
        Group::new(&parent, "trial").map_err(|error| format!("no groups can be made: {error}"))?;
    drop(trial);
    Ok(parent)
}

/// A group, gone when this is dropped.
struct Group(PathBuf);

impl Group {
    fn new(parent: &Path, name: &str) -> Result<Self, String> {
        let path = parent.join(format!("arenite-{name}-{}", std::process::id()));
        fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }

    /// Writes to the first of these files that is there.
    fn set(&self, files: &[(&str, String)]) -> Result<(), String> {
        let found = files.iter().find(|(file, _)| self.0.join(file).exists());
        let (file, text) = found.ok_or("the group has no such limit")?;
        fs::write(self.0.join(file), text).map_err(|error| format!("{file}: {error}"))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// Runs the program in a group; the numbers that it prints.
fn run_in(group: &Group, options: &str) -> Result<(usize, usize), String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let name = group.0.file_name().unwrap_or_default();
    let binary = folder.join(name);
    compile(&sources().join("groups/limits.c"), &binary, &[])?;
    let library = library()?.preload_path(folder).map_err(|error| error.to_string())?;
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg("echo $$ > \"$0\" && exec env LD_PRELOAD=\"$1\" ARENITE_OPTIONS=\"$2\" \"$3\"");
    command.arg(group.0.join("cgroup.procs")).arg(library).arg(options).arg(&binary);
    let printed = succeed_quietly(&mut command);
    let _ = fs::remove_file(&binary);
    let printed = printed?;
    let mut numbers = printed.split_whitespace().filter_map(|number| number.parse().ok());
    Option::zip(numbers.next(), numbers.next()).ok_or(printed)
}

fn expect<T: PartialEq + core::fmt::Debug>(
    what: &str,
    found: T,
    expected: T,
) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?}, not {expected:?}")) }
}

fn check_arenas(parent: &Path) -> Result<(), String> {
    let quota = |percent: usize| {
        let quota = percent * 1000;
        [("cpu.max", format!("{quota} 100000")), ("cpu.cfs_quota_us", format!("{quota}"))]
    };
    let above = Group::new(parent, "arenas")?;
    let below = Group::new(&above.0, "below");
    // In version 2 a group inside another has the controller only if that hands it down.
    let group = match below {
        Ok(below) if below.0.join("cpu.cfs_quota_us").exists() => below,
        _ => Group(above.0.clone()),
    };
    // With one processor the limit is met when there are nine (arena_test).
    above.set(&quota(100))?;
    expect("a quota of 1", run_in(&group, "")?.0, 9)?;
    expect("arena_max", run_in(&group, "arena_max=12")?.0, 12)?;
    above.set(&quota(30))?;
    expect("a quota of 0.3", run_in(&group, "")?.0, 9)?;
    above.set(&quota(110))?;
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    if cpus >= 2 {
        expect("a quota of 1.1", run_in(&group, "")?.0, 16)?;
    }
    drop(group);
    Ok(())
}

fn check_memory(parent: &Path) -> Result<(), String> {
    let group = Group::new(parent, "memory")?;
    let limit = |bytes: usize| {
        ["memory.max", "memory.limit_in_bytes"].map(|file| (file, bytes.to_string()))
    };
    let soft = |bytes: usize| {
        ["memory.high", "memory.soft_limit_in_bytes"].map(|file| (file, bytes.to_string()))
    };
    group.set(&limit(200 * MIB))?;
    expect("no option", run_in(&group, "")?.1, 0)?;
    expect("the limit", run_in(&group, "soft_limit=cgroup")?.1, 200 * MIB)?;
    group.set(&soft(150 * MIB))?;
    expect("the soft limit", run_in(&group, "soft_limit=cgroup")?.1, 150 * MIB)?;
    expect("another limit", run_in(&group, "soft_limit=100m")?.1, 100 * MIB)
}
