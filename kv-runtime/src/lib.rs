//! Cloudflare Workers KV from Rust: checked declarations, typed keys, a lifecycle that survives
//! failure.
//!
//! [`kv_namespace!`] declares a namespace, in source, beside the code that uses it:
//!
//! ```
//! use kv_runtime::{MemoryStore, kv_namespace};
//!
//! kv_namespace! {
//!     pub struct Flags;
//!     title: "feature-flags",
//!     values: [{ key: "checkout", value: { enabled: true, percent: 20 } }],
//!     keys: { "user:{id: u64}": bool }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), kv_runtime::Error> {
//! let flags = Flags::new(MemoryStore::new());
//! flags.user(42).put(&true).expiration_ttl(3600).await?;
//! assert_eq!(flags.user(42).get().await?, Some(true));
//! assert_eq!(flags.checkout().get().await?, None); // nobody has deployed it here
//! # Ok(())
//! # }
//! ```
//!
//! The same declaration serves
//!
//! - the deploy, which creates the namespace and keeps its values as declared: from Rust by
//!   `Flags::deploy()`, as a command line by [`deploy_main!`], to Cloudflare or to this machine;
//! - every program that reads and writes it, over a [`Store`]: [`RestStore`] behind Cloudflare's
//!   API, [`LocalStore`] in the files that `wrangler dev` uses, [`MemoryStore`] in tests;
//! - the Worker itself, compiled for `wasm32-unknown-unknown`, where `Flags::from_env(&env)` uses the
//!   binding. No feature has to be set for that, and nothing of the deploy is in the wasm.
//!
//! What Workers KV forbids does not compile, or is an [`Error`] before anything is sent.

#![deny(missing_docs)]

#[cfg(not(target_arch = "wasm32"))]
pub mod api;
mod chain;
#[cfg(not(target_arch = "wasm32"))]
mod cli;
mod codec;
mod cursors;
pub mod declaration;
#[cfg(not(target_arch = "wasm32"))]
mod deploy;
#[cfg(not(target_arch = "wasm32"))]
pub mod engine;
mod entry;
mod error;
mod family;
#[cfg(not(target_arch = "wasm32"))]
mod interrupt;
mod key;
mod list;
mod macros;
mod namespace;
#[cfg(not(target_arch = "wasm32"))]
mod redact;
#[cfg(not(target_arch = "wasm32"))]
pub mod state;
pub mod store;
#[cfg(not(target_arch = "wasm32"))]
mod wrangler;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use bytes::Bytes;
pub use kv_rules as rules;
pub use serde_json;
#[cfg(target_arch = "wasm32")]
pub use worker;

pub use codec::{DecodeError, EncodeError};
pub use cursors::CircularListing;
pub use declaration::Declaration;
#[cfg(not(target_arch = "wasm32"))]
pub use deploy::Deploy;
#[cfg(not(target_arch = "wasm32"))]
pub use engine::{DeployError, Deployed, Plan};
pub use entry::{Delete, Entry, Get, GetWithMetadata, Put};
pub use error::{Error, Part};
pub use family::FamilyError;
pub use key::Key;
pub use list::{FamilyList, KeyInfo, List};
pub use namespace::Namespace;
pub use store::{KvStore, Store};
#[cfg(not(target_arch = "wasm32"))]
pub use store::{LocalStore, MemoryStore, RestStore};
