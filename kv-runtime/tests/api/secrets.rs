//! Secrets go to the API and nowhere else, and text from a server never reaches the terminal raw.

use std::io;
use std::sync::{Arc, Mutex};

use kv_runtime::api::{ApiError, BulkBody, Client, Credentials, Pair};
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;

use crate::server::{Act, Server};
use crate::{ACCOUNT, NAMESPACE, PATIENT, client, namespaces};

#[tokio::test]
async fn each_kind_of_credentials_is_sent_in_its_own_headers() {
    let server = Server::script(vec![Act::ok(&json!({"email": "me@example.com"}))]).await;
    let email = Some("me@example.com".to_owned());
    for credentials in [
        Credentials::Token("the-token".into()),
        Credentials::Key { key: "the-key".into(), email },
        Credentials::Key { key: "the-key".into(), email: None },
    ] {
        let client = Client::new(&server.base_url(), credentials, PATIENT).unwrap();
        assert_eq!(client.user_email().await.unwrap(), "me@example.com");
    }
    let seen = server.seen();
    let sent =
        |n: usize| ["authorization", "x-auth-key", "x-auth-email"].map(|name| seen[n].header(name));
    assert_eq!(sent(0), [Some("Bearer the-token"), None, None]);
    assert_eq!(sent(1), [None, Some("the-key"), Some("me@example.com")]);
    assert_eq!(sent(2), [None, Some("the-key"), None]);
    let agent = concat!("kv-runtime/", env!("CARGO_PKG_VERSION"));
    assert_eq!(seen[0].header("user-agent"), Some(agent));
}

#[tokio::test]
async fn a_redirect_carries_nothing_anywhere() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Server::script(vec![Act::ok(&Value::Null)]).await;
        let location = format!("{}/x?for=you", elsewhere.base_url());
        let redirect = Act::answer(status, &[("location", &location)], "");
        let server = Server::script(vec![redirect]).await;
        let error = namespaces(&server).list().await.unwrap_err();
        assert_eq!((server.seen().len(), elsewhere.connections()), (1, 0), "{status}");
        assert!(error.to_string().contains("redirects to"), "{error}");
        assert!(error.help().unwrap().contains("base URL"));
    }
}

#[test]
fn credentials_are_not_sent_in_clear() {
    let token = Credentials::Token("hush-hush".into());
    let error = Client::new("http://example.com/client/v4", token, PATIENT).unwrap_err();
    assert!(matches!(error, ApiError::BaseUrl(_)));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The log includes all tests that run at the same time, and the HTTP stack below the client.
#[tokio::test]
async fn no_secret_is_in_an_error_or_in_a_log_at_trace() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .init();

    let server = Server::start(|seen| match seen.number % 3 {
        0 => Act::Cut,
        1 => Act::answer(502, &[], "<html>"),
        _ => Act::refuse(403, 10000, "Authentication error"),
    })
    .await;
    let email = Some("me@example.com".to_owned());
    let mut shown = Vec::new();
    for credentials in [
        Credentials::Token("hush-hush".into()),
        Credentials::Key { key: "hush-hush".into(), email },
    ] {
        let client = Client::new(&server.base_url(), credentials.clone(), PATIENT).unwrap();
        let api = client.namespaces(ACCOUNT);
        let mut body = BulkBody::new();
        let value = b"hush-hush";
        assert!(body.push(&Pair { key: "k", value, metadata: None, expiry: None }));
        let put = api.bulk_put(NAMESPACE, &body.seal()).await.unwrap_err();
        let value = "hush-hush".into();
        let single = api.put_value(NAMESPACE, "k", value, Some("1"), None).await.unwrap_err();
        for error in [put, single] {
            shown.push(format!("{credentials:?} {client:?} {api:?}"));
            shown.push(format!("{error} {error:?} {error:#?} {:?}", error.help()));
        }
    }
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("Retrying (2 of"), "{logged}");
    assert!(!logged.contains("hush"), "{logged}");
    assert!(!shown.concat().contains("hush"), "{shown:?}");
}

#[tokio::test]
async fn control_characters_of_a_server_are_escaped() {
    let evil = "no\u{1b}]0;pwned\u{7}\r\n\u{9b}2J";
    for act in [Act::refuse(400, 1, evil), Act::json(400, &json!({"code": 1, "error": evil}))] {
        let server = Server::script(vec![act]).await;
        let error = client(&server, PATIENT).accounts().await.unwrap_err();
        let text = error.to_string();
        assert!(!text.contains(char::is_control), "{text:?}");
        assert!(text.contains("pwned"));
    }
}

#[tokio::test]
async fn debug_of_what_was_read_shows_no_value() {
    let server = Server::script(vec![
        Act::answer(200, &[], "hush-hush"),
        Act::ok(&json!({"values": {"k": {"value": "hush-hush", "metadata": null}}})),
    ])
    .await;
    let api = namespaces(&server);
    let value = api.value(NAMESPACE, "k").await.unwrap();
    let values = api.bulk_get_with_metadata(NAMESPACE, &["k"]).await.unwrap();
    assert!(!format!("{value:?} {values:?}").contains("hush"));
}
