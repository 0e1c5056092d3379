//! Workers KV as seen from several places at once, to test how an application handles eventual
//! consistency.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use kv_rules::Time;

use super::Clock;
use super::kept::{is_alive, kept, page};
use crate::raw::{GetOptions, KeyPage, ListOptions, PutOptions, RawError, RawStore, StoredValue};

/// The seconds after which a write is visible elsewhere
/// (<https://developers.cloudflare.com/kv/concepts/how-kv-works/#consistency>).
const VISIBLE_AFTER: u64 = 60;

/// The seconds for which a place caches a read, including a miss, if the read sets no `cache_ttl`
/// (<https://developers.cloudflare.com/kv/api/read-key-value-pairs/#cachettl-parameter>).
const CACHED_FOR: u64 = 60;

/// One namespace as seen from several places at once, to test how an application handles the eventual
/// consistency of Workers KV.
///
/// A place sees its own writes at once and those of other places after 60 seconds. It caches what it
/// read, including a miss, for 60 seconds or the `cache_ttl` of the read. The time is that of a
/// [`Clock`], which the test moves. Cloudflare promises no more than this, but is often faster.
///
/// ```
/// use std::time::Duration;
///
/// use kv_runtime::{KvWorld, kv_namespace};
///
/// kv_namespace! { pub struct Flags; title: "flags", keys: { "flag:{name}": bool } }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// let world = KvWorld::new();
/// let here = Flags::new(world.place("ams"));
/// let there = Flags::new(world.place("syd"));
///
/// here.flag("dark").put(&true).await?;
/// assert_eq!(here.flag("dark").get().await?, Some(true));
/// assert_eq!(there.flag("dark").get().await?, None);
///
/// world.advance(Duration::from_secs(61));
/// assert_eq!(there.flag("dark").get().await?, Some(true));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct KvWorld {
    shared: Arc<Shared>,
}

/// A place of a [`KvWorld`]; created by [`KvWorld::place`].
///
/// ```
/// use kv_runtime::{KvWorld, Store, WorldPlace};
///
/// let here: WorldPlace = KvWorld::new().place("ams");
/// let store = Store::from(here);
/// ```
#[derive(Debug, Clone)]
pub struct WorldPlace {
    name: Arc<str>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    clock: Clock,
    pairs: Mutex<Pairs>,
}

#[derive(Debug, Default)]
struct Pairs {
    /// All writes to each key, in order.
    writes: BTreeMap<String, Vec<Write>>,
    /// What each place has cached of each key.
    cached: HashMap<(Arc<str>, String), Cached>,
}

#[derive(Debug)]
struct Write {
    at: u64,
    place: Arc<str>,
    /// `None` for a delete.
    stored: Option<StoredValue>,
}

#[derive(Debug)]
struct Cached {
    until: u64,
    stored: Option<StoredValue>,
}

impl KvWorld {
    /// Creates an empty namespace.
    ///
    /// ```
    /// let world = kv_runtime::KvWorld::new();
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The namespace as seen from a place. The same name always means the same place.
    ///
    /// ```
    /// use kv_runtime::{KvWorld, Store};
    ///
    /// let world = KvWorld::new();
    /// let (here, there) = (Store::from(world.place("ams")), Store::from(world.place("syd")));
    /// ```
    #[must_use]
    pub fn place(&self, name: &str) -> WorldPlace {
        WorldPlace { name: name.into(), shared: Arc::clone(&self.shared) }
    }

    /// Lets time pass.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let world = kv_runtime::KvWorld::new();
    /// world.advance(Duration::from_secs(61));
    /// ```
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
    }

    /// The clock of all places.
    ///
    /// ```
    /// let world = kv_runtime::KvWorld::new();
    /// assert!(world.clock().now() > 1_700_000_000);
    /// ```
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.shared.clock.clone()
    }
}

