//! Rate limits.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kv_rules::{API_WINDOW, MAX_API_REQUESTS};

use super::error::ApiError;

/// The minimum time between two writes to one key.
const BETWEEN_WRITES: Duration = Duration::from_secs(1);

/// The requests that a server has counted.
#[derive(Debug, Default)]
pub(super) struct Limits {
    requests: Mutex<Requests>,
    writes: Mutex<Writes>,
}

impl Limits {
    /// Counts a request.
    pub(super) fn request(&self) -> Result<(), ApiError> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = requests.admit(Instant::now());
        let whole = |wait: Duration| wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        wait.map_err(|wait| ApiError::too_many_requests(whole(wait)))
    }

    /// Counts a write to a single key. Bulk writes are not counted: how Cloudflare treats them is
    /// not established.
    pub(super) fn write(&self, namespace: &str, key: &str) -> Result<(), ApiError> {
        let mut writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        if writes.admit((namespace.to_owned(), key.to_owned()), Instant::now()) {
            return Ok(());
        }
        Err(ApiError::too_many_writes())
    }
}

#[derive(Debug, Default)]
struct Requests {
    window: Option<Instant>,
    count: usize,
    shut_until: Option<Instant>,
}

impl Requests {
    /// Admits a request, or says how long to wait.
    fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        if let Some(wait) = self.shut_until.and_then(|until| until.checked_duration_since(now))
            && !wait.is_zero()
        {
            return Err(wait);
        }
        if self.window.is_none_or(|start| now.duration_since(start) >= API_WINDOW) {
            *self = Self { window: Some(now), count: 0, shut_until: None };
        }
        self.count += 1;
        if self.count > MAX_API_REQUESTS {
            *self = Self { window: None, count: 0, shut_until: Some(now + API_WINDOW) };
            return Err(API_WINDOW);
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Writes {
    last: HashMap<(String, String), Instant>,
}

impl Writes {
    fn admit(&mut self, key: (String, String), now: Instant) -> bool {
        self.last.retain(|_, last| now.duration_since(*last) < BETWEEN_WRITES);
        if self.last.contains_key(&key) {
            return false;
        }
        self.last.insert(key, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_1201_of_five_minutes_shuts_the_user_out_for_five_more() {
        let start = Instant::now();
        let mut requests = Requests::default();
        for _ in 0..MAX_API_REQUESTS {
            assert_eq!(requests.admit(start), Ok(()));
        }
        let late = start + Duration::from_secs(299);
        assert_eq!(requests.admit(late), Err(API_WINDOW));
        assert_eq!(requests.admit(late + Duration::from_secs(299)), Err(Duration::from_secs(1)));
        assert_eq!(requests.admit(late + API_WINDOW), Ok(()));
    }

    #[test]
    fn a_new_window_begins_after_five_minutes() {
        let start = Instant::now();
        let mut requests = Requests::default();
        for now in [start, start + API_WINDOW] {
            for _ in 0..MAX_API_REQUESTS {
                assert_eq!(requests.admit(now), Ok(()));
            }
        }
    }

    #[test]
    fn a_key_takes_one_write_a_second() {
        let now = Instant::now();
        let mut writes = Writes::default();
        let key = |key: &str| ("namespace".to_owned(), key.to_owned());
        assert!(writes.admit(key("a"), now));
        assert!(writes.admit(key("b"), now));
        assert!(!writes.admit(key("a"), now + Duration::from_millis(999)));
        assert!(writes.admit(key("a"), now + Duration::from_secs(1)));
    }
}
