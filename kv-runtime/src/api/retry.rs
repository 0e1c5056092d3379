//! Retries: which requests are safe to repeat, and how long to wait.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;

/// How a [`Client`](super::Client) retries requests.
///
/// ```
/// use std::time::Duration;
///
/// use kv_runtime::api::RetryPolicy;
///
/// let impatient = RetryPolicy { total: Duration::from_secs(5), ..RetryPolicy::default() };
/// assert!(impatient.total < RetryPolicy::default().total);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The wait before the second attempt; it doubles with each further one. A random part of up to the
    /// same length is added, so that clients that failed together do not retry together.
    pub base_delay: Duration,
    /// The wait stops growing at this length.
    pub max_delay: Duration,
    /// The time after which no further attempt begins, including waits that the server asks for.
    pub total: Duration,
    /// How long one attempt may take from connecting to the last byte of the response. A large body gets
    /// extra time, at 250 kB/s.
    pub request_timeout: Duration,
}

impl Default for RetryPolicy {
    /// Waits from 0.5 s, doubled up to 15 s, for two minutes in all; 60 s per attempt.
    ///
    /// An edge server or a network usually recovers within two minutes. Cloudflare blocks a user who
    /// exceeds its rate limit for five minutes; in that case the error says how long to wait.
    fn default() -> Self {
        Self {
            base_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(15),
            total: Duration::from_mins(2),
            request_timeout: Duration::from_mins(1),
        }
    }
}

/// What a failed attempt means for the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was refused, and would be refused again.
    Final,
    /// It certainly was not applied, and may succeed later.
    NotApplied,
    /// It may or may not have been applied.
    Unclear,
}

/// The effect of a request on the account, which decides whether it can be sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    Reads,
    /// Applied twice, the same as applied once.
    Sets,
    /// Applied twice, it creates two or fails.
    Creates,
}

impl Effect {
    /// Whether a request with this effect may be sent again after such a failure.
    pub(super) fn allows_repeat_after(self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Final => false,
            Verdict::NotApplied => true,
            Verdict::Unclear => self != Self::Creates,
        }
    }
}

/// The verdict on an HTTP status and Cloudflare's code, if the response has one.
pub(super) fn judge(status: u16, code: Option<i64>) -> Verdict {
    match (status, code) {
        (_, Some(DAILY_LIMIT)) => Verdict::Final,
        (429, _) | (_, Some(971 | 10429)) => Verdict::NotApplied,
        (408 | 500..=599, _) => Verdict::Unclear,
        _ => Verdict::Final,
    }
}

/// The free plan's daily writes are used up.
pub(super) const DAILY_LIMIT: i64 = 10048;

/// How long to retry a host that has never responded, so that a wrong name or a missing network is
/// reported soon. Later in a run, the policy's own total applies.
pub(super) const UNREACHABLE: Duration = Duration::from_secs(15);

/// The waits between the attempts of one request.
pub(super) struct Waits {
    policy: RetryPolicy,
    backoff: ExponentialBackoff,
    begun: Instant,
    /// The policy's total, or less.
    total: Duration,
    /// The number of attempts so far.
    attempts: u32,
}

/// A further attempt, and how long to wait before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NextAttempt {
    pub(super) wait: Duration,
    /// The number of this attempt, counted from 1.
    pub(super) attempt: u32,
    /// The maximum number of attempts.
    pub(super) most: u32,
}

/// Why no further attempt is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GaveUp {
    /// The policy's total is spent.
    Spent(Duration),
    /// The server asks for a wait that the policy's total does not allow.
    AskedTooLong {
        /// The wait that it asks for.
        asked: Duration,
        /// The total time that the policy allows.
        total: Duration,
    },
    /// The run was asked to stop.
    Interrupted,
}

impl RetryPolicy {
    pub(super) fn waits(&self) -> Waits {
        let backoff = self.backoff().with_jitter().build();
        Waits { policy: *self, backoff, begun: Instant::now(), total: self.total, attempts: 1 }
    }

    fn backoff(&self) -> ExponentialBuilder {
        ExponentialBuilder::new()
            .with_min_delay(self.base_delay)
            .with_max_delay(self.max_delay)
            .without_max_times()
    }

