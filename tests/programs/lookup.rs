//! Finds the programs that the scenarios run.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The path of a program, looked up on `PATH`.
pub fn find(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name));
    }
    if name == "python3" {
        return find_python();
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// The first of several programs that is there.
pub fn find_any(names: &[&str]) -> Option<PathBuf> {
    names.iter().find_map(|name| find(name))
}

/// A Python that has its own tests: `python3` on `PATH` may be a wrapper script or lack them.
fn find_python() -> Option<PathBuf> {
    let ask = "import sys, test.libregrtest, test.test_json, test.test_dict; print(sys.executable)";
    ["python3", "/usr/bin/python3"].iter().find_map(|name| {
        let output = Command::new(name).args(["-c", ask]).stdin(Stdio::null()).output().ok()?;
        let path = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| PathBuf::from(path.trim_end()))
    })
}
