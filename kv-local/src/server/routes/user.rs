//! `/accounts`, `/user` and `…/tokens/verify`: the identity of the credentials.

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::super::app::App;
use super::super::envelope::{PageQuery, page, paginate, success};
use super::super::error::ApiError;
use super::super::extract::{InAccount, Parameters};
use super::super::identity::Identity;

/// `GET /accounts`
pub(super) async fn accounts(
    State(app): State<App>,
    identity: Identity,
    Parameters(query): Parameters<PageQuery>,
) -> Result<Response, ApiError> {
    if identity == Identity::Account {
        return Err(ApiError::not_a_user());
    }
    let accounts = app
        .accounts(identity)
        .map(|(account, _)| json!({ "id": account.id, "name": account.name, "type": "standard" }));
    let (accounts, info) = paginate("list accounts", accounts.collect(), &query)?;
    Ok(page(accounts, info))
}

/// `GET /user`
pub(super) async fn user(State(app): State<App>, identity: Identity) -> Result<Response, ApiError> {
    if identity == Identity::Account {
        return Err(ApiError::not_a_user());
    }
    Ok(success(json!({ "id": USER_ID, "email": app.config().email })))
}

/// `GET /user/tokens/verify`
pub(super) async fn verify_user_token(identity: Identity) -> Result<Response, ApiError> {
    verify(identity, Identity::UserToken)
}

/// `GET /accounts/{account}/tokens/verify`
pub(super) async fn verify_account_token(
    identity: Identity,
    _: InAccount,
) -> Result<Response, ApiError> {
    verify(identity, Identity::Account)
}

fn verify(identity: Identity, expected: Identity) -> Result<Response, ApiError> {
    if identity != expected {
        return Err(ApiError::not_that_token());
    }
    Ok(success(json!({ "id": TOKEN_ID, "status": "active" })))
}

const USER_ID: &str = "6b762d6c6f63616c0000000000000001";
const TOKEN_ID: &str = "6b762d6c6f63616c0000000000000002";
