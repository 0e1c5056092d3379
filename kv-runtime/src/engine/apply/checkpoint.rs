//! When a long write saves the state in between: often enough that a deploy which is cut off goes
//! on near where it was, and seldom enough that saving costs little.

use std::time::Duration;

use tokio::time::Instant;

/// The most saves between the first key and the last.
const MOST: usize = 16;

/// How many times as long as a save took the next one waits: at most a fifth of the time is spent
/// on saving, however large the state and however slow its store.
const PAUSE: u32 = 4;

/// Says when to save.
pub(super) struct Checkpoints {
    /// How many keys are to be written in all.
    total: usize,
    unsaved: usize,
    saved: usize,
    next: Instant,
}

impl Checkpoints {
    pub(super) fn new(total: usize) -> Self {
        Self { total, unsaved: 0, saved: 0, next: Instant::now() }
    }

    /// Takes note of keys that were written; whether to save now. Never after the last key, when
    /// the state is saved anyway.
    pub(super) fn is_due(&mut self, written: usize) -> bool {
        self.unsaved += written;
        self.unsaved * MOST >= self.total
            && self.saved + self.unsaved < self.total
            && self.next <= Instant::now()
    }

    /// Takes note of a save that began at `begun` and ended now.
    pub(super) fn saved(&mut self, begun: Instant) {
        self.saved += std::mem::take(&mut self.unsaved);
        let cost: Duration = begun.elapsed();
        self.next = Instant::now() + cost * PAUSE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn saving_takes_at_most_a_fifth_of_the_time() {
        let mut checkpoints = Checkpoints::new(100);
        assert!(checkpoints.is_due(10));
        let begun = Instant::now();
        tokio::time::advance(Duration::from_secs(1)).await;
        checkpoints.saved(begun);
        tokio::time::advance(Duration::from_millis(3_999)).await;
        assert!(!checkpoints.is_due(10));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(checkpoints.is_due(10));
    }

    #[tokio::test(start_paused = true)]
    async fn saves_are_few_whatever_the_number_of_batches() {
        let mut checkpoints = Checkpoints::new(1_000_000);
        let mut saves = 0;
        for _ in 0..1_000_000 {
            if checkpoints.is_due(1) {
                checkpoints.saved(Instant::now());
                saves += 1;
            }
        }
        assert_eq!(saves, MOST - 1);
    }
}
