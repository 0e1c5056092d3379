//! The identity behind a request's credentials.

use axum::http::{HeaderMap, header};
use secrecy::ExposeSecret as _;

use super::config::{ServerConfig, TokenOwner};
use super::error::ApiError;

/// The identity of an authenticated request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// A user, by an API token.
    UserToken,
    /// A user, by the global API key.
    UserKey,
    /// The first account.
    Account,
}

/// The identity that has these credentials, if the server knows them.
pub(super) fn identify(headers: &HeaderMap, config: &ServerConfig) -> Result<Identity, ApiError> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        let scheme = |text: &str| {
            let (scheme, token) = text.split_once(' ')?;
            // Scheme names are case-insensitive (RFC 9110, 11.1).
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
