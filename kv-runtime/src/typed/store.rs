//! Typed access to the pairs of a namespace in any store.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use kv_rules::{KeyError, check_key};
use serde::de::DeserializeOwned;

use super::access::{CanRead, CanWrite, ReadOnly, ReadWrite, WriteOnly};
use super::entry::{Entry, Name};
use super::family::{Family, FamilyError};
use super::get;
use super::key::Key;
use super::list::{FamilyList, List};
use super::put::Put;
use super::request::Request;
use crate::raw::{RawStore, SharedStore};

/// The pairs of a namespace, wherever they are stored. Cheap to clone.
///
/// Create it with `From` from a [`MemoryStore`](crate::MemoryStore), a `LocalStore` or `RestStore`
/// (features `local` and `rest`), or any other [`RawStore`]; in a Worker, call `Store::from_env`.
///
/// `A` is the access it allows: [`ReadWrite`], or less after [`reader`](Self::reader) or
/// [`writer`](Self::writer). Everything created from it allows the same.
///
/// ```
/// use kv_runtime::{Entry, MemoryStore, Store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::from(MemoryStore::new());
/// let visits = Entry::<u64>::new(&store, "visits")?;
/// visits.put(&1).await?;
/// assert_eq!(visits.get().await?, Some(1));
/// # Ok(())
/// # }
/// ```
pub struct Store<A = ReadWrite>(SharedStore, PhantomData<fn() -> A>);

// Deriving it would require `Clone` of `A`, which a store does not contain.
impl<A> Clone for Store<A> {
    fn clone(&self) -> Self {
        Self::new(self.0.clone())
    }
}

impl<A> fmt::Debug for Store<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: RawStore + 'static> From<S> for Store {
    fn from(store: S) -> Self {
        Self::new(SharedStore::Any(Arc::new(store)))
    }
}

impl<A> Store<A> {
    fn new(store: SharedStore) -> Self {
        Self(store, PhantomData)
    }

    /// A read-only view of the same pairs.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// let reader = notes.store().reader();
    /// let got = reader.get_many([notes.reader().note("ada", 1)]).await?;
    /// assert_eq!(got, [None]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn reader(&self) -> Store<ReadOnly>
    where
        A: CanRead,
    {
        Store::new(self.0.clone())
    }

    /// A write-only view of the same pairs.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// let writer = notes.store().writer();
    /// writer.put_many([notes.note("ada", 1).put("tea")]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn writer(&self) -> Store<WriteOnly>
    where
        A: CanWrite,
    {
        Store::new(self.0.clone())
    }

    /// The entry of a declared key.
    ///
    /// ```
    /// use kv_runtime::Key;
    ///
    /// # kv_runtime::kv_namespace! { pub struct Counts; title: "counts", values: [{ key: "visits", value: 7 }] }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let counts = Counts::in_memory();
    /// let visits: Key<i64> = Counts::VISITS;
    /// assert_eq!(counts.store().entry(visits).get().await?, Some(7));
    /// # Ok(())
    /// # }
    /// ```
    pub fn entry<T, M>(&self, key: Key<T, M>) -> Entry<T, M, A> {
        let name = Name { text: key.as_str().into(), expiration_ttl: key.expiration_ttl };
        Entry::named(&self.0, Ok(name)).generations(key.generations)
    }

