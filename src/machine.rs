//! What this machine, and whoever limits the process, leaves of memory.
//!
//! Linux says it in text files; on other systems nothing is known, and nothing is refused for it.

#![forbid(unsafe_code)]

use std::fmt;
use std::path::Path;

/// Memory that this process may still take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryLeft {
    /// Bytes.
    pub bytes: u64,
    /// What ends there.
    pub limit: MemoryLimit,
}

/// What limits the memory of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryLimit {
    /// The memory of the machine that no process uses.
    Machine,
    /// The size of the address space that the shell allows (`ulimit -v`).
    AddressSpace,
    /// The size of the data segment that the shell allows (`ulimit -d`).
    DataSegment,
    /// The control group that a container or a scheduler of jobs has put the process in.
    Group,
}

impl fmt::Display for MemoryLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Machine => "free on this machine",
            Self::AddressSpace => "left by the limit of the address space (ulimit -v)",
            Self::DataSegment => "left by the limit of the data segment (ulimit -d)",
            Self::Group => "left to this container or job",
        })
    }
}

/// The tightest limit; `None` where nothing is known. Cost: a few files of /proc and /sys, well below a millisecond.
pub fn memory_left() -> Option<MemoryLeft> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let (status, limits) = (read("/proc/self/status"), read("/proc/self/limits"));
    let kib = |text: &str, key: &str| field(text, key).map(|kib| kib.saturating_mul(1024));
    let under = |name: &str, used: &str| Some(soft_limit(&limits, name)?.saturating_sub(kib(&status, used)?));
    let all = [
        (kib(&read("/proc/meminfo"), "MemAvailable:"), MemoryLimit::Machine),
        (under("Max address space", "VmSize:"), MemoryLimit::AddressSpace),
        (under("Max data size", "VmData:"), MemoryLimit::DataSegment),
        (left_to_group(&read("/proc/self/cgroup"), Path::new("/sys/fs/cgroup")), MemoryLimit::Group),
    ];
    let known = all.into_iter().filter_map(|(bytes, limit)| Some(MemoryLeft { bytes: bytes?, limit }));
    known.min_by_key(|left| left.bytes)
}

/// The number behind `key` at the beginning of a line.
fn field(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The soft limit of this name; `None` where it is unlimited.
fn soft_limit(limits: &str, name: &str) -> Option<u64> {
    field(limits, name)
}

/// What the control groups around this process leave, of either version; `groups` is `/proc/self/cgroup`.
fn left_to_group(groups: &str, root: &Path) -> Option<u64> {
    let paths = groups.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let version_2 = controllers.is_empty();
        (version_2 || controllers.split(',').any(|c| c == "memory")).then_some((version_2, path))
    });
    let left = paths.filter_map(|(version_2, path)| {
        let (root, files) = if version_2 {
            (root.to_path_buf(), ["memory.max", "memory.current", "inactive_file "])
        } else {
            (root.join("memory"), ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "])
        };
        // A limit may stand at any group above; in a container the path may name groups outside it.
        let own = root.join(path.trim_start_matches('/'));
        own.ancestors()
            .take_while(|group| group.starts_with(&root))
            .filter_map(|g| group_left(g, files))
            .min()
    });
    left.min()
}

/// What one group leaves; files that were read and may be forgotten do not count as used.
fn group_left(group: &Path, [limit, used, cached]: [&str; 3]) -> Option<u64> {
    let read = |file: &str| std::fs::read_to_string(group.join(file)).ok();
    let number = |file: &str| read(file)?.trim().parse::<u64>().ok();
    let cached = read("memory.stat").and_then(|text| field(&text, cached)).unwrap_or(0);
    // Version 1 writes "no limit" as a number that is nearly 2^63.
    let limit = number(limit).filter(|limit| *limit < 1 << 62)?;
    Some(limit.saturating_sub(number(used)?.saturating_sub(cached)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn numbers_are_found_behind_their_names() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max data size             unlimited            unlimited            bytes     \n\
                      Max address space         1048576              unlimited            bytes     \n";
        assert_eq!(soft_limit(limits, "Max address space"), Some(1_048_576));
        assert_eq!(soft_limit(limits, "Max data size"), None);
        assert_eq!(field("MemFree: 5 kB\nMemAvailable:   23671524 kB\n", "MemAvailable:"), Some(23_671_524));
        assert_eq!(field("", "MemAvailable:"), None);
    }

    /// A group of either version, the limit at the group above; the root has none.
    #[test]
    fn groups_of_both_versions_are_read() {
        let root = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let file = root.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        };
        let left = |groups: &str| left_to_group(groups, root.path());
        assert_eq!(left("0::/job/step\n"), None);
        write("job/memory.max", "1000\n");
        write("job/memory.current", "700\n");
        write("job/memory.stat", "anon 500\ninactive_file 200\n");
        write("job/step/memory.max", "max\n");
        write("job/step/memory.current", "100\n");
        assert_eq!(left("0::/job/step\n"), Some(500));
        write("memory/slot/memory.limit_in_bytes", "400\n");
        write("memory/slot/memory.usage_in_bytes", "300\n");
        write("memory/memory.limit_in_bytes", "9223372036854771712\n");
        write("memory/memory.usage_in_bytes", "300\n");
        assert_eq!(left("5:devices:/slot\n4:memory:/slot\n0::/job\n"), Some(100));
        assert_eq!(left("4:memory:/elsewhere\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_has_some_left() {
        let left = memory_left().unwrap();
        let total = field(&fs::read_to_string("/proc/meminfo").unwrap(), "MemTotal:").unwrap() * 1024;
        assert!(left.bytes > 1 << 20 && left.bytes <= total, "{left:?} of {total}");
    }
}
