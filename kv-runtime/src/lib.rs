//! Cloudflare Workers KV from Rust: checked declarations, typed keys, a lifecycle that survives
//! failure.

#![deny(missing_docs)]

#[cfg(not(target_arch = "wasm32"))]
pub mod api;
#[cfg(not(target_arch = "wasm32"))]
mod cli;
mod codec;
pub mod declaration;
#[cfg(not(target_arch = "wasm32"))]
mod deploy;
#[cfg(not(target_arch = "wasm32"))]
pub mod engine;
mod entry;
mod error;
mod family;
mod key;
mod list;
mod namespace;
#[cfg(not(target_arch = "wasm32"))]
pub mod state;
pub mod store;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use bytes::Bytes;
pub use kv_rules as rules;
pub use serde_json;
#[cfg(target_arch = "wasm32")]
pub use worker;

pub use codec::{DecodeError, EncodeError};
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
