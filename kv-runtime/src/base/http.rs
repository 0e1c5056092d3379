//! What every HTTP client of this crate has in common.

use std::time::Duration;

use reqwest::ClientBuilder;
use reqwest::redirect::Policy;

use super::tls;

/// How long a connection, TLS included, may take: ending it apart from the request's own timeout
/// tells that nothing was sent.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A client that follows no redirect, which would hand the credentials to someone else. One without
/// TLS is for servers on this machine, where no proxy helps.
pub(crate) fn client(is_plain: bool) -> Result<ClientBuilder, rustls::Error> {
    let tls = if is_plain { tls::trusting_nobody()? } else { tls::trusting_the_system()? };
    let client = ClientBuilder::new()
        .user_agent(concat!("kv-runtime/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .tls_backend_preconfigured(tls);
    Ok(if is_plain { client.no_proxy() } else { client })
}
