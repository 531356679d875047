//! Runs a program under `strace` and reads from the trace what it did.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::{Failed, Trial};

use crate::rule::{Call, Rule, Step, SystemCall};
use crate::{Allocator, compile, library, sources, succeed_quietly};

/// Seed and largest size of the runs: some whose blocks are all small enough to raise the threshold, and
/// some with blocks above 32 MiB.
const RUNS: [(u64, u64); 6] =
    [(1, 4 << 20), (2, 1 << 20), (3, 16 << 20), (4, 24 << 20), (5, 40 << 20), (6, 40 << 20)];

/// One trial for each allocator.
pub fn trials() -> Vec<Trial> {
    let trial_for = |allocator: Allocator| {
        let name = format!("traced::dynamic_threshold [{}]", allocator.name());
        Trial::test(name, move || check_runs(allocator).map_err(Failed::from))
    };
    Allocator::BOTH.into_iter().map(trial_for).collect()
}

fn check_runs(allocator: Allocator) -> Result<(), String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let binary = folder.join(format!("dynamic_threshold-{}", allocator.name()));
    compile(&sources().join("traced/dynamic_threshold.c"), &binary, &[])?;
    let mut totals = (0, 0, 0);
    for (seed, largest) in RUNS {
        let log = folder.join(format!("dynamic_threshold-{}-{seed}.strace", allocator.name()));
        trace(&binary, allocator, &log, &[seed.to_string(), largest.to_string()])?;
        let text = fs::read_to_string(&log).map_err(|e| format!("{}: {e}", log.display()))?;
        let mut rule = Rule::new();
        for step in steps_of(&text) {
            rule.check(&step)
                .map_err(|error| format!("seed {seed}, {}: {error}", log.display()))?;
        }
        totals.0 += rule.mapped_blocks;
        totals.1 += rule.heap_blocks;
        totals.2 += rule.rises;
    }
    // The runs must have come to every case, or they show nothing.
    if totals.0 < 40 || totals.1 < 100 || totals.2 < 12 {
        return Err(format!("too few mapped blocks, blocks of the heap or rises: {totals:?}"));
    }
    Ok(())
}

fn trace(
    binary: &Path,
    allocator: Allocator,
    log: &Path,
    arguments: &[String],
) -> Result<(), String> {
    let mut command = Command::new("strace");
    command.args(["-f", "-e", "trace=mmap,munmap,mremap,brk,write", "-s", "200", "-o"]).arg(log);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("MALLOC_") || text.starts_with("ARENITE_") {
            command.env_remove(&name);
        }
    }
    command.env_remove("GLIBC_TUNABLES").env_remove("LD_PRELOAD");
    if matches!(allocator, Allocator::Arenite) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let preload = library()?.preload_path(folder).map_err(|error| error.to_string())?;
        // `strace` itself runs without it.
        command.arg("-E").arg(format!("LD_PRELOAD={}", preload.display()));
        command.args(["-E", "ARENITE_EXPECTED=1"]);
    }
    command.arg(binary).args(arguments);
    succeed_quietly(&mut command).map(drop)
}

/// The program's steps: each begins with what it says on stdout before it calls, and ends with "done".
fn steps_of(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut current: Option<Step> = None;
    for line in text.lines().filter_map(without_process) {
        if let Some(said) = said_in(line) {
            let mut words = said.split(' ');
            match (words.next(), words.next(), words.next()) {
                (Some("done"), Some(result), None) => {
                    if let Some(step) = current.take() {
                        steps.push(Step { result: number(result), ..step });
                    }
                }
                (Some("malloc"), Some(size), None) => {
                    current = Some(step_for(Call::Malloc { size: number(size) }));
                }
                (Some("realloc"), Some(block), Some(size)) => {
                    let (block, size) = (number(block), number(size));
                    current = Some(step_for(Call::Realloc { block, size }));
                }
                (Some("free"), Some(block), None) => {
                    current = Some(step_for(Call::Free { block: number(block) }));
                }
                _ => {}
            }
        } else if let (Some(step), Some(call)) = (&mut current, system_call(line)) {
            step.system_calls.push(call);
        }
    }
    steps
}

fn step_for(call: Call) -> Step {
    Step { call, result: 0, system_calls: Vec::new() }
}

/// A line of the log without the process number in front.
fn without_process(line: &str) -> Option<&str> {
    let (process, rest) = line.split_once(' ')?;
    process.bytes().all(|byte| byte.is_ascii_digit()).then(|| rest.trim_start())
}

/// The text, without its end of line, of a `write` on stdout.
fn said_in(line: &str) -> Option<&str> {
    line.strip_prefix("write(1, \"")?.split_once("\\n\"").map(|(text, _)| text)
}

/// `name(argument, argument, …) = result`; calls that failed are none.
fn system_call(line: &str) -> Option<SystemCall> {
    let (name, rest) = line.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    if result.starts_with('-') {
        return None;
    }
    let arguments = arguments.trim_end().strip_suffix(')')?;
    let arguments: Vec<u64> = arguments.split(", ").map(number).collect();
    let result = number(result);
    match (name, arguments.as_slice()) {
        ("mmap", [_, length, ..]) => Some(SystemCall::Map { address: result, length: *length }),
        ("munmap", [address, length]) => {
            Some(SystemCall::Unmap { address: *address, length: *length })
        }
        ("mremap", [from, _, length, ..]) => {
            Some(SystemCall::Remap { from: *from, to: result, length: *length })
        }
        ("brk", [_]) => Some(SystemCall::Break { end: result }),
        _ => None,
    }
}

/// A decimal or hexadecimal number; 0 for what is none.
fn number(text: &str) -> u64 {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap_or(0),
        None => text.parse().unwrap_or(0),
    }
}
