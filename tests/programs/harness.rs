//! Runs a scenario twice, without and with the library preloaded, and compares all that it did.
//!
//! A scenario is a function over a [`Session`]: it starts programs through it, in a working folder
//! that is empty at the start and has the same path both times. What they print, how they end, what
//! they leave in the folder and what the scenario notes itself must be equal in both runs.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};

use crate::lookup::{find, find_any};
use crate::transcript::{Transcript, collect_files, tail};

/// What one scenario function returns.
pub type Outcome = Result<(), Failed>;

/// Settings that are handed on to the programs.
const SETTINGS: [&str; 4] =
    ["MALLOC_PERTURB_", "MALLOC_CHECK_", "GLIBC_TUNABLES", "ARENITE_OPTIONS"];

/// How long one command may run unless the scenario says otherwise.
const TIME_LIMIT: Duration = Duration::from_secs(90);

/// The file name of the library, as the dynamic linker and `/proc/PID/maps` show it.
const LIBRARY_NAME: &str = "libarenite.so";

/// One named comparison.
pub struct Scenario {
    /// The name of the trial: a sentence.
    pub name: &'static str,
    /// Each inner list names alternatives for one program, of which one must be on `PATH`.
    pub programs: &'static [&'static [&'static str]],
    /// Whether the trial is required or only runs where its programs are.
    pub need: Need,
    /// Files and folders of the working folder whose contents may differ from run to run.
    pub volatile: &'static [&'static str],
    /// The scenario itself.
    pub run: fn(&mut Session) -> Outcome,
}

/// What a missing program means for a scenario.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The trial fails.
    Required,
    /// The trial is reported as ignored.
    Optional,
}

impl Scenario {
    /// The trial of this scenario, with `preload` as the library's path.
    pub fn into_trial(self, preload: PathBuf) -> Trial {
        let missing = self.programs.iter().find(|names| find_any(names).is_none());
        let ignored = missing.is_some() && self.need == Need::Optional;
        Trial::test(self.name, move || match missing {
            Some(names) => Err(format!("{} is not installed", names.join(" or ")).into()),
            None => self.compare(&preload),
        })
        .with_ignored_flag(ignored)
    }

    fn compare(&self, preload: &Path) -> Outcome {
        let slug: String = self.name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs").join(slug);
        let plain = self.transcript(&folder, None)?;
        let preloaded = self.transcript(&folder, Some(preload))?;

        let differences = plain.differences(&preloaded);
        if !differences.is_empty() {
            return Err(differences.into());
        }
        fs::remove_dir_all(&folder)?;
        Ok(())
    }

    fn transcript(&self, folder: &Path, preload: Option<&Path>) -> Result<Transcript, Failed> {
        let mode = if preload.is_some() { "with the library" } else { "without the library" };
        let mut session = Session::new(folder, preload)?;
        (self.run)(&mut session)
            .map_err(|failed| format!("{mode}: {}", failed.message().unwrap_or("failed")))?;
        if preload.is_some() {
            session.prove_loaded(self.programs)?;
        }
        let mut transcript = session.transcript;
        collect_files(&session.work, &session.work, self.volatile, &mut transcript)?;
        Ok(transcript)
    }
}

/// One of the two runs of a scenario.
pub struct Session {
    work: PathBuf,
    scratch: PathBuf,
    preload: Option<PathBuf>,
    commands: usize,
    seen_in_maps: bool,
    helpers: Vec<PathBuf>,
    transcript: Transcript,
}

/// How a command ended, and what it printed.
pub struct Finished {
    /// Its exit status.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

impl Finished {
    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// One command of a scenario, before it is started.
pub struct Step<'a> {
    session: &'a mut Session,
    label: String,
    command: Command,
    input: Vec<u8>,
    limit: Duration,
    compared: Compared,
}

/// Which parts of a command take part in the comparison.
#[derive(Clone, Copy)]
enum Compared {
    All,
    Status,
    Nothing,
}

impl Session {
    fn new(folder: &Path, preload: Option<&Path>) -> io::Result<Self> {
        let (work, scratch) = (folder.join("work"), folder.join("scratch"));
        for folder in [&work, &scratch] {
            if folder.exists() {
                fs::remove_dir_all(folder)?;
            }
            fs::create_dir_all(folder)?;
        }
        Ok(Self {
            work,
            scratch,
            preload: preload.map(Path::to_path_buf),
            commands: 0,
            seen_in_maps: false,
            helpers: Vec::new(),
            transcript: Transcript::default(),
        })
    }

