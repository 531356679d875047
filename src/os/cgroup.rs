//! What the process's control group and those above it allow: processors and memory.
//!
//! ```text
//! /proc/self/cgroup   0::/a/b          version 2: one tree, mounted at /sys/fs/cgroup
//!                     4:memory:/a/b    version 1: a tree for some controllers, at /sys/fs/cgroup/memory
//! ```
//!
//! Limits are nested, so the smallest of a group and all above it counts. A container may see only its own group,
//! as the root of what is mounted, but the path from the real root: then nothing is found on the way up but there.

use super::read_file;

/// The list of the process's groups, longer than which none is read, and the longest path of a group's file.
const LIST_MAX: usize = 4096;
const PATH_MAX: usize = 1024;
/// Numbers from here on are the kernel's way to say "no limit".
const UNLIMITED: usize = 1 << 60;

/// How files are read: into the buffer, from a path that ends with a zero; the number of bytes.
type Read<'f> = &'f dyn Fn(&[u8], &mut [u8]) -> Option<usize>;

/// Processors that the time allowed to the process comes to, rounded up; `None` without a limit.
pub(super) fn cpu_quota() -> Option<usize> {
    cpu_quota_by(&read_file)
}

/// Bytes of memory that the process may use together with all others of its groups; `None` without a limit.
pub(crate) fn memory_limit() -> Option<usize> {
    memory_limit_by(&read_file)
}

fn cpu_quota_by(read: Read<'_>) -> Option<usize> {
    let cpus =
        |quota: usize, period: usize| (quota > 0 && period > 0).then(|| quota.div_ceil(period));
    smallest(b"cpu", read, &|group| match group.version {
        Version::One => {
            let quota = group.number(b"cpu.cfs_quota_us", read)?;
            cpus(quota, group.number(b"cpu.cfs_period_us", read)?)
        }
        Version::Two => {
            let mut buffer = [0; 64];
            let mut numbers =
                group.file(b"cpu.max", &mut buffer, read)?.split(|&byte| byte == b' ');
            cpus(parse(numbers.next()?)?, parse(numbers.next()?)?)
        }
    })
}

fn memory_limit_by(read: Read<'_>) -> Option<usize> {
    smallest(b"memory", read, &|group| {
        let names: [&[u8]; 2] = match group.version {
            Version::One => [b"memory.limit_in_bytes", b"memory.soft_limit_in_bytes"],
            Version::Two => [b"memory.max", b"memory.high"],
        };
        names.iter().filter_map(|name| group.number(name, read)).min()
    })
}

/// A directory of control files.
struct Group<'p> {
    version: Version,
    /// The mount, and the group's path below it.
    mount: &'static [u8],
    controller: &'static [u8],
    path: &'p [u8],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Version {
    One,
    Two,
}

