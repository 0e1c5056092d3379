//! Tests of what the engine expects from every account: Cloudflare's API and wrangler's local files pass
//! the same suite.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::sync::Arc;

use kv_local::{Server, ServerConfig, Storage};
use kv_rules::{Expiry, MAX_LIST_KEYS};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use super::local::LocalAccounts;
use super::rest::RestAccounts;
use crate::base::RunContext;
use crate::connect::Overrides;
use crate::engine::{
    Accounts, BulkPut, Confirmation, Pair, Remote, RemoteErrorKind, RemoteNamespace, Value, Wanted,
};
use crate::typed::declaration::AccountSettings;

/// An account without namespaces, and the resources that it needs.
struct Fresh {
    remote: Arc<dyn Remote>,
    folder: TempDir,
    _server: Option<Server>,
}

const SETTINGS: AccountSettings = AccountSettings::FROM_ENVIRONMENT;

async fn local() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let mut accounts = LocalAccounts::new(folder.path().join("state"));
    let remote = accounts.connect("test", &SETTINGS, None).await.unwrap();
    Fresh { remote, folder, _server: None }
}

async fn rest() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path().join("state")).unwrap();
    let server = Server::start(storage, ServerConfig::default()).await.unwrap();
    let overrides = Overrides {
        base_url: Some(server.base_url()),
        api_token: Some(server.token().expose_secret().into()),
        account_id: Some(server.account_id().to_owned()),
        ..Overrides::default()
    };
    let (policy, run) = (crate::api::RetryPolicy::default(), RunContext::default());
    let mut accounts = RestAccounts::new(overrides, policy, false, run);
    let remote = accounts.connect("test", &SETTINGS, None).await.unwrap();
    Fresh { remote, folder, _server: Some(server) }
}

macro_rules! every_remote {
    ($($promise:ident,)*) => {
        every_remote!(@local $($promise),*);
        every_remote!(@rest $($promise),*);
    };
    (@$remote:ident $($promise:ident),*) => {
        mod $remote {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                let fresh = super::$remote().await;
                super::$promise(&*fresh.remote).await;
                drop(fresh.folder);
            })*
        }
    };
}

every_remote! {
    a_namespace_is_created_renamed_and_deleted,
    a_title_is_given_once,
    what_is_not_there_is_none_or_said,
    pairs_are_written_read_and_deleted,
    json_is_stored_as_what_it_stands_for,
    pages_have_every_name_once,
    a_pair_has_the_lifetime_that_it_was_given,
}

fn pair<'a>(key: &'a str, value: &'static str) -> Pair<'a> {
    let value = Value::Bytes(value.as_bytes().into());
    Pair { key, value, metadata: None, expiry: None }
}

fn put<'a, P>(pairs: P) -> BulkPut<'a>
where
    P: IntoIterator<Item = Pair<'a>, IntoIter: Send + 'a>,
{
    BulkPut { bytes: 0, pairs: Box::new(pairs.into_iter().map(Ok)) }
}

fn wanted(key: &str, is_text: bool) -> Wanted<'_> {
    Wanted { key, is_text }
}

fn all() -> Confirmation {
    Confirmation::AllBut(Vec::new())
}

/// The stored bytes of keys.
async fn read(remote: &dyn Remote, id: &str, keys: &[Wanted<'_>]) -> Vec<Option<Vec<u8>>> {
    let got = remote.bulk_get(id, keys).await.unwrap();
    got.into_iter().map(|stored| stored.map(|stored| stored.value.into())).collect()
}

async fn a_namespace_is_created_renamed_and_deleted(remote: &dyn Remote) {
    assert_eq!(remote.list().await.unwrap(), []);
    let RemoteNamespace { id, title } = remote.create("first").await.unwrap();
    assert_eq!(title, "first");
    remote.rename(&id, "second").await.unwrap();
    // A rename can be repeated.
    remote.rename(&id, "second").await.unwrap();
    let renamed = RemoteNamespace { id: id.clone(), title: "second".to_owned() };
    assert_eq!(remote.get(&id).await.unwrap(), Some(renamed.clone()));
    assert_eq!(remote.list().await.unwrap(), [renamed]);
    remote.delete(&id).await.unwrap();
    remote.delete(&id).await.unwrap();
    assert_eq!((remote.get(&id).await.unwrap(), remote.list().await.unwrap()), (None, Vec::new()));
}

async fn a_title_is_given_once(remote: &dyn Remote) {
    remote.create("one").await.unwrap();
    let other = remote.create("two").await.unwrap();
    let again = remote.create("one").await.unwrap_err();
    let renamed = remote.rename(&other.id, "one").await.unwrap_err();
    for error in [again, renamed] {
        assert_eq!(error.kind, RemoteErrorKind::TitleTaken, "{error}");
        assert!(!error.outcome_unknown());
    }
    assert_eq!(remote.list().await.unwrap().len(), 2);
}

async fn what_is_not_there_is_none_or_said(remote: &dyn Remote) {
    let gone = "0f2ac74b498b48028cb68387c421e279";
    assert_eq!(remote.get(gone).await.unwrap(), None);
    let errors = [
        remote.rename(gone, "x").await.unwrap_err(),
        remote.bulk_put(gone, put([pair("a", "1")])).await.unwrap_err(),
        remote.bulk_delete(gone, &["a"]).await.unwrap_err(),
        remote.keys(gone, None).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind, RemoteErrorKind::NamespaceNotFound, "{error}");
    }
}

