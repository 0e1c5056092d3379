//! A client of the server.

use reqwest::Client;
use rustls::crypto::ring;

/// A client that goes through no proxy.
pub(crate) fn client() -> Client {
    // It never speaks TLS, and cannot be built without something that could.
    let _ = ring::default_provider().install_default();
    Client::builder().no_proxy().build().expect("a client can be built")
}
