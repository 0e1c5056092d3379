//! Pairs in wrangler's local files, which a Worker under `wrangler dev` reads and writes too.

use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use kv_local::{Pairs, Storage, StorageError, Stored};
use kv_rules::MAX_LIST_KEYS;
use serde_json::value::RawValue;

use super::{KvStore, Page, Pair};
use crate::error::Error;
use crate::list::KeyInfo;

/// Pairs in wrangler's local files, which a Worker under `wrangler dev` reads and writes too.
///
/// Its requests run on threads of tokio, so they need its runtime.
#[derive(Debug, Clone)]
pub struct LocalStore {
    pairs: Pairs,
}

impl LocalStore {
    /// The pairs of a namespace below a persist folder, by custom `.wrangler/state`. Nothing is
    /// written until a pair is.
    ///
    /// `id` is the namespace's `id` (or `preview_id`) in the Worker's wrangler configuration.
    pub fn open(folder: impl AsRef<Path>, id: &str) -> Result<Self, Error> {
        Ok(Storage::open(folder)?.pairs(id)?.into())
    }

    async fn read(&self, key: &str) -> Result<Option<Stored>, Error> {
        let key = key.to_owned();
        self.run(move |pairs| pairs.get(&key)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Pairs) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, Error> {
        let pairs = self.pairs.clone();
        let done = tokio::task::spawn_blocking(move || work(&pairs)).await;
        Ok(done.map_err(|panicked| Error::Store(panicked.into()))??)
    }
}

#[async_trait]
impl KvStore for LocalStore {
    async fn get(&self, key: &str, _cache_ttl: Option<u32>) -> Result<Option<Bytes>, Error> {
        Ok(self.read(key).await?.map(|stored| stored.value))
    }

    async fn get_with_metadata(
        &self,
        key: &str,
        _cache_ttl: Option<u32>,
    ) -> Result<Option<(Bytes, Option<Box<RawValue>>)>, Error> {
        let Some(stored) = self.read(key).await? else { return Ok(None) };
        Ok(Some((stored.value, stored.metadata.map(json).transpose()?)))
    }

    async fn put(&self, key: &str, pair: Pair) -> Result<(), Error> {
        let key = key.to_owned();
        self.run(move |pairs| {
            let Pair { value, metadata, expiry } = pair;
            let metadata = metadata.as_deref().map(|json| json.get().into());
            let value = value.as_ref().into();
            pairs.put_many([kv_local::Pair { key: key.into(), value, metadata, expiry }])
        })
        .await?;
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), Error> {
        let key = key.to_owned();
        self.run(move |pairs| pairs.delete_many([key])).await?;
        Ok(())
    }

    async fn list(&self, prefix: &str, cursor: Option<&str>) -> Result<Page, Error> {
        let (prefix, after) = (prefix.to_owned(), cursor.map(str::to_owned));
        let page =
            self.run(move |pairs| pairs.list(&prefix, after.as_deref(), MAX_LIST_KEYS)).await?;
        let cursor = page.keys.last().filter(|_| !page.complete).map(|key| key.name.clone());
        let keys = page.keys.into_iter().map(|key| {
            let metadata = key.metadata.map(json).transpose()?;
            Ok(KeyInfo { name: key.name, expiration: key.expiration.map(u64::from), metadata })
        });
        Ok(Page { keys: keys.collect::<Result<_, Error>>()?, cursor })
    }
}

/// Metadata that the files hold; whatever wrote it may have written something else than JSON.
fn json(metadata: String) -> Result<Box<RawValue>, Error> {
    RawValue::from_string(metadata).map_err(|error| Error::Store(error.into()))
}

impl From<Pairs> for LocalStore {
    fn from(pairs: Pairs) -> Self {
        Self { pairs }
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        Self::Store(error.into())
    }
}
