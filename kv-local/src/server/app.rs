//! What all handlers share, and what they take from a request.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Query, RawPathParams};
use axum::http::Method;
use axum::http::request::Parts;
use kv_rules::check_key;
use serde::de::DeserializeOwned;

use super::auth::Identity;
use super::config::{Account, RateLimits, ServerConfig};
use super::error::ApiError;
use super::limits::Limits;
use crate::{Pairs, Storage};

/// A running server.
#[derive(Clone)]
pub(super) struct App(Arc<Inner>);

struct Inner {
    config: ServerConfig,
    storage: Storage,
    limits: Option<Limits>,
}

impl App {
    pub(super) fn new(storage: Storage, config: ServerConfig) -> Self {
        let limits = match config.rate_limits {
            RateLimits::Off => None,
            RateLimits::Cloudflare => Some(Limits::default()),
        };
        Self(Arc::new(Inner { config, storage, limits }))
    }

    pub(super) fn config(&self) -> &ServerConfig {
        &self.0.config
    }

    pub(super) fn limits(&self) -> Option<&Limits> {
        self.0.limits.as_ref()
    }

    /// The accounts that somebody reaches, each with its storage.
    pub(super) fn accounts(
        &self,
        identity: Identity,
    ) -> impl Iterator<Item = (&Account, &Storage)> {
        let Inner { config, storage, .. } = &*self.0;
        let others = match identity {
            Identity::UserToken | Identity::UserKey => config.other_accounts.as_slice(),
            Identity::Account => &[],
        };
        let others = others.iter().map(|(account, storage)| (account, storage));
        std::iter::once((&config.account, storage)).chain(others)
    }
}

/// Runs work that blocks, such as everything that storage does.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panic| Err(ApiError::internal(&panic)))
}

/// The account in a path, which the request's credentials reach.
pub(super) struct InAccount {
    pub(super) storage: Storage,
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

/// The namespace in a path. Whether it exists is only known when its work runs.
pub(super) struct InNamespace {
    pub(super) id: String,
    pub(super) storage: Storage,
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
    pub(super) async fn run<T: Send + 'static>(
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

/// The key in a path, decoded once.
pub(super) struct Key(pub(super) String);

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

/// What follows the `?`.
pub(super) struct Parameters<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Parameters<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match Query::from_request_parts(parts, app).await {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(error) => Err(ApiError::bad_request("query", error.body_text())),
        }
    }
}

impl FromRequestParts<App> for Identity {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        identity(parts)
    }
}

fn identity(parts: &Parts) -> Result<Identity, ApiError> {
    parts.extensions.get().copied().ok_or_else(ApiError::unknown_token)
}

async fn parameter(parts: &mut Parts, name: &str) -> Result<String, ApiError> {
    let parameters = RawPathParams::from_request_parts(parts, &()).await;
    let parameters = parameters.map_err(|_| ApiError::path_is_no_text())?;
    let found = parameters.iter().find(|(found, _)| *found == name);
    found.map(|(_, value)| value.to_owned()).ok_or_else(ApiError::no_route)
}
