//! The language as users see it: what the compiler says to every mistake, and what it accepts.

#![allow(clippy::unwrap_used, reason = "a helper of tests may fail a test")]

mod gated;
mod hygiene;
mod mistakes;
mod reference;
mod typed;
