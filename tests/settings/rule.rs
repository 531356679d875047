//! The rule for the mmap threshold, applied to what a program did.

use std::collections::HashMap;

/// The threshold at first, in bytes.
const FIRST: u64 = 128 * 1024;
/// The rule looks at no larger mappings.
const LARGEST: u64 = 32 * 1024 * 1024;
/// Bytes that a chunk has more than its user asks for, and what its size is a multiple of.
const OVERHEAD: u64 = 8;
const ALIGNMENT: u64 = 16;
/// A mapping is at most so much longer than the block in it.
const SLACK: u64 = 2 * 4096 + OVERHEAD;

/// One call of the program with the system calls that it made.
pub struct Step {
    pub call: Call,
    /// The block that it returned, or 0.
    pub result: u64,
    pub system_calls: Vec<SystemCall>,
}

#[derive(Debug)]
pub enum Call {
    Malloc { size: u64 },
    Realloc { block: u64, size: u64 },
    Free { block: u64 },
}

#[derive(Debug)]
pub enum SystemCall {
    Map {
        address: u64,
        length: u64,
    },
    Remap {
        from: u64,
        to: u64,
        length: u64,
    },
    Unmap {
        address: u64,
        length: u64,
    },
    /// The break after the call.
    Break {
        end: u64,
    },
}

/// What the rule says, step by step.
pub struct Rule {
    threshold: u64,
    /// Start and length of the mappings of live blocks, by block.
    mapped: HashMap<u64, (u64, u64)>,
    /// How often each of the three cases occurred.
    pub mapped_blocks: usize,
    pub heap_blocks: usize,
    pub rises: usize,
}

impl Rule {
    pub fn new() -> Self {
        Self {
            threshold: FIRST,
            mapped: HashMap::new(),
            mapped_blocks: 0,
            heap_blocks: 0,
            rises: 0,
        }
    }

    /// Compares a step with the rule; what differs is the error.
    pub fn check(&mut self, step: &Step) -> Result<(), String> {
        let checked = match step.call {
            Call::Malloc { size } => self.check_malloc(step, size),
            Call::Realloc { block, size } => self.check_realloc(step, block, size),
            Call::Free { block } => self.check_free(step, block),
        };
        checked.map_err(|reason| {
            let (call, calls) = (&step.call, &step.system_calls);
            format!("{reason}, threshold {}: {call:?} made {calls:x?}", self.threshold)
        })
    }

    fn check_malloc(&mut self, step: &Step, size: u64) -> Result<(), String> {
        let chunk = (size + OVERHEAD).next_multiple_of(ALIGNMENT);
        let mapping = step.mapping_of_result();
        if chunk < self.threshold {
            self.heap_blocks += 1;
            if let Some((_, length)) = mapping {
                return Err(format!("mapped ({length} bytes) below the threshold"));
            }
            let moved = |call: &SystemCall| matches!(*call, SystemCall::Break { end } if end >= step.result + size);
            if !step.system_calls.iter().any(moved) {
                return Err("the break did not move above a block of the heap".into());
            }
            return Ok(());
        }
        let Some((start, length)) = mapping else {
            return Err("not mapped from the threshold on".into());
        };
        if length < size || length > size + SLACK {
            return Err(format!("a mapping of {length} bytes"));
        }
        self.mapped_blocks += 1;
        self.mapped.insert(step.result, (start, length));
        Ok(())
    }

    /// A mapped block stays mapped, and resizing it leaves the threshold.
    fn check_realloc(&mut self, step: &Step, block: u64, size: u64) -> Result<(), String> {
        let Some((start, length)) = self.mapped.remove(&block) else {
            return Err("a block that was not mapped".into());
        };
        let remapped = step.system_calls.iter().find_map(|call| match *call {
            SystemCall::Remap { from, to, length } if from == start => Some((to, length)),
            _ => None,
        });
        // As long as it was before: then there is nothing to do.
        let (start, length) = remapped.unwrap_or((start, length));
        if length < size || length > size + SLACK || step.result < start {
            return Err(format!("resized to a mapping of {length} bytes"));
        }
        self.mapped.insert(step.result, (start, length));
        Ok(())
    }

    fn check_free(&mut self, step: &Step, block: u64) -> Result<(), String> {
        let Some((start, length)) = self.mapped.remove(&block) else {
            return Err("a block that was not mapped".into());
        };
        let is_unmapped = step.system_calls.iter().any(|call| {
            matches!(*call, SystemCall::Unmap { address, length: bytes }
                if address == start && bytes == length)
        });
        if !is_unmapped {
            return Err(format!("the mapping of {length} bytes stays"));
        }
        if length > self.threshold && length <= LARGEST {
            self.threshold = length;
            self.rises += 1;
        }
        Ok(())
    }
}

impl Step {
    /// The mapping that was made in this step and in whose first page the result lies.
    fn mapping_of_result(&self) -> Option<(u64, u64)> {
        self.system_calls.iter().find_map(|call| match *call {
            SystemCall::Map { address, length } if self.result & !0xfff == address => {
                Some((address, length))
            }
            _ => None,
        })
    }
}
