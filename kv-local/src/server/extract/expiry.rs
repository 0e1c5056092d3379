//! The two ways to say when a pair expires.

use kv_rules::{Expiry, ExpiryError, check_expiration, check_ttl};

/// Combines `expiration` and `expiration_ttl`: if both are given, the TTL wins.
pub(in super::super) fn expiry(
    expiration: Option<i64>,
    ttl: Option<i64>,
) -> Result<Option<Expiry>, ExpiryError> {
    match (expiration, ttl) {
        (_, Some(ttl)) => check_ttl(ttl.into()).map(|ttl| Some(Expiry::Ttl(ttl))),
        (Some(at), None) => check_expiration(at.into()).map(|at| Some(Expiry::At(at))),
        (None, None) => Ok(None),
    }
}
