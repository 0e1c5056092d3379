//! Stores: where the pairs of a namespace are.

#[cfg(not(target_arch = "wasm32"))]
mod local;
#[cfg(not(target_arch = "wasm32"))]
mod memory;
#[cfg(not(target_arch = "wasm32"))]
mod rest;
#[cfg(target_arch = "wasm32")]
mod worker;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use kv_rules::Expiry;
use serde_json::value::RawValue;

use crate::entry::Entry;
use crate::error::Error;
use crate::family::Family;
use crate::key::{Key, Name};
use crate::list::{FamilyList, KeyInfo, List};

#[cfg(not(target_arch = "wasm32"))]
pub use {local::LocalStore, memory::MemoryStore, rest::RestStore};

/// What a namespace's pairs are read from and written to, without types.
///
/// Implement it for a store of your own; a [`Store`] is made of it by `From`. What reaches it was
/// checked against the rules of Workers KV before.
#[async_trait]
pub trait KvStore: fmt::Debug + Send + Sync {
    /// The value of a key, `None` when there is none. A Worker may answer from a copy that is
    /// `cache_ttl` seconds old; other stores have no use for that.
    async fn get(&self, key: &str, cache_ttl: Option<u32>) -> Result<Option<Bytes>, Error>;

    /// The value of a key with its metadata as JSON.
    async fn get_with_metadata(
        &self,
        key: &str,
        cache_ttl: Option<u32>,
    ) -> Result<Option<(Bytes, Option<Box<RawValue>>)>, Error>;

    /// Writes a pair in place of what its key had: value, metadata and expiry.
    async fn put(&self, key: &str, pair: Pair) -> Result<(), Error>;

    /// Deletes a key; one that does not exist is no error.
    async fn delete(&self, key: &str) -> Result<(), Error>;

    /// A page of the keys that begin with `prefix`, from the beginning or a former page's cursor.
    async fn list(&self, prefix: &str, cursor: Option<&str>) -> Result<Page, Error>;
}

/// What is stored under a key.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The value as stored.
    pub value: Bytes,
    /// The metadata, never `null`.
    pub metadata: Option<Box<RawValue>>,
    /// When the pair ceases to exist.
    pub expiry: Option<Expiry>,
}

/// Some keys of a listing.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The keys, with their metadata as JSON. There can be none although more pages follow.
    pub keys: Vec<KeyInfo<Box<RawValue>>>,
    /// Where the next page begins; `None` ends the listing.
    pub cursor: Option<String>,
}

/// A namespace's pairs, wherever they are. It is cheap to clone.
///
/// It is made by `From` of a [`MemoryStore`], a [`LocalStore`], a [`RestStore`], in a Worker of a
/// `worker::kv::KvStore`, or of any other [`KvStore`].
#[derive(Clone)]
pub struct Store(Arc<dyn KvStore>);

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: KvStore + 'static> From<S> for Store {
    fn from(store: S) -> Self {
        Self(Arc::new(store))
    }
}

impl Store {
    /// The pair of a key.
    pub fn entry<T, M>(&self, key: Key<T, M>) -> Entry<'_, T, M> {
        Entry::new(self, Ok(key.name))
    }

    /// All keys that begin with `prefix`, in the order of their bytes. Their metadata is an `M`.
    ///
    /// ```
    /// use futures_util::TryStreamExt;
    /// use kv_runtime::{Key, KeyInfo, MemoryStore, Store};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = Store::from(MemoryStore::new());
    /// store.entry(Key::<u8>::new("a/1")?).put(&7).await?;
    ///
    /// let keys: Vec<KeyInfo> = store.list("a/").try_collect().await?;
    /// assert_eq!(keys[0].name, "a/1");
    /// # Ok(())
    /// # }
    /// ```
    pub fn list<M>(&self, prefix: impl Into<String>) -> List<M> {
        List::new(self.clone(), prefix.into())
    }

    /// The pair of a family's key; parameters that make none are an error once it is awaited.
    #[doc(hidden)]
    pub fn family_entry<T, M>(
        &self,
        family: &'static Family,
        params: &[Cow<'_, str>],
    ) -> Entry<'_, T, M> {
        let key = family.key(params).map(|key| Name {
            text: key.into(),
            expiration_ttl: family.expiration_ttl.map(u64::from),
        });
        Entry::new(self, key)
    }

    /// All keys of a family, with the parameters that they were made of.
    #[doc(hidden)]
    pub fn family_list<P, M>(
        &self,
        family: &'static Family,
        parse: fn(&[&str]) -> Option<P>,
    ) -> FamilyList<P, M> {
        FamilyList::new(self.list(family.pattern.prefix()), family, parse)
    }

    /// The namespace that a Worker has under a binding's name.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn from_env(env: &::worker::Env, binding: &str) -> Result<Self, Error> {
        worker::from_env(env, binding).map(Self::from)
    }

    pub(crate) fn raw(&self) -> &dyn KvStore {
        self.0.as_ref()
    }
}

/// The time, which a Worker has from JavaScript alone.
pub(crate) fn now() -> Timestamp {
    #[cfg(not(target_arch = "wasm32"))]
    return Timestamp::now();
    #[cfg(target_arch = "wasm32")]
    return worker::now();
}
