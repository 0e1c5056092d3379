//! The account, namespace and key in a path.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::Method;
use axum::http::request::Parts;
use kv_rules::check_key;

use super::super::app::App;
use super::super::error::ApiError;
use super::identity::identity;
use crate::{Pairs, Storage};

/// The account in a path, which the request's credentials can use.
pub(in super::super) struct InAccount {
    pub(in super::super) storage: Storage,
}

impl FromRequestParts<App> for InAccount {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let id = parameter(parts, "account").await?;
        let identity = identity(parts)?;
        let mut accounts = app.accounts(identity);
        let found = accounts.find(|(account, _)| account.id.eq_ignore_ascii_case(&id));
        match found {
            Some((_, storage)) => Ok(Self { storage: storage.clone() }),
            None => Err(ApiError::no_account(parts.uri.path())),
        }
    }
}

/// The namespace in a path. Whether it exists is checked only by [`run`](Self::run).
pub(in super::super) struct InNamespace {
    pub(in super::super) id: String,
    pub(in super::super) storage: Storage,
}

impl FromRequestParts<App> for InNamespace {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let InAccount { storage } = InAccount::from_request_parts(parts, app).await?;
        let id = parameter(parts, "namespace").await?.to_ascii_lowercase();
        if id.len() != 32 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(ApiError::malformed_namespace());
        }
        Ok(Self { id, storage })
    }
}

impl InNamespace {
    /// Runs work on the pairs of the namespace.
    pub(in super::super) async fn run<T: Send + 'static>(
        self,
        operation: &'static str,
        work: impl FnOnce(&Pairs) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        blocking(move || {
            let failed = |error| ApiError::of_one(operation, error);
            let namespace = self.storage.get(&self.id).map_err(failed)?;
            let namespace = namespace.ok_or_else(|| ApiError::no_namespace(operation))?;
            work(&self.storage.pairs(&namespace.id).map_err(failed)?)
        })
        .await
    }
}

/// Runs work that blocks, which includes every use of storage.
pub(in super::super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panic| Err(ApiError::internal(&panic)))
}

/// The key in a path, percent-decoded once.
pub(in super::super) struct Key(pub(in super::super) String);

impl FromRequestParts<App> for Key {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let key = parameter(parts, "key").await?;
        let operation = match parts.method {
            Method::PUT => "put",
            Method::DELETE => "remove key",
            _ => "get",
        };
        check_key(&key).map_err(|rule| ApiError::bad_key(operation, &rule))?;
        Ok(Self(key))
    }
}

async fn parameter(parts: &mut Parts, name: &str) -> Result<String, ApiError> {
    let parameters = RawPathParams::from_request_parts(parts, &()).await;
    let parameters = parameters.map_err(|_| ApiError::path_is_no_text())?;
    let found = parameters.iter().find(|(found, _)| *found == name);
    found.map(|(_, value)| value.to_owned()).ok_or_else(ApiError::no_route)
}
