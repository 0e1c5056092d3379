//! As whom Cloudflare's API is called, where it is, and in which account.

mod at;
mod connection;
mod error;
mod login;

pub use at::At;
pub(crate) use connection::Connection;
pub use error::ConnectError;
pub(crate) use login::{Login, Overrides};
