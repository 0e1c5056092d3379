//! Interop, each with the real tool: wrangler, workerd and the official SDK.
//!
//! `tests/interop/run` installs them, builds the example's Worker, and runs this.

#![allow(clippy::unwrap_used, reason = "a helper of tests may fail a test")]

mod explorer;
mod kv_local;
mod tools;
mod types;
mod worker;
mod wrangler;
