//! The identity of an authenticated request.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::super::app::App;
use super::super::error::ApiError;
use super::super::identity::Identity;

impl FromRequestParts<App> for Identity {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        identity(parts)
    }
}

pub(super) fn identity(parts: &Parts) -> Result<Identity, ApiError> {
    parts.extensions.get().copied().ok_or_else(ApiError::unknown_token)
}
