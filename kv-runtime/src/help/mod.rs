//! What callers can do about this library's errors. `cli` prints it in the terminal.

#[cfg(all(feature = "rest", not(target_arch = "wasm32")))]
mod connect;
#[cfg(all(feature = "deploy", not(target_arch = "wasm32")))]
mod deploy;
mod raw;
#[cfg(all(feature = "rest", not(target_arch = "wasm32")))]
mod rest;
mod typed;
#[cfg(target_arch = "wasm32")]
mod worker;

#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
pub(crate) use rest::{is_passing, of_fault};
