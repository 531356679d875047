//! Runs the C and C++ programs of `tests/c`, one named trial for each program and allocator.
//!
//! Every program of `conformance`, `misuse`, `lifecycle` and `cxx` is compiled once and run twice: with
//! the release library preloaded (`conformance::malloc_zero [arenite]`) and on the C library's own
//! allocator (`conformance::malloc_zero [glibc]`), so that a wrong expectation shows. The programs of
//! `static` are linked with the archive instead, once for each way of linking; those of `cxx` as well.
//! A binary that was linked so must hold Arenite's `malloc` and nothing of the C library's.
//!
//! A program's leading comment lines may hold these keys:
//!
//! | key | meaning |
//! |---|---|
//! | `// expect: a\|b` | it must end by SIGABRT with exactly one line on stderr that contains one of the alternatives (plain text); on Arenite the line also holds one of the addresses that the program has printed as `block 0x…` |
//! | `// args: …` | arguments, separated by blanks |
//! | `// cases: …` | words separated by blanks: a trial of its own for each, `malloc_zero(word)`, which gets the word as last argument |
//! | `// long: …` | the arguments instead of those if `ARENITE_LONG` is set |
//! | `// env: K=V …` | environment variables |
//! | `// seconds: n` | time limit (30 without it; ten times that if `ARENITE_LONG` is set) |
//! | `// glibc: no` | not run on the C library's allocator, which behaves differently |
//! | `// preload: no` | run without preloading; `ARENITE_SO` names the library for `dlopen` |
//! | `// compile: flags` | (may be repeated) compiled so, one trial each |
//! | `// link: flags` | (`static` and `cxx`, may be repeated) one way of linking with the archive |
//! | `// link: all` | each way of `EVERY_LINK` |
//! | `// library: file` | a source beside it, `…_library.cpp`, that becomes a shared library; `TEST_LIBRARY` names it |
//! | `// shows: section: item` | (may be repeated) a line of `tests/parity.txt` that it is a test of; read by `scripts/glibc-parity` |
//!
//! Without `expect`, a program must exit with status 0 and print nothing on stderr. A word that is
//! almost a key is an error; other lines are prose.
//!
//! The release library is built first, unless `ARENITE_LIB_DIR` names a directory that holds one.
//! Arguments are those of libtest: `cargo test --test c_programs -- misuse` runs one folder,
//! `-- '[glibc]'` only the C library's side, and `ARENITE_LONG=1` the long forms.
//!
//! For comparison `ARENITE_PEERS="name=/path/of.so …"` adds a trial for every program on each of these
//! allocators, preloaded and judged as on the C library, and ended after 10 seconds. The word `glibc`
//! without a path adds the programs marked `glibc: no` and those that are linked statically, on the C
//! library. Such trials may fail: what other allocators do is information.

use core::error::Error;
use core::time::Duration;
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Instant, SystemTime};

use libtest_mimic::{Arguments, Failed, Trial};

const PRELOADED_GROUPS: [&str; 4] = ["conformance", "misuse", "lifecycle", "cxx"];
const STATIC_GROUP: &str = "static";
const COMPILER_FLAGS: [&str; 7] =
    ["-O1", "-g", "-Wall", "-pthread", "-fno-builtin", "-U_FORTIFY_SOURCE", "-D_GNU_SOURCE"];
const C_STANDARD: &str = "-std=gnu11";
/// How the names of sources end that are no programs but libraries of one.
const LIBRARY_SUFFIX: &str = "_library.cpp";
const CXX_STANDARD: &str = "-std=gnu++20";

/// The ways in which programs are linked with the archive: kinds of executables, what optimises across
/// files, what drops unused parts, and what asks for members that nothing has asked for.
const EVERY_LINK: [&str; 15] = [
    "-static",
    "-static -O0",
    "-static -O2",
    "-static-pie -fPIE",
    "-no-pie",
    "-pie -fPIE",
    "-static -O2 -flto",
    "-pie -fPIE -O2 -flto",
    "-static -ffunction-sections -fdata-sections -Wl,--gc-sections",
    "-pie -fPIE -ffunction-sections -fdata-sections -Wl,--gc-sections",
    "-static -Wl,-u,malloc",
    "-no-pie -Wl,-u,malloc",
    "-static -Wl,--whole-archive",
    "-static-pie -fPIE -Wl,--whole-archive",
    "-pie -fPIE -Wl,--whole-archive",
];
const KEYS: [&str; 12] = [
    "expect", "args", "cases", "long", "env", "seconds", "glibc", "preload", "compile", "link",
    "library", "shows",
];
const DEFAULT_LIMIT: Duration = Duration::from_secs(30);
const LONG_FACTOR: u32 = 10;
const PEER_LIMIT: Duration = Duration::from_secs(10);
const SIGABRT: i32 = 6;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::from_args();
    Ok(libtest_mimic::run(&arguments, all_trials()?).exit_code())
}

