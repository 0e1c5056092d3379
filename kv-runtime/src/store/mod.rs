//! Stores: where the pairs of a namespace are.

#[cfg(any(test, target_arch = "wasm32"))]
mod exact;
#[cfg(not(target_arch = "wasm32"))]
mod local;
#[cfg(not(target_arch = "wasm32"))]
mod memory;
#[cfg(not(target_arch = "wasm32"))]
mod rest;
#[cfg(target_arch = "wasm32")]
mod worker;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use kv_rules::Expiry;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::entry::{self, Entry, Name};
use crate::error::Error;
use crate::family::Family;
use crate::key::Key;
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

    /// The values of many keys, in their order; `None` where there is none.
    ///
    /// As it is, it asks for some at a time. A store that can be asked for many at once does so.
    async fn get_many(&self, keys: &[&str]) -> Result<Vec<Option<Bytes>>, Error> {
        let gets = keys.iter().map(|key| self.get(key, None));
        // Collected first: the compiler cannot see that a stream which makes them is `Send`.
        stream::iter(gets.collect::<Vec<_>>()).buffered(GETS_AT_ONCE).try_collect().await
    }

    /// Writes a pair in place of what its key had: value, metadata and expiry.
    async fn put(&self, key: &str, pair: Pair) -> Result<(), Error>;

    /// Deletes a key; one that does not exist is no error.
    async fn delete(&self, key: &str) -> Result<(), Error>;

    /// A page of the keys that begin with `prefix`, from the beginning or a former page's cursor.
    async fn list(&self, prefix: &str, cursor: Option<&str>) -> Result<Page, Error>;
}

/// How many values are asked for at once where each is a request: a Worker may have six open.
const GETS_AT_ONCE: usize = 6;

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
/// It is made by `From` of a [`MemoryStore`], a [`LocalStore`], a [`RestStore`] or any other
/// [`KvStore`], in a Worker by `Store::from_env`.
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
    /// The pair of a declared key.
    pub fn entry<T, M>(&self, key: Key<T, M>) -> Entry<T, M> {
        let name = Name { text: key.as_str().into(), expiration_ttl: key.expiration_ttl };
        Entry::named(self, Ok(name))
    }

    /// Reads the values of many entries of this store, in their order; `None` where there is none.
    ///
    /// Over Cloudflare's API a hundred values cost one request. Only values that are no text, or
    /// more than 25 MiB together, are asked for one by one.
    ///
    /// ```
    /// use kv_runtime::{MemoryStore, kv_namespace};
    ///
    /// kv_namespace! { pub struct Visits; title: "visits", keys: { "day:{day}": u64 } }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// let visits = Visits::new(MemoryStore::new());
    /// visits.day("monday").put(&3).await?;
    ///
    /// let days = ["monday", "tuesday"].map(|day| visits.day(day));
    /// assert_eq!(visits.store().get_many(days).await?, [Some(3), None]);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get_many<T, M>(
        &self,
        entries: impl IntoIterator<Item = Entry<T, M>>,
    ) -> Result<Vec<Option<T>>, Error>
    where
        T: DeserializeOwned + 'static,
    {
        let keys = entries.into_iter().map(Entry::into_name).collect();
        entry::get_many(self, keys).await
    }

    /// All keys that begin with `prefix`, in the order of their bytes. Their metadata is an `M`.
    ///
    /// ```
    /// use futures_util::TryStreamExt;
    /// use kv_runtime::{Entry, KeyInfo, MemoryStore, Store};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = Store::from(MemoryStore::new());
    /// Entry::<u8>::new(&store, "a/1")?.put(&7).await?;
    ///
    /// let keys: Vec<KeyInfo> = store.list("a/").try_collect().await?;
    /// assert_eq!(keys[0].name, "a/1");
    /// # Ok(())
    /// # }
    /// ```
    pub fn list<M>(&self, prefix: impl Into<String>) -> List<M> {
        List::new(self.clone(), prefix.into())
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
    pub fn from_env(env: &::worker::Env, binding: &str) -> Result<Self, Error> {
        worker::Binding::new(env, binding).map(Self::from)
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
