//! A namespace that is known by its id alone.

use kv_local::{Server, ServerConfig, Storage};
use kv_runtime::api::{Client, Credentials, RetryPolicy};
use kv_runtime::{At, ConnectError, Error, RawError, kv_namespace};
use secrecy::ExposeSecret as _;

kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id: u64}": String } }

/// A namespace behind an API, and its id there.
async fn api(folder: &tempfile::TempDir) -> (Server, String) {
    let storage = Storage::open(folder.path()).unwrap();
    let server = Server::start(storage, ServerConfig::default()).await.unwrap();
    let token = Credentials::Token(server.token().clone());
    let client = Client::new(&server.base_url(), token, RetryPolicy::default()).unwrap();
    let id = client.namespaces(server.account_id()).create("notes").await.unwrap().id;
    (server, id)
}

fn at(server: &Server, id: &str) -> At<Notes> {
    Notes::at(id).base_url(server.base_url()).api_token(server.token().expose_secret())
}

#[tokio::test]
async fn an_id_and_a_token_are_enough() {
    let folder = tempfile::tempdir().unwrap();
    let (server, id) = api(&folder).await;
    // The only account there is, and the one that is named.
    let notes = at(&server, &id).await.unwrap();
    notes.note(1).put("tea").await.unwrap();
    let notes = at(&server, &id).account_id(server.account_id()).await.unwrap();
    assert_eq!(notes.note(1).get().await.unwrap().as_deref(), Some("tea"));
    let mut json = Vec::new();
    assert_eq!(at(&server, &id).export(&mut json).await.unwrap().pairs, 1);
    assert_eq!(at(&server, &id).audit().await.unwrap().keys, 1);
    let state = concat!(env!("CARGO_MANIFEST_DIR"), "/.kv");
    assert!(!std::path::Path::new(state).exists(), "there is no state");
}

#[tokio::test]
async fn what_cannot_be_connected_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (server, id) = api(&folder).await;
    let error = at(&server, &id).api_token("wrong").await.unwrap_err();
    assert!(matches!(error, ConnectError::Discovery { .. }), "{error:?}");
    let help = error.help().unwrap();
    assert!(help.contains("Account Settings: Read"), "{help}");
    let error = at(&server, &id).account_id("mine").await.unwrap_err();
    assert!(error.to_string().contains("`mine` is not an account id"), "{error}");
    let error = at(&server, "../x").await.unwrap_err();
    assert!(error.to_string().contains("32 hex digits"), "{error}");
    let error = at(&server, &id).base_url("http://example.com").await.unwrap_err();
    assert!(error.to_string().contains("loopback"), "{error}");

    let gone = at(&server, "0f2ac74b498b48028cb68387c421e279").await.unwrap();
    let error = gone.note(1).get().await.unwrap_err();
    assert!(matches!(error, Error::Store(RawError::NamespaceNotFound(_))), "{error:?}");
}
