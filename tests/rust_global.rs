//! A Rust program whose global allocator is Arenite: collections, threads that hand blocks on, large
//! alignments, and blocks that outlive their thread.
//!
//! trial: collections_grow_and_shrink
//! shows: extensions: Rust global allocator, collections grow and shrink
//! trial: alignment_is_kept_for_boxes_of_pages
//! shows: extensions: Rust global allocator, alignment is kept for boxes of pages
//! trial: threads_hand_blocks_on
//! shows: extensions: Rust global allocator, threads hand blocks on
//! trial: thread_locals_with_destructors_allocate_to_the_end
//! shows: extensions: Rust global allocator, thread locals with destructors allocate to the end

use std::collections::{BTreeMap, HashMap};
use std::sync::mpsc;
use std::thread;

#[global_allocator]
static ALLOCATOR: arenite::Arenite = arenite::Arenite;

#[repr(align(4096))]
struct Page([u8; 4096]);

#[test]
fn collections_grow_and_shrink() {
    let mut map = HashMap::new();
    for i in 0..50_000_u64 {
        map.insert(i, format!("value {i} {}", "x".repeat((i % 300) as usize)));
    }
    map.retain(|key, _| key % 3 == 0);
    assert!(map.iter().all(|(key, value)| value.starts_with(&format!("value {key} "))));
    let sorted: BTreeMap<_, _> = map.into_iter().collect();
    assert_eq!(sorted.len(), 16_667);
    let mut text = String::new();
    (0..100_000).for_each(|i| text.push_str(&i.to_string()));
    text.shrink_to_fit();
    assert_eq!(text.len(), 488_890);
    assert!(vec![0_u8; 3 << 20].iter().all(|&byte| byte == 0));
}

#[test]
fn alignment_is_kept_for_boxes_of_pages() {
    let pages: Vec<_> = (0..200_u8).map(|i| Box::new(Page([i; 4096]))).collect();
    for (i, page) in pages.iter().enumerate() {
        assert_eq!(core::ptr::from_ref(page.as_ref()).addr() % 4096, 0);
        assert!(page.0.iter().all(|&byte| usize::from(byte) == i));
    }
}

#[test]
fn threads_hand_blocks_on() {
    let (sender, receiver) = mpsc::channel::<Vec<String>>();
    let makers: Vec<_> = (0..8)
        .map(|maker| {
            let sender = sender.clone();
            thread::spawn(move || {
                for round in 0..200 {
                    let lines = (0..50).map(|i| format!("{maker} {round} {i}")).collect();
                    sender.send(lines).unwrap();
                }
            })
        })
        .collect();
    drop(sender);
    let mut count = 0;
    for lines in receiver {
        assert!(lines.iter().enumerate().all(|(i, line)| line.ends_with(&format!(" {i}"))));
        count += lines.len();
    }
    assert_eq!(count, 8 * 200 * 50);
    makers.into_iter().for_each(|maker| maker.join().unwrap());
}

#[test]
fn thread_locals_with_destructors_allocate_to_the_end() {
    thread_local! {
        static LAST: core::cell::RefCell<Vec<Box<[u8]>>> = const { core::cell::RefCell::new(Vec::new()) };
    }
    for size in [1, 100, 5_000, 300_000] {
        thread::spawn(move || {
            LAST.with_borrow_mut(|last| last.push(vec![1; size].into_boxed_slice()));
        })
        .join()
        .unwrap();
    }
}
