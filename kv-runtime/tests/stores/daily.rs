//! What every store promises of what an application does all day.

use std::time::Duration;

use futures_util::future::{join_all, try_join};
use futures_util::{StreamExt, TryStreamExt, stream};
use kv_runtime::{Bytes, CanRead, Entry, Error, Store, kv_namespace};
use serde_json::Value;

use super::suite::{expiration, now};

kv_namespace! {
    pub struct Daily;
    title: "daily",
    keys: {
        "profile:{tenant}/{id: u64}": String { metadata: u32, as: profile },
        "point:{x: i32}/{y: i32}/{z: i32}": u8,
        "file:{name}": Bytes,
    },
    values: [
        { key: "motd", value: "Hello" },
        { key: "limits", value: { perMinute: 60, burst: 10 }, metadata: { by: "us" }, expirationTtl: 3600 },
    ]
}

/// Versions of one value.
mod versions {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(crate) struct V1 {
        pub(crate) name: String,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(crate) struct V2 {
        pub(crate) names: Vec<String>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(crate) struct V3 {
        pub(crate) names: Vec<String>,
        pub(crate) age: Option<u8>,
    }

    impl From<V1> for V3 {
        fn from(V1 { name }: V1) -> Self {
            Self { names: vec![name], age: None }
        }
    }

    impl From<V2> for V3 {
        fn from(V2 { names }: V2) -> Self {
            Self { names, age: None }
        }
    }
}

use versions::{V1, V2, V3};

kv_namespace! {
    pub struct Grown;
    title: "grown",
    keys: { "user:{id}": V3 { was: [V2, V1] } },
    values: [{ key: "first", value: { names: ["Ada"], age: 36 }, type: V3, was: [V2, V1] }]
}

pub(crate) async fn a_value_of_each_generation_reads(store: &Store) {
    let grown = Grown::new(store.clone());
    let ada = |age| V3 { names: vec!["Ada".to_owned()], age };
    for key in ["user:1", "first"] {
        let get = async || match key {
            "first" => store.entry(Grown::FIRST).get().await,
            _ => grown.user("1").get().await,
        };
        let v1 = Entry::<V1>::new(store, key).unwrap();
        v1.put(&V1 { name: "Ada".to_owned() }).await.unwrap();
        assert_eq!(get().await.unwrap(), Some(ada(None)));
        let v2 = Entry::<V2>::new(store, key).unwrap();
        v2.put(&V2 { names: vec!["Ada".to_owned()] }).await.unwrap();
        assert_eq!(get().await.unwrap(), Some(ada(None)));
        let many = match key {
            "first" => store.get_many([store.entry(Grown::FIRST)]).await,
            _ => store.get_many([grown.user("1")]).await,
        };
        assert_eq!(many.unwrap(), [Some(ada(None))]);

        let other = Entry::<u8>::new(store, key).unwrap();
        other.put(&7).await.unwrap();
        let error = get().await.unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(["V3`", "V2`", "V1`"].iter().all(|tried| source.contains(tried)), "{source}");
    }
    // Writing writes the newest.
    let changed = grown.user("1").put(&ada(Some(36)));
    changed.await.unwrap();
    let v3 = grown.user("1").update(|v3| v3.age = Some(37)).await.unwrap();
    assert_eq!(v3, Some(ada(Some(37))));
}

fn daily(store: &Store) -> Daily {
    Daily::new(store.clone())
}

pub(crate) async fn requests_are_futures(store: &Store) {
    let daily = daily(store);
    let puts = (0..20).map(|id| daily.profile("acme", id).put("Ada"));
    join_all(puts).await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
    let gets = stream::iter((0..20).map(|id| daily.profile("acme", id).get()));
    let got: Vec<_> = gets.buffer_unordered(4).try_collect().await.unwrap();
    assert!(got.iter().all(|name| name.as_deref() == Some("Ada")));
    let reading = tokio::spawn(daily.profile("acme", 1).get());
    assert_eq!(reading.await.unwrap().unwrap().as_deref(), Some("Ada"));
    let many = tokio::spawn(store.get_many([daily.profile("acme", 1)]));
    assert_eq!(many.await.unwrap().unwrap(), [Some("Ada".to_owned())]);
    let both = try_join(daily.motd().get(), daily.profile("acme", 2).get_with_metadata());
    let both = tokio::time::timeout(Duration::from_mins(1), both).await.unwrap();
    assert_eq!(both.unwrap(), (None, Some(("Ada".to_owned(), None))));
}

pub(crate) async fn a_value_is_put_as_what_it_borrows_as(store: &Store) {
    let daily = daily(store);
    daily.motd().put("text").await.unwrap();
    daily.motd().put(&"text".to_owned()).await.unwrap();
    assert_eq!(daily.motd().get().await.unwrap().unwrap(), "text");
    let file = daily.file("f");
    file.put(b"\xff\x00").await.unwrap();
    file.put(&[255, 0][..]).await.unwrap();
    file.put(&vec![255, 0]).await.unwrap();
    file.put(&Bytes::from_static(&[255, 0])).await.unwrap();
    assert_eq!(file.get().await.unwrap().unwrap(), &[255, 0][..]);
    let list = Entry::<Vec<u32>>::new(store, "list").unwrap();
    list.put(&[1, 2][..]).await.unwrap();
    assert_eq!(list.get().await.unwrap().unwrap(), [1, 2]);
}

pub(crate) async fn metadata_and_expiry_are_given_in_several_ways(store: &Store) {
    let daily = daily(store);
    let profile = daily.profile("acme", 1);
    profile.put("Ada").metadata(&7).expiration_ttl(Duration::from_millis(99_500)).await.unwrap();
    let info = profile.info().await.unwrap().unwrap();
    assert_eq!((info.name.as_str(), info.metadata), ("profile:acme/1", Some(7)));
    assert!((now() + 90..=now() + 100).contains(&info.expiration.unwrap()));
    profile.put("Ada").metadata(Some(&7)).metadata(None).await.unwrap();
    let info = profile.info().await.unwrap().unwrap();
    assert_eq!((info.metadata, info.expiration), (None, None));
}

pub(crate) async fn a_key_exists_or_not(store: &Store) {
    let daily = daily(store);
    daily.profile("acme", 12).put("Ada").await.unwrap();
    assert!(daily.profile("acme", 12).exists().await.unwrap());
    // A longer key that begins with it is another key.
    assert!(!daily.profile("acme", 1).exists().await.unwrap());
    assert!(daily.profile("acme", 1).info().await.unwrap().is_none());
}

pub(crate) async fn an_update_keeps_metadata_and_expiry(store: &Store) {
    let daily = daily(store);
    let limits = daily.limits();
    let unchanged = limits.update(|_| panic!("there is nothing to change")).await.unwrap();
    assert_eq!(unchanged, None);

    let by = daily::LimitsMetadata { by: "us".to_owned() };
    let value = daily::Limits { per_minute: 60, burst: 10 };
    limits.put(&value).metadata(&by).expiration_ttl(7200).await.unwrap();
    let before = expiration(store, "limits").await;
    let changed = limits.update(|limits| limits.per_minute += 1).await.unwrap().unwrap();
    assert_eq!(changed.per_minute, 61);
    assert_eq!(limits.get_with_metadata().await.unwrap(), Some((changed, Some(by))));
    assert_eq!(expiration(store, "limits").await, before);
}

pub(crate) async fn a_missing_value_is_made_once(store: &Store) {
    let motd = daily(store).motd();
    assert_eq!(motd.get_or_put_with(|| "made".to_owned()).await.unwrap(), "made");
    let kept = motd.get_or_put_with(|| panic!("there is one")).await.unwrap();
    assert_eq!(kept, "made");
}

pub(crate) async fn a_family_is_listed_page_by_page(store: &Store) {
    let daily = daily(store);
    for tenant in ["acme", "acme2"] {
        let puts = (0..25).map(|id| daily.profile(tenant, id).put("x").metadata(&1));
        store.put_many(puts).await.unwrap();
    }
    // Not of the family, since its id is not a number.
    Entry::<String>::new(store, "profile:acme/x").unwrap().put("x").await.unwrap();

    for limit in [1, 7, 25, 1000] {
        let (mut cursor, mut ids) = (None, Vec::new());
        loop {
            let page = daily.profile_list().within("acme").page(limit, cursor).await.unwrap();
            assert!(page.items.len() == limit || page.cursor.is_none());
            assert!(page.items.iter().all(|(_, info)| info.metadata == Some(1)));
            ids.extend(page.items.into_iter().map(|((_, id), _)| id));
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        ids.sort_unstable();
        assert_eq!(ids, (0..25).collect::<Vec<_>>());
    }
    assert_eq!(daily.profile_list().within("acme").count().await.unwrap(), 25);
    assert_eq!(daily.profile_list().count().await.unwrap(), 50);
    let streamed: Vec<_> = daily.profile_list().within("acme2").try_collect().await.unwrap();
    assert_eq!(streamed.len(), 25);
}

pub(crate) async fn a_page_continues_where_the_last_one_ended_whatever_was_deleted(store: &Store) {
    let daily = daily(store);
    store.put_many((10..40).map(|id| daily.profile("a", id).put("x"))).await.unwrap();
    let list = daily.profile_list();
    let first = list.page(5, None).await.unwrap();
    let gone = first.items.iter().map(|((tenant, id), _)| daily.profile(tenant, *id));
    assert_eq!(store.delete_many(gone).await.unwrap(), 5);
    let second = list.page(5, first.cursor).await.unwrap();
    let ids: Vec<_> = second.items.iter().map(|((_, id), _)| *id).collect();
    assert_eq!(ids, [15, 16, 17, 18, 19]);
}

kv_namespace! {
    struct Mixed;
    title: "mixed",
    keys: { "{a}/x/{b}": String { as: mid }, "{path}": Bytes { as: any } }
}

pub(crate) async fn a_cursor_of_another_family_is_refused(store: &Store) {
    let mixed = Mixed::new(store.clone());
    for n in 0..3 {
        mixed.mid("p", &n.to_string()).put("v").await.unwrap();
    }
    let cursor = mixed.mid_list().page(1, None).await.unwrap().cursor;
    assert!(cursor.is_some());
    let error = mixed.any_list().page(1, cursor.clone()).await.unwrap_err();
    assert!(matches!(error, Error::InvalidCursor), "{error:?}");
    let error = store.list::<Value>("").page(1, cursor).await.unwrap_err();
    assert!(matches!(error, Error::InvalidCursor), "{error:?}");
}

pub(crate) async fn a_cursor_of_another_listing_is_refused(store: &Store) {
    let daily = daily(store);
    store.put_many((0..20).map(|id| daily.profile("a", id).put("x"))).await.unwrap();
    let cursor = daily.profile_list().within("a").page(2, None).await.unwrap().cursor;
    for cursor in [cursor, Some("nonsense".to_owned()), Some(String::new())] {
        let error = daily.profile_list().within("b").page(2, cursor).await.unwrap_err();
        assert!(matches!(error, Error::InvalidCursor), "{error}");
    }
}

pub(crate) async fn leading_parameters_narrow_a_listing(store: &Store) {
    let daily = daily(store);
    let points = [(1, 1, 1), (1, 1, 2), (1, 2, 1), (11, 1, 1), (-1, 1, 1)];
    store.put_many(points.map(|(x, y, z)| daily.point(x, y, z).put(&0))).await.unwrap();
    assert_eq!(daily.point_list().within(1).count().await.unwrap(), 3);
    assert_eq!(daily.point_list().within((1, 1)).count().await.unwrap(), 2);
    assert_eq!(daily.point_list().within(-1).count().await.unwrap(), 1);
    let error = daily.profile_list().within("a/b").count().await.unwrap_err();
    assert!(matches!(error, Error::InvalidParam(_)), "{error}");
    let error = daily.profile_list().within("").page(1, None).await.unwrap_err();
    assert!(matches!(error, Error::InvalidParam(_)), "{error}");
}

pub(crate) async fn a_listing_is_deleted_and_nothing_else(store: &Store) {
    let daily = daily(store);
    store.put_many((0..1200).map(|id| daily.profile("a", id).put("x"))).await.unwrap();
    daily.profile("b", 1).put("x").await.unwrap();
    Entry::<String>::new(store, "profile:a/x").unwrap().put("x").await.unwrap();
    assert_eq!(daily.profile_list().within("a").delete_all().await.unwrap(), 1200);
    assert_eq!(daily.profile_list().count().await.unwrap(), 1);
    assert_eq!(store.list::<Value>("").count().await.unwrap(), 2);
}

pub(crate) async fn many_are_put_read_and_deleted(store: &Store) {
    let daily = daily(store);
    let put = |id: u64| daily.profile("a", id).put(&id.to_string()).metadata(&9);
    // If a key is there twice, the later one counts.
    let puts = [daily.profile("a", 1).put("first")].into_iter().chain((0..150).map(put));
    store.put_many(puts).await.unwrap();
    let entries = || (0..151).map(|id| daily.profile("a", id));
    let got = store.get_many_with_metadata(entries()).await.unwrap();
    assert_eq!(got[1], Some(("1".to_owned(), Some(9))));
    assert_eq!((got.iter().flatten().count(), &got[150]), (150, &None));
    assert_eq!(store.delete_many(entries()).await.unwrap(), 151);
    assert!(store.get_many(entries()).await.unwrap().iter().all(Option::is_none));

    let wrong = [daily.profile("a", 1).put("x"), daily.profile("a/b", 1).put("x")];
    assert!(store.put_many(wrong).await.is_err());
    assert!(!daily.profile("a", 1).exists().await.unwrap(), "nothing is sent unless all is right");
}

pub(crate) async fn an_entry_is_read_and_deleted_in_its_own_store(store: &Store) {
    let (here, there) = (daily(store), Daily::new(kv_runtime::MemoryStore::new()));
    here.profile("a", 1).put("here").await.unwrap();
    there.profile("a", 1).put("there").await.unwrap();
    let both = || [here.profile("a", 1), there.profile("a", 1)];
    let got = store.get_many(both()).await.unwrap();
    assert_eq!(got, [Some("here".to_owned()), Some("there".to_owned())]);
    store.put_many([there.profile("b", 1).put("x")]).await.unwrap();
    assert!(!here.profile("b", 1).exists().await.unwrap());
    assert_eq!(store.delete_many([there.profile("a", 1)]).await.unwrap(), 1);
    assert!(here.profile("a", 1).exists().await.unwrap());

    let mut sent = here.profile("c", 1).put("x");
    let _ = futures_util::FutureExt::now_or_never(&mut sent);
    assert!(store.put_many([sent]).await.is_err(), "a put that was sent is not lost in silence");
}

pub(crate) async fn bytes_stream_in_and_out(store: &Store) {
    let file = daily(store).file("big.bin");
    assert!(file.get_stream().await.unwrap().is_none());
    let pieces: Vec<Bytes> = (0..40_u8).map(|n| vec![n; 100_000].into()).collect();
    let whole = pieces.concat();
    file.put_stream(stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>))).await.unwrap();
    let got: Vec<Bytes> = file.get_stream().await.unwrap().unwrap().try_collect().await.unwrap();
    assert!(got.concat() == whole);

