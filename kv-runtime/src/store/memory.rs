//! Pairs in memory, for tests of an application.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use kv_rules::{Expiry, MAX_LIST_KEYS};
use serde_json::value::RawValue;

use super::{KvStore, Page, Pair, now};
use crate::error::Error;
use crate::list::KeyInfo;

/// Pairs in memory, under the rules of Workers KV; pairs expire as they do there.
///
/// A clone is the same store.
///
/// ```
/// use kv_runtime::{Entry, MemoryStore, Store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::from(MemoryStore::new());
/// let greeting = Entry::<String>::new(&store, "greeting")?;
/// greeting.put(&"hello".to_owned()).await?;
/// assert_eq!(greeting.get().await?.as_deref(), Some("hello"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    pairs: Arc<Mutex<BTreeMap<String, Stored>>>,
}

#[derive(Debug, Clone)]
struct Stored {
    value: Bytes,
    metadata: Option<Box<RawValue>>,
    expiration: Option<u64>,
}

impl Stored {
    fn is_alive(&self, now: u64) -> bool {
        self.expiration.is_none_or(|expiration| expiration > now)
    }
}

impl MemoryStore {
    /// A store without pairs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    // Every change is one call on the map, so a panic elsewhere leaves nothing half done.
    fn pairs(&self) -> MutexGuard<'_, BTreeMap<String, Stored>> {
        self.pairs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, key: &str, now: u64) -> Option<Stored> {
        self.pairs().get(key).filter(|stored| stored.is_alive(now)).cloned()
    }

    fn write(&self, key: &str, pair: Pair, now: u64) {
        let Pair { value, metadata, expiry } = pair;
        let expiration = expiry.map(|expiry| match expiry {
            Expiry::Ttl(seconds) => now + u64::from(seconds),
            Expiry::At(seconds) => u64::from(seconds),
        });
        self.pairs().insert(key.to_owned(), Stored { value, metadata, expiration });
    }

    fn page(&self, prefix: &str, cursor: Option<&str>, now: u64) -> Page {
        let from = cursor.map_or(Bound::Included(prefix), Bound::Excluded);
        let pairs = self.pairs();
        let mut alive = pairs
            .range::<str, _>((from, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .filter(|(_, stored)| stored.is_alive(now))
            .map(|(key, stored)| KeyInfo {
                name: key.clone(),
                expiration: stored.expiration,
                metadata: stored.metadata.clone(),
            });
        let keys: Vec<_> = alive.by_ref().take(MAX_LIST_KEYS).collect();
        let more = alive.next().is_some();
        let cursor = keys.last().filter(|_| more).map(|key| key.name.clone());
        Page { keys, cursor }
    }
}

#[async_trait]
impl KvStore for MemoryStore {
    async fn get(&self, key: &str, _cache_ttl: Option<u32>) -> Result<Option<Bytes>, Error> {
        Ok(self.read(key, seconds()).map(|stored| stored.value))
    }

    async fn get_with_metadata(
        &self,
        key: &str,
        _cache_ttl: Option<u32>,
    ) -> Result<Option<(Bytes, Option<Box<RawValue>>)>, Error> {
        Ok(self.read(key, seconds()).map(|stored| (stored.value, stored.metadata)))
    }

    async fn put(&self, key: &str, pair: Pair) -> Result<(), Error> {
        self.write(key, pair, seconds());
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), Error> {
        self.pairs().remove(key);
        Ok(())
    }

    async fn list(&self, prefix: &str, cursor: Option<&str>) -> Result<Page, Error> {
        Ok(self.page(prefix, cursor, seconds()))
    }
}

fn seconds() -> u64 {
    u64::try_from(now().as_second()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(expiry: Option<Expiry>) -> Pair {
        Pair { value: Bytes::from_static(b"x"), metadata: None, expiry }
    }

    #[test]
    fn a_pair_ceases_to_exist_at_its_expiration() {
        let store = MemoryStore::new();
        store.write("ttl", pair(Some(Expiry::Ttl(60))), 1_000);
        store.write("at", pair(Some(Expiry::At(1_070))), 1_000);
        store.write("ever", pair(None), 1_000);
        assert!(store.read("ttl", 1_059).is_some());
        assert!(store.read("ttl", 1_060).is_none());
        assert_eq!(names(&store.page("", None, 1_060)), ["at", "ever"]);
        assert_eq!(names(&store.page("", None, 1_070)), ["ever"]);
    }

    #[test]
    fn a_full_page_that_is_the_last_has_no_cursor() {
        let store = MemoryStore::new();
        for n in 0..MAX_LIST_KEYS {
            store.write(&format!("{n:04}"), pair(None), 0);
        }
        assert_eq!(store.page("", None, 0).cursor, None);
        store.write("more", pair(None), 0);
        assert_eq!(store.page("", None, 0).cursor.as_deref(), Some("0999"));
        assert_eq!(names(&store.page("", Some("0999"), 0)), ["more"]);
    }

    fn names(page: &Page) -> Vec<&str> {
        page.keys.iter().map(|key| key.name.as_str()).collect()
    }
}
