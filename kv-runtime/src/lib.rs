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
//! assert_eq!(flags.checkout().get().await?, None); // nothing is deployed here
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
//!
//! The [guide] begins with the first five minutes.
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | none | [`kv_namespace!`], typed keys, [`MemoryStore`]; in a Worker the binding |
//! | `rest` | `Flags::at(id)`, [`RestStore`] and the client of Cloudflare's API, [`api`] |
//! | `local` | [`LocalStore`] |
//! | `deploy` | `Flags::deploy()` and `connect()`, where they work by `rest` and `local`, and the state in a folder |
//! | `s3` | the state in an object store; brings `deploy` |
//! | `cli` | [`deploy_main!`]; brings `deploy` and `rest` |
//!
//! All are on by default. A program that only reads and writes takes
//! `default-features = false, features = ["rest"]`; a library that only declares, and its tests, take
//! none.

#![deny(missing_docs)]
// Each room is whole; what only a room that is left out would call has no caller then.
#![cfg_attr(any(not(feature = "cli"), target_arch = "wasm32"), allow(dead_code, unused_imports))]

#[cfg(all(feature = "rest", not(target_arch = "wasm32")))]
pub mod api;
mod base;
#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
mod cli;
#[cfg(all(feature = "rest", not(target_arch = "wasm32")))]
mod connect;
#[cfg(all(feature = "deploy", not(target_arch = "wasm32")))]
mod data;
#[cfg(all(feature = "deploy", not(target_arch = "wasm32")))]
mod deploy;
#[cfg(all(feature = "deploy", not(target_arch = "wasm32")))]
mod engine;
#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
pub mod guide;
mod help;
mod macros;
pub mod raw;
#[cfg(all(feature = "deploy", not(target_arch = "wasm32")))]
pub mod state;
mod store;
mod typed;
#[cfg(all(feature = "cli", not(target_arch = "wasm32")))]
mod wrangler;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use bytes::Bytes;
pub use kv_rules as rules;
pub use serde_json;
#[cfg(target_arch = "wasm32")]
pub use worker;

#[cfg(all(feature = "rest", not(target_arch = "wasm32")))]
pub use api::RestStore;
#[cfg(all(feature = "rest", not(target_arch = "wasm32")))]
pub use connect::{At, ConnectError};
#[cfg(all(feature = "deploy", not(target_arch = "wasm32")))]
pub use data::{
    Audit, DataError, Export, Finding, Misfit, PairChange, PairChanges, SelectionError,
};
#[cfg(all(feature = "deploy", not(target_arch = "wasm32")))]
pub use deploy::{Connect, Deploy, ExportRequest};
#[cfg(all(feature = "deploy", not(target_arch = "wasm32")))]
pub use engine::{
    Action, Billed, DeployError, Deployed, Drift, KeyChange, NamespacePlan, OtherNamespaces,
    PLAN_FORMAT, PartChange, Plan, PlanAccount, Problem, Reason, RemoteError, ValueChange,
};
pub use raw::{KeyInfo, RawError, RawStore};
#[cfg(all(feature = "local", not(target_arch = "wasm32")))]
pub use store::LocalStore;
pub use store::{Clock, MemoryStore};
#[cfg(not(target_arch = "wasm32"))]
pub use store::{KvWorld, WorldPlace};
pub use typed::{
    CanRead, CanWrite, DecodeError, EncodeError, Entry, Error, FamilyError, FamilyList, Get,
    GetWithMetadata, Key, Leading, LeadingParam, List, MetadataAs, Namespace, Page, Part, Pieces,
    Put, PutAs, ReadOnly, ReadWrite, Request, Seconds, Store, ValueStream, Whole, WriteOnly,
};
