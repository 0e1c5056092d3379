//! Accounts: ids, e-mail addresses and where the API is.

use crate::shown;

/// Where Cloudflare's API is.
pub const DEFAULT_BASE_URL: &str = "https://api.cloudflare.com/client/v4";

/// Why a text cannot be an account id.
///
/// ```
/// let error = kv_rules::check_account_id("mine").unwrap_err();
/// assert_eq!(error.0, "mine");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not an account id, which has 32 hex digits; copy it from the account's overview in \
     the dashboard", shown(.0)
)]
pub struct AccountError(pub String);

/// Why a text cannot be an e-mail address.
///
/// ```
/// let error = kv_rules::check_email("nobody").unwrap_err();
/// assert_eq!(error.0, "nobody");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not an e-mail address: it has no `@`", shown(.0))]
pub struct EmailError(pub String);

/// Why a base URL is refused. It never shows the URL, which can carry a password.
///
/// ```
/// use kv_rules::{BaseUrlError, check_base_url};
///
/// assert!(matches!(check_base_url("http://example.com"), Err(BaseUrlError::Insecure(_))));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// The text is not an absolute `http` or `https` URL with a host.
    #[error("a base URL is `https://HOST/PATH`, for example `{DEFAULT_BASE_URL}`")]
    NotAUrl,
    /// The URL contains a user or password.
    #[error("a base URL cannot carry a user or password: credentials have their own properties")]
    Credentials,
    /// The URL contains a query or fragment.
    #[error("a base URL cannot have a `?` or `#`: paths are appended to it")]
    Query,
    /// Plain `http` to a host that is not this machine.
    #[error(
        "`http` would send the API token unencrypted to `{}`: use `https`; `http` is only for \
         loopback hosts (`localhost`, `127.0.0.1`, `[::1]`)", shown(.0)
    )]
    Insecure(String),
}

/// Checks an account id: 32 hex digits.
///
/// ```
/// assert!(kv_rules::check_account_id("0123456789abcdef0123456789abcdef").is_ok());
/// assert!(kv_rules::check_account_id("mine").is_err());
/// ```
pub fn check_account_id(id: &str) -> Result<(), AccountError> {
    if id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(AccountError(id.to_owned()))
}

/// Why a text cannot be Cloudflare's id of a namespace.
///
/// ```
/// let error = kv_rules::check_namespace_id("not/mine").unwrap_err();
/// assert_eq!(error.0, "not/mine");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a namespace's id, which has 32 hex digits; copy it from the dashboard, or from \
     `wrangler kv namespace list`", shown(.0)
)]
pub struct NamespaceIdError(pub String);

/// Checks Cloudflare's id of a namespace: letters, digits, `-` and `_`, which need no escaping in a
/// path. Cloudflare's ids have 32 hex digits; those of other servers may differ.
///
/// ```
/// assert!(kv_rules::check_namespace_id("0f2ac74b498b48028cb68387c421e279").is_ok());
/// assert!(kv_rules::check_namespace_id("not/mine").is_err());
/// ```
pub fn check_namespace_id(id: &str) -> Result<(), NamespaceIdError> {
    let part = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if !id.is_empty() && id.bytes().all(part) {
        return Ok(());
    }
    Err(NamespaceIdError(id.to_owned()))
}

/// Checks the minimum that an e-mail address needs: text on both sides of an `@`.
///
/// ```
/// assert!(kv_rules::check_email("me@example.com").is_ok());
/// assert!(kv_rules::check_email("me").is_err());
/// ```
pub fn check_email(email: &str) -> Result<(), EmailError> {
    match email.rsplit_once('@') {
        Some((user, host)) if !user.is_empty() && !host.is_empty() => Ok(()),
        _ => Err(EmailError(email.to_owned())),
    }
}

/// Checks that credentials can be sent to a base URL: `https`, or `http` to this machine.
///
/// ```
/// assert!(kv_rules::check_base_url(kv_rules::DEFAULT_BASE_URL).is_ok());
/// assert!(kv_rules::check_base_url("http://127.0.0.1:8790/client/v4").is_ok());
/// assert!(kv_rules::check_base_url("http://example.com").is_err());
/// ```
pub fn check_base_url(url: &str) -> Result<(), BaseUrlError> {
    let (secure, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return Err(BaseUrlError::NotAUrl),
    };
    if url.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(BaseUrlError::NotAUrl);
    }
    if rest.contains(['?', '#']) {
        return Err(BaseUrlError::Query);
    }
    let authority = rest.split('/').next().unwrap_or(rest);
    if authority.contains('@') {
        return Err(BaseUrlError::Credentials);
    }
    let host = host(authority).ok_or(BaseUrlError::NotAUrl)?;
    if secure || is_loopback(host) {
        return Ok(());
    }
    Err(BaseUrlError::Insecure(host.to_owned()))
}

/// The host of `HOST[:PORT]`, brackets of an IPv6 address included.
fn host(authority: &str) -> Option<&str> {
    let (host, port) = if let Some(end) = authority.find(']') {
        let (host, port) = authority.split_at(end + 1);
        let inner = host.strip_prefix('[')?.strip_suffix(']')?;
        inner.parse::<std::net::Ipv6Addr>().ok()?;
        (host, port.strip_prefix(':').or(port.is_empty().then_some("0"))?)
    } else {
        authority.split_once(':').unwrap_or((authority, "0"))
    };
    (!host.is_empty() && port.parse::<u16>().is_ok()).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_is_for_this_machine_only() {
        for good in [
            DEFAULT_BASE_URL,
            "https://example.com",
            "http://localhost:8787/client/v4",
            "http://127.0.0.1:1",
            "http://127.8.8.8/",
            "http://[::1]:80/x",
        ] {
            assert_eq!(check_base_url(good), Ok(()), "{good}");
        }
        for evil in [
            "http://example.com",
            "http://localhost.evil.com",
            "http://127.0.0.1.evil.com/",
            "http://10.0.0.1",
            "http://[::2]",
        ] {
            assert!(matches!(check_base_url(evil), Err(BaseUrlError::Insecure(_))), "{evil}");
        }
    }

    #[test]
    fn a_base_url_is_a_place_and_nothing_else() {
        for bad in [
            "",
            "api.cloudflare.com",
            "ftp://x",
            "https://",
            "https://:80",
            "https://x:port",
            "https://a b",
            "https:///x",
            "https://[::1",
        ] {
            assert_eq!(check_base_url(bad), Err(BaseUrlError::NotAUrl), "{bad}");
        }
        assert_eq!(check_base_url("https://u:p@x"), Err(BaseUrlError::Credentials));
        assert_eq!(check_base_url("http://127.0.0.1@evil.com"), Err(BaseUrlError::Credentials));
        assert_eq!(check_base_url("https://x/?a"), Err(BaseUrlError::Query));
        assert_eq!(check_base_url("https://x/#a"), Err(BaseUrlError::Query));
        assert_eq!(check_base_url("http://127.0.0.1\\@evil.com"), Err(BaseUrlError::NotAUrl));
    }

    #[test]
    fn an_account_id_has_32_hex_digits() {
        assert_eq!(check_account_id("0123456789abcdef0123456789ABCDEF"), Ok(()));
        for bad in
            ["", "0123", "0123456789abcdef0123456789abcdeg", "0123456789abcdef0123456789abcdef0"]
        {
            assert!(check_account_id(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_email_address_has_an_at() {
        assert_eq!(check_email("a@b"), Ok(()));
        for bad in ["", "a", "@b", "a@"] {
            assert!(check_email(bad).is_err(), "{bad}");
        }
    }
}
