//! What every store promises of pairs.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::fmt::Debug;

use futures_util::{StreamExt, TryStreamExt};
use kv_runtime::rules::{ExpiryError, MAX_VALUE_BYTES};
use kv_runtime::{Bytes, Entry, Error, KeyInfo, Store};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

fn entry_of<T, M>(store: &Store, key: impl Into<String>) -> Entry<T, M> {
    Entry::new(store, key.into()).unwrap()
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

/// The expiration that a listing shows of a key.
pub(crate) async fn expiration(store: &Store, key: &str) -> Option<u64> {
    let keys: Vec<KeyInfo<Value>> = store.list(key).try_collect().await.unwrap();
    keys.into_iter().find(|info| info.name == key).unwrap().expiration
}

pub(crate) async fn what_is_put_is_got(store: &Store) {
    async fn check<T>(store: &Store, value: T)
    where
        T: Serialize + for<'de> Deserialize<'de> + Debug + PartialEq + 'static,
    {
        let entry = entry_of::<T, Value>(store, "k");
        entry.put(&value).await.unwrap();
        assert_eq!(entry.get().await.unwrap().as_ref(), Some(&value));
        assert_eq!(entry.get_with_metadata().await.unwrap(), Some((value, None)));
    }
    check(store, String::new()).await;
    check(store, "\"quoted\" \u{0} ü 🦀".to_owned()).await;
    check(store, Bytes::new()).await;
    check(store, Bytes::from_static(&[0, 159, 146, 150, 255])).await;
    check(store, json!({ "a": [null, -0.0, 1e300, u64::MAX, i64::MIN] })).await;
    check(store, (u64::MAX, u128::MAX, 0.1 + 0.2, f64::MIN_POSITIVE)).await;
    check(store, BTreeMap::from([(7_u64, None), (8, Some("x".to_owned()))])).await;
}

pub(crate) async fn what_is_not_there_is_none(store: &Store) {
    let entry = entry_of::<String, Value>(store, "nobody/was here");
    assert_eq!(entry.get().await.unwrap(), None);
    assert_eq!(entry.get_with_metadata().await.unwrap(), None);
    assert_eq!(entry.get().cache_ttl(30).await.unwrap(), None);
    entry.delete().await.unwrap();
    assert!(store.list::<Value>("").next().await.is_none());
}

pub(crate) async fn many_values_come_in_the_order_of_their_keys(store: &Store) {
    assert_eq!(store.get_many(Vec::<Entry<u32>>::new()).await.unwrap(), []);

    let entry = |n: u32| entry_of::<u32, Value>(store, format!("n/{n}"));
    let written = (0..250).filter(|n| n % 3 > 0);
    for n in written {
        entry(n).put(&n).await.unwrap();
    }
    // The last come first, and the first comes twice.
    let asked: Vec<u32> = (0..250).rev().chain([1]).collect();
    let got = store.get_many(asked.iter().map(|n| entry(*n))).await.unwrap();
    let expected: Vec<_> = asked.iter().map(|n| (n % 3 > 0).then_some(*n)).collect();
    assert_eq!(got, expected);

    entry_of::<String, Value>(store, "n/2").put(&"two".to_owned()).await.unwrap();
    let error = store.get_many([entry(1), entry(2)]).await.unwrap_err();
    assert!(matches!(error, Error::Decode { key, .. } if key == "n/2"));
}

pub(crate) async fn a_value_that_is_no_text_comes_among_many(store: &Store) {
    let entry = |name: &'static str| entry_of::<Bytes, Value>(store, name);
    let values = [("text", &b"x"[..]), ("bytes", &[255, 0][..]), ("empty", b"")];
    for (name, value) in values {
        entry(name).put(&Bytes::from_static(value)).await.unwrap();
    }
    let got = store.get_many(["bytes", "none", "empty", "text"].map(entry)).await.unwrap();
    let expected = [Some(&[255, 0][..]), None, Some(b""), Some(b"x")];
    assert_eq!(got, expected.map(|value| value.map(Bytes::from_static)));
}

pub(crate) async fn metadata_is_got_beside_any_value(store: &Store) {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Meta {
        etag: String,
        hits: u64,
    }
    let meta = || Meta { etag: "\"ü\" 🦀".to_owned(), hits: u64::MAX };

    let text = entry_of::<String, Meta>(store, "text");
    text.put(&"x".to_owned()).metadata(&meta()).await.unwrap();
    let got = text.get_with_metadata().await.unwrap();
    assert_eq!(got, Some(("x".to_owned(), Some(meta()))));

    let binary = entry_of::<Bytes, Meta>(store, "binary");
    binary.put(&Bytes::from_static(&[255])).metadata(&meta()).await.unwrap();
    let got = binary.get_with_metadata().await.unwrap();
    assert_eq!(got, Some((Bytes::from_static(&[255]), Some(meta()))));

    let plain = entry_of::<Bytes, Option<Meta>>(store, "null");
    plain.put(&Bytes::from_static(&[255])).metadata(&None::<Meta>).await.unwrap();
    let got = plain.get_with_metadata().await.unwrap();
    assert_eq!(got, Some((Bytes::from_static(&[255]), None)));
}

pub(crate) async fn a_put_replaces_all_of_a_pair(store: &Store) {
    let entry = entry_of::<u8, Value>(store, "k");
    entry.put(&1).metadata(&json!({ "a": 1 })).expiration_ttl(3600).await.unwrap();
    entry.put(&2).await.unwrap();
    assert_eq!(entry.get_with_metadata().await.unwrap(), Some((2, None)));
    assert_eq!(expiration(store, "k").await, None);
}

pub(crate) async fn the_last_word_on_expiry_counts(store: &Store) {
    let at = now() + 7200;
    let entry = entry_of::<u8, Value>(store, "k").expiration_ttl(86_400);

    entry.put(&1).expiration_ttl(3600).expiration(at).await.unwrap();
    assert_eq!(expiration(store, "k").await, Some(at));

    let before = now();
    entry.put(&1).expiration(at).expiration_ttl(3600).await.unwrap();
    let ttl = expiration(store, "k").await.unwrap();
    assert!((before + 3600..=now() + 3600).contains(&ttl), "{ttl}");

    entry.put(&1).expiration(at).never_expires().await.unwrap();
    assert_eq!(expiration(store, "k").await, None);

    let before = now();
    entry.put(&1).await.unwrap();
    let default = expiration(store, "k").await.unwrap();
    assert!((before + 86_400..=now() + 86_400).contains(&default), "{default}");
}

pub(crate) async fn what_is_deleted_is_gone(store: &Store) {
    let entry = entry_of::<u8, Value>(store, "k");
    entry.put(&1).await.unwrap();
    entry.delete().await.unwrap();
    assert_eq!(entry.get().await.unwrap(), None);
    assert!(store.list::<Value>("").next().await.is_none());
}

pub(crate) async fn any_text_that_is_a_key_names_a_pair(store: &Store) {
    let mut keys = [
        "a/b", "/", "//", "a/../b", "...", "%2F", "%", "a b", " ", "+", "?a=b&c", "#", "^", "\\",
        "\"", "ü", "🦀", "\u{1}", "\n", "\u{7f}", ":", "a;b", "é", "e\u{301}",
    ]
    .map(str::to_owned)
    .to_vec();
    keys.push("x".repeat(512));
    for text in &keys {
        entry_of::<String, Value>(store, text.clone()).put(text).await.unwrap();
    }
    for text in &keys {
        let entry = entry_of::<String, Value>(store, text.clone());
        assert_eq!(entry.get().await.unwrap().as_ref(), Some(text), "{text:?}");
        assert!(entry.get_with_metadata().await.unwrap().is_some(), "{text:?}");
    }
    keys.sort();
    let listed: Vec<KeyInfo<Value>> = store.list("").try_collect().await.unwrap();
    assert!(listed.iter().map(|info| &info.name).eq(&keys), "{listed:?}");
    for text in &keys {
        let under: Vec<KeyInfo<Value>> = store.list(text.clone()).try_collect().await.unwrap();
        let expected = keys.iter().filter(|key| key.starts_with(text.as_str()));
        assert!(under.iter().map(|info| &info.name).eq(expected), "{text:?}: {under:?}");
        entry_of::<String, Value>(store, text.clone()).delete().await.unwrap();
    }
    assert!(store.list::<Value>("").next().await.is_none());
}

pub(crate) async fn a_listing_has_every_key_once(store: &Store) {
    let puts = (0..2_001).map(|n| {
        let put = entry_of::<u32, Value>(store, format!("n/{n}")).put(&n);
        IntoFuture::into_future(put)
    });
    let done: Result<Vec<()>, Error> =
        futures_util::stream::iter(puts).buffered(16).try_collect().await;
    done.unwrap();
    entry_of::<u32, Value>(store, "m").put(&0).await.unwrap();
    entry_of::<u32, Value>(store, "n0").put(&0).await.unwrap();

    let listed: Vec<KeyInfo<Value>> = store.list("n/").try_collect().await.unwrap();
    let mut expected: Vec<String> = (0..2_001).map(|n| format!("n/{n}")).collect();
    expected.sort();
    assert!(listed.into_iter().map(|info| info.name).eq(expected));
}

pub(crate) async fn a_listing_shows_expiration_and_metadata(store: &Store) {
    let at = now() + 3600;
    entry_of::<u8, Vec<u8>>(store, "a").put(&1).metadata(&vec![1]).expiration(at).await.unwrap();
    entry_of::<u8, Vec<u8>>(store, "b").put(&1).await.unwrap();
    let listed: Vec<KeyInfo<Vec<u8>>> = store.list("").try_collect().await.unwrap();
    let mut first = KeyInfo::new("a");
    (first.expiration, first.metadata) = (Some(at), Some(vec![1]));
    assert_eq!(listed, [first, KeyInfo::new("b")]);
}

pub(crate) async fn foreign_metadata_spoils_one_key_of_a_listing(store: &Store) {
    entry_of::<u8, Value>(store, "a").put(&1).metadata(&json!("foreign")).await.unwrap();
    entry_of::<u8, Value>(store, "b").put(&1).metadata(&json!(2)).await.unwrap();
    let listed: Vec<Result<KeyInfo<u64>, Error>> = store.list("").collect().await;
    let [Err(Error::Decode { key, .. }), Ok(good)] = listed.as_slice() else {
        panic!("{listed:?}");
    };
    assert_eq!((key.as_str(), good.metadata), ("a", Some(2)));
}

pub(crate) async fn what_breaks_a_rule_is_not_written(store: &Store) {
    let entry = entry_of::<Bytes, String>(store, "k");
    let value = Bytes::from_static(b"x");
    let expiry = |error| match error {
        Error::Expiry { key, source } if key == "k" => source,
        other => panic!("{other:?}"),
    };
    let ttl = |seconds| IntoFuture::into_future(entry.put(&value).expiration_ttl(seconds));
    assert_eq!(expiry(ttl(59).await.unwrap_err()), ExpiryError::TtlTooShort(59));
    let later = now() + 3600;
    let error = expiry(ttl(later).await.unwrap_err());
    assert_eq!(error, ExpiryError::TtlLooksLikeTime(later.into()));
    let error = expiry(ttl(900_000_000).await.unwrap_err());
    assert!(matches!(error, ExpiryError::ExpirationTooLate(_)), "{error}");

    let at = |seconds| IntoFuture::into_future(entry.put(&value).expiration(seconds));
    assert_eq!(expiry(at(3600).await.unwrap_err()), ExpiryError::ExpirationLooksLikeTtl(3600));
    let error = expiry(at(now()).await.unwrap_err());
    assert!(matches!(error, ExpiryError::NotAhead { .. }), "{error}");
    let error = expiry(at(later * 1000).await.unwrap_err());
    assert!(error.to_string().ends_with(&format!("write `{later}`")), "{error}");

    let error = entry.get().cache_ttl(29).await.unwrap_err();
    assert_eq!(expiry(error), ExpiryError::CacheTtlTooShort(29));

    let error = entry.put(&vec![0_u8; MAX_VALUE_BYTES + 1]).await.unwrap_err();
    assert!(matches!(error, Error::ValueTooLarge { key, .. } if key == "k"));
    let error = entry.put(&value).metadata(&"x".repeat(1023)).await.unwrap_err();
    assert!(matches!(error, Error::MetadataTooLarge { key, .. } if key == "k"));

    assert_eq!(entry.get().await.unwrap(), None);
}

pub(crate) async fn the_limits_themselves_are_kept(store: &Store) {
    let entry = entry_of::<Bytes, String>(store, "k");
    let (value, metadata) = (Bytes::from(vec![255; MAX_VALUE_BYTES]), "x".repeat(1022));
    entry.put(&value).metadata(&metadata).expiration_ttl(60).await.unwrap();
    let (got, got_metadata) = entry.get_with_metadata().await.unwrap().unwrap();
    assert!(got == value);
    assert_eq!(got_metadata, Some(metadata));
}

pub(crate) async fn an_error_names_the_key_and_the_type(store: &Store) {
    let text = entry_of::<String, String>(store, "k");
    text.put(&"not a number".to_owned()).metadata(&"nor this".to_owned()).await.unwrap();

    let error = entry_of::<u64, Value>(store, "k").get().await.unwrap_err();
    assert_eq!(error.to_string(), "the value of `k` cannot be read");
    let source = error.source().unwrap();
    assert!(source.to_string().contains("the JSON of a `u64`"), "{source}");
    assert!(source.source().is_some());

    let error = entry_of::<String, u64>(store, "k").get_with_metadata().await.unwrap_err();
    assert_eq!(error.to_string(), "the metadata of `k` cannot be read");

    let map = entry_of::<BTreeMap<String, BTreeMap<(u8, u8), u8>>, Value>(store, "map");
    let value = BTreeMap::from([("a".to_owned(), BTreeMap::from([((1, 2), 3)]))]);
    let error = map.put(&value).await.unwrap_err();
    assert_eq!(error.to_string(), "the value of `map` cannot be written");
}
