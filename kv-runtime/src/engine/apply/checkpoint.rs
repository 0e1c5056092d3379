//! Decides when a long write saves the state: often enough that an interrupted deploy continues close to
//! where it stopped, and rarely enough that saving costs little.

use std::time::Duration;

use tokio::time::Instant;

/// The most saves between the first key and the last.
const MOST: usize = 16;

/// How long to wait after a save, in multiples of the time that it took. At most a tenth of the time is spent
/// on saving, however large the state and however slow its store.
const PAUSE: u32 = 9;

/// Decides when to save.
pub(super) struct Checkpoints {
    /// How many keys will be written in total.
    total: usize,
    unsaved: usize,
    saved: usize,
    /// When to save again at the earliest; `None` before the first save.
    next: Option<Instant>,
}

impl Checkpoints {
    pub(super) fn new(total: usize) -> Self {
        Self { total, unsaved: 0, saved: 0, next: None }
    }

    /// Whether the state has to be saved before the first key is written.
    pub(super) fn none_saved(&self) -> bool {
        self.next.is_none()
    }

    /// Counts written keys, and returns whether to save now. Never true after the last key, because the state
    /// is saved then anyway.
    pub(super) fn is_due(&mut self, written: usize) -> bool {
        self.unsaved += written;
        self.unsaved * MOST >= self.total
            && self.saved + self.unsaved < self.total
            && self.next.is_some_and(|next| next <= Instant::now())
    }

    /// Records a save that began at `begun` and has just finished.
    pub(super) fn saved(&mut self, begun: Instant) {
        self.saved += std::mem::take(&mut self.unsaved);
        let cost: Duration = begun.elapsed();
        self.next = Some(Instant::now() + cost * PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn saving_takes_at_most_a_tenth_of_the_time() {
        let mut checkpoints = Checkpoints::new(100);
        assert!(checkpoints.none_saved());
        for _ in 0..2 {
            let begun = Instant::now();
            tokio::time::advance(Duration::from_secs(1)).await;
            checkpoints.saved(begun);
            tokio::time::advance(Duration::from_millis(8_999)).await;
            assert!(!checkpoints.is_due(10));
            tokio::time::advance(Duration::from_millis(1)).await;
            assert!(checkpoints.is_due(10));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn saves_are_few_whatever_the_number_of_batches() {
        let mut checkpoints = Checkpoints::new(1_000_000);
        checkpoints.saved(Instant::now());
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
