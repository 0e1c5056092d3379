//! Shared code of the end-to-end tests: a server that behaves like Cloudflare, and declared namespaces.

#![deny(missing_docs)]
#![allow(clippy::unwrap_used, reason = "a helper of tests may fail a test")]
#![allow(clippy::missing_panics_doc, reason = "a helper of tests may fail a test")]

pub mod cloudflare;
pub mod declared;
pub mod stores;
