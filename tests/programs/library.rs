//! Builds the release library that the outside tests look at, and says where it is.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, os};

/// The files of one release build.
pub struct Library {
    /// `libarenite.so`.
    pub shared: PathBuf,
    /// `libarenite.a`.
    pub archive: PathBuf,
}

impl Library {
    /// Builds the release library if it is not up to date.
    ///
    /// `cargo test` refreshes only what the test harness links, so the shipped files need this.
    pub fn build() -> Result<Self, String> {
        let target = target_folder()?;
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let build = Command::new(cargo)
            .args(["build", "--release", "--lib", "--target-dir"])
            .arg(target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env_remove("LD_PRELOAD")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("cargo build --release: {error}"))?;
        if !build.status.success() {
            let log = String::from_utf8_lossy(&build.stderr);
            return Err(format!("cargo build --release failed:\n{log}"));
        }
        let release = target.join("release");
        let library =
            Self { shared: release.join("libarenite.so"), archive: release.join("libarenite.a") };
        for file in [&library.shared, &library.archive] {
            if !file.is_file() {
                return Err(format!("the release build left no {}", file.display()));
            }
        }
        Ok(library)
    }

    /// The path to put into `LD_PRELOAD`: a link in `folder` when the path itself has a space or a
    /// colon, which `LD_PRELOAD` can't hold.
    pub fn preload_path(&self, folder: &Path) -> io::Result<PathBuf> {
        if !self.shared.to_string_lossy().contains([' ', ':', '$']) {
            return Ok(self.shared.clone());
        }
        let link = folder.join("libarenite.so");
        let _ = fs::remove_file(&link);
        os::unix::fs::symlink(&self.shared, &link)?;
        Ok(link)
    }
}

/// Cargo's target folder: the parent of the folder that it gives to integration tests.
fn target_folder() -> Result<&'static Path, String> {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .ok_or_else(|| "cargo gave no target folder".to_owned())
}
