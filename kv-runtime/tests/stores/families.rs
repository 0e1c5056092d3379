//! What every store promises of declared keys and families.

use std::borrow::Cow;

use futures_util::TryStreamExt;
use kv_runtime::__private::{Family, Param, Pattern, Segment, parse_param};
use kv_runtime::{Entry, Error, FamilyError, FamilyList, Key, KeyInfo, Store};
use serde_json::{Value, json};

use crate::suite::{expiration, now};

// Until `kv_namespace!` is there, what it makes of
//     struct Users;
//     values: [{ key: "session_123", value: { userId: "user_456" }, expirationTtl: 3600 }],
//     keys: {
//         "user:{tenant}/{user_id: u64}": u64 { metadata: Value, expirationTtl: 86_400 },
//         "{path}": String,
//     }
struct Users(Store);

static USER: [Segment<'static>; 4] = [
    Segment::Literal(Cow::Borrowed("user:")),
    Segment::Param(Param { name: "tenant", ty: None }),
    Segment::Literal(Cow::Borrowed("/")),
    Segment::Param(Param { name: "user_id", ty: Some("u64") }),
];
static PATH: [Segment<'static>; 1] = [Segment::Param(Param { name: "path", ty: None })];
static USER_FAMILY: Family = Family {
    pattern: Pattern::from_segments(&USER),
    shadowed_by: &[],
    expiration_ttl: Some(86_400),
};
static PATH_FAMILY: Family = Family {
    pattern: Pattern::from_segments(&PATH),
    shadowed_by: &[Pattern::from_segments(&USER)],
    expiration_ttl: None,
};

impl Users {
    const SESSION_123: Key<Value> = Key::declared("session_123", Some(3600));

    fn session_123(&self) -> Entry<'_, Value> {
        self.0.entry(Self::SESSION_123)
    }

    fn user(&self, tenant: &str, user_id: u64) -> Entry<'_, u64, Value> {
        self.0.family_entry(&USER_FAMILY, &[tenant.into(), user_id.to_string().into()])
    }

    fn user_list(&self) -> FamilyList<(String, u64), Value> {
        self.0.family_list(&USER_FAMILY, |params| match params {
            [tenant, user_id] => Some((parse_param(tenant)?, parse_param(user_id)?)),
            _ => None,
        })
    }

    fn path(&self, path: &str) -> Entry<'_, String> {
        self.0.family_entry(&PATH_FAMILY, &[path.into()])
    }

    fn path_list(&self) -> FamilyList<String> {
        self.0.family_list(&PATH_FAMILY, |params| match params {
            [path] => parse_param(path),
            _ => None,
        })
    }
}

pub(crate) async fn an_entry_has_its_declared_ttl(store: &Store) {
    let users = Users(store.clone());
    let before = now();
    users.session_123().put(&json!({ "userId": "user_456" })).await.unwrap();
    users.user("acme", 42).put(&1).await.unwrap();
    let session = expiration(store, "session_123").await.unwrap();
    assert!((before + 3600..=now() + 3600).contains(&session), "{session}");
    let user = expiration(store, "user:acme/42").await.unwrap();
    assert!((before + 86_400..=now() + 86_400).contains(&user), "{user}");
}

pub(crate) async fn a_family_lists_its_parameters(store: &Store) {
    let users = Users(store.clone());
    users.user("acme", 42).put(&1).metadata(&json!({ "plan": "pro" })).await.unwrap();
    users.user("böhm: ü", u64::MAX).put(&2).await.unwrap();
    users.path("about/us").put(&"text".to_owned()).await.unwrap();
    // Keys that someone else wrote, which no parameters make.
    for foreign in ["user:acme/007", "user:acme/99999999999999999999"] {
        store.entry(Key::<u8>::new(foreign).unwrap()).put(&0).await.unwrap();
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
    let users = Users(store.clone());
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
