//! Real programs, each run without and with the release library preloaded: what they print, their
//! exit status and the files that they leave must be the same, byte for byte.
//!
//! `cargo test --test programs -- redis` runs the scenarios whose names contain "redis".

#![allow(
    clippy::std_instead_of_core,
    clippy::missing_docs_in_private_items,
    unreachable_pub,
    reason = "a test program: it has std, and its modules are private to it"
)]

#[path = "programs/files.rs"]
mod files;
#[path = "programs/harness.rs"]
mod harness;
#[path = "programs/interpreters.rs"]
mod interpreters;
#[path = "programs/library.rs"]
mod library;
#[path = "programs/lookup.rs"]
mod lookup;
#[path = "programs/services.rs"]
mod services;
#[path = "programs/toolchain.rs"]
mod toolchain;
#[path = "programs/transcript.rs"]
mod transcript;

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::Arguments;

use crate::library::Library;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let preload = Library::build()
        .and_then(|library| library.preload_path(folder).map_err(|error| error.to_string()));
    let preload = match preload {
        Ok(path) => path,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    let scenarios = [
        interpreters::scenarios(),
        toolchain::scenarios(),
        services::scenarios(),
        files::scenarios(),
    ];
    let trials =
        scenarios.into_iter().flatten().map(|one| one.into_trial(preload.clone())).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}