impl WorldPlace {
    fn pairs(&self) -> MutexGuard<'_, Pairs> {
        // Every change is one call on a map, so a panic elsewhere leaves no partial change.
        self.shared.pairs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, key: &str, stored: impl FnOnce(u64) -> Option<StoredValue>) {
        let at = self.shared.clock.now();
        let mut pairs = self.pairs();
        let write = Write { at, place: Arc::clone(&self.name), stored: stored(at) };
        pairs.writes.entry(key.to_owned()).or_default().push(write);
        pairs.cached.remove(&(Arc::clone(&self.name), key.to_owned()));
    }

    fn read(&self, key: &str, cache_ttl: Option<u64>) -> Option<StoredValue> {
        let now = self.shared.clock.now();
        let mut pairs = self.pairs();
        let name = (Arc::clone(&self.name), key.to_owned());
        let stored = match pairs.cached.get(&name) {
            Some(cached) if cached.until > now => cached.stored.clone(),
            _ => {
                let writes = pairs.writes.get(key).map_or(&[][..], Vec::as_slice);
                let stored = self.seen(writes, now).cloned();
                let until = now.saturating_add(cache_ttl.unwrap_or(CACHED_FOR));
                pairs.cached.insert(name, Cached { until, stored: stored.clone() });
                stored
            }
        };
        stored.filter(|stored| is_alive(stored, now))
    }

    /// The pair of a key as this place sees it.
    fn seen<'a>(&self, writes: &'a [Write], now: u64) -> Option<&'a StoredValue> {
        let is_seen = |write: &&Write| {
            write.place == self.name || write.at.saturating_add(VISIBLE_AFTER) <= now
        };
        writes.iter().rev().find(is_seen)?.stored.as_ref()
    }

    fn page(&self, prefix: &str, options: ListOptions<'_>) -> KeyPage {
        let ListOptions { cursor, limit } = options;
        let now = self.shared.clock.now();
        let from = cursor.map_or(Bound::Included(prefix), Bound::Excluded);
        let pairs = self.pairs();
        let seen = pairs
            .writes
            .range::<str, _>((from, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .filter_map(|(key, writes)| Some((key, self.seen(writes, now)?)));
        page(seen, limit, now)
    }
}

#[async_trait]
impl RawStore for WorldPlace {
    async fn get(&self, key: &str, options: GetOptions) -> Result<Option<Bytes>, RawError> {
        Ok(self.read(key, options.cache_ttl).map(|stored| stored.value))
    }

    async fn get_with_metadata(
        &self,
        key: &str,
        options: GetOptions,
    ) -> Result<Option<StoredValue>, RawError> {
        Ok(self.read(key, options.cache_ttl))
    }

    async fn put(&self, key: &str, value: Bytes, options: PutOptions) -> Result<(), RawError> {
        self.write(key, |now| Some(kept(value, options, now)));
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), RawError> {
        self.write(key, |_| None);
        Ok(())
    }

    async fn list(&self, prefix: &str, options: ListOptions<'_>) -> Result<KeyPage, RawError> {
        Ok(self.page(prefix, options))
    }

    fn now(&self) -> Time {
        Time::from_unix(self.shared.clock.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advance(world: &KvWorld, seconds: u64) {
        world.advance(Duration::from_secs(seconds));
    }

    async fn put(place: &WorldPlace, value: &'static str) {
        place.put("k", Bytes::from_static(value.as_bytes()), PutOptions::default()).await.unwrap();
    }

    async fn get(place: &WorldPlace) -> Option<Bytes> {
        place.get("k", GetOptions::default()).await.unwrap()
    }

    #[tokio::test]
    async fn a_miss_is_given_again_until_its_time_is_up() {
        let world = KvWorld::new();
        let (here, there) = (world.place("here"), world.place("there"));
        put(&here, "1").await;
        advance(&world, 30);
        assert_eq!(get(&there).await, None);
        advance(&world, 31);
        assert_eq!(get(&there).await, None, "the miss is kept for 60 s");
        assert_eq!(
            world.place("third").list("", ListOptions::default()).await.unwrap().keys.len(),
            1
        );
        advance(&world, 30);
        assert_eq!(get(&there).await.unwrap(), "1");
    }

    #[tokio::test]
    async fn expirations_are_those_of_its_clock() {
        let world = KvWorld::new();
        advance(&world, 1_000_000);
        let store = crate::Store::from(world.place("here"));
        let entry = crate::Entry::<String>::new(&store, "k").unwrap();
        let now = world.clock().now();
        let past = entry.put("x").expiration(now - 500_000).await;
        assert!(past.is_err(), "in the world's past");
        entry.put("x").expiration_ttl(100).await.unwrap();
        advance(&world, 90);
        entry.update(|text| text.push('y')).await.unwrap();
        advance(&world, 20);
        assert_eq!(entry.get().await.unwrap().as_deref(), Some("xy"), "it got a minute");
    }

    #[tokio::test]
    async fn the_last_write_counts_in_the_end_and_ones_own_at_once() {
        let world = KvWorld::new();
        let (here, there) = (world.place("here"), world.place("there"));
        put(&here, "1").await;
        put(&there, "2").await;
        assert_eq!(get(&here).await.unwrap(), "1");
        assert_eq!(get(&there).await.unwrap(), "2");
        here.delete("k").await.unwrap();
        assert_eq!(get(&here).await, None);
        assert_eq!(get(&there).await.unwrap(), "2");
        advance(&world, 121);
        assert_eq!((get(&here).await, get(&there).await), (None, None));
    }
}
