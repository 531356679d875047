//! A program as users write them: four threads read documents, change them and write them again, and a fifth
//! one keeps and indexes what it is sent. It prints how many there are and a sum of them all.
//!
//! With the feature `arenite` its global allocator is Arenite, else the system's. `scripts/bench` measures
//! both, the latter with other allocators preloaded.

#![allow(
    clippy::std_instead_of_core,
    clippy::print_stdout,
    reason = "a program with the standard library, which prints its result"
)]

mod documents;
mod json;
mod store;

use std::process::ExitCode;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use crate::json::Value;
use crate::store::{Entry, Store};

#[cfg(feature = "arenite")]
#[global_allocator]
static ALLOCATOR: arenite::Arenite = arenite::Arenite;

const DOCUMENTS: u32 = 10_000;
const WORKERS: usize = 4;
const ENTRIES_A_MESSAGE: usize = 50;
/// So that memory does not depend on which thread is slower.
const MESSAGES_WAITING: usize = 8;

fn main() -> ExitCode {
    let text = documents::text(DOCUMENTS);
    let (sender, receiver) = sync_channel(MESSAGES_WAITING);
    let mut store = Store::default();
    let is_complete = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let lines = text.lines().skip(worker).step_by(WORKERS);
                let sender = sender.clone();
                scope.spawn(move || work(lines, &sender))
            })
            .collect();
        drop(sender);
        receiver.into_iter().flatten().for_each(|entry| store.insert(entry));
        workers.into_iter().all(|worker| worker.join().is_ok_and(|done| done.is_some()))
    });
    println!("{}", store.summary());
    if is_complete { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One worker's part; `None` if a document cannot be read, or is another one once it was written.
fn work<'text>(
    lines: impl Iterator<Item = &'text str>,
    sender: &SyncSender<Vec<Entry>>,
) -> Option<()> {
    let mut message = Vec::new();
    for line in lines {
        let mut document = Value::parse(line)?;
        document.tidy();
        let text = document.to_string();
        if Value::parse(&text)? != document {
            return None;
        }
        message.push(Entry::of(&document, text)?);
        if message.len() == ENTRIES_A_MESSAGE {
            sender.send(std::mem::take(&mut message)).ok()?;
        }
    }
    sender.send(message).ok()
}
