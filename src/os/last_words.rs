//! The text that a debugger or a crash reporter finds in a process that was aborted.
#![expect(unsafe_code, reason = "a variable of the C library, by way of the shim")]

use core::cell::UnsafeCell;

use crate::sync::{AtomicBool, Ordering};

/// Longest text in bytes.
const CAPACITY: usize = 252;

/// Bytes of the whole message.
const SIZE: u32 = 256;
const _: () = assert!(size_of::<Message>() == SIZE as usize);

/// As glibc's `struct abort_msg_s`.
#[repr(C)]
struct Message {
    size: u32,
    text: [u8; CAPACITY],
}

struct LastWords {
    is_taken: AtomicBool,
    message: UnsafeCell<Message>,
}

// SAFETY: only the one thread that turns `is_taken` true ever uses the message, and never again after it
// has shown it to the C library.
unsafe impl Sync for LastWords {}

static LAST_WORDS: LastWords = LastWords {
    is_taken: AtomicBool::new(false),
    message: UnsafeCell::new(Message { size: 0, text: [0; CAPACITY] }),
};

unsafe extern "C" {
    fn arenite_set_abort_message(message: *const Message);
}

/// Leaves `text` where `__abort_msg` of glibc points; the first one stays. Ends with a zero byte; what
/// does not fit is cut off.
pub(crate) fn set_last_words(text: &[u8]) {
    if LAST_WORDS.is_taken.swap(true, Ordering::Relaxed) {
        return;
    }
    // SAFETY: see `Sync`.
    let message = unsafe { &mut *LAST_WORDS.message.get() };
    message.size = SIZE;
    for (place, &byte) in message.text.iter_mut().zip(text).take(CAPACITY - 1) {
        *place = byte;
    }
    // SAFETY: the message is static and does not change any more.
    unsafe { arenite_set_abort_message(message) };
}
