//! Pairs in wrangler's local files, which a Worker under `wrangler dev` also reads and writes.

use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use kv_local::{Pairs, Storage, StorageError, Stored};
use serde_json::value::RawValue;

use crate::Error;
use crate::raw::{
    GetOptions, KeyInfo, KeyPage, ListOptions, PutOptions, RawError, RawPair, RawStore, StoredValue,
};

/// Pairs in wrangler's local files, which a Worker under `wrangler dev` also reads and writes.
///
/// Requests run on tokio's threads, so they need a tokio runtime.
///
/// ```
/// use kv_runtime::{Entry, LocalStore, Store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?; // usually `.wrangler/state`
/// let store = Store::from(LocalStore::open(folder.path(), "notes")?);
/// let visits = Entry::<u64>::new(&store, "visits")?;
/// visits.put(&1).await?;
/// assert_eq!(visits.get().await?, Some(1));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct LocalStore {
    pairs: Pairs,
}

impl LocalStore {
    /// Opens a namespace below a persist folder, usually `.wrangler/state`. No file is written until you
    /// write a pair.
    ///
    /// `id` is the namespace's `id` (or `preview_id`) in the Worker's wrangler configuration.
    ///
    /// ```no_run
    /// use kv_runtime::LocalStore;
    ///
    /// let store = LocalStore::open(".wrangler/state", "0f2ac74b498b48028cb68387c421e279")?;
    /// # Ok::<(), kv_runtime::Error>(())
    /// ```
    pub fn open(folder: impl AsRef<Path>, id: &str) -> Result<Self, Error> {
        let open = || Storage::open(folder)?.pairs(id);
        Ok(open().map_err(RawError::from)?.into())
    }

    async fn read(&self, key: &str) -> Result<Option<Stored>, RawError> {
        let key = key.to_owned();
        self.run(move |pairs| pairs.get(&key)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Pairs) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, RawError> {
        let pairs = self.pairs.clone();
        let done = tokio::task::spawn_blocking(move || work(&pairs)).await;
        Ok(done.map_err(RawError::other)??)
    }
}

#[async_trait]
impl RawStore for LocalStore {
    async fn get(&self, key: &str, _: GetOptions) -> Result<Option<Bytes>, RawError> {
        Ok(self.read(key).await?.map(|stored| stored.value))
    }

    async fn get_with_metadata(
        &self,
        key: &str,
        _: GetOptions,
    ) -> Result<Option<StoredValue>, RawError> {
        self.read(key).await?.map(stored_value).transpose()
    }

    async fn get_many_with_metadata(
        &self,
        keys: &[&str],
        _: GetOptions,
    ) -> Result<Vec<Option<StoredValue>>, RawError> {
        let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
        let found = self.run(move |pairs| keys.iter().map(|key| pairs.get(key)).collect());
        let found: Vec<Option<Stored>> = found.await?;
        found.into_iter().map(|found| found.map(stored_value).transpose()).collect()
    }

    async fn put(&self, key: &str, value: Bytes, options: PutOptions) -> Result<(), RawError> {
        self.put_many(vec![RawPair::new(key.to_owned(), value, options)]).await
    }

    async fn put_many(&self, pairs: Vec<RawPair>) -> Result<(), RawError> {
        self.run(move |stored| {
            stored.put_many(pairs.iter().map(|RawPair { key, value, options }| {
                let PutOptions { metadata, expiry, .. } = options;
                let metadata = metadata.as_deref().map(|json| json.get().into());
                let (key, value) = (key.as_str().into(), value.as_ref().into());
                kv_local::Pair { key, value, metadata, expiry: *expiry }
            }))
        })
        .await?;
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), RawError> {
        self.delete_many(&[key]).await
    }

    async fn delete_many(&self, keys: &[&str]) -> Result<(), RawError> {
        let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
        self.run(move |pairs| pairs.delete_many(keys)).await?;
        Ok(())
    }

    async fn list(&self, prefix: &str, options: ListOptions<'_>) -> Result<KeyPage, RawError> {
        let ListOptions { cursor, limit } = options;
        let (prefix, after) = (prefix.to_owned(), cursor.map(str::to_owned));
        let page = self.run(move |pairs| pairs.list(&prefix, after.as_deref(), limit)).await?;
        let cursor = page.keys.last().filter(|_| !page.complete).map(|key| key.name.clone());
        let keys = page.keys.into_iter().map(|key| {
            let metadata = key.metadata.map(json).transpose()?;
            Ok(KeyInfo { name: key.name, expiration: key.expiration, metadata })
        });
        Ok(KeyPage { keys: keys.collect::<Result<_, RawError>>()?, cursor })
    }
}

fn stored_value(stored: Stored) -> Result<StoredValue, RawError> {
    let metadata = stored.metadata.map(json).transpose()?;
    Ok(StoredValue { value: stored.value, metadata, expiration: stored.expiration })
}

/// Metadata from the files, which may not be JSON if another program wrote it.
fn json(metadata: String) -> Result<Box<RawValue>, RawError> {
    RawValue::from_string(metadata).map_err(RawError::other)
}

impl From<Pairs> for LocalStore {
    fn from(pairs: Pairs) -> Self {
        Self { pairs }
    }
}

impl From<StorageError> for RawError {
    fn from(error: StorageError) -> Self {
        Self::other(error)
    }
}
