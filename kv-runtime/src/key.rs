//! Keys: the name of a pair together with the types of its value and metadata.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use kv_rules::{KeyError, check_key};

/// The name of a pair, with the types of its value `T` and its metadata `M`.
///
/// [`kv_namespace!`](crate::kv_namespace) makes a constant of this type for each declared entry. A
/// key that is known at run time only comes from [`Key::new`], or better from a family.
///
/// ```
/// use kv_runtime::Key;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let key: Key<u64> = Key::new(format!("visits:{}", "2030-01-31"))?.expiration_ttl(86_400);
/// let store = kv_runtime::Store::from(kv_runtime::MemoryStore::new());
/// store.entry(key).put(&1).await?;
/// # Ok(())
/// # }
/// ```
pub struct Key<T, M = serde_json::Value> {
    pub(crate) name: Name,
    types: PhantomData<fn() -> (T, M)>,
}

/// What a key says without its types.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub(crate) text: Cow<'static, str>,
    pub(crate) expiration_ttl: Option<u64>,
}

impl<T, M> Key<T, M> {
    /// A key that the macro checked when compiling.
    #[doc(hidden)]
    #[must_use]
    pub const fn declared(key: &'static str, expiration_ttl: Option<u32>) -> Self {
        let expiration_ttl = match expiration_ttl {
            Some(seconds) => Some(seconds as u64),
            None => None,
        };
        Self { name: Name { text: Cow::Borrowed(key), expiration_ttl }, types: PhantomData }
    }

    /// Checks that Workers KV can store a key: 1 to 512 bytes of UTF-8, not `.` or `..`.
    pub fn new(key: impl Into<Cow<'static, str>>) -> Result<Self, KeyError> {
        let text = key.into();
        check_key(&text)?;
        Ok(Self { name: Name { text, expiration_ttl: None }, types: PhantomData })
    }

    /// Sets how many seconds a pair lives when its put names no expiry of its own.
    #[must_use]
    pub fn expiration_ttl(mut self, seconds: u64) -> Self {
        self.name.expiration_ttl = Some(seconds);
        self
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name.text
    }
}

// Derived, these would ask the same of `T` and `M`, of which a key holds none.
impl<T, M> Clone for Key<T, M> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), types: PhantomData }
    }
}

impl<T, M> fmt::Debug for Key<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.as_str()).finish()
    }
}
