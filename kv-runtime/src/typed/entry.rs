//! Entries: a key bound to a store, and the requests it supports.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use kv_rules::MIN_TTL;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::access::{CanRead, CanWrite, ReadWrite};
use super::codec::{Decode, decode, encode};
use super::error::Part;
use super::family::FamilyError;
use super::get::{Get, GetWithMetadata, ValueStream, decode_error};
use super::list::typed_info;
use super::put::{Ends, Pieces, Put};
use super::put_as::PutAs;
use super::request::Request;
use super::seconds::Seconds;
use crate::raw::{IntoByteStream, KeyInfo, SharedStore, StoredValue};

/// A key in a store, with the types of its value `T` and its metadata `M`. The access `A` is
/// [`ReadWrite`], [`ReadOnly`](crate::ReadOnly) or [`WriteOnly`](crate::WriteOnly).
///
/// Nothing is sent until one of its requests is awaited. If the parameters of a family do not make a
/// valid key, awaiting a request returns the error; [`key`](Entry::key) returns it immediately.
///
/// ```
/// use kv_runtime::{Entry, MemoryStore, Store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::from(MemoryStore::new());
/// let day = "2030-01-31";
/// let visits = Entry::<u64>::new(&store, format!("visits:{day}"))?;
/// visits.put(&1).expiration_ttl(86_400).await?;
/// assert_eq!(visits.get().await?, Some(1));
///
/// // A request is a future that borrows nothing, so it can move to another task.
/// let reading = tokio::spawn(visits.get());
/// assert_eq!(reading.await??, Some(1));
///
/// visits.update(|visits| *visits += 1).await?;
/// assert_eq!(visits.get().await?, Some(2));
/// # Ok(())
/// # }
/// ```
#[must_use = "an entry does nothing until it is asked to get, put or delete"]
pub struct Entry<T, M = serde_json::Value, A = ReadWrite> {
    bound: BoundKey,
    /// How to read a value that can have an older type; `None` reads it as a `T`.
    generations: Option<Decode<T>>,
    types: PhantomData<Types<T, M, A>>,
}

type Types<T, M, A> = fn() -> (T, M, A);

/// A key, with the TTL of a pair whose put sets no expiration itself.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub(crate) text: Cow<'static, str>,
    pub(crate) expiration_ttl: Option<u64>,
}

/// A key and its store.
#[derive(Clone)]
pub(super) struct BoundKey {
    pub(super) store: SharedStore,
    pub(super) key: Result<Name, FamilyError>,
}

impl<T, M, A> Entry<T, M, A> {
    pub(crate) fn named(store: &SharedStore, key: Result<Name, FamilyError>) -> Self {
        let bound = BoundKey { store: store.clone(), key };
        Self { bound, generations: None, types: PhantomData }
    }

