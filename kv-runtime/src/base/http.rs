//! The common settings of this crate's HTTP clients.

use std::time::Duration;

use reqwest::ClientBuilder;
use reqwest::redirect::Policy;

use super::tls;

/// How long a connection may take, including TLS. A timeout separate from the request's own shows that
/// nothing was sent.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Creates a client that does not follow redirects, which would send the credentials to someone else. A
/// client without TLS is for servers on this machine, and uses no proxy.
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
