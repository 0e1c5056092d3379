//! Cloudflare Workers KV from Rust: checked declarations, typed keys, and a lifecycle that survives
//! failures.
//!
//! [`kv_namespace!`] declares a namespace in source, next to the code that uses it:
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
//! The same declaration is used by:
//!
//! - the deploy, which creates the namespace and keeps its values as declared, at Cloudflare or on
//!   this machine; call `Flags::deploy()` from Rust, or build a command line with [`deploy_main!`];
//! - every program that reads and writes the namespace through a [`Store`]: [`RestStore`] calls
//!   Cloudflare's API, [`LocalStore`] uses the files of `wrangler dev`, [`MemoryStore`] is for tests;
//! - the Worker itself, compiled for `wasm32-unknown-unknown`, where `Flags::from_env(&env)` uses the
//!   binding. This needs no feature, and the wasm contains none of the deploy code.
//!
//! Anything that Workers KV forbids fails to compile, or returns an [`Error`] before a request is sent.
//!
//! The [guide] starts with a first namespace in five minutes.
//!
//! # Features
//!
//! | feature | enables |
//! |---|---|
//! | none | [`kv_namespace!`], typed keys, [`MemoryStore`]; in a Worker, the binding |
//! | `rest` | `Flags::at(id)`, [`RestStore`], and [`api`], the client for Cloudflare's API |
//! | `local` | [`LocalStore`] |
//! | `deploy` | `Flags::deploy()` and `connect()`, for Cloudflare with `rest` and for this machine with `local`; the state in a folder |
//! | `s3` | the state in an object store; implies `deploy` |
//! | `cli` | [`deploy_main!`]; implies `deploy` and `rest` |
//! | `schemars` | `types --typescript` knows the types that derive `JsonSchema`; implies `cli` |
//!
//! All but `schemars` are on by default. A program that only reads and writes needs
//! `default-features = false, features = ["rest"]`. A library that only declares namespaces needs no
//! feature, and neither do its tests.

#![deny(missing_docs)]
// Modules are not split by feature, so code that only a disabled module calls is unused.
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