    let broken = [Ok(Bytes::from_static(b"x")), Err(std::io::Error::other("the disk is gone"))];
    let error = file.put_stream(stream::iter(broken)).await.unwrap_err();
    assert_eq!(error.to_string(), "the disk is gone");
    assert!(file.get().await.unwrap().unwrap() == whole, "nothing is written of half a value");
    let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(vec![0; 1_000_000]));
    let error = file.put_stream(endless).await.unwrap_err();
    assert!(matches!(error, Error::ValueTooLarge { .. }), "{error:?}");
    assert!(file.get().await.unwrap().unwrap() == whole, "nor of one that is too large");

    let profile = daily(store).profile("acme", 1);
    let pieces = stream::iter(["A", "da"].map(Ok::<_, std::io::Error>));
    profile.put_stream(pieces).metadata(&7).expiration_ttl(3600).await.unwrap();
    assert_eq!(profile.get_with_metadata().await.unwrap(), Some(("Ada".to_owned(), Some(7))));
    assert!(profile.info().await.unwrap().unwrap().expiration.is_some());
    // An error from the stream of another entry keeps its type.
    let broken = stream::iter([Err::<Bytes, _>(Error::InvalidCursor)]);
    let error = profile.put_stream(broken).await.unwrap_err();
    assert!(matches!(error, Error::InvalidCursor), "{error:?}");
    let none = stream::empty::<Result<Bytes, std::io::Error>>();
    let error = profile.put_stream(none).expiration_ttl(1).await.unwrap_err();
    assert!(matches!(error, Error::Expiry { .. }), "{error:?}");
}