    /// Reads the values of many entries, each from its own store, and returns them in the same order;
    /// `None` if there is no value. All entries have the same types: use another call for another family.
    ///
    /// Through Cloudflare's API, one request reads a hundred values. Only values that are not text, or
    /// that exceed 25 MiB together, are read one by one.
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
    pub fn get_many<T, M, R: CanRead>(
        &self,
        entries: impl IntoIterator<Item = Entry<T, M, R>>,
    ) -> Request<Vec<Option<T>>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        get::get_many(entries)
    }

    /// Like [`get_many`](Self::get_many), with the metadata of each entry.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// notes.note("ada", 1).put("tea").metadata(&7).await?;
    /// let entries = [notes.note("ada", 1), notes.note("ada", 2)];
    /// let pairs = notes.store().get_many_with_metadata(entries).await?;
    /// assert_eq!(pairs, [Some(("tea".to_owned(), Some(7))), None]);
    /// # Ok(())
    /// # }
    /// ```
    #[allow(clippy::type_complexity, reason = "a name would be one more to look up")]
    pub fn get_many_with_metadata<T, M, R: CanRead>(
        &self,
        entries: impl IntoIterator<Item = Entry<T, M, R>>,
    ) -> Request<Vec<Option<(T, Option<M>)>>>
    where
        T: DeserializeOwned + Send + 'static,
        M: DeserializeOwned + Send + 'static,
    {
        get::get_many_with_metadata(entries)
    }

    /// Writes many puts, each to the store of its entry. All are checked before the first is sent. If two
    /// puts have the same key, the later one counts. The values can have different types, but the
    /// metadata has one type.
    ///
    /// Through Cloudflare's API, one request carries up to 10,000 puts, and each is confirmed. A Worker
    /// sends some at a time.
    ///
    /// ```
    /// use kv_runtime::{MemoryStore, kv_namespace};
    ///
    /// kv_namespace! { pub struct Visits; title: "visits", keys: { "day:{day}": u64 } }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// let visits = Visits::new(MemoryStore::new());
    /// let days = ["monday", "tuesday"];
    /// visits.store().put_many(days.map(|day| visits.day(day).put(&1))).await?;
    /// assert_eq!(visits.store().delete_many(days.map(|day| visits.day(day))).await?, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn put_many<M>(&self, puts: impl IntoIterator<Item = Put<M>>) -> Request<()> {
        let puts = puts.into_iter().map(Put::into_pair).collect::<Result<Vec<_>, _>>();
        Request::new(async move {
            for (store, mut pairs) in by_store(puts?) {
                let mut seen = HashSet::new();
                // In reverse, so that the later of two puts to one key is kept.
                pairs.reverse();
                pairs.retain(|pair| seen.insert(pair.key.clone()));
                pairs.reverse();
                store.put_many(pairs).await?;
            }
            Ok(())
        })
    }

    /// Deletes entries, each in its own store, and returns the number of keys. Keys without a pair count
    /// too, since Workers KV does not distinguish them.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// let entries = [1, 2].map(|id| notes.note("ada", id));
    /// assert_eq!(notes.store().delete_many(entries).await?, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_many<T, M, W: CanWrite>(
        &self,
        entries: impl IntoIterator<Item = Entry<T, M, W>>,
    ) -> Request<usize> {
        let key = |entry: Entry<T, M, W>| {
            let (store, key) = entry.into_parts();
            Ok::<_, FamilyError>((store, key?.text))
        };
        let keys = entries.into_iter().map(key).collect::<Result<Vec<_>, _>>();
        Request::new(async move {
            let mut count = 0;
            for (store, keys) in by_store(keys?) {
                let keys: BTreeSet<&str> = keys.iter().map(AsRef::as_ref).collect();
                let keys: Vec<&str> = keys.into_iter().collect();
                store.delete_many(&keys).await?;
                count += keys.len();
            }
            Ok(count)
        })
    }

    /// Lists all keys that begin with `prefix`, in byte order. Their metadata is an `M`.
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
    pub fn list<M>(&self, prefix: impl Into<String>) -> List<M, A> {
        List::new(self.0.clone(), prefix.into())
    }

    /// Lists all keys of a family with their parameters.
    #[doc(hidden)]
    pub fn family_list<P, M>(
        &self,
        family: &'static Family,
        parse: fn(&[&str]) -> Option<P>,
    ) -> FamilyList<P, M, A> {
        FamilyList::new(self.0.clone(), family, parse)
    }

    /// The entry of a family's key; invalid parameters are an error when a request is awaited.
    pub(crate) fn family_entry<T, M>(&self, key: Result<Name, FamilyError>) -> Entry<T, M, A> {
        Entry::named(&self.0, key)
    }
}

impl Store {
    #[cfg(all(feature = "deploy", not(target_arch = "wasm32")))]
    pub(crate) fn from_arc(store: Arc<dyn RawStore>) -> Self {
        Self::new(SharedStore::Any(store))
    }

    #[cfg(target_arch = "wasm32")]
    pub(crate) fn of_binding(binding: crate::raw::Binding) -> Self {
        Self::new(SharedStore::Binding(Arc::new(binding)))
    }

    /// The untyped store, which allows both reading and writing.
    ///
    /// ```
    /// use kv_runtime::raw::GetOptions;
    ///
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// notes.note("ada", 1).put("tea").await?;
    /// let bytes = notes.store().raw().get("note:ada/1", GetOptions::default()).await.unwrap();
    /// assert_eq!(bytes.as_deref(), Some(&b"tea"[..]));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn raw(&self) -> &dyn RawStore {
        self.0.as_raw()
    }
}

/// Groups items by their store.
fn by_store<T>(items: Vec<(SharedStore, T)>) -> Vec<(SharedStore, Vec<T>)> {
    let mut groups: Vec<(SharedStore, Vec<T>)> = Vec::new();
    for (store, item) in items {
        match groups.iter_mut().find(|(other, _)| other.is(&store)) {
            Some((_, group)) => group.push(item),
            None => groups.push((store, vec![item])),
        }
    }
    groups
}

impl<T, M, A> Entry<T, M, A> {
    /// Creates the entry of a key that is known only at run time and belongs to no family. The key is
    /// checked: it must be 1 to 512 bytes of UTF-8, not `.` or `..`.
    ///
    /// ```
    /// use kv_runtime::{Entry, MemoryStore, Store};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = Store::from(MemoryStore::new());
    /// let visits = Entry::<u64>::new(&store, format!("visits:{}", 2035))?;
    /// visits.put(&1).await?;
    /// assert!(Entry::<u64>::new(&store, "..").is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(store: &Store<A>, key: impl Into<Cow<'static, str>>) -> Result<Self, KeyError> {
        let text = key.into();
        check_key(&text)?;
        Ok(Self::named(&store.0, Ok(Name { text, expiration_ttl: None })))
    }
}
