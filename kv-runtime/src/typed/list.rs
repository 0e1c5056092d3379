//! Listings: streams of keys across all pages, or page by page.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};
use kv_rules::MAX_BULK_PAIRS;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::access::{CanRead, CanWrite, ReadWrite};
use super::codec::decode_metadata;
use super::error::{Error, Part};
use super::family::{Family, FamilyError, Leading};
use super::place::Place;
use super::request::Request;
use crate::raw::{Cursors, KeyInfo, ListOptions, RawError, SharedStore};

/// A listed key, with its metadata as JSON.
type RawInfo = KeyInfo<Box<RawValue>>;

/// A stream of keys in byte order; created by [`Store::list`](crate::Store::list).
///
/// Pages are requested as the stream is read. A key whose metadata is not an `M` yields an error, and
/// the stream continues. An error from the store ends the stream.
///
/// ```
/// use futures_util::TryStreamExt;
///
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// # let notes = Notes::in_memory();
/// # notes.note("ada", 1).put("tea").await?;
/// # notes.note("bob", 1).put("milk").await?;
/// let keys: kv_runtime::List = notes.store().list("note:");
/// let names: Vec<_> = keys.map_ok(|key| key.name).try_collect().await?;
/// assert_eq!(names, ["note:ada/1", "note:bob/1"]);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is listed until the stream is read"]
pub struct List<M = serde_json::Value, A = ReadWrite> {
    listing: Listing,
    types: PhantomData<fn() -> (M, A)>,
}

/// A stream of a family's keys with their parameters `P`; created by the list accessors that
/// [`kv_namespace!`](crate::kv_namespace) generates.
///
/// It skips keys that belong to another family, and keys whose text does not parse as the parameters'
/// types. Otherwise it behaves like [`List`].
///
/// ```
/// use futures_util::TryStreamExt;
/// use kv_runtime::{MemoryStore, kv_namespace};
///
/// kv_namespace! { title: "visits", keys: { "{page}/{day: u32}": u64 { as: visits } } }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// let visits = Visits::new(MemoryStore::new());
/// for day in 1..=5 {
///     visits.visits("home", day).put(&7).await?;
/// }
///
/// let all: Vec<_> = visits.visits_list().try_collect().await?;
/// assert_eq!(all[0].0, ("home".to_owned(), 1));
///
/// let first = visits.visits_list().within("home").page(3, None).await?;
/// let second = visits.visits_list().within("home").page(3, first.cursor).await?;
/// assert_eq!((first.items.len(), second.items.len(), second.cursor), (3, 2, None));
///
/// assert_eq!(visits.visits_list().within("home").delete_all().await?, 5);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is listed until the stream is read"]
pub struct FamilyList<P, M = serde_json::Value, A = ReadWrite> {
    listing: Listing,
    members: Members<P>,
    types: PhantomData<fn() -> (M, A)>,
}

/// A page of a listing.
///
/// ```
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// # let notes = Notes::in_memory();
/// # notes.note("ada", 1).put("tea").await?;
/// # notes.note("bob", 1).put("milk").await?;
/// let page = notes.note_list().page(1, None).await?;
/// assert_eq!(page.items[0].0, ("ada".to_owned(), 1));
/// assert!(page.cursor.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<I> {
    /// The items of the page. Only the last page has fewer than you asked for, and only it can be empty.
    pub items: Vec<I>,
    /// Where the next page begins, as letters and digits that a client can send back; `None` at the
    /// end. It is valid only for the same listing.
    pub cursor: Option<String>,
}

/// The keys of a store that have a prefix.
struct Listing {
    store: SharedStore,
    prefix: Result<String, FamilyError>,
    /// The stream, once it was polled.
    keys: Option<BoxStream<'static, Result<RawInfo, Error>>>,
}

/// Tells which keys belong to a family, and parses their parameters.
struct Members<P> {
    family: &'static Family,
    parse: fn(&[&str]) -> Option<P>,
}

impl<P> Clone for Members<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Members<P> {}

impl<P> Members<P> {
    fn params(self, key: &str) -> Option<P> {
        self.family.params(key).and_then(|params| (self.parse)(&params))
    }
}

impl<M, A> List<M, A> {
    pub(crate) fn new(store: SharedStore, prefix: String) -> Self {
        Self { listing: Listing::new(store, Ok(prefix)), types: PhantomData }
    }

    /// Returns a page of at most `limit` keys: the first page, or the one after the page that
    /// returned `cursor`.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// # notes.note("ada", 1).put("tea").await?;
    /// # notes.note("bob", 1).put("milk").await?;
    /// let first = notes.store().list::<u32>("note:").page(1, None).await?;
    /// let second = notes.store().list::<u32>("note:").page(1, first.cursor).await?;
    /// assert_eq!(second.items[0].name, "note:bob/1");
    /// # Ok(())
    /// # }
    /// ```
    pub fn page(&self, limit: usize, cursor: Option<String>) -> Request<Page<KeyInfo<M>>>
    where
        M: DeserializeOwned + 'static,
        A: CanRead,
    {
        let Listing { store, prefix, .. } = &self.listing;
        let page = page(store.clone(), prefix.clone(), "", limit, cursor, |_| Some(()));
        Request::new(async move {
            let (items, cursor) = page.await?;
            let items = items.into_iter().map(|((), info)| typed_info(info));
            Ok(Page { items: items.collect::<Result<_, _>>()?, cursor })
        })
    }

