//! Workers KV on this machine, without an account, Node or the internet.
//!
//! [`Storage`] is the very store that `wrangler dev` and miniflare use: what is written here, a
//! Worker started afterwards reads, and the other way round. [`Server`] puts Cloudflare's REST API
//! in front of it, so that whatever deploys to Cloudflare deploys here.

#![deny(missing_docs)]

mod server;
mod storage;

pub use server::{Account, RateLimits, Server, ServerConfig, ServerError, TokenOwner, router};
pub use storage::{
    Batch, ListedKey, Namespace, Page, Pair, PairError, Pairs, Storage, StorageError, Stored,
};
