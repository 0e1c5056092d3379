//! The API's budget of requests, kept before Cloudflare has to enforce it: who exceeds it is blocked
//! for five minutes, with everything else that uses the same credentials.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kv_rules::{API_WINDOW, MAX_API_REQUESTS};
use tokio::time::Instant;
use tracing::warn;

/// A wait that is worth a word.
const LONG: Duration = Duration::from_secs(1);

/// When the last requests began, or begin.
#[derive(Debug, Default)]
pub(super) struct Budget(Mutex<VecDeque<Instant>>);

impl Budget {
    /// Takes a place for one more request, and says how long to wait for it. The first 1,200 never
    /// wait.
    pub(super) fn spend(&self) -> Duration {
        let wait = self.reserve().saturating_duration_since(Instant::now());
        if wait > LONG {
            let (seconds, window) = (wait.as_secs(), API_WINDOW.as_secs() / 60);
            warn!(
                "Waiting {seconds} s: Cloudflare takes {MAX_API_REQUESTS} requests in {window} minutes"
            );
        }
        wait
    }

    /// When the next request may begin: a window after the one that was as many before it.
    fn reserve(&self) -> Instant {
        // Every change below leaves a list of times, so a panic elsewhere spoils nothing.
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