    /// Counts the keys. This lists them all, with one request per thousand keys.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// # notes.note("ada", 1).put("tea").await?;
    /// # notes.note("bob", 1).put("milk").await?;
    /// assert_eq!(notes.store().list::<u32>("note:").count().await?, 2);
    /// # Ok(())
    /// # }
    /// ```
    // By value, as `StreamExt::count` is; otherwise that one would be called.
    pub fn count(self) -> Request<usize>
    where
        A: CanRead,
    {
        self.listing.count(|_| true)
    }

    /// Deletes all keys in batches and returns their number.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// # notes.note("ada", 1).put("tea").await?;
    /// # notes.note("bob", 1).put("milk").await?;
    /// assert_eq!(notes.store().list::<u32>("note:a").delete_all().await?, 1);
    /// assert!(notes.note("bob", 1).exists().await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_all(&self) -> Request<usize>
    where
        A: CanWrite,
    {
        self.listing.delete_all(|_| true)
    }
}

impl<P, M, A> FamilyList<P, M, A> {
    pub(crate) fn new(
        store: SharedStore,
        family: &'static Family,
        parse: fn(&[&str]) -> Option<P>,
    ) -> Self {
        let prefix = Ok(family.pattern.prefix().to_owned());
        let members = Members { family, parse };
        Self { listing: Listing::new(store, prefix), members, types: PhantomData }
    }

    /// Limits the listing to keys with this first parameter, or with several leading ones as a tuple.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// # notes.note("ada", 1).put("tea").await?;
    /// # notes.note("bob", 1).put("milk").await?;
    /// assert_eq!(notes.note_list().within("ada").count().await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn within<K>(mut self, leading: impl Leading<P, K>) -> Self {
        self.listing.prefix = self.members.family.prefix(&leading.texts());
        self.listing.keys = None;
        self
    }

    /// The parameters of a key; `None` if it does not belong to the family.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// assert_eq!(notes.note_list().parse("note:ada/7"), Some(("ada".to_owned(), 7)));
    /// assert_eq!(notes.note_list().parse("note:ada/seven"), None);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn parse(&self, key: &str) -> Option<P> {
        self.members.params(key)
    }

    /// Returns a page of at most `limit` keys: the first page, or the one after the page that
    /// returned `cursor`.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// # notes.note("ada", 1).put("tea").await?;
    /// # notes.note("bob", 1).put("milk").await?;
    /// let first = notes.note_list().page(1, None).await?;
    /// let second = notes.note_list().page(1, first.cursor).await?;
    /// assert_eq!(second.items[0].0, ("bob".to_owned(), 1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn page(&self, limit: usize, cursor: Option<String>) -> Request<Page<(P, KeyInfo<M>)>>
    where
        P: Send + 'static,
        M: DeserializeOwned + 'static,
        A: CanRead,
    {
        let (members, Listing { store, prefix, .. }) = (self.members, &self.listing);
        let accept = move |key: &str| members.params(key);
        let (store, prefix) = (store.clone(), prefix.clone());
        Request::new(async move {
            let family = members.family.shown();
            let page = page(store, prefix, &family, limit, cursor, accept);
            let (items, cursor) = page.await?;
            let items = items.into_iter().map(|(params, info)| Ok((params, typed_info(info)?)));
            Ok(Page { items: items.collect::<Result<_, Error>>()?, cursor })
        })
    }

    /// Counts the keys. This lists them all, with one request per thousand keys.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// # notes.note("ada", 1).put("tea").await?;
    /// # notes.note("bob", 1).put("milk").await?;
    /// assert_eq!(notes.note_list().count().await?, 2);
    /// # Ok(())
    /// # }
    /// ```
    // By value, as `StreamExt::count` is; otherwise that one would be called.
    pub fn count(self) -> Request<usize>
    where
        P: 'static,
        A: CanRead,
    {
        let members = self.members;
        self.listing.count(move |key| members.params(key).is_some())
    }

    /// Deletes all keys of the listing in batches and returns their number.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// # let notes = Notes::in_memory();
    /// # notes.note("ada", 1).put("tea").await?;
    /// # notes.note("bob", 1).put("milk").await?;
    /// assert_eq!(notes.note_list().within("ada").delete_all().await?, 1);
    /// assert!(notes.note("bob", 1).exists().await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete_all(&self) -> Request<usize>
    where
        P: 'static,
        A: CanWrite,
    {
        let members = self.members;
        self.listing.delete_all(move |key| members.params(key).is_some())
    }
}

impl Listing {
    fn new(store: SharedStore, prefix: Result<String, FamilyError>) -> Self {
        Self { store, prefix, keys: None }
    }

