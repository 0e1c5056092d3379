//! Pairs behind Cloudflare's API, for programs that are not Workers.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use kv_rules::{MAX_BULK_GET_KEYS, MAX_LIST_KEYS};

use super::error::ApiError;
use super::namespaces::Namespaces;
use crate::raw::{
    GetOptions, KeyInfo, KeyPage, ListOptions, PutOptions, RawError, RawStore, StoredValue,
};

/// Pairs behind Cloudflare's API, for programs that are not Workers.
///
/// A write can take a minute or more to be seen elsewhere, and so can that a key did not exist.
#[derive(Debug, Clone)]
pub struct RestStore {
    namespaces: Namespaces,
    id: Arc<str>,
}

impl RestStore {
    /// The pairs of the namespace with this id. Nothing is sent until a pair is asked for.
    #[must_use]
    pub fn new(namespaces: Namespaces, id: impl Into<Arc<str>>) -> Self {
        Self { namespaces, id: id.into() }
    }
}

/// How many requests are in flight when many values are read.
const REQUESTS_AT_ONCE: usize = 6;

impl RestStore {
    /// Values that one request can ask for.
    async fn get_chunk(&self, keys: &[&str]) -> Result<Vec<Option<Bytes>>, RawError> {
        match self.namespaces.bulk_get(&self.id, keys).await {
            Ok(values) => Ok(values),
            Err(error) if error.is_not_text() => {
                let gets = keys.iter().map(|key| self.get(key, GetOptions::default()));
                let gets = stream::iter(gets.collect::<Vec<_>>()).buffered(REQUESTS_AT_ONCE);
                gets.try_collect().await
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[async_trait]
impl RawStore for RestStore {
    async fn get(&self, key: &str, _: GetOptions) -> Result<Option<Bytes>, RawError> {
        Ok(self.namespaces.value(&self.id, key).await?.map(|value| value.bytes))
    }

    async fn get_with_metadata(
        &self,
        key: &str,
        _: GetOptions,
    ) -> Result<Option<StoredValue>, RawError> {
        // One request gives both, as long as the value is text.
        Ok(self.namespaces.get_pairs(&self.id, &[key]).await?.pop().flatten())
    }

    async fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Bytes>>, RawError> {
        let requests = keys.chunks(MAX_BULK_GET_KEYS).map(|keys| self.get_chunk(keys));
        let requests = stream::iter(requests.collect::<Vec<_>>()).buffered(REQUESTS_AT_ONCE);
        requests.try_concat().await
    }

    async fn put(&self, key: &str, value: Bytes, options: PutOptions) -> Result<(), RawError> {
        let PutOptions { metadata, expiry, .. } = options;
        let metadata = metadata.as_ref().map(|json| json.get());
        Ok(self.namespaces.put_value(&self.id, key, value, metadata, expiry).await?)
    }

    async fn delete(&self, key: &str) -> Result<(), RawError> {
        Ok(self.namespaces.delete_value(&self.id, key).await?)
    }

    async fn list(&self, prefix: &str, options: ListOptions<'_>) -> Result<KeyPage, RawError> {
        let page = self.namespaces.keys(&self.id, prefix, options.cursor, MAX_LIST_KEYS).await?;
        let keys = page.keys.into_iter().map(|key| KeyInfo {
            name: key.name,
            expiration: key.expiration,
            metadata: key.metadata,
        });
        Ok(KeyPage { keys: keys.collect(), cursor: page.cursor })
    }
}

impl From<ApiError> for RawError {
    fn from(error: ApiError) -> Self {
        if error.is_namespace_not_found() {
            Self::NamespaceNotFound(error.into())
        } else if error.is_unauthorized() {
            Self::Unauthorized(error.into())
        } else if error.status() == Some(429) {
            Self::RateLimited(error.into())
        } else {
            Self::Other(error.into())
        }
    }
}
