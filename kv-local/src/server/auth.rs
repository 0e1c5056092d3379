//! Who asks.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use secrecy::ExposeSecret as _;

use super::app::App;
use super::config::{ServerConfig, TokenOwner};
use super::error::ApiError;

/// As whom a request was admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// A user, by an API token.
    UserToken,
    /// A user, by the global API key.
    UserKey,
    /// The first account.
    Account,
}

/// Refuses a request that a page in a browser made: one whose host's name was pointed at this machine
/// says that name (DNS rebinding).
pub(super) async fn check_host(request: Request, next: Next) -> Result<Response, ApiError> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    // A client of HTTP/1.0 names none, and no browser is one.
    if host.is_none_or(is_this_machine) {
        return Ok(next.run(request).await);
    }
    Err(ApiError::other_host())
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Admits a request with credentials that the server knows.
pub(super) async fn authenticate(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let identity = identify(request.headers(), app.config())?;
    if let Some(limits) = app.limits() {
        limits.request()?;
    }
    request.extensions_mut().insert(identity);
    Ok(next.run(request).await)
}

fn identify(headers: &HeaderMap, config: &ServerConfig) -> Result<Identity, ApiError> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        let scheme = |text: &str| {
            let (scheme, token) = text.split_once(' ')?;
            // The names of schemes have no case (RFC 9110, 11.1).
            scheme.eq_ignore_ascii_case("bearer").then(|| token.to_owned())
        };
        let token = authorization.to_str().ok().and_then(scheme);
        let well_formed =
            |token: &String| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
        let token = token.filter(well_formed).ok_or_else(ApiError::malformed_token)?;
        if token != config.token.expose_secret() {
            return Err(ApiError::unknown_token());
        }
        return Ok(match config.token_owner {
            TokenOwner::User => Identity::UserToken,
            TokenOwner::Account => Identity::Account,
        });
    }
    match (text("x-auth-key"), text("x-auth-email")) {
        (None, None) => Err(ApiError::malformed_token()),
        (Some(key), Some(email)) if !key.is_empty() && !email.is_empty() => {
            if key == config.api_key.expose_secret() && email == config.email {
                return Ok(Identity::UserKey);
            }
            Err(ApiError::unknown_key())
        }
        _ => Err(ApiError::malformed_key()),
    }
}
