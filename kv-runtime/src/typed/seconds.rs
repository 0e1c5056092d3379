//! Spans of time in whole seconds, as Workers KV counts them.

use std::time::Duration;

/// A number of whole seconds: of a `u64`, or of a [`Duration`], of which a part of a second counts as
/// a whole one.
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
    /// The number.
    ///
    /// ```
    /// assert_eq!(kv_runtime::Seconds::from(60).get(), 60);
    /// ```
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

// There is no other integer, so that a literal is known to be of this type.
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