// ---- trials ----

fn all_trials() -> Result<Vec<Trial>, Box<dyn Error>> {
    let peers = Peers::from_environment()?;
    let mut trials = Vec::new();
    for group in PRELOADED_GROUPS {
        for program in programs_of(group)? {
            let program = Arc::new(program);
            trials.extend(trials_of(&program, &peers));
            trials.extend(link_trials_of(&program, &peers));
        }
    }
    for program in programs_of(STATIC_GROUP)? {
        trials.extend(link_trials_of(&Arc::new(program), &peers));
    }
    Ok(trials)
}

fn programs_of(group: &'static str) -> Result<Vec<Program>, Box<dyn Error>> {
    let folder = source_root().join(group);
    let mut paths = Vec::new();
    for entry in fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))? {
        let path = entry?.path();
        let is_source = path.extension().is_some_and(|text| text == "c" || text == "cpp");
        let is_library = path.to_string_lossy().ends_with(LIBRARY_SUFFIX);
        if is_source && !is_library {
            paths.push(path);
        }
    }
    paths.sort();
    let mut programs = Vec::new();
    for path in paths {
        programs.extend(Program::read(group, &path)?);
    }
    Ok(programs)
}

fn trials_of(program: &Arc<Program>, peers: &Peers) -> Vec<Trial> {
    let mut allocators = vec![Allocator::Arenite];
    let preloads = program.expectations.preloads;
    if program.expectations.runs_on_glibc || (peers.with_glibc && preloads) {
        allocators.push(Allocator::Glibc);
    }
    if preloads {
        allocators.extend(peers.preloaded.iter().cloned());
    }
    let trial_for = |allocator: Allocator| {
        let program = Arc::clone(program);
        let how = [allocator.name(), &program.flags].join(" ");
        let name = format!("{}::{} [{}]", program.group, program.name, how.trim_end());
        Trial::test(name, move || run_preloaded(&program, &allocator))
    };
    allocators.into_iter().map(trial_for).collect()
}

fn link_trials_of(program: &Arc<Program>, peers: &Peers) -> Vec<Trial> {
    let trial_for = |flags: &String, allocator: Allocator| {
        let program = Arc::clone(program);
        let flags = flags.clone();
        let name = format!("{}::{} [{} {flags}]", program.group, program.name, allocator.name());
        Trial::test(name, move || run_linked(&program, &flags, &allocator))
    };
    let mut trials = Vec::new();
    for flags in &program.expectations.links {
        trials.push(trial_for(flags, Allocator::Arenite));
        if peers.with_glibc && flags.contains("-static") {
            trials.push(trial_for(flags, Allocator::Glibc));
        }
    }
    trials
}

fn run_preloaded(program: &Program, allocator: &Allocator) -> Result<(), Failed> {
    let binary = program.compiled()?;
    let mut variables = program.expectations.environment.clone();
    if let Some(library) = program.compiled_library(allocator)? {
        variables.push(assignment("TEST_LIBRARY", &library));
    }
    match allocator {
        Allocator::Arenite if program.expectations.preloads => {
            variables.push(assignment("LD_PRELOAD", &library()?.join("libarenite.so")));
            variables.push("ARENITE_EXPECTED=1".into());
        }
        Allocator::Arenite => {
            variables.push(assignment("ARENITE_SO", &library()?.join("libarenite.so")));
        }
        Allocator::Glibc => {}
        Allocator::Peer(_, shared) => variables.push(assignment("LD_PRELOAD", shared)),
    }
    let limit = allocator.limit(program.expectations.limit);
    let run = Run::start(program, &binary, &variables, allocator.name(), limit)?.finish()?;
    Ok(run.judge(&program.expectations, allocator)?)
}

