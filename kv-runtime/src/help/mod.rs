//! What callers of this library can do about its errors. `cli` says it to people at a terminal.

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
