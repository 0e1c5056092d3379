//! The time.

use jiff::Timestamp;

/// The time, which a Worker has from JavaScript alone.
pub(crate) fn now() -> Timestamp {
    #[cfg(not(target_arch = "wasm32"))]
    return Timestamp::now();
    #[cfg(target_arch = "wasm32")]
    {
        let milliseconds = i64::try_from(worker::Date::now().as_millis());
        milliseconds.ok().and_then(|now| Timestamp::from_millisecond(now).ok()).unwrap_or_default()
    }
}