fn run_linked(program: &Program, flags: &str, allocator: &Allocator) -> Result<(), Failed> {
    let label = format!("{}{}", allocator.name(), label_of(flags));
    let binary = program.output(&format!("-linked-{label}"))?;
    let mut link: Vec<OsString> = flags.split_whitespace().map(OsString::from).collect();
    let mut variables = program.expectations.environment.clone();
    if matches!(allocator, Allocator::Arenite) {
        link.push(library()?.join("libarenite.a").into());
        variables.push("ARENITE_EXPECTED=1".into());
    }
    if flags.contains("--whole-archive") {
        link.push("-Wl,--no-whole-archive".into());
    }
    link.push("-lpthread".into());
    compile(&program.source, &binary, &link)?;
    if matches!(allocator, Allocator::Arenite) {
        has_our_malloc_alone(&binary)?;
    }
    let limit = program.expectations.limit;
    let run = Run::start(program, &binary, &variables, &label, limit)?.finish()?;
    Ok(run.judge(&program.expectations, allocator)?)
}

/// Flags as a part of a file's name.
fn label_of(flags: &str) -> String {
    flags.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// Fails unless a linked program defines Arenite's functions, and nothing that only the C library's
/// `malloc.o` has.
fn has_our_malloc_alone(binary: &Path) -> Result<(), String> {
    let output = Command::new("nm").arg(binary).output().map_err(|e| format!("nm: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let defined: Vec<&str> =
        text.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    // What is not called may have been dropped again, but not all of it.
    if !defined.contains(&"malloc") || !defined.iter().any(|name| name.contains("arenite")) {
        return Err(format!("{} does not hold Arenite", binary.display()));
    }
    for name in ["main_arena", "_int_malloc", "_int_free"] {
        if defined.contains(&name) {
            return Err(format!("{} holds {name} of the C library", binary.display()));
        }
    }
    Ok(())
}

#[derive(Clone)]
enum Allocator {
    Arenite,
    Glibc,
    /// Another one: its name and its shared library.
    Peer(String, PathBuf),
}

impl Allocator {
    fn name(&self) -> &str {
        match self {
            Self::Arenite => "arenite",
            Self::Glibc => "glibc",
            Self::Peer(name, _) => name,
        }
    }

    fn limit(&self, of_program: Duration) -> Duration {
        match self {
            Self::Peer(..) => of_program.min(PEER_LIMIT),
            Self::Arenite | Self::Glibc => of_program,
        }
    }
}

/// What `ARENITE_PEERS` asks for.
#[derive(Default)]
struct Peers {
    preloaded: Vec<Allocator>,
    with_glibc: bool,
}

impl Peers {
    fn from_environment() -> Result<Self, String> {
        let mut peers = Self::default();
        let text = std::env::var("ARENITE_PEERS").unwrap_or_default();
        for word in text.split_whitespace() {
            match word.split_once('=') {
                Some((name, path)) if Path::new(path).is_file() => {
                    peers.preloaded.push(Allocator::Peer(name.into(), path.into()));
                }
                None if word == "glibc" => peers.with_glibc = true,
                _ => return Err(format!("ARENITE_PEERS: {word} is no library")),
            }
        }
        Ok(peers)
    }
}

// ---- programs and their header comments ----

/// A program, or one case of it.
struct Program {
    group: &'static str,
    name: String,
    source: PathBuf,
    /// Further flags of the compiler.
    flags: String,
    expectations: Expectations,
    binary: Arc<OnceLock<Result<PathBuf, String>>>,
}

#[derive(Clone)]
struct Expectations {
    /// Alternatives for the one line on stderr; empty if the program must succeed.
    errors: Vec<String>,
    arguments: Vec<String>,
    cases: Vec<String>,
    environment: Vec<OsString>,
    compilations: Vec<String>,
    links: Vec<String>,
    library: Option<String>,
    limit: Duration,
    runs_on_glibc: bool,
    preloads: bool,
}

impl Program {
    /// The program of a source file, once for each way of compiling it and each of its cases.
    fn read(group: &'static str, source: &Path) -> Result<Vec<Self>, Box<dyn Error>> {
        let text = fs::read_to_string(source)?;
        let name = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let expectations =
            Expectations::parse(&text).map_err(|e| format!("{}: {e}", source.display()))?;
        if group == "misuse" && expectations.errors.is_empty() {
            return Err(format!("{}: a misuse program needs `expect`", source.display()).into());
        }
        let mut compilations = expectations.compilations.clone();
        if compilations.is_empty() {
            compilations.push(String::new());
        }
        let mut programs = Vec::new();
        for flags in compilations {
            let mut expectations = expectations.clone();
            if !programs.is_empty() {
                // Ways of linking bring flags of their own; once is enough.
                expectations.links.clear();
            }
            let (name, source, binary) = (name.clone(), source.into(), Arc::new(OnceLock::new()));
            let whole = Self { group, name, source, flags, expectations, binary };
            let cases = whole.expectations.cases.clone();
            programs.extend(cases.iter().map(|case| whole.case(case)));
            if cases.is_empty() {
                programs.push(whole);
            }
        }
        Ok(programs)
    }

    fn case(&self, case: &str) -> Self {
        let mut expectations = self.expectations.clone();
        expectations.arguments.push(case.into());
        Self {
            group: self.group,
            name: format!("{}({case})", self.name),
            source: self.source.clone(),
            flags: self.flags.clone(),
            expectations,
            binary: Arc::clone(&self.binary),
        }
    }

    /// The program compiled without any allocator of its own; compiled at the first call.
    fn compiled(&self) -> Result<PathBuf, String> {
        let compile_once = || {
            let stem = self.source.file_stem().unwrap_or_default().to_string_lossy();
            let binary = folder_of(self.group)?.join(format!("{stem}{}", label_of(&self.flags)));
            if !is_up_to_date(&binary, &self.source) {
                let mut link: Vec<OsString> =
                    self.flags.split_whitespace().map(OsString::from).collect();
                link.push("-ldl".into());
                compile(&self.source, &binary, &link)?;
            }
            Ok(binary)
        };
        self.binary.get_or_init(compile_once).clone()
    }

    /// Its shared library, if it has one; each trial makes its own.
    fn compiled_library(&self, allocator: &Allocator) -> Result<Option<PathBuf>, String> {
        let Some(name) = &self.expectations.library else {
            return Ok(None);
        };
        let library = self.output(&format!("-{}.so", allocator.name()))?;
        compile(&self.source.with_file_name(name), &library, &["-shared".into(), "-fPIC".into()])?;
        Ok(Some(library))
    }

    fn output(&self, suffix: &str) -> Result<PathBuf, String> {
        Ok(folder_of(self.group)?.join(format!("{}{}{suffix}", self.name, label_of(&self.flags))))
    }
}

impl Expectations {
    fn parse(text: &str) -> Result<Self, String> {
        let mut parsed = Self {
            errors: Vec::new(),
            arguments: Vec::new(),
            cases: Vec::new(),
            environment: Vec::new(),
            compilations: Vec::new(),
            links: Vec::new(),
            library: None,
            limit: DEFAULT_LIMIT,
            runs_on_glibc: true,
            preloads: true,
        };
        for line in text.lines().map_while(|line| line.strip_prefix("//")) {
            let Some((key, value)) = line.trim().split_once(':') else {
                continue;
            };
            if let Some(meant) = misspelt_key(key) {
                return Err(format!("{key}: did you mean {meant}?"));
            }
            if value.starts_with(' ') {
                parsed.set(key, value.trim())?;
            }
        }
        if is_long() {
            parsed.limit *= LONG_FACTOR;
        }
        Ok(parsed)
    }

    /// Takes one line of the header; a line whose key is not known is prose.
    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let words = || value.split_whitespace().map(String::from).collect();
        match key {
            "expect" => self.errors = value.split('|').map(String::from).collect(),
            "args" => self.arguments = words(),
            "cases" => self.cases = words(),
            "long" if is_long() => self.arguments = words(),
            "env" => self.environment = value.split_whitespace().map(OsString::from).collect(),
            "compile" => self.compilations.push(value.into()),
            "library" => self.library = Some(value.into()),
            "link" if value == "all" => self.links.extend(EVERY_LINK.map(String::from)),
            "link" => self.links.push(value.into()),
            "seconds" => {
                let seconds = value.parse().map_err(|e| format!("seconds: {e}"))?;
                self.limit = Duration::from_secs(seconds);
            }
            "glibc" => self.runs_on_glibc = value != "no",
            "preload" => self.preloads = value != "no",
            _ => {}
        }
        Ok(())
    }
}

/// The key that a word at the start of a header line is meant to be, if it is almost one.
fn misspelt_key(word: &str) -> Option<&'static str> {
    let differing = |key: &str| key.bytes().zip(word.bytes()).filter(|(a, b)| a != b).count();
    let is_near = |key: &str| match word.len().abs_diff(key.len()) {
        0 => differing(key) == 1,
        1 | 2 => word.len() > 2 && differing(key) == 0,
        _ => false,
    };
    let word_is_key = KEYS.contains(&word);
    KEYS.into_iter().find(|key| !word_is_key && (key.eq_ignore_ascii_case(word) || is_near(key)))
}

fn is_long() -> bool {
    std::env::var_os("ARENITE_LONG").is_some_and(|value| !value.is_empty() && value != "0")
}

// ---- building ----

fn source_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c")
}

