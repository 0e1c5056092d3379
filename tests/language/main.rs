//! The language as its users meet it: what the compiler says to every mistake, and what it takes.

#![allow(clippy::unwrap_used, reason = "a helper of tests may fail a test")]

mod gated;
mod hygiene;
mod mistakes;
mod reference;
mod typed;
