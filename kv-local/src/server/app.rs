//! The state that all routes share.

use std::sync::Arc;

use super::config::{Account, RateLimits, ServerConfig};
use super::identity::Identity;
use super::limits::Limits;
use crate::Storage;

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

    /// The accounts that an identity can use, each with its storage.
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
