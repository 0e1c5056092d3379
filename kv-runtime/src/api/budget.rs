//! Keeps requests within the API's rate limit. Cloudflare blocks a client that exceeds it for five
//! minutes, along with everything else that uses the same credentials.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kv_rules::{API_WINDOW, MAX_API_REQUESTS};
use tokio::time::Instant;
use tracing::warn;

/// Longer waits are logged.
const LONG: Duration = Duration::from_secs(1);

/// The start times of the last requests, including scheduled ones.
#[derive(Debug, Default)]
pub(super) struct Budget(Mutex<VecDeque<Instant>>);

impl Budget {
    /// Reserves a place for one more request and returns how long to wait for it. The first 1,200
    /// requests never wait.
    pub(super) fn spend(&self) -> Duration {
        let wait = self.reserve().saturating_duration_since(Instant::now());
        if wait > LONG {
            let (seconds, window) = (wait.as_secs(), API_WINDOW.as_secs() / 60);
            warn!(
                "Waiting {seconds} s: Cloudflare accepts {MAX_API_REQUESTS} requests in {window} minutes"
            );
        }
        wait
    }

    /// When the next request may begin: one window after the request that lies a full budget before it.
    fn reserve(&self) -> Instant {
        // Every change below leaves a valid list of times, so the lock's poison can be ignored.
        let mut begins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let begin = if begins.len() < MAX_API_REQUESTS {
            now
        } else {
            begins.pop_front().map_or(now, |oldest| now.max(oldest + API_WINDOW))
        };
        begins.push_back(begin);
        begin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_window_of_five_minutes_has_more_than_1200_requests() {
        let budget = Budget::default();
        let begun = Instant::now();
        let mut begins = Vec::new();
        for _ in 0..3 * MAX_API_REQUESTS {
            tokio::time::sleep(budget.spend()).await;
            begins.push(Instant::now());
            tokio::time::advance(Duration::from_millis(10)).await;
        }
        assert!(begins[MAX_API_REQUESTS - 1] < begun + API_WINDOW, "the first ones do not wait");
        assert!(
            begins
                .windows(MAX_API_REQUESTS + 1)
                .all(|some| some[MAX_API_REQUESTS] - some[0] >= API_WINDOW)
        );
    }
}
