//! Durations in whole seconds, as Workers KV counts them.

use std::time::Duration;

/// A number of whole seconds, from a `u64` or a [`Duration`]. A fraction of a second rounds up.
///
/// ```
/// use std::time::Duration;
///
/// use kv_runtime::Seconds;
///
/// assert_eq!(Seconds::from(Duration::from_millis(1_500)), Seconds::from(2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(u64);

impl Seconds {
    /// Returns the number of seconds.
    ///
    /// ```
    /// assert_eq!(kv_runtime::Seconds::from(60).get(), 60);
    /// ```
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

// This is the only integer, so that the type of a literal can be inferred.
impl From<u64> for Seconds {
    fn from(seconds: u64) -> Self {
        Self(seconds)
    }
}

impl From<Duration> for Seconds {
    fn from(duration: Duration) -> Self {
        Self(duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0)))
    }
}
