//! Keys: the name of a pair together with the types of its value and metadata.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::codec::Decode;

/// The name of a declared pair, with the types of its value `T` and its metadata `M`.
///
/// [`kv_namespace!`](crate::kv_namespace) generates a constant of this type for each entry. For keys
/// that an application creates at run time, use a family or [`Entry::new`](crate::Entry::new).
///
/// ```
/// use kv_runtime::{Key, MemoryStore, Store, kv_namespace};
///
/// kv_namespace! { title: "flags", values: [{ key: "dark", value: true }, { key: "beta", value: false }] }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// const ALL: [Key<bool>; 2] = [Flags::DARK, Flags::BETA];
///
/// let store = Store::from(MemoryStore::new());
/// for flag in ALL {
///     store.entry(flag).put(&true).await?;
/// }
/// # Ok(())
/// # }
/// ```
// It owns nothing, so that the compiler need not check a drop in each of thousands of constants.
pub struct Key<T, M = serde_json::Value> {
    text: &'static str,
    pub(crate) expiration_ttl: Option<u64>,
    pub(crate) generations: Option<Decode<T>>,
    metadata: std::marker::PhantomData<fn() -> M>,
}

impl<T, M> Key<T, M> {
    /// A key that the macro checked at compile time.
    #[doc(hidden)]
    #[must_use]
    pub const fn declared(key: &'static str) -> Self {
        let (expiration_ttl, generations) = (None, None);
        Self { text: key, expiration_ttl, generations, metadata: std::marker::PhantomData }
    }

    /// Sets the TTL in seconds of a pair whose put sets no expiration itself.
    ///
    /// ```
    /// use kv_runtime::Key;
    ///
    /// # kv_runtime::kv_namespace! { pub struct Texts; title: "texts", values: [{ key: "motd", value: "Hi" }] }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), kv_runtime::Error> {
    /// const MOTD: Key<String> = Texts::MOTD.expiration_ttl(3600);
    ///
    /// let texts = Texts::in_memory();
    /// texts.store().entry(MOTD).put("Hello").await?;
    /// assert!(texts.motd().info().await?.unwrap().expiration.is_some());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn expiration_ttl(mut self, seconds: u64) -> Self {
        self.expiration_ttl = Some(seconds);
        self
    }

    /// Sets how to read a value that can have an older type.
    #[doc(hidden)]
    #[must_use]
    pub const fn generations(mut self, decode: Option<Decode<T>>) -> Self {
        self.generations = decode;
        self
    }

    /// The key as text.
    ///
    /// ```
    /// # kv_runtime::kv_namespace! { pub struct Texts; title: "texts", values: [{ key: "motd", value: "Hi" }] }
    /// assert_eq!(Texts::MOTD.as_str(), "motd");
    /// ```
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        self.text
    }
}

// Deriving these would require the same traits of `T` and `M`, which a key does not contain.
impl<T, M> Clone for Key<T, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, M> Copy for Key<T, M> {}

impl<T, M> PartialEq for Key<T, M> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<T, M> Eq for Key<T, M> {}

impl<T, M> Hash for Key<T, M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<T, M> fmt::Display for Key<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text)
    }
}

impl<T, M> fmt::Debug for Key<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.as_str()).finish()
    }
}
