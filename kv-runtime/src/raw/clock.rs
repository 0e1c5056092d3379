//! The time.

use kv_rules::Time;

/// The current time, which a Worker can get only from JavaScript.
pub(crate) fn now() -> Time {
    #[cfg(not(target_arch = "wasm32"))]
    return Time::now();
    #[cfg(target_arch = "wasm32")]
    {
        Time::from_unix(worker::Date::now().as_millis() / 1000)
    }
}
