//! Workers KV on this machine, without an account, Node or the internet.
//!
//! [`Storage`] is the very store that `wrangler dev` and miniflare use: what is written here, a
//! Worker started afterwards reads, and the other way round. [`Server`] puts Cloudflare's REST API
//! in front of it, so that whatever deploys to Cloudflare deploys here.

#![deny(missing_docs)]

#[cfg(feature = "server")]
mod server;
mod storage;

#[cfg(feature = "server")]
pub use server::{Account, RateLimits, Server, ServerConfig, ServerError, TokenOwner, router};
/// The account that everything on this machine is in, unless a server is told another.
pub const ACCOUNT_ID: &str = "6b762d6c6f63616c0000000000000000";

pub use storage::{
    Batch, ListedKey, Namespace, Page, Pair, PairError, Pairs, Storage, StorageError, Stored,
};
