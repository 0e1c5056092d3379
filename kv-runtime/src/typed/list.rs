//! Listings: streams of keys over as many pages as there are.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::codec::decode_metadata;
use super::error::{Error, Part};
use super::family::Family;
use crate::raw::{Cursors, KeyInfo, ListOptions, RawError, RawStore};

/// A stream of keys in the order of their bytes; [`Store::list`](crate::Store::list) makes it.
///
/// Pages are read as the stream is. A key whose metadata is no `M` is an error in its place, after
/// which the stream goes on; an error of the store ends it.
#[must_use = "nothing is listed until the stream is read"]
pub struct List<M = serde_json::Value> {
    keys: BoxStream<'static, Result<KeyInfo<Box<RawValue>>, Error>>,
    types: PhantomData<fn() -> M>,
}

/// A stream of a family's keys with their parameters `P`; the listings that
/// [`kv_namespace!`](crate::kv_namespace) generates make it.
///
/// It leaves out the keys that another family owns, or whose text is none of the parameters' types.
/// For the rest it is as [`List`].
#[must_use = "nothing is listed until the stream is read"]
pub struct FamilyList<P, M = serde_json::Value> {
    list: List<M>,
    family: &'static Family,
    parse: fn(&[&str]) -> Option<P>,
}

impl<M> List<M> {
    pub(crate) fn new(store: Arc<dyn RawStore>, prefix: String) -> Self {
        Self { keys: keys(store, prefix), types: PhantomData }
    }
}

impl<P, M> FamilyList<P, M> {
    pub(crate) fn new(
        list: List<M>,
        family: &'static Family,
        parse: fn(&[&str]) -> Option<P>,
    ) -> Self {
        Self { list, family, parse }
    }
}

fn keys(
    store: Arc<dyn RawStore>,
    prefix: String,
) -> BoxStream<'static, Result<KeyInfo<Box<RawValue>>, Error>> {
    let first = Some((store, prefix, None, Cursors::default()));
    let pages = stream::try_unfold(first, |next| async move {
        let Some((store, prefix, cursor, mut cursors)) = next else { return Ok::<_, Error>(None) };
        let page = store.list(&prefix, ListOptions::after(cursor.as_deref())).await?;
        if let Some(cursor) = &page.cursor {
            cursors.follow(cursor).map_err(RawError::other)?;
        }
        let next = page.cursor.map(|cursor| (store, prefix, Some(cursor), cursors));
        Ok(Some((stream::iter(page.keys.into_iter().map(Ok)), next)))
    });
    pages.try_flatten().boxed()
}

impl<M: DeserializeOwned> Stream for List<M> {
    type Item = Result<KeyInfo<M>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let key = ready!(self.keys.poll_next_unpin(cx));
        Poll::Ready(key.map(|key| typed(key?)))
    }
}

impl<P, M: DeserializeOwned> Stream for FamilyList<P, M> {
    type Item = Result<(P, KeyInfo<M>), Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(key) = ready!(self.list.keys.poll_next_unpin(cx)).transpose()? else {
                return Poll::Ready(None);
            };
            let params = self.family.params(&key.name).and_then(|params| (self.parse)(&params));
            if let Some(params) = params {
                return Poll::Ready(Some(typed(key).map(|key| (params, key))));
            }
        }
    }
}

fn typed<M: DeserializeOwned>(key: KeyInfo<Box<RawValue>>) -> Result<KeyInfo<M>, Error> {
    let KeyInfo { name, expiration, metadata } = key;
    match metadata.map(|json| decode_metadata(&json)).transpose() {
        Ok(metadata) => Ok(KeyInfo { name, expiration, metadata }),
        Err(source) => Err(Error::Decode { key: name, part: Part::Metadata, source }),
    }
}

impl<M> fmt::Debug for List<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").finish_non_exhaustive()
    }
}

impl<P, M> fmt::Debug for FamilyList<P, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FamilyList").field("family", self.family).finish_non_exhaustive()
    }
}