/// Takes any access that can read.
async fn name<A: CanRead>(daily: &Daily<A>) -> Option<String> {
    daily.profile("acme", 1).get().await.unwrap()
}

pub(crate) async fn a_view_reads_or_writes_the_same_pairs(store: &Store) {
    let daily = daily(store);
    let (reader, writer) = (daily.reader(), daily.writer());
    writer.profile("acme", 1).put("Ada").metadata(&7).await.unwrap();
    assert_eq!(name(&reader).await.as_deref(), Some("Ada"));
    assert_eq!(name(&daily).await.as_deref(), Some("Ada"));
    let listed: Vec<_> = reader.profile_list().try_collect().await.unwrap();
    assert_eq!(listed[0].0, ("acme".to_owned(), 1));
    let got = reader.store().get_many([reader.profile("acme", 1)]).await.unwrap();
    assert_eq!(got, [Some("Ada".to_owned())]);

    writer.store().put_many([writer.profile("acme", 2).put("Bob")]).await.unwrap();
    assert_eq!(reader.clone().profile_list().count().await.unwrap(), 2);
    writer.profile("acme", 1).delete().await.unwrap();
    assert_eq!(writer.profile_list().within("acme").delete_all().await.unwrap(), 1);
    assert_eq!(name(&reader.reader()).await, None);
    writer.writer().motd().put("x").await.unwrap();
    assert!(reader.store().entry(Daily::MOTD).exists().await.unwrap());
}

pub(crate) async fn keys_are_values_of_their_own(store: &Store) {
    use std::collections::HashSet;
    let keys = HashSet::from([Daily::MOTD, Daily::MOTD]);
    assert_eq!((keys.len(), Daily::MOTD.to_string()), (1, "motd".to_owned()));
    let entry = daily(store).motd().clone();
    assert_eq!(entry.key().unwrap(), "motd");
    let list = daily(store).profile_list();
    assert_eq!(list.parse("profile:acme/42"), Some(("acme".to_owned(), 42)));
    assert_eq!(list.parse("profile:acme/x"), None);
    Entry::<String>::new(store, "limits").unwrap().put("no JSON").await.unwrap();
    assert_eq!(daily(store).limits().get().await.unwrap_err().key(), Some("limits"));
}
