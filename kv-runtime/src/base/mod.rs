//! What every module may use: error sources, environment variables, stopping a run, and secrets.

pub(crate) mod chain;
#[cfg(all(any(feature = "rest", feature = "deploy"), not(target_arch = "wasm32")))]
mod context;
#[cfg(all(any(feature = "rest", feature = "deploy"), not(target_arch = "wasm32")))]
pub(crate) mod env;
#[cfg(all(feature = "deploy", not(target_arch = "wasm32")))]
pub(crate) mod folder;
#[cfg(all(any(feature = "rest", feature = "s3"), not(target_arch = "wasm32")))]
pub(crate) mod http;
#[cfg(all(any(feature = "rest", feature = "deploy"), not(target_arch = "wasm32")))]
mod interrupt;
#[cfg(all(any(feature = "rest", feature = "deploy"), not(target_arch = "wasm32")))]
mod redact;
#[cfg(all(feature = "deploy", not(target_arch = "wasm32")))]
pub(crate) mod replace;
#[cfg(all(any(feature = "rest", feature = "s3"), not(target_arch = "wasm32")))]
mod tls;

#[cfg(all(any(feature = "rest", feature = "deploy"), not(target_arch = "wasm32")))]
pub(crate) use {
    context::RunContext,
    interrupt::{Interrupt, Interrupted},
    redact::Redactor,
};
