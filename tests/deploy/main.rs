//! What deploying promises, from the command line and from Rust, over real HTTP.

#![allow(clippy::unwrap_used, reason = "a helper of tests may fail a test")]

mod concurrency;
mod credentials;
mod data;
mod faults;
mod kills;
mod lifecycle;
mod ownership;
mod schema;
mod secrets;
mod seeds;
mod stage;
mod stopping;
mod unchanged;