    /// The number of attempts that fit into `total` even with the longest waits.
    fn attempts_in(&self, total: Duration) -> u32 {
        let mut left = total;
        let longest = self.backoff().build().map(|wait| wait.saturating_mul(2));
        // With waits of zero, only the time limits the number of attempts.
        let fits = longest.take(MOST_ATTEMPTS as usize - 1).take_while(|wait| {
            let fits = *wait <= left;
            left = left.saturating_sub(*wait);
            fits
        });
        1 + u32::try_from(fits.count()).unwrap_or(MOST_ATTEMPTS)
    }
}

/// The limit to the count if waits are short and the total is long.
const MOST_ATTEMPTS: u32 = 10_000;

impl Waits {
    /// Allows less time than the policy does.
    pub(super) fn limit_to(&mut self, total: Duration) {
        self.total = self.total.min(total);
    }

    /// The next attempt, after a wait that is at least as long as the server asks for.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Result<NextAttempt, GaveUp> {
        let total = self.total;
        let left = total.saturating_sub(self.begun.elapsed());
        if let Some(asked) = asked.filter(|asked| *asked > left) {
            return Err(GaveUp::AskedTooLong { asked, total });
        }
        let most = self.policy.attempts_in(total);
        let wait = self.backoff.next().max(asked).filter(|wait| *wait <= left);
        let wait = wait.filter(|_| self.attempts < most).ok_or(GaveUp::Spent(total))?;
        self.attempts += 1;
        Ok(NextAttempt { wait, attempt: self.attempts, most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_been_applied_is_repeated_only_when_that_is_harmless() {
        assert!(Effect::Reads.allows_repeat_after(Verdict::Unclear));
        assert!(Effect::Sets.allows_repeat_after(Verdict::Unclear));
        assert!(!Effect::Creates.allows_repeat_after(Verdict::Unclear));
        assert!(Effect::Creates.allows_repeat_after(Verdict::NotApplied));
        assert!(!Effect::Reads.allows_repeat_after(Verdict::Final));
    }

    #[test]
    fn a_refusal_is_final_and_a_rate_limit_is_not() {
        assert_eq!(judge(400, Some(10014)), Verdict::Final);
        assert_eq!(judge(403, Some(10000)), Verdict::Final);
        assert_eq!(judge(429, None), Verdict::NotApplied);
        assert_eq!(judge(200, Some(971)), Verdict::NotApplied);
        assert_eq!(judge(503, None), Verdict::Unclear);
        assert_eq!(judge(429, Some(10048)), Verdict::Final);
    }

    #[test]
    fn waits_grow_to_their_limit_and_honour_the_server() {
        let policy = RetryPolicy {
            base_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(4),
            total: Duration::from_hours(1),
            request_timeout: Duration::from_secs(1),
        };
        let mut waits = policy.waits();
        for least in [1, 2, 4, 4, 4] {
            let wait = waits.next(None).unwrap().wait;
            let least = Duration::from_secs(least);
            assert!(least <= wait && wait <= 2 * least, "{wait:?}");
        }
        let asked = Duration::from_secs(100);
        assert_eq!(waits.next(Some(asked)).unwrap().wait, asked);
        assert!(waits.next(Some(Duration::ZERO)).unwrap().wait >= Duration::from_secs(4));
    }

    #[test]
    fn it_is_known_beforehand_how_many_attempts_there_are() {
        let policy = RetryPolicy::default();
        let mut waits = policy.waits();
        let attempts: Vec<_> = std::iter::from_fn(|| waits.next(None).ok()).collect();
        assert_eq!(attempts.len(), 7);
        for (attempt, next) in (2..).zip(&attempts) {
            assert_eq!((next.attempt, next.most), (attempt, 8));
        }
        let mut waits = policy.waits();
        waits.limit_to(Duration::from_secs(10));
        assert_eq!(waits.next(None).unwrap().most, 4);
    }

    #[test]
    fn a_wait_beyond_the_total_is_not_begun() {
        let policy = RetryPolicy { total: Duration::from_millis(1), ..RetryPolicy::default() };
        let (asked, total) = (Duration::from_mins(5), policy.total);
        let too_long = Err(GaveUp::AskedTooLong { asked, total });
        assert_eq!(policy.waits().next(Some(asked)), too_long);
        assert_eq!(policy.waits().next(None), Err(GaveUp::Spent(total)));
    }
}
