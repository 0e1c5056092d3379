//! How much one request may carry, how many requests there may be, and how much one account may hold.

use std::time::Duration;

/// The most pairs in one bulk write, and keys in one bulk delete
/// (<https://developers.cloudflare.com/api/resources/kv/subresources/namespaces/>).
pub const MAX_BULK_PAIRS: usize = 10_000;

/// The largest body of one bulk write: 100 MB, decimal (same source as [`MAX_BULK_PAIRS`]).
pub const MAX_BULK_BYTES: usize = 100_000_000;

/// The most keys in one bulk read (same source as [`MAX_BULK_PAIRS`]).
pub const MAX_BULK_GET_KEYS: usize = 100;

/// The fewest keys that one page of a listing can be asked for.
pub const MIN_LIST_KEYS: usize = 10;

/// The most keys on one page of a listing.
pub const MAX_LIST_KEYS: usize = 1_000;

/// The most namespaces in one account, on every plan.
pub const MAX_NAMESPACES: usize = 1_000;

/// How many requests a user may make in an [`API_WINDOW`], over all tokens; a user who makes more is
/// blocked for the same time (<https://developers.cloudflare.com/fundamentals/api/reference/limits/>).
pub const MAX_API_REQUESTS: usize = 1_200;

/// See [`MAX_API_REQUESTS`].
pub const API_WINDOW: Duration = Duration::from_mins(5);