/// The smallest of what `limit_of` finds in the process's group for a controller, and in those above it.
fn smallest(
    controller: &'static [u8],
    read: Read<'_>,
    limit_of: &dyn Fn(&Group<'_>) -> Option<usize>,
) -> Option<usize> {
    let mut buffer = [0; LIST_MAX];
    let length = read(b"/proc/self/cgroup\0", &mut buffer)?;
    let (version, path) = find_group(buffer.get(..length)?, controller)?;
    match version {
        Version::One => {
            smallest_below(Group { version, mount: b"/sys/fs/cgroup/", controller, path }, limit_of)
        }
        Version::Two => {
            let below =
                |mount| smallest_below(Group { version, mount, controller: b"", path }, limit_of);
            // The second is where systemd mounts it beside the trees of version 1.
            below(b"/sys/fs/cgroup").or_else(|| below(b"/sys/fs/cgroup/unified"))
        }
    }
}

/// The same in one tree.
fn smallest_below(
    mut group: Group<'_>,
    limit_of: &dyn Fn(&Group<'_>) -> Option<usize>,
) -> Option<usize> {
    group.path = group.path.strip_suffix(b"/").unwrap_or(group.path);
    let mut least = None;
    loop {
        least = [least, limit_of(&group)].into_iter().flatten().min();
        let Some(slash) = group.path.iter().rposition(|&byte| byte == b'/') else { return least };
        group.path = group.path.get(..slash)?;
    }
}

/// The path of the process's group for a controller, in the tree of that or else in the one of version 2.
fn find_group<'l>(list: &'l [u8], controller: &[u8]) -> Option<(Version, &'l [u8])> {
    // A line that was cut off has no end.
    let lines =
        || list.split_inclusive(|&byte| byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"));
    let entries = || {
        lines().filter_map(|line| {
            let mut parts = line.splitn(3, |&byte| byte == b':').skip(1);
            Some((parts.next()?, parts.next()?))
        })
    };
    let has_controller =
        |list: &[u8]| list.split(|&byte| byte == b',').any(|one| one == controller);
    let one = entries().find(|(controllers, _)| has_controller(controllers));
    let two = || entries().find(|(controllers, _)| controllers.is_empty());
    one.map(|(_, path)| (Version::One, path))
        .or_else(|| two().map(|(_, path)| (Version::Two, path)))
}

impl Group<'_> {
    /// The first line of one of its files.
    fn file<'b>(&self, name: &[u8], buffer: &'b mut [u8], read: Read<'_>) -> Option<&'b [u8]> {
        let mut path = [0; PATH_MAX];
        let mut length = 0;
        for part in [self.mount, self.controller, self.path, b"/", name] {
            // The last byte stays zero.
            let end = length + part.len();
            path.get_mut(..PATH_MAX - 1)?.get_mut(length..end)?.copy_from_slice(part);
            length = end;
        }
        let length = read(path.get(..=length)?, buffer)?;
        buffer.get(..length)?.split(|&byte| byte == b'\n').next()
    }

    /// The number in one of its files, if it is a limit.
    fn number(&self, name: &[u8], read: Read<'_>) -> Option<usize> {
        let mut buffer = [0; 64];
        parse(self.file(name, &mut buffer, read)?)
    }
}

/// A decimal number that is a limit; `max` and -1 are none.
fn parse(text: &[u8]) -> Option<usize> {
    if text.is_empty() {
        return None;
    }
    let number = text.iter().try_fold(0_usize, |number, &digit| {
        let digit = char::from(digit).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit as usize)
    })?;
    (number < UNLIMITED).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;
    const GROUPS: &str = "/proc/self/cgroup";

    /// Quota of processors and limit of memory with these files.
    fn limits(files: &[(&str, &str)]) -> (Option<usize>, Option<usize>) {
        let read = |path: &[u8], buffer: &mut [u8]| {
            let path = str::from_utf8(path.strip_suffix(b"\0").unwrap()).unwrap();
            let content = files.iter().find(|(name, _)| *name == path)?.1.as_bytes();
            let length = content.len().min(buffer.len());
            buffer[..length].copy_from_slice(&content[..length]);
            Some(length)
        };
        (cpu_quota_by(&read), memory_limit_by(&read))
    }

    #[test]
    fn without_groups_or_limits_there_are_none() {
        assert_eq!(limits(&[]), (None, None));
        assert_eq!(limits(&[(GROUPS, "")]), (None, None));
        assert_eq!(limits(&[(GROUPS, "0::/\n")]), (None, None));
        let files = [
            (GROUPS, "0::/a\n"),
            ("/sys/fs/cgroup/a/cpu.max", "max 100000\n"),
            ("/sys/fs/cgroup/a/memory.max", "max\n"),
            ("/sys/fs/cgroup/a/memory.high", "max\n"),
        ];
        assert_eq!(limits(&files), (None, None));
        let files = [
            (GROUPS, "2:cpu,cpuacct:/\n1:memory:/\n0::/\n"),
            ("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"),
            ("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
            ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("/sys/fs/cgroup/memory/memory.soft_limit_in_bytes", "9223372036854771712\n"),
        ];
        assert_eq!(limits(&files), (None, None));
    }

    #[test]
    fn the_smallest_of_nested_groups_counts() {
        let files = [
            (GROUPS, "0::/a.slice/b.slice/c.scope\n"),
            ("/sys/fs/cgroup/a.slice/cpu.max", "150000 100000\n"),
            ("/sys/fs/cgroup/a.slice/b.slice/cpu.max", "400000 100000\n"),
            ("/sys/fs/cgroup/a.slice/b.slice/c.scope/cpu.max", "max 100000\n"),
            ("/sys/fs/cgroup/a.slice/memory.max", "1073741824\n"),
            ("/sys/fs/cgroup/a.slice/b.slice/memory.high", "536870912\n"),
            ("/sys/fs/cgroup/a.slice/b.slice/memory.max", "1073741824\n"),
            ("/sys/fs/cgroup/a.slice/b.slice/c.scope/memory.max", "805306368\n"),
        ];
        assert_eq!(limits(&files), (Some(2), Some(512 * MIB)));
    }

    #[test]
    fn controllers_of_version_1_have_trees_of_their_own() {
        let files = [
            (GROUPS, "5:cpuset:/x\n4:cpu,cpuacct:/a\n3:memory:/b/c\n1:name=systemd:/d\n0::/e\n"),
            ("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "50000\n"),
            ("/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n"),
            ("/sys/fs/cgroup/memory/b/memory.limit_in_bytes", "1048576\n"),
            ("/sys/fs/cgroup/memory/b/c/memory.limit_in_bytes", "9223372036854771712\n"),
            ("/sys/fs/cgroup/memory/b/c/memory.soft_limit_in_bytes", "2097152\n"),
            ("/sys/fs/cgroup/e/memory.max", "5\n"),
        ];
        assert_eq!(limits(&files), (Some(1), Some(MIB)));
    }

    #[test]
    fn where_both_versions_are_mounted_each_controller_is_in_one() {
        let files = [
            (GROUPS, "3:cpu,cpuacct:/a\n0::/b\n"),
            ("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "300000\n"),
            ("/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n"),
            ("/sys/fs/cgroup/unified/b/memory.max", "7340032\n"),
        ];
        assert_eq!(limits(&files), (Some(3), Some(7 * MIB)));
    }

    #[test]
    fn a_container_sees_its_own_group_as_the_root() {
        let files = [
            (GROUPS, "2:cpu,cpuacct:/docker/0123456789ab\n1:memory:/docker/0123456789ab\n"),
            ("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "250000\n"),
            ("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
            ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "67108864\n"),
        ];
        assert_eq!(limits(&files), (Some(3), Some(64 * MIB)));
        for path in ["/", "/../other", "/kubepods.slice/pod.slice/cri.scope"] {
            let groups = format!("0::{path}\n");
            let files = [
                (GROUPS, groups.as_str()),
                ("/sys/fs/cgroup/cpu.max", "100000 100000\n"),
                ("/sys/fs/cgroup/memory.max", "67108864\n"),
            ];
            assert_eq!(limits(&files), (Some(1), Some(64 * MIB)), "{path}");
        }
    }

    #[test]
    fn what_is_malformed_or_too_long_is_no_limit() {
        for content in ["", "\n", "x", "1x", "-5", "99999999999999999999999", " 1"] {
            let files = [
                (GROUPS, "0::/\n"),
                ("/sys/fs/cgroup/memory.max", content),
                ("/sys/fs/cgroup/cpu.max", content),
            ];
            assert_eq!(limits(&files), (None, None), "{content}");
        }
        for content in ["0 100000", "100000 0", "100000", "5 "] {
            let files = [(GROUPS, "0::/\n"), ("/sys/fs/cgroup/cpu.max", content)];
            assert_eq!(limits(&files), (None, None), "{content}");
        }
        for list in ["0::/a", "0:", "\n\n:\n", "0"] {
            let files = [(GROUPS, list), ("/sys/fs/cgroup/memory.max", "5\n")];
            assert_eq!(limits(&files), (None, None), "{list}");
        }
        let long = format!("0::/{}\n", "x".repeat(PATH_MAX));
        let files = [(GROUPS, long.as_str()), ("/sys/fs/cgroup/memory.max", "5\n")];
        assert_eq!(limits(&files), (None, Some(5)));
        let longer = format!("0::/{}\n", "x".repeat(LIST_MAX));
        assert_eq!(limits(&[(GROUPS, &longer), ("/sys/fs/cgroup/memory.max", "5\n")]).1, None);
    }
}
