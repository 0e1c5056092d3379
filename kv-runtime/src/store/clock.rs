//! A clock that a test can move.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::raw;

/// The clock of a [`MemoryStore`](crate::MemoryStore) or a [`KvWorld`](crate::KvWorld), which a test
/// can move forward. Clones share the same time.
///
/// ```
/// use std::time::Duration;
///
/// use kv_runtime::{Clock, Entry, MemoryStore, Store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let clock = Clock::new();
/// let store = Store::from(MemoryStore::with_clock(clock.clone()));
/// let code = Entry::<String>::new(&store, "code")?;
/// code.put("1234").expiration_ttl(60).await?;
///
/// clock.advance(Duration::from_secs(61));
/// assert_eq!(code.get().await?, None);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// How many milliseconds this clock is ahead of the system's clock.
    ahead: Arc<AtomicU64>,
}

impl Clock {
    /// Creates a clock that shows the system's time.
    ///
    /// ```
    /// let clock = kv_runtime::Clock::new();
    /// assert!(clock.now() > 1_700_000_000);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the clock forward.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let clock = kv_runtime::Clock::new();
    /// let before = clock.now();
    /// clock.advance(Duration::from_secs(3600));
    /// assert!(clock.now() >= before + 3600);
    /// ```
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        let add = |ahead: u64| Some(ahead.saturating_add(by));
        let _ = self.ahead.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// The current time of this clock, in seconds since 1970.
    ///
    /// ```
    /// let clock = kv_runtime::Clock::new();
    /// assert!(clock.now() > 1_700_000_000);
    /// ```
    #[must_use]
    pub fn now(&self) -> u64 {
        raw::now().unix().saturating_add(self.ahead.load(Ordering::Relaxed) / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_second_add_up_and_the_end_of_time_stays() {
        let clock = Clock::new();
        let before = clock.now();
        for _ in 0..10 {
            clock.advance(Duration::from_millis(900));
        }
        assert!(clock.now() >= before + 9);
        clock.advance(Duration::MAX);
        let end = clock.now();
        clock.advance(Duration::from_secs(1));
        assert!(clock.now() >= end);
    }
}
