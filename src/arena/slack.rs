//! How much free memory an arena keeps because it was missed at once when it was given back.
//!
//! A program that frees everything and allocates as much again, over and over, would pay for every page each
//! time. So what was given back in vain, that is taken again soon, is kept from then on; and of that, once a
//! period, what was never in use meanwhile goes.

use crate::os::System;

/// Memory that is taken again within so many milliseconds was given back in vain.
const SOON_MS: u64 = 200;
/// Milliseconds after which memory goes that was kept and not used.
const PERIOD_MS: u64 = 1000;

/// The amount, and what it is learnt from.
pub(super) struct Slack {
    /// Bytes of free memory to keep.
    bytes: usize,
    /// The least free memory with pages that there was in this period.
    low_water: usize,
    /// Bytes given back lately and not taken again.
    given_back: usize,
    given_back_at: u64,
    period_end: u64,
}

impl Slack {
    /// Nothing is kept.
    pub(super) const fn new() -> Self {
        Self { bytes: 0, low_water: 0, given_back: 0, given_back_at: 0, period_end: 0 }
    }

    /// Notes that the arena gave memory back of its own accord, of the `most` bytes that it ever had. (What is given back
    /// in one piece may have had pages in part only.)
    pub(super) fn note_given_back(&mut self, bytes: usize, most: usize, os: &dyn System) {
        if bytes == 0 {
            return;
        }
        let now = os.now_ms();
        self.forget_if_long_ago(now);
        self.given_back = (self.given_back + bytes).min(most);
        self.given_back_at = now;
    }

    /// Notes that memory which had no pages is in use again.
    pub(super) fn note_taken(&mut self, bytes: usize, os: &dyn System) {
        if bytes == 0 || self.given_back == 0 {
            return;
        }
        let now = os.now_ms();
        self.forget_if_long_ago(now);
        let again = bytes.min(self.given_back);
        if again > 0 {
            self.given_back -= again;
            // More is kept with each time until none goes in vain any more.
            self.bytes += again;
            self.low_water = 0;
            self.period_end = now + PERIOD_MS;
        }
    }

    fn forget_if_long_ago(&mut self, now: u64) {
        if now > self.given_back_at + SOON_MS {
            self.given_back = 0;
        }
    }

    /// Bytes of free memory that were to be kept when that was last asked.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Notes how much free memory has pages after some was allocated.
    pub(super) fn note_free(&mut self, free: usize) {
        self.low_water = self.low_water.min(free);
    }

    /// Bytes of free memory to keep, of the `free` ones with pages that there are.
    pub(super) fn keep(&mut self, free: usize, os: &dyn System) -> usize {
        if self.bytes > 0 {
            let now = os.now_ms();
            if now >= self.period_end {
                self.bytes = self.bytes.saturating_sub(self.low_water);
                self.low_water = free;
                self.period_end = now + PERIOD_MS;
            }
        }
        self.bytes
    }

    /// Keeps nothing.
    pub(super) fn reset(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::testing::TestSystem;

    #[test]
    fn what_goes_in_vain_is_kept_until_it_was_not_used_for_a_period() {
        let (mut slack, os) = (Slack::new(), &TestSystem::leaked());
        slack.note_given_back(400, 2000, os);
        slack.note_given_back(600, 2000, os);
        assert_eq!(slack.keep(1000, os), 0);
        os.pass_ms(SOON_MS);
        slack.note_taken(300, os);
        assert_eq!(slack.keep(1000, os), 300);
        slack.note_taken(1_000_000, os);
        assert_eq!(slack.keep(1000, os), 1000);
        os.pass_ms(PERIOD_MS);
        // In the first period all of it was in use, in the second all but 400 bytes.
        assert_eq!(slack.keep(1000, os), 1000);
        slack.note_free(400);
        os.pass_ms(PERIOD_MS);
        assert_eq!(slack.keep(1000, os), 600);
        os.pass_ms(PERIOD_MS);
        assert_eq!(slack.keep(1000, os), 0);
    }

    #[test]
    fn what_is_taken_later_did_not_go_in_vain() {
        let (mut slack, os) = (Slack::new(), &TestSystem::leaked());
        for _ in 0..10 {
            slack.note_given_back(1000, 2000, os);
            os.pass_ms(SOON_MS + 1);
            slack.note_taken(1000, os);
        }
        assert_eq!(slack.keep(1000, os), 0);
    }
}
