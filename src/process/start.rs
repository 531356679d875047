//! The first call, which may come from the dynamic linker before any constructor; and the last.
#![expect(unsafe_code, reason = "the environment and the lists of constructors are C's")]

use core::ffi::{CStr, c_char, c_int};

use super::{ProcessHeap, fork, thread};
use crate::diag::Line;
use crate::os::{
    Linux, Lock, auxiliary_random, check_directory, is_secure, memory_limit, write_stderr,
};
use crate::sync::{AtomicBool, Ordering};
use crate::tunables::{Complaint, FIRST_LETTERS, apply_environment};

/// The heap. Nothing of it is set before [`ensure_started`], and it lies in `.bss` for the most part.
pub(crate) static HEAP: ProcessHeap = ProcessHeap::new(Linux);

/// Whether the heap is usable.
static STARTED: AtomicBool = AtomicBool::new(false);
/// Held by the thread that makes it so.
static STARTING: Lock<()> = Lock::new(());

/// Whether the environment was read; it may not be there yet at the first call.
static ENVIRONMENT_READ: AtomicBool = AtomicBool::new(false);

unsafe extern "C" {
    static environ: *const *const c_char;
}

/// Makes the heap usable; a few instructions once it is.
pub(super) fn ensure_started() {
    // Acquire: pairs with the Release in `start`.
    if !STARTED.load(Ordering::Acquire) {
        start();
    }
}

#[cold]
fn start() {
    let starting = STARTING.lock();
    if STARTED.load(Ordering::Acquire) {
        return;
    }
    HEAP.start(auxiliary_random());
    // SAFETY: the C library's own variable; null until the library has started.
    read_environment(unsafe { environ });
    STARTED.store(true, Ordering::Release);
    drop(starting);
    // Not when a thread begins: the program may take all keys before, and in a child its own handlers, which may
    // allocate, come in the order of registration. These may allocate, too: the heap is usable by now.
    thread::create_key();
    fork::register();
}

/// In the child of a fork: opens the lock.
pub(super) fn reset_in_child() {
    STARTING.reset_in_child();
}

/// Applies the settings of an environment, the first time that there is one.
fn read_environment(variables: *const *const c_char) {
    if variables.is_null() || ENVIRONMENT_READ.swap(true, Ordering::Relaxed) || is_secure() {
        return;
    }
    let mut next = variables;
    let each = core::iter::from_fn(move || {
        loop {
            // SAFETY: an environment is an array of pointers that ends with null, where this stops.
            let variable = unsafe { *next };
            if variable.is_null() {
                return None;
            }
            // SAFETY: the null that ends the array was not reached.
            next = unsafe { next.add(1) };
            // SAFETY: each is a C string, which has a byte at least.
            let first = unsafe { *variable.cast::<u8>() };
            if FIRST_LETTERS.contains(&first) {
                // SAFETY: as above.
                return Some(unsafe { CStr::from_ptr(variable) }.to_bytes());
            }
        }
    });
    apply_environment(&HEAP.tunables, each, complain);
    check_file_directory();
    warn_of_forks();
    HEAP.apply_settings();
    if HEAP.tunables.has_limits() {
        HEAP.apply_limits(|| memory_limit().unwrap_or(0));
    }
}

/// Says once, at start, what threads and forks cannot do together when the whole heap lies in files, unless the user has
/// chosen what children get.
fn warn_of_forks() {
    if HEAP.tunables.region_directory().is_some() && !HEAP.tunables.is_fork_chosen() {
        write_stderr(
            b"arenite: file_regions: children of a program with threads must only exec (file_fork says that you know)\n",
        );
    }
}

/// Says once, at start, what is wrong with an entry of `ARENITE_OPTIONS`.
fn complain(complaint: Complaint<'_>) {
    let (text, key) = match complaint {
        Complaint::UnknownKey(key) => ("unknown key \"", key),
        Complaint::BadValue(key) => ("bad value of \"", key),
    };
    let mut line = Line::new();
    line.push_text("arenite: ARENITE_OPTIONS: ");
    line.push_text(text);
    line.push_printable(key);
    line.push_text("\"\n");
    write_stderr(line.as_bytes());
}

/// Says once, at start, that there is no making files where the settings want them; then there are none.
fn check_file_directory() {
    let Some(directory) = HEAP.tunables.file_directory() else { return };
    let Err(code) = check_directory(directory) else { return };
    let reason = match code {
        libc::ENOENT => "no such directory",
        libc::ENOTDIR => "not a directory",
        libc::EACCES | libc::EPERM => "no permission",
        libc::EROFS => "read-only",
        _ => "files there cannot be mapped",
    };
    let mut line = Line::new();
    line.push_text("arenite: ARENITE_OPTIONS: file_dir \"");
    line.push_printable(directory.to_bytes());
    line.push_text("\" is not used: ");
    line.push_text(reason);
    line.push_text("\n");
    write_stderr(line.as_bytes());
    HEAP.tunables.forget_file_directory();
}

extern "C" fn construct(
    _argument_count: c_int,
    _arguments: *const *const c_char,
    variables: *const *const c_char,
) {
    ensure_started();
    read_environment(variables);
}

extern "C" fn destruct() {
    // A block that was freed twice is found now at the latest. No lock is taken: `exit` may have been
    // called by a signal handler that interrupted a call of ours.
    if let Some(thread) = thread::existing() {
        HEAP.check_cache(thread);
    }
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn(c_int, *const *const c_char, *const *const c_char) = construct;

#[used]
#[unsafe(link_section = ".fini_array")]
static DESTRUCTOR: extern "C" fn() = destruct;
