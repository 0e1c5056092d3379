//! Workers KV on this machine, without an account, Node or the internet.
//!
//! [`Storage`] uses the same files as `wrangler dev` and miniflare: a Worker that starts afterwards reads
//! what you write here, and the other way round. [`Server`] serves Cloudflare's REST API for it, so that
//! any tool that deploys to Cloudflare can deploy to this machine.

#![deny(missing_docs)]

#[cfg(feature = "server")]
mod server;
mod storage;

#[cfg(feature = "server")]
pub use server::{Account, RateLimits, Server, ServerConfig, ServerError, TokenOwner, router};
/// The id of the account on this machine, unless a server is configured with another.
pub const ACCOUNT_ID: &str = "6b762d6c6f63616c0000000000000000";

pub use storage::{
    Batch, ListedKey, Namespace, Page, Pair, PairError, Pairs, Storage, StorageError, Stored,
};
