//! The C names: one-line forwards to the layer `abi` of `arenite`, which documents them.
//!
//! Every global of glibc's own `malloc.o` is here, so that a static link never needs that file and
//! finds no symbol twice. Two packages compile this file: `arenite-c` makes the shared library of it,
//! with the C++ operators (`cfg(operators)`), `arenite-static` (in `../static`) the archive, whose
//! operators are a member of their own.
#![no_std]
#![expect(unsafe_code, reason = "unmangled names")]
#![allow(clippy::missing_safety_doc, reason = "the contracts are those of the C functions")]
#![allow(missing_docs, reason = "documented in include/arenite.h and in abi")]

use core::ffi::{c_char, c_int, c_void};

use arenite::c::{self, MallocInfo, MallocInfo2};
use arenite::{Block, Stats};

/// Defines C functions, each under several names.
macro_rules! export {
    ($($($name:ident),+: $signature:tt => $body:expr;)+) => {
        $($(function! { $name $signature $body })+)+
    };
}

macro_rules! function {
    ($name:ident [($($argument:ident: $type:ty),*) $(-> $result:ty)?] $body:expr) => {
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($argument: $type),*) $(-> $result)? { $body }
    };
}

#[cfg(operators)]
mod operators;

type Pointer = *mut c_void;
type Visit = unsafe extern "C" fn(*const Block, Pointer) -> c_int;

/// Copies the first `count` of `bytes` to `offset` bytes behind `place`.
///
/// # Safety
/// There is room for them.
unsafe fn copy(bytes: &[u8], count: usize, place: *mut c_char, offset: usize) {
    if count > 0 {
        let target = place.cast::<u8>().wrapping_add(offset);
        // SAFETY: by the precondition; `count` is at most the length of the slice.
        unsafe { target.copy_from_nonoverlapping(bytes.as_ptr(), count.min(bytes.len())) };
    }
}

export! {
    malloc, __libc_malloc, __malloc: [(size: usize) -> Pointer] => c::malloc(size).cast();
    free, __libc_free, __free, cfree: [(block: Pointer)] => c::free(block.cast());
    calloc, __libc_calloc, __calloc: [(count: usize, size: usize) -> Pointer]
        => c::calloc(count, size).cast();
    realloc, __libc_realloc, __realloc: [(block: Pointer, size: usize) -> Pointer]
        => c::realloc(block.cast(), size).cast();
    reallocarray, __libc_reallocarray: [(block: Pointer, count: usize, size: usize) -> Pointer]
        => c::reallocarray(block.cast(), count, size).cast();
    memalign, __libc_memalign, __memalign: [(alignment: usize, size: usize) -> Pointer]
        => c::memalign(alignment, size).cast();
    aligned_alloc: [(alignment: usize, size: usize) -> Pointer]
        => c::aligned_alloc(alignment, size).cast();
    valloc, __libc_valloc, __valloc: [(size: usize) -> Pointer] => c::valloc(size).cast();
    pvalloc, __libc_pvalloc, __pvalloc: [(size: usize) -> Pointer] => c::pvalloc(size).cast();
    posix_memalign, __posix_memalign: [(place: *mut Pointer, alignment: usize, size: usize) -> c_int]
        => match c::posix_memalign(alignment, size) {
            Ok(block) => {
                // SAFETY: POSIX asks of the caller that `place` can be written.
                unsafe { *place = block.cast() };
                0
            }
            Err(code) => code,
        };
    free_sized: [(block: Pointer, _size: usize)] => c::free(block.cast());
    free_aligned_sized: [(block: Pointer, _alignment: usize, _size: usize)] => c::free(block.cast());
    malloc_usable_size, __malloc_usable_size: [(block: Pointer) -> usize]
        => c::malloc_usable_size(block.cast());
    malloc_trim, __malloc_trim: [(pad: usize) -> c_int] => c::malloc_trim(pad);
    mallopt, __libc_mallopt, __mallopt: [(parameter: c_int, value: c_int) -> c_int]
        => c::mallopt(parameter, value);
    mallinfo, __libc_mallinfo, __mallinfo: [() -> MallocInfo] => c::mallinfo();
    mallinfo2, __libc_mallinfo2, __mallinfo2: [() -> MallocInfo2] => c::mallinfo2();
    malloc_stats, __malloc_stats: [()] => c::malloc_stats();
    malloc_info, __malloc_info: [(options: c_int, stream: *mut libc::FILE) -> c_int]
        => c::malloc_info(options, |bytes| {
            // SAFETY: the caller's stream, and the bytes of a live slice. What the stream does not
            // take it notes in its own error flag.
            unsafe { libc::fwrite(bytes.as_ptr().cast(), 1, bytes.len(), stream) };
        });
    arenite_stats: [(out: Pointer, size: usize) -> usize] => {
        let stats = c::stats();
        let whole = size_of::<Stats>();
        if !out.is_null() {
            let from = (&raw const stats).cast::<u8>();
            // SAFETY: the caller's memory of `size` bytes; the struct is plain words.
            unsafe { out.cast::<u8>().copy_from_nonoverlapping(from, size.min(whole)) };
        }
        whole
    };
    arenite_stats_json: [(buffer: *mut c_char, size: usize) -> c_int] => {
        let mut length = 0_usize;
        c::stats_json(|bytes| {
            // As snprintf: what fits, and room for the null that ends it.
            let fits = size.saturating_sub(1).saturating_sub(length).min(bytes.len());
            // SAFETY: the caller's memory of `size` bytes, of which `length + fits` are less.
            unsafe { copy(bytes, fits, buffer, length) };
            length += bytes.len();
        });
        if size > 0 {
            // SAFETY: as above.
            unsafe { buffer.wrapping_add(length.min(size - 1)).write(0) };
        }
        c_int::try_from(length).unwrap_or(c_int::MAX)
    };
    arenite_purge: [() -> usize] => c::purge();
    arenite_heap_walk: [(visit: Option<Visit>, context: Pointer) -> c_int] => match visit {
        // SAFETY: the caller's function, called as declared in the header.
        Some(visit) => c::heap_walk(|block| unsafe { visit(block, context) }),
        None => 0,
    };
    arenite_version: [() -> *const c_char]
        => concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast();
    arenite_verify: [() -> c_int] => c::verify();
}

#[cfg(feature = "counts")]
export! {
    arenite_counts: [(values: *mut u64, count: usize) -> usize] => {
        // SAFETY: the caller's memory of `count` numbers.
        c::counts(unsafe { core::slice::from_raw_parts_mut(values, count) })
    };
    arenite_count_name: [(index: usize) -> *const c_char]
        => c::count_name(index).map_or(core::ptr::null(), core::ffi::CStr::as_ptr);
}

// Precompiled libcore refers to the unwinder's entry although nothing here unwinds. Weak and hidden, so
// that a program that links the static library together with other Rust code keeps the real one.
#[cfg(panic = "abort")]
core::arch::global_asm!(
    ".pushsection .text.rust_eh_personality, \"ax\", @progbits",
    ".weak rust_eh_personality",
    ".hidden rust_eh_personality",
    ".type rust_eh_personality, @function",
    "rust_eh_personality:",
    "ud2",
    ".size rust_eh_personality, . - rust_eh_personality",
    ".popsection",
);

#[cfg(not(panic = "abort"))]
extern crate std;

#[cfg(panic = "abort")]
#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    // Nothing here can panic; `scripts/check-artifact` proves that nothing does.
    c::abort()
}