    /// The working folder.
    pub fn work(&self) -> &Path {
        &self.work
    }

    /// Writes a file of the working folder, with the folders on the way.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> io::Result<()> {
        let path = self.work.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, contents)
    }

    /// The path of a file that comes with the tests.
    pub fn input(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/inputs").join(name)
    }

    /// Names a program that the others start, which must run on the library too.
    pub fn expect_helper(&mut self, path: impl Into<PathBuf>) {
        self.helpers.push(path.into());
    }

    /// Notes a result that must be equal in both runs.
    pub fn note(&mut self, key: &str, value: impl Into<Vec<u8>>) {
        self.transcript.entries.insert(format!("note: {key}"), value.into());
    }

    /// Prepares a command; its output and its status take part in the comparison.
    pub fn step(&mut self, program: &str, arguments: &[&str]) -> Step<'_> {
        let path = find(program).unwrap_or_else(|| program.into());
        let mut command = self.command(&path);
        command.args(arguments);
        self.commands += 1;
        let label = format!("{:03} {program} {}", self.commands, arguments.join(" "));
        Step {
            session: self,
            label,
            command,
            input: Vec::new(),
            limit: TIME_LIMIT,
            compared: Compared::All,
        }
    }

    /// Runs a command that must succeed, and compares all that it prints.
    pub fn run(&mut self, program: &str, arguments: &[&str]) -> Result<Finished, Failed> {
        self.step(program, arguments).run()
    }

    /// Starts a program that goes on in the background; its output is not compared.
    pub fn start(&mut self, program: &str, arguments: &[&str]) -> Result<Background, Failed> {
        self.commands += 1;
        let log = File::create(self.scratch.join(format!("{:03}.log", self.commands)))?;
        let child = self
            .command(&find(program).unwrap_or_else(|| program.into()))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .map_err(|error| format!("{program}: {error}"))?;
        Ok(Background { child })
    }

    /// Fails unless, in the preloaded run, the library is mapped into a background program.
    pub fn check_mapped(&mut self, background: &Background) -> Outcome {
        if self.preload.is_none() {
            return Ok(());
        }
        if !is_mapped(background.child.id()) {
            return Err(format!("{LIBRARY_NAME} is not mapped into the background program").into());
        }
        self.seen_in_maps = true;
        Ok(())
    }

    /// A command with a small, fixed environment.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.work)
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_else(|| OsString::from("/usr/bin:/bin")))
            .env("HOME", &self.scratch)
            .env("TMPDIR", &self.scratch)
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env("SOURCE_DATE_EPOCH", "1000000000");
        if let Some(preload) = &self.preload {
            command.env("LD_PRELOAD", preload);
            // All programs can be run with other settings, too.
            for (name, value) in SETTINGS.iter().filter_map(|name| Some((name, env::var_os(name)?)))
            {
                command.env(name, value);
            }
        }
        command
    }

    /// Proves that the library is what gave the programs their memory: it was seen in the memory
    /// map of a running program, and the dynamic linker binds `malloc` of each program to it.
    fn prove_loaded(&self, programs: &[&[&str]]) -> Outcome {
        if !self.seen_in_maps {
            return Err(format!("no running program had {LIBRARY_NAME} in its memory map").into());
        }
        let named = programs.iter().filter_map(|names| find_any(names));
        for program in named.chain(self.helpers.iter().cloned()) {
            self.prove_bound(&program)?;
        }
        Ok(())
    }

    /// Asks the dynamic linker to which file it binds `malloc` when `program` starts.
    fn prove_bound(&self, program: &Path) -> Outcome {
        let prefix = self.scratch.join("bindings");
        let mut child = self
            .command(program)
            .arg("--version")
            .env("LD_DEBUG", "bindings")
            .env("LD_DEBUG_OUTPUT", &prefix)
            .env("LD_BIND_NOW", "1")
            .current_dir(&self.scratch)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let id = child.id();
        wait(&mut child, Duration::from_secs(20), |_| {})?;

        let log = fs::read(self.scratch.join(format!("bindings.{id}")))
            .map_err(|error| format!("{}: no log of its bindings: {error}", program.display()))?;
        let log = String::from_utf8_lossy(&log);
        let targets: BTreeSet<&str> = log
            .lines()
            .filter(|line| line.contains("symbol `malloc'"))
            .filter_map(|line| line.split_once(" to ")?.1.split(' ').next())
            .collect();
        // A program that is not position-independent may stand in for `malloc` with an entry of its
        // own table, which is bound to the library in turn; other libraries may not.
        let is_foreign = |target: &&str| target.contains(".so") && !target.ends_with(LIBRARY_NAME);
        if !targets.iter().any(|target| target.ends_with(LIBRARY_NAME))
            || targets.iter().any(is_foreign)
        {
            let program = program.display();
            return Err(format!("{program}: malloc is bound to {targets:?}").into());
        }
        Ok(())
    }
}