/// The target directory of this build, however it was set: cargo gives its `tmp` folder to tests.
fn target_root() -> &'static Path {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    scratch.parent().unwrap_or(scratch)
}

/// The directory for what is made of a group's programs.
fn folder_of(group: &str) -> Result<PathBuf, String> {
    let folder = target_root().join("c_programs").join(group);
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    Ok(folder)
}

/// The directory with the release library, which is built at the first call.
fn library() -> Result<&'static Path, String> {
    static LIBRARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match LIBRARY.get_or_init(build_library) {
        Ok(folder) => Ok(folder),
        Err(error) => Err(error.clone()),
    }
}

fn build_library() -> Result<PathBuf, String> {
    if let Some(folder) = std::env::var_os("ARENITE_LIB_DIR") {
        return fs::canonicalize(&folder).map_err(|e| format!("ARENITE_LIB_DIR: {e}"));
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--lib", "--quiet", "--target-dir"]).arg(target_root());
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    succeed(&mut command)?;
    Ok(target_root().join("release"))
}

/// Compiles `source` to `binary`; `link` follows the source on the command line.
fn compile(source: &Path, binary: &Path, link: &[OsString]) -> Result<(), String> {
    let is_cxx = source.extension().is_some_and(|extension| extension == "cpp");
    let (key, usual, standard) =
        if is_cxx { ("CXX", "g++", CXX_STANDARD) } else { ("CC", "cc", C_STANDARD) };
    let compiler = std::env::var_os(key).unwrap_or_else(|| usual.into());
    // A name of its own until it is complete: a run that is ended early leaves no half binary.
    let partial = binary.with_extension(format!("{}.partial", std::process::id()));
    let mut command = Command::new(compiler);
    command.arg(standard).args(COMPILER_FLAGS).arg("-I").arg(source_root()).arg(source);
    command.arg("-o").arg(&partial).args(link);
    succeed(&mut command)?;
    fs::rename(&partial, binary).map_err(|e| format!("{}: {e}", binary.display()))
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

/// Whether the binary is newer than its source and the shared headers.
fn is_up_to_date(binary: &Path, source: &Path) -> bool {
    let Some(built) = modified(binary) else {
        return false;
    };
    let folders = [Some(source_root()), source.parent().map(Path::to_path_buf)];
    let mut inputs = vec![source.to_path_buf()];
    for entry in folders.into_iter().flatten().flat_map(fs::read_dir).flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "h" || extension == "hpp") {
            inputs.push(path);
        }
    }
    inputs.iter().all(|input| modified(input).is_some_and(|time| time < built))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

// ---- running ----

/// A program that has been started in a process group of its own.
struct Run {
    child: Child,
    command: String,
    limit: Duration,
    stdout: PathBuf,
    stderr: PathBuf,
}

/// What a program did until its end.
struct Outcome {
    command: String,
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

impl Run {
    fn start(
        program: &Program,
        binary: &Path,
        variables: &[OsString],
        label: &str,
        limit: Duration,
    ) -> Result<Self, String> {
        let stdout = program.output(&format!("-{label}.stdout"))?;
        let stderr = program.output(&format!("-{label}.stderr"))?;
        let create =
            |path: &Path| File::create(path).map_err(|e| format!("{}: {e}", path.display()));
        // `env` sets the variables, so that neither the shell nor `env` itself is preloaded.
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -c 0; exec env \"$@\"", "sh"]);
        command.args(variables).arg(binary).args(&program.expectations.arguments);
        remove_allocator_settings(&mut command);
        command.stdin(Stdio::null()).stdout(create(&stdout)?).stderr(create(&stderr)?);
        command.process_group(0);
        if let Some(folder) = binary.parent() {
            command.current_dir(folder);
        }
        let child = command.spawn().map_err(|e| format!("{command:?}: {e}"))?;
        let words = command.get_args().skip(3).map(|word| word.to_string_lossy());
        let command = format!("env {}", words.collect::<Vec<_>>().join(" "));
        Ok(Self { child, command, limit, stdout, stderr })
    }

    /// Waits for the end; kills the whole process group when the time is over.
    fn finish(mut self) -> Result<Outcome, String> {
        let started = Instant::now();
        let mut pause = Duration::from_millis(1);
        let status = loop {
            if let Some(status) = self.child.try_wait().map_err(|e| e.to_string())? {
                break status;
            }
            if started.elapsed() > self.limit {
                self.kill_group();
                let limit = self.limit.as_secs();
                return Err(format!("no end after {limit} s: {}", self.command));
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        };
        let text = |path: &Path| {
            let bytes = fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
            Ok::<_, String>(String::from_utf8_lossy(&bytes).into_owned())
        };
        let (stdout, stderr) = (text(&self.stdout)?, text(&self.stderr)?);
        Ok(Outcome { command: self.command, status, stdout, stderr })
    }

    fn kill_group(&mut self) {
        let script = format!("kill -s KILL -- -{}", self.child.id());
        let killed = Command::new("sh").args(["-c", &script]).status();
        if !killed.is_ok_and(|status| status.success()) {
            // At least the program itself; an error means that it has ended meanwhile.
            drop(self.child.kill());
        }
        drop(self.child.wait());
    }
}

impl Outcome {
    fn judge(&self, expectations: &Expectations, allocator: &Allocator) -> Result<(), String> {
        let complaint = if expectations.errors.is_empty() {
            self.why_not_success()
        } else {
            self.why_not_reported(&expectations.errors, allocator)
        };
        match complaint {
            None => Ok(()),
            Some(reason) => Err(format!(
                "{reason}\n  command: {}\n  status: {}\n  stderr: {}\n  stdout: {}",
                self.command,
                self.status,
                shortened(&self.stderr),
                shortened(&self.stdout),
            )),
        }
    }

    fn why_not_success(&self) -> Option<String> {
        if !self.status.success() {
            return Some("the program failed".into());
        }
        if !self.stderr.is_empty() {
            return Some("the program printed on stderr".into());
        }
        None
    }

    fn why_not_reported(&self, alternatives: &[String], allocator: &Allocator) -> Option<String> {
        if self.status.signal() != Some(SIGABRT) {
            return Some("the misuse did not end in SIGABRT".into());
        }
        if self.stderr.lines().count() != 1 || !self.stderr.ends_with('\n') {
            return Some("stderr is not exactly one line".into());
        }
        if !alternatives.iter().any(|text| self.stderr.contains(text.as_str())) {
            return Some(format!("stderr holds none of {alternatives:?}"));
        }
        if !matches!(allocator, Allocator::Arenite) {
            return None;
        }
        let announced: Vec<u64> = self
            .stdout
            .lines()
            .filter_map(|line| hexadecimal_numbers(line.strip_prefix("block ")?).next())
            .collect();
        if !hexadecimal_numbers(&self.stderr).any(|address| announced.contains(&address)) {
            return Some("the line does not hold the block's address".into());
        }
        None
    }
}

/// The user's own settings must not reach the programs.
fn remove_allocator_settings(command: &mut Command) {
    for (key, _) in std::env::vars_os() {
        let name = key.to_string_lossy();
        let is_setting = name.starts_with("MALLOC_") || name.starts_with("ARENITE_");
        if is_setting || ["LD_PRELOAD", "LD_LIBRARY_PATH", "GLIBC_TUNABLES"].contains(&&*name) {
            command.env_remove(&key);
        }
    }
}

fn assignment(key: &str, path: &Path) -> OsString {
    let mut text = OsString::from(key);
    text.push("=");
    text.push(path);
    text
}

/// The numbers written as `0x…` in a text.
fn hexadecimal_numbers(text: &str) -> impl Iterator<Item = u64> + '_ {
    text.split("0x").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
        u64::from_str_radix(rest.get(..end)?, 16).ok()
    })
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 1500;
    text.chars().take(LONGEST).collect()
}
