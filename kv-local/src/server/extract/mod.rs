//! Extractors for the parts of a request.

mod body;
mod expiry;
mod identity;
mod items;
mod path;
mod query;

pub(super) use body::Body;
pub(super) use expiry::expiry;
pub(super) use items::each;
pub(super) use path::{InAccount, InNamespace, Key, blocking};
pub(super) use query::Parameters;
