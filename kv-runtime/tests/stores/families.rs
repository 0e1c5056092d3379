//! What every store promises of declared keys and families.

use futures_util::TryStreamExt;
use kv_runtime::{Entry, Error, FamilyError, KeyInfo, Store, kv_namespace};
use serde_json::{Value, json};

use crate::suite::{expiration, now};

kv_namespace! {
    pub(crate) struct Users;
    title: "users",
    keys: {
        "user:{tenant}/{user_id: u64}": u64 { metadata: Value, expirationTtl: 86_400 },
        "{path}": String,
    }
}

kv_namespace! {
    pub(crate) struct Sessions;
    title: "user-sessions",
    values: [{ key: "session_123", value: { userId: "user_456" }, expirationTtl: 3600 }]
}

pub(crate) async fn an_entry_has_its_declared_ttl(store: &Store) {
    let users = Users::new(store.clone());
    let before = now();
    let session = sessions::Session123 { user_id: "user_456".to_owned() };
    Sessions::new(store.clone()).session_123().put(&session).await.unwrap();
    users.user("acme", 42).put(&1).await.unwrap();
    let session = expiration(store, "session_123").await.unwrap();
    assert!((before + 3600..=now() + 3600).contains(&session), "{session}");
    let user = expiration(store, "user:acme/42").await.unwrap();
    assert!((before + 86_400..=now() + 86_400).contains(&user), "{user}");
}

pub(crate) async fn a_family_lists_its_parameters(store: &Store) {
    let users = Users::new(store.clone());
    users.user("acme", 42).put(&1).metadata(&json!({ "plan": "pro" })).await.unwrap();
    users.user("böhm: ü", u64::MAX).put(&2).await.unwrap();
    users.path("about/us").put(&"text".to_owned()).await.unwrap();
    // Keys that others wrote, and that no parameters make.
    for foreign in ["user:acme/007", "user:acme/99999999999999999999"] {
        Entry::<u8>::new(store, foreign).unwrap().put(&0).await.unwrap();
    }

    let listed: Vec<((String, u64), KeyInfo<Value>)> =
        users.user_list().try_collect().await.unwrap();
    let [(acme, info), (boehm, _)] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!(*acme, ("acme".to_owned(), 42));
    assert_eq!(info.metadata, Some(json!({ "plan": "pro" })));
    assert_eq!(users.user(&boehm.0, boehm.1).get().await.unwrap(), Some(2));

    let paths: Vec<(String, KeyInfo)> = users.path_list().try_collect().await.unwrap();
    assert_eq!(paths.iter().map(|(path, _)| path).collect::<Vec<_>>(), ["about/us"]);
}

pub(crate) async fn parameters_that_make_no_key_send_nothing(store: &Store) {
    let users = Users::new(store.clone());
    let bad = users.user("a/b", 1);
    assert!(matches!(bad.key(), Err(FamilyError::Params { .. })));
    assert!(matches!(bad.put(&1).await, Err(Error::InvalidParam(_))));
    assert!(matches!(bad.get().await, Err(Error::InvalidParam(_))));
    assert!(matches!(bad.get_with_metadata().await, Err(Error::InvalidParam(_))));
    assert!(matches!(bad.delete().await, Err(Error::InvalidParam(_))));

    let other = users.path("user:acme/1");
    assert!(matches!(other.key(), Err(FamilyError::Shadowed { .. })));
    assert!(matches!(other.put(&String::new()).await, Err(Error::InvalidParam(_))));

    let keys: Vec<KeyInfo> = store.list("").try_collect().await.unwrap();
    assert!(keys.is_empty());
}
