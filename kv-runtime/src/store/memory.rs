//! Pairs in memory, for tests of an application.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use kv_rules::Time;

use super::Clock;
use super::kept::{is_alive, kept, page};
use crate::raw::{GetOptions, KeyPage, ListOptions, PutOptions, RawError, RawStore, StoredValue};

/// Pairs in memory, with the rules of Workers KV; pairs expire as they do there.
///
/// Clones share the same pairs.
///
/// ```
/// use kv_runtime::{Entry, MemoryStore, Store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::from(MemoryStore::new());
/// let greeting = Entry::<String>::new(&store, "greeting")?;
/// greeting.put("hello").await?;
/// assert_eq!(greeting.get().await?.as_deref(), Some("hello"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    pairs: Arc<Mutex<BTreeMap<String, StoredValue>>>,
    clock: Clock,
}

impl MemoryStore {
    /// Creates an empty store.
    ///
    /// ```
    /// let store = kv_runtime::Store::from(kv_runtime::MemoryStore::new());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates an empty store whose pairs expire by this clock.
    ///
    /// ```
    /// use kv_runtime::{Clock, MemoryStore, Store};
    ///
    /// let clock = Clock::new();
    /// let store = Store::from(MemoryStore::with_clock(clock.clone()));
    /// ```
    #[must_use]
    pub fn with_clock(clock: Clock) -> Self {
        Self { clock, ..Self::default() }
    }

    // Every change is one call on the map, so a panic elsewhere leaves no partial change.
    fn pairs(&self) -> MutexGuard<'_, BTreeMap<String, StoredValue>> {
        self.pairs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, key: &str, now: u64) -> Option<StoredValue> {
        self.pairs().get(key).filter(|stored| is_alive(stored, now)).cloned()
    }

    fn write(&self, key: &str, value: Bytes, options: PutOptions, now: u64) {
        self.pairs().insert(key.to_owned(), kept(value, options, now));
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn seed(&self, key: &str, value: Bytes, options: PutOptions) {
        self.write(key, value, options, self.clock.now());
    }

    fn page(&self, prefix: &str, options: ListOptions<'_>, now: u64) -> KeyPage {
        let ListOptions { cursor, limit } = options;
        let from = cursor.map_or(Bound::Included(prefix), Bound::Excluded);
        let pairs = self.pairs();
        let pairs = pairs
            .range::<str, _>((from, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix));
        page(pairs, limit, now)
    }
}

#[async_trait]
impl RawStore for MemoryStore {
    async fn get(&self, key: &str, _: GetOptions) -> Result<Option<Bytes>, RawError> {
        Ok(self.read(key, self.clock.now()).map(|stored| stored.value))
    }

    async fn get_with_metadata(
        &self,
        key: &str,
        _: GetOptions,
    ) -> Result<Option<StoredValue>, RawError> {
        Ok(self.read(key, self.clock.now()))
    }

    async fn put(&self, key: &str, value: Bytes, options: PutOptions) -> Result<(), RawError> {
        self.write(key, value, options, self.clock.now());
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), RawError> {
        self.pairs().remove(key);
        Ok(())
    }

    async fn list(&self, prefix: &str, options: ListOptions<'_>) -> Result<KeyPage, RawError> {
        Ok(self.page(prefix, options, self.clock.now()))
    }

    fn now(&self) -> Time {
        Time::from_unix(self.clock.now())
    }
}

#[cfg(test)]
mod tests {
    use kv_rules::{Expiry, MAX_LIST_KEYS};

    use super::*;

    fn write(store: &MemoryStore, key: &str, expiry: Option<Expiry>, now: u64) {
        let options = PutOptions { expiry, ..PutOptions::default() };
        store.write(key, Bytes::from_static(b"x"), options, now);
    }

    #[test]
    fn a_pair_expires_at_its_expiration() {
        let store = MemoryStore::new();
        write(&store, "ttl", Some(Expiry::Ttl(60)), 1_000);
        write(&store, "at", Some(Expiry::At(1_070)), 1_000);
        write(&store, "ever", None, 1_000);
        assert!(store.read("ttl", 1_059).is_some());
        assert!(store.read("ttl", 1_060).is_none());
        assert_eq!(names(&store.page("", ListOptions::default(), 1_060)), ["at", "ever"]);
        assert_eq!(names(&store.page("", ListOptions::default(), 1_070)), ["ever"]);
    }

    #[test]
    fn a_full_page_that_is_the_last_has_no_cursor() {
        let store = MemoryStore::new();
        for n in 0..MAX_LIST_KEYS {
            write(&store, &format!("{n:04}"), None, 0);
        }
        assert_eq!(store.page("", ListOptions::default(), 0).cursor, None);
        write(&store, "more", None, 0);
        assert_eq!(store.page("", ListOptions::default(), 0).cursor.as_deref(), Some("0999"));
        assert_eq!(names(&store.page("", ListOptions::after(Some("0999")), 0)), ["more"]);
    }

    fn names(page: &KeyPage) -> Vec<&str> {
        page.keys.iter().map(|key| key.name.as_str()).collect()
    }
}
