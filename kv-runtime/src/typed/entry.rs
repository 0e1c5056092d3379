//! Entries: a key bound to a store, and what can be done with it.

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

/// A key in a store, with the types of its value `T` and its metadata `M`, and what may be done with
/// it: `A` is [`ReadWrite`], [`ReadOnly`](crate::ReadOnly) or [`WriteOnly`](crate::WriteOnly).
///
/// Nothing is sent until one of its requests is awaited. An entry of a family whose parameters make
/// no key gives the reason then, or at once by [`key`](Entry::key).
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
/// // A request is a future that borrows nothing, so that it can go to another task.
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
    /// How a value is read that can be of older types; `None`: as the type says.
    generations: Option<Decode<T>>,
    types: PhantomData<Types<T, M, A>>,
}

type Types<T, M, A> = fn() -> (T, M, A);

/// A key and how long its pairs live when their puts say nothing of it.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub(crate) text: Cow<'static, str>,
    pub(crate) expiration_ttl: Option<u64>,
}

/// A key and the store that it is a key of.
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

    /// Sets how long the pair lives when its put names no expiry of its own.
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

    /// Sets how a value is read that can be of older types.
    #[doc(hidden)]
    pub fn generations(mut self, decode: Option<Decode<T>>) -> Self {
        self.generations = decode;
        self
    }

    /// The key, or why the parameters of a family make none.
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

    /// The typed reading of stored bytes.
    pub(super) fn decode(&self) -> Decode<T>
    where
        T: DeserializeOwned + 'static,
    {
        self.generations.unwrap_or(decode)
    }

    /// Reads the value: `None` when there is none.
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

    /// Reads the value and the metadata: `None` when there is no value.
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

    /// Reads the value in pieces, as they come: `None` when there is none. It is the value as it is
    /// stored, whatever its type.
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

    /// Whether there is a pair. In a Worker this is a list operation, elsewhere a listing of one key.
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

    /// The metadata and the expiration, without the value: `None` when there is no pair. In a Worker
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

    /// Writes the value in place of what the key had. Metadata and expiry are replaced too, by none
    /// if the put names none and the key's declaration has no `expirationTtl`.
    ///
    /// It takes a `T`, or what that borrows as: see [`PutAs`].
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

    /// Writes the value that some pieces make together, at most 25 MiB, as [`put`](Self::put) does.
    /// What they are is stored as it is. An error among them ends the put and is its error.
    ///
    /// In a Worker the pieces pass through as they come, so that the value never lies whole in its
    /// memory. What the key holds after a put that was ended is Cloudflare's affair: `wrangler dev`
    /// keeps the pieces that came. Elsewhere they are gathered first, so that a request can be made
    /// again; nothing is written then.
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

    /// Changes the value and gives the new one; `None`, without a call of `change`, when there is
    /// none. Metadata and expiration stay; a pair that has less than a minute left gets one, since
    /// Workers KV takes no less.
    ///
    /// It reads, then writes: of two updates at once one is lost, and a change that is not seen here
    /// yet is overwritten.
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

    /// Reads the value; when there is none, puts the one that `make` gives, and gives that.
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

    /// Deletes the pair. It is not an error when there is none.
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

/// How many seconds a request may take until Workers KV looks at the expiration that it carries.
const MARGIN: u64 = 5;

// Derived, it would ask the same of its types, of which an entry holds none.
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