impl Compared {
    /// How many of status, standard output and standard error.
    fn parts(self) -> usize {
        match self {
            Self::All => 3,
            Self::Status => 1,
            Self::Nothing => 0,
        }
    }
}

impl Step<'_> {
    /// Gives the command this standard input.
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Replaces the time limit.
    pub fn limit(mut self, seconds: u64) -> Self {
        self.limit = Duration::from_secs(seconds);
        self
    }

    /// Leaves its output out of the comparison: it holds times or process ids.
    pub fn without_output(mut self) -> Self {
        self.compared = Compared::Status;
        self
    }

    /// Leaves the command out of the comparison: how often it is run depends on timing.
    pub fn untracked(mut self) -> Self {
        self.session.commands -= 1;
        self.compared = Compared::Nothing;
        self
    }

    /// Runs the command and fails unless it succeeds.
    pub fn run(self) -> Result<Finished, Failed> {
        let label = self.label.clone();
        let finished = self.finish()?;
        if !finished.status.success() {
            let (stdout, stderr) = (tail(&finished.stdout), tail(&finished.stderr));
            let status = finished.status;
            return Err(format!("{label}: {status}\nstdout: {stdout}\nstderr: {stderr}").into());
        }
        Ok(finished)
    }

    /// Runs the command, whatever its exit status is.
    pub fn finish(mut self) -> Result<Finished, Failed> {
        let base = self.session.scratch.join(format!("{:03}", self.session.commands));
        let file = |end| base.with_extension(end);
        fs::write(file("in"), &self.input)?;
        let mut child = self
            .command
            .stdin(File::open(file("in"))?)
            .stdout(File::create(file("out"))?)
            .stderr(File::create(file("err"))?)
            .process_group(0)
            .spawn()
            .map_err(|error| format!("{}: {error}", self.label))?;

        let session = self.session;
        let watch = session.preload.is_some();
        let status = wait(&mut child, self.limit, |id| {
            if watch && !session.seen_in_maps {
                session.seen_in_maps = is_mapped(id);
            }
        })
        .map_err(|error| {
            let stderr = tail(&fs::read(file("err")).unwrap_or_default());
            format!("{}: {error}\nstderr: {stderr}", self.label)
        })?;

        let (stdout, stderr) = (fs::read(file("out"))?, fs::read(file("err"))?);
        let ending = format!("exit {:?}, signal {:?}", status.code(), status.signal());
        let parts = [("status", ending.as_bytes()), ("stdout", &stdout), ("stderr", &stderr)];
        for (part, bytes) in parts.into_iter().take(self.compared.parts()) {
            session.transcript.entries.insert(format!("{}: {part}", self.label), bytes.to_vec());
        }
        Ok(Finished { status, stdout, stderr })
    }
}

/// A program in the background, ended when this is dropped.
pub struct Background {
    child: Child,
}

impl Background {
    /// Waits for the program to end by itself.
    pub fn wait(&mut self) -> Result<ExitStatus, Failed> {
        Ok(wait(&mut self.child, Duration::from_secs(20), |_| {})?)
    }

    /// Fails if the program has already ended.
    pub fn check_alive(&mut self) -> Outcome {
        match self.child.try_wait()? {
            Some(status) => Err(format!("the background program ended early: {status}").into()),
            None => Ok(()),
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            kill_group(&self.child);
            let _ = self.child.wait();
        }
    }
}

/// Waits for a child within a time limit, then kills its process group.
fn wait(child: &mut Child, limit: Duration, mut poll: impl FnMut(u32)) -> io::Result<ExitStatus> {
    let start = Instant::now();
    loop {
        poll(child.id());
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > limit {
            kill_group(child);
            child.wait()?;
            return Err(io::Error::other(format!("still running after {limit:?}")));
        }
        let is_young = start.elapsed() < Duration::from_millis(100);
        thread::sleep(Duration::from_micros(if is_young { 300 } else { 10_000 }));
    }
}

/// Kills the process group of a child that was started with `process_group(0)`.
fn kill_group(child: &Child) {
    let group = format!("-{}", child.id());
    let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
}

fn is_mapped(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/maps"))
        .is_ok_and(|maps| maps.contains(LIBRARY_NAME))
}
