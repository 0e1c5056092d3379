//! Workers KV on this machine, without an account, Node or the internet.
//!
//! [`Storage`] is the very store that `wrangler dev` and miniflare use: what is written here, a
//! Worker started afterwards reads, and the other way round.

#![deny(missing_docs)]

mod storage;

pub use storage::{
    Batch, ListedKey, Namespace, Page, Pair, PairError, Pairs, Storage, StorageError, Stored,
};
