//! Connecting to Cloudflare's API: base URL, credentials and account.

mod at;
mod connection;
mod error;
mod login;

pub use at::At;
pub(crate) use connection::Connection;
pub use error::ConnectError;
pub(crate) use login::{Login, Overrides};
