//! The time.

use kv_rules::Time;

/// The time, which a Worker has from JavaScript alone.
pub(crate) fn now() -> Time {
    #[cfg(not(target_arch = "wasm32"))]
    return Time::now();
    #[cfg(target_arch = "wasm32")]
    {
        Time::from_unix(worker::Date::now().as_millis() / 1000)
    }
}
