//! A store that is shared by everything created from it.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use kv_rules::Time;
use serde_json::value::RawValue;

#[cfg(target_arch = "wasm32")]
use super::Binding;
use super::{
    ByteStream, GetOptions, KeyInfo, KeyPage, ListOptions, PutOptions, RawError, RawPair, RawStore,
    StoredValue,
};

/// A store that is shared by everything created from it. A Worker's binding has a variant of its own: a
/// trait object would put every method into the wasm, including those that the Worker never calls.
#[derive(Clone)]
pub(crate) enum SharedStore {
    /// A Worker's binding.
    #[cfg(target_arch = "wasm32")]
    Binding(Arc<Binding>),
    /// Any other store.
    Any(Arc<dyn RawStore>),
}

impl SharedStore {
    /// Whether another is the same store.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            #[cfg(target_arch = "wasm32")]
            (Self::Binding(one), Self::Binding(other)) => Arc::ptr_eq(one, other),
            (Self::Any(one), Self::Any(other)) => Arc::ptr_eq(one, other),
            #[cfg(target_arch = "wasm32")]
            _ => false,
        }
    }

    pub(crate) fn now(&self) -> Time {
        match self {
            #[cfg(target_arch = "wasm32")]
            Self::Binding(store) => RawStore::now(&**store),
            Self::Any(store) => store.now(),
        }
    }

    pub(crate) fn as_raw(&self) -> &dyn RawStore {
        match self {
            #[cfg(target_arch = "wasm32")]
            Self::Binding(store) => &**store,
            Self::Any(store) => &**store,
        }
    }
}

impl fmt::Debug for SharedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(target_arch = "wasm32")]
            Self::Binding(store) => store.fmt(f),
            Self::Any(store) => store.fmt(f),
        }
    }
}

/// The methods of [`RawStore`].
macro_rules! forward {
    ($($method:ident($($name:ident: $ty:ty),*) -> $output:ty;)*) => {
        impl SharedStore {
            $(#[allow(clippy::elidable_lifetime_names, reason = "most arguments name it")]
            pub(crate) fn $method<'a>(
                &'a self,
                $($name: $ty),*
            ) -> BoxFuture<'a, Result<$output, RawError>> {
                match self {
                    #[cfg(target_arch = "wasm32")]
                    Self::Binding(store) => RawStore::$method(&**store, $($name),*),
                    Self::Any(store) => store.$method($($name),*),
                }
            })*
        }
    };
}

forward! {
    get(key: &'a str, options: GetOptions) -> Option<Bytes>;
    get_with_metadata(key: &'a str, options: GetOptions) -> Option<StoredValue>;
    get_with_expiration(key: &'a str) -> Option<StoredValue>;
    info(key: &'a str) -> Option<KeyInfo<Box<RawValue>>>;
    get_many(keys: &'a [&'a str], options: GetOptions) -> Vec<Option<Bytes>>;
    get_many_with_metadata(keys: &'a [&'a str], options: GetOptions) -> Vec<Option<StoredValue>>;
    get_stream(key: &'a str) -> Option<ByteStream>;
    put(key: &'a str, value: Bytes, options: PutOptions) -> ();
    put_stream(key: &'a str, pieces: ByteStream, options: PutOptions) -> ();
    put_many(pairs: Vec<RawPair>) -> ();
    delete(key: &'a str) -> ();
    delete_many(keys: &'a [&'a str]) -> ();
    list(prefix: &'a str, options: ListOptions<'a>) -> KeyPage;
}