    fn count(&self, accept: impl Fn(&str) -> bool + Send + 'static) -> Request<usize> {
        let mut keys = keys(self.store.clone(), self.prefix.clone());
        Request::new(async move {
            let mut count = 0;
            while let Some(key) = keys.try_next().await? {
                count += usize::from(accept(&key.name));
            }
            Ok(count)
        })
    }

    fn delete_all(&self, accept: impl Fn(&str) -> bool + Send + 'static) -> Request<usize> {
        let (store, prefix) = (self.store.clone(), self.prefix.clone());
        Request::new(async move {
            let mut keys = keys(store.clone(), prefix);
            let (mut count, mut batch) = (0, Vec::new());
            loop {
                let key = keys.try_next().await?;
                let is_last = key.is_none();
                batch.extend(key.filter(|key| accept(&key.name)).map(|key| key.name));
                if batch.len() == MAX_BULK_PAIRS || (is_last && !batch.is_empty()) {
                    let names: Vec<&str> = batch.iter().map(String::as_str).collect();
                    store.delete_many(&names).await?;
                    count += names.len();
                    batch.clear();
                }
                if is_last {
                    return Ok(count);
                }
            }
        })
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<RawInfo, Error>>> {
        let Self { store, prefix, keys } = self;
        let keys = keys.get_or_insert_with(|| self::keys(store.clone(), prefix.clone()));
        keys.poll_next_unpin(cx)
    }
}

async fn page<P: Send>(
    store: SharedStore,
    prefix: Result<String, FamilyError>,
    family: &str,
    limit: usize,
    cursor: Option<String>,
    accept: impl Fn(&str) -> Option<P> + Send,
) -> Result<(Vec<(P, RawInfo)>, Option<String>), Error> {
    let prefix = prefix?;
    let mut place = match cursor {
        Some(cursor) => Place::read(&cursor, [family, &prefix]).ok_or(Error::InvalidCursor)?,
        None => Place::default(),
    };
    // With a limit of zero, following the cursors would never end.
    let limit = limit.max(1);
    let (mut items, mut cursors, mut wanted) = (Vec::new(), Cursors::default(), 0_usize);
    loop {
        // One more shows whether there is another page. Each request asks for more than the last, since
        // most keys may belong to other families.
        wanted = (limit - items.len()).saturating_add(1).max(wanted.saturating_mul(4));
        let options = ListOptions::after(place.cursor.as_deref()).limit(wanted);
        let page = store.list(&prefix, options).await?;
        for key in page.keys {
            if place.last.as_ref().is_some_and(|last| key.name <= *last) {
                continue;
            }
            let Some(params) = accept(&key.name) else { continue };
            if items.len() == limit {
                return Ok((items, Some(place.write([family, &prefix]))));
            }
            place.last = Some(key.name.clone());
            items.push((params, key));
        }
        let Some(next) = page.cursor else { return Ok((items, None)) };
        cursors.follow(&next).map_err(RawError::other)?;
        place.cursor = Some(next);
    }
}

fn keys(
    store: SharedStore,
    prefix: Result<String, FamilyError>,
) -> BoxStream<'static, Result<RawInfo, Error>> {
    let first = Some((store, prefix, None, Cursors::default()));
    let pages = stream::try_unfold(first, |next| async move {
        let Some((store, prefix, cursor, mut cursors)) = next else { return Ok::<_, Error>(None) };
        let prefix: String = prefix?;
        let page = store.list(&prefix, ListOptions::after(cursor.as_deref())).await?;
        if let Some(cursor) = &page.cursor {
            cursors.follow(cursor).map_err(RawError::other)?;
        }
        let next = page.cursor.map(|cursor| (store, Ok(prefix), Some(cursor), cursors));
        Ok(Some((stream::iter(page.keys.into_iter().map(Ok)), next)))
    });
    pages.try_flatten().boxed()
}

impl<M: DeserializeOwned, A: CanRead> Stream for List<M, A> {
    type Item = Result<KeyInfo<M>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let key = ready!(self.listing.poll_next(cx));
        Poll::Ready(key.map(|key| typed_info(key?)))
    }
}

impl<P, M: DeserializeOwned, A: CanRead> Stream for FamilyList<P, M, A> {
    type Item = Result<(P, KeyInfo<M>), Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(key) = ready!(self.listing.poll_next(cx)).transpose()? else {
                return Poll::Ready(None);
            };
            if let Some(params) = self.members.params(&key.name) {
                return Poll::Ready(Some(typed_info(key).map(|key| (params, key))));
            }
        }
    }
}

/// Decodes the metadata of a key as an `M`.
pub(super) fn typed_info<M: DeserializeOwned>(key: RawInfo) -> Result<KeyInfo<M>, Error> {
    let KeyInfo { name, expiration, metadata } = key;
    match metadata.map(|json| decode_metadata(&json)).transpose() {
        Ok(metadata) => Ok(KeyInfo { name, expiration, metadata }),
        Err(source) => Err(Error::Decode { key: name, part: Part::Metadata, source }),
    }
}

impl<M, A> fmt::Debug for List<M, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").finish_non_exhaustive()
    }
}

impl<P, M, A> fmt::Debug for FamilyList<P, M, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FamilyList").field("family", self.members.family).finish_non_exhaustive()
    }
}
