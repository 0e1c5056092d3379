//! Pairs behind Cloudflare's API, for programs that are no Worker.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use kv_rules::{MAX_BULK_GET_KEYS, MAX_LIST_KEYS};
use serde_json::value::RawValue;

use super::{KvStore, Page, Pair};
use crate::api::{ApiError, Namespaces};
use crate::error::Error;
use crate::list::KeyInfo;

/// Pairs behind Cloudflare's API, for programs that are no Worker.
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
    async fn get_chunk(&self, keys: &[&str]) -> Result<Vec<Option<Bytes>>, Error> {
        match self.namespaces.bulk_get(&self.id, keys).await {
            Ok(values) => Ok(values),
            Err(error) if error.is_not_text() => {
                let gets = keys.iter().map(|key| self.get(key, None));
                let gets = stream::iter(gets.collect::<Vec<_>>()).buffered(REQUESTS_AT_ONCE);
                gets.try_collect().await
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[async_trait]
impl KvStore for RestStore {
    async fn get(&self, key: &str, _cache_ttl: Option<u32>) -> Result<Option<Bytes>, Error> {
        Ok(self.namespaces.value(&self.id, key).await?.map(|value| value.bytes))
    }

    async fn get_with_metadata(
        &self,
        key: &str,
        cache_ttl: Option<u32>,
    ) -> Result<Option<(Bytes, Option<Box<RawValue>>)>, Error> {
        // One request gives both, as long as the value is text.
        match self.namespaces.bulk_get_with_metadata(&self.id, &[key]).await {
            Ok(mut values) => {
                let value = values.remove(key).flatten();
                Ok(value.map(|value| (value.value.into(), value.metadata)))
            }
            Err(error) if error.is_not_text() => {
                let Some(value) = self.get(key, cache_ttl).await? else { return Ok(None) };
                Ok(Some((value, self.namespaces.metadata(&self.id, key).await?)))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Bytes>>, Error> {
        let requests = keys.chunks(MAX_BULK_GET_KEYS).map(|keys| self.get_chunk(keys));
        let requests = stream::iter(requests.collect::<Vec<_>>()).buffered(REQUESTS_AT_ONCE);
        requests.try_concat().await
    }

    async fn put(&self, key: &str, pair: Pair) -> Result<(), Error> {
        let Pair { value, metadata, expiry } = pair;
        let metadata = metadata.as_ref().map(|json| json.get());
        Ok(self.namespaces.put_value(&self.id, key, value, metadata, expiry).await?)
    }

    async fn delete(&self, key: &str) -> Result<(), Error> {
        Ok(self.namespaces.delete_value(&self.id, key).await?)
    }

    async fn list(&self, prefix: &str, cursor: Option<&str>) -> Result<Page, Error> {
        let page = self.namespaces.keys(&self.id, prefix, cursor, MAX_LIST_KEYS).await?;
        let keys = page.keys.into_iter().map(|key| KeyInfo {
            name: key.name,
            expiration: key.expiration,
            metadata: key.metadata,
        });
        Ok(Page { keys: keys.collect(), cursor: page.cursor })
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        if error.is_namespace_not_found() {
            Self::NamespaceNotFound(error.into())
        } else if error.is_unauthorized() {
            Self::Unauthorized(error.into())
        } else if error.status() == Some(429) {
            Self::RateLimited(error.into())
        } else {
            Self::Store(error.into())
        }
    }
}
