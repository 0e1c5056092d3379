//! As whom Cloudflare's API is called, and where it is.

mod login;

pub(crate) use login::{Login, LoginError, Overrides};