    /// Sets the TTL of the pair for a put that sets no expiration itself.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// let note = notes.note("ada", 1).expiration_ttl(3600);
    /// note.put("tea").await?;
    /// assert!(note.info().await?.unwrap().expiration.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn expiration_ttl(mut self, ttl: impl Into<Seconds>) -> Self {
        if let Ok(name) = &mut self.bound.key {
            name.expiration_ttl = Some(ttl.into().get());
        }
        self
    }

    /// Sets how to read a value that can have an older type.
    #[doc(hidden)]
    pub fn generations(mut self, decode: Option<Decode<T>>) -> Self {
        self.generations = decode;
        self
    }

    /// The key, or why the parameters of a family do not make one.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// assert_eq!(notes.note("ada", 1).key().unwrap(), "note:ada/1");
    /// // It would read back as the user `a` and the id `b/1`.
    /// assert!(notes.note("a/b", 1).key().is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn key(&self) -> Result<&str, &FamilyError> {
        self.bound.key.as_ref().map(|key| key.text.as_ref())
    }

    pub(crate) fn into_parts(self) -> (SharedStore, Result<Name, FamilyError>) {
        (self.bound.store, self.bound.key)
    }

    /// How to decode the stored bytes.
    pub(super) fn decode(&self) -> Decode<T>
    where
        T: DeserializeOwned + 'static,
    {
        self.generations.unwrap_or(decode)
    }

    /// Reads the value, `None` if there is none.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// assert_eq!(notes.note("ada", 1).get().await?, None);
    /// notes.note("ada", 1).put("tea").await?;
    /// assert_eq!(notes.note("ada", 1).get().await?.as_deref(), Some("tea"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self) -> Get<T>
    where
        T: DeserializeOwned + 'static,
        A: CanRead,
    {
        Get::new(self.bound.clone(), self.decode())
    }

    /// Reads the value and the metadata, `None` if there is no value.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// notes.note("ada", 1).put("tea").metadata(&7).await?;
    /// let (text, metadata) = notes.note("ada", 1).get_with_metadata().await?.unwrap();
    /// assert_eq!((text.as_str(), metadata), ("tea", Some(7)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_with_metadata(&self) -> GetWithMetadata<T, M>
    where
        T: DeserializeOwned + 'static,
        M: DeserializeOwned + 'static,
        A: CanRead,
    {
        GetWithMetadata::new(self.bound.clone(), self.decode())
    }

    /// Reads the value as a stream of pieces, `None` if there is none. The pieces are the stored bytes,
    /// whatever the type of the value.
    ///
    /// ```
    /// use futures_util::TryStreamExt;
    /// use kv_runtime::{Bytes, Entry, MemoryStore, Store};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = Store::from(MemoryStore::new());
    /// let logo = Entry::<Bytes>::new(&store, "logo.png")?;
    /// logo.put(b"\x89PNG").await?;
    ///
    /// let mut pieces = logo.get_stream().await?.expect("it was put");
    /// while let Some(piece) = pieces.try_next().await? {
    ///     assert_eq!(piece, &b"\x89PNG"[..]);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_stream(&self) -> Request<Option<ValueStream>>
    where
        A: CanRead,
    {
        let bound = self.bound.clone();
        Request::new(async move {
            let key = bound.key?;
            let pieces = bound.store.get_stream(&key.text).await?;
            Ok(pieces.map(ValueStream::new))
        })
    }

    /// Whether the pair exists. In a Worker this is a list operation, elsewhere a listing of one key.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// assert!(!notes.note("ada", 1).exists().await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn exists(&self) -> Request<bool>
    where
        A: CanRead,
    {
        let bound = self.bound.clone();
        Request::new(async move {
            let key = bound.key?;
            Ok(bound.store.info(&key.text).await?.is_some())
        })
    }

    /// The metadata and the expiration without the value, `None` if there is no pair. In a Worker
    /// this is a list operation, elsewhere a listing of one key.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// notes.note("ada", 1).put("tea").metadata(&7).await?;
    /// let info = notes.note("ada", 1).info().await?.unwrap();
    /// assert_eq!((info.metadata, info.expiration), (Some(7), None));
    /// # Ok(())
    /// # }
    /// ```
    pub fn info(&self) -> Request<Option<KeyInfo<M>>>
    where
        M: DeserializeOwned + 'static,
        A: CanRead,
    {
        let bound = self.bound.clone();
        Request::new(async move {
            let key = bound.key?;
            bound.store.info(&key.text).await?.map(typed_info).transpose()
        })
    }

    /// Writes the value and replaces the whole pair. If the put sets no metadata, the pair has none
    /// afterwards. If it sets no expiration and the key's declaration has no `expirationTtl`, the pair
    /// does not expire.
    ///
    /// Accepts a `T`, or what a `T` borrows as: see [`PutAs`].
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// let note = notes.note("ada", 1);
    /// note.put("tea").await?;
    /// note.put("milk").metadata(&7).expiration_ttl(3600).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn put<Q: PutAs<T> + ?Sized>(&self, value: &Q) -> Put<M>
    where
        A: CanWrite,
    {
        Put::whole(self.bound.clone(), value.stored())
    }

    /// Writes a value given as a stream of pieces, together at most 25 MiB, and otherwise works like
    /// [`put`](Self::put). The bytes are stored as they are. An error in the stream aborts the put, which
    /// returns that error.
    ///
    /// In a Worker, each piece is passed on as it arrives, so the whole value is never in memory. What
    /// the key holds after an aborted put depends on Cloudflare: `wrangler dev` keeps the pieces that
    /// arrived. Elsewhere, all pieces are collected first so that the request can be repeated; an
    /// aborted put then writes nothing.
    ///
    /// ```
    /// use futures_util::stream;
    /// use kv_runtime::{Bytes, MemoryStore, kv_namespace};
    ///
    /// kv_namespace! { pub struct Assets; title: "assets", keys: { "{path}": Bytes { metadata: String } } }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// let assets = Assets::new(MemoryStore::new());
    /// let pieces = ["\u{89}PNG", "..."].map(|piece| Ok::<_, std::io::Error>(piece));
    /// let logo = assets.path("logo.png");
    /// logo.put_stream(stream::iter(pieces)).metadata(&"image/png".to_owned()).await?;
    /// assert!(logo.exists().await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn put_stream(&self, pieces: impl IntoByteStream) -> Put<M, Pieces>
    where
        A: CanWrite,
    {
        Put::pieces(self.bound.clone(), pieces.into_byte_stream())
    }

    /// Changes the value and returns the new one. If there is no value, returns `None` without calling
    /// `change`. Metadata and expiration are kept; a pair that expires in less than a minute is extended
    /// to one minute, the minimum of Workers KV.
    ///
    /// This reads, then writes: of two concurrent updates one is lost, and a change that is not visible
    /// here yet is overwritten.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// let note = notes.note("ada", 1);
    /// assert_eq!(note.update(|text| text.push_str(", milk")).await?, None);
    /// note.put("tea").metadata(&7).await?;
    /// note.update(|text| text.push_str(", milk")).await?;
    /// assert_eq!(note.get_with_metadata().await?, Some(("tea, milk".to_owned(), Some(7))));
    /// # Ok(())
    /// # }
    /// ```
    pub fn update(&self, change: impl FnOnce(&mut T) + Send + 'static) -> Request<Option<T>>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        A: CanRead + CanWrite,
    {
        let (bound, decode) = (self.bound.clone(), self.decode());
        Request::new(async move {
            let key = bound.key.clone()?;
            let Some(stored) = bound.store.get_with_expiration(&key.text).await? else {
                return Ok(None);
            };
            let StoredValue { value, metadata, expiration } = stored;
            let mut value =
                decode(value).map_err(|source| decode_error(&key.text, Part::Value, source))?;
            change(&mut value);
            let earliest = bound.store.now().unix().saturating_add(MIN_TTL + MARGIN);
            let ends = expiration.map_or(Ends::Never, |time| Ends::At(time.max(earliest)));
            bound.put(encode(&value), Ok(metadata), ends).await?;
            Ok(Some(value))
        })
    }

    /// Reads the value. If there is none, puts the value that `make` returns, and returns it.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// let text = notes.note("ada", 1).get_or_put_with(|| "tea".to_owned()).await?;
    /// assert_eq!(text, "tea");
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_or_put_with(&self, make: impl FnOnce() -> T + Send + 'static) -> Request<T>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        A: CanRead + CanWrite,
    {
        let (get, bound) = (self.get(), self.bound.clone());
        Request::new(async move {
            if let Some(value) = get.await? {
                return Ok(value);
            }
            let value = make();
            bound.put(encode(&value), Ok(None), Ends::AsDeclared).await?;
            Ok(value)
        })
    }

    /// Deletes the pair. It is not an error if there is none.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// notes.note("ada", 1).put("tea").await?;
    /// notes.note("ada", 1).delete().await?;
    /// assert!(!notes.note("ada", 1).exists().await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&self) -> Request<()>
    where
        A: CanWrite,
    {
        let bound = self.bound.clone();
        Request::new(async move {
            let key = bound.key?;
            Ok(bound.store.delete(&key.text).await?)
        })
    }
}

/// The seconds that a request may take before Workers KV checks its expiration.
const MARGIN: u64 = 5;

// Deriving it would require `Clone` of the types, which an entry does not contain.
impl<T, M, A> Clone for Entry<T, M, A> {
    fn clone(&self) -> Self {
        Self { bound: self.bound.clone(), generations: self.generations, types: PhantomData }
    }
}

impl<T, M, A> fmt::Debug for Entry<T, M, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.key()).finish()
    }
}