async fn pairs_are_written_read_and_deleted(remote: &dyn Remote) {
    let id = remote.create("pairs").await.unwrap().id;
    let text = Pair { metadata: Some(r#"{"by":"us"}"#), ..pair("zoë/1", "text") };
    let bytes = Pair { value: Value::Bytes(vec![0xff, 0].into()), ..pair("bytes", "") };
    assert_eq!(remote.bulk_put(&id, put([text, bytes, pair("empty", "")])).await.unwrap(), all());
    let keys = ["empty", "none", "zoë/1"].map(|key| wanted(key, true));
    let keys = [keys.as_slice(), &[wanted("bytes", false)]].concat();
    let got = read(remote, &id, &keys).await;
    assert_eq!(got, [Some(Vec::new()), None, Some(b"text".to_vec()), Some(vec![0xff, 0])]);
    let stored = remote.bulk_get(&id, &[wanted("zoë/1", true)]).await.unwrap().remove(0).unwrap();
    assert_eq!(stored.metadata.unwrap().get(), r#"{"by":"us"}"#);

    // Each write replaces the whole pair, including its metadata.
    assert_eq!(remote.bulk_put(&id, put([pair("zoë/1", "new")])).await.unwrap(), all());
    let stored = remote.bulk_get(&id, &[wanted("zoë/1", true)]).await.unwrap().remove(0).unwrap();
    assert!(stored.value == "new" && stored.metadata.is_none());

    assert_eq!(remote.bulk_delete(&id, &["zoë/1", "none"]).await.unwrap(), all());
    assert_eq!(remote.keys(&id, None).await.unwrap().names, ["bytes", "empty"]);
    let store = remote.store(&id).unwrap();
    assert!(store.info("bytes").await.unwrap().is_some());
}

async fn json_is_stored_as_what_it_stands_for(remote: &dyn Remote) {
    let id = remote.create("json").await.unwrap().id;
    let json = |text: &'static str, is_base64| Value::Json { json: text.into(), is_base64 };
    let escaped = Pair { value: json(r#""a\"\u00e9\n""#, false), ..pair("escaped", "") };
    let base64 = Pair { value: json(r#""/wA=""#, true), ..pair("base64", "") };
    assert_eq!(remote.bulk_put(&id, put([escaped, base64])).await.unwrap(), all());
    let got = read(remote, &id, &[wanted("escaped", true), wanted("base64", false)]).await;
    assert_eq!(got, [Some("a\"é\n".as_bytes().to_vec()), Some(vec![0xff, 0])]);
}

async fn pages_have_every_name_once(remote: &dyn Remote) {
    let id = remote.create("pages").await.unwrap().id;
    let names: Vec<String> = (0..MAX_LIST_KEYS + 7).map(|n| format!("{n:05}")).collect();
    let pairs: Vec<_> = names.iter().rev().map(|name| pair(name, "x")).collect();
    assert_eq!(remote.bulk_put(&id, put(pairs)).await.unwrap(), all());
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = remote.keys(&id, cursor.as_deref()).await.unwrap();
        found.extend(page.names);
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, names);
}

async fn a_pair_has_the_lifetime_that_it_was_given(remote: &dyn Remote) {
    let id = remote.create("expiry").await.unwrap().id;
    let in_an_hour = Pair { expiry: Some(Expiry::Ttl(3600)), ..pair("lives", "x") };
    assert_eq!(remote.bulk_put(&id, put([in_an_hour])).await.unwrap(), all());
    let info = remote.store(&id).unwrap().info("lives").await.unwrap().unwrap();
    let now = crate::raw::now().unix();
    assert!((now + 3590..=now + 3600).contains(&info.expiration.unwrap()));
}
