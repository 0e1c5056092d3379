//! Namespaces and pairs: what is sent, and what the answers mean.

use kv_runtime::api::{ApiError, BulkBody, BulkOutcome, Pair};
use kv_runtime::rules::{Expiry, KeyError};
use serde_json::{Value, json};

use crate::server::{Act, Server};
use crate::{ACCOUNT, NAMESPACE, PATIENT, client, namespaces, path};

#[tokio::test]
async fn a_key_arrives_as_one_segment_whatever_it_holds() {
    let server = Server::script(vec![Act::ok(&Value::Null)]).await;
    let api = namespaces(&server);
    let keys = [
        "a/b",
        "a^b",
        "100%",
        "%2F",
        "a b",
        "a+b",
        "../x",
        "...",
        "\u{1b}[2J\n\0",
        "clé/日本",
        "?x#y",
    ];
    for key in keys {
        api.value(NAMESPACE, key).await.unwrap();
    }
    let prefix = path(&format!("/{NAMESPACE}/values/"));
    for (key, seen) in keys.iter().zip(server.seen()) {
        let segment = seen.target.strip_prefix(&prefix).unwrap();
        assert!(!segment.contains(['/', '?', '#', '+', ' ']), "{segment}");
        let decoded = percent_encoding::percent_decode_str(segment).decode_utf8().unwrap();
        assert_eq!(decoded, *key);
    }
}

#[tokio::test]
async fn what_would_change_the_path_is_never_sent() {
    let server = Server::script(vec![Act::ok(&Value::Null)]).await;
    let api = namespaces(&server);
    for key in [".", "..", ""] {
        assert!(matches!(api.delete_value(NAMESPACE, key).await, Err(ApiError::Key(_))));
        assert!(matches!(api.delete(key).await, Err(ApiError::Segment(_))));
        let elsewhere = client(&server, PATIENT).namespaces(key);
        assert!(matches!(elsewhere.list().await, Err(ApiError::Segment(_))));
    }
    let long = api.value(NAMESPACE, &"k".repeat(513)).await;
    assert!(matches!(long, Err(ApiError::Key(KeyError::TooLong { bytes: 513 }))));
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn a_value_comes_with_its_expiration() {
    let expires = Act::answer(200, &[("expiration", "2000000000")], [0xff, 0x00]);
    let server = Server::script(vec![expires, Act::answer(200, &[], "")]).await;
    let api = namespaces(&server);
    let value = api.value(NAMESPACE, "k").await.unwrap().unwrap();
    assert_eq!((&value.bytes[..], value.expiration), (&[0xff, 0x00][..], Some(2_000_000_000)));
    let value = api.value(NAMESPACE, "k").await.unwrap().unwrap();
    assert_eq!((&value.bytes[..], value.expiration), (&b""[..], None));
}

#[tokio::test]
async fn only_a_missing_key_has_no_value() {
    let none = json!({"success": false, "errors": []});
    for act in [Act::refuse(404, 10009, "get: 'key not found'"), Act::json(404, &none)] {
        let server = Server::script(vec![act]).await;
        let api = namespaces(&server);
        assert_eq!(api.value(NAMESPACE, "k").await.unwrap(), None);
        assert!(api.metadata(NAMESPACE, "k").await.unwrap().is_none());
        api.delete_value(NAMESPACE, "k").await.unwrap();
    }
    for act in [
        Act::refuse(404, 7003, "Could not route to /client/v4/accounts/, perhaps …"),
        Act::refuse(404, 10013, "get: 'namespace not found'"),
        Act::answer(404, &[("content-type", "text/html")], "<html>not found</html>"),
    ] {
        let server = Server::script(vec![act]).await;
        let api = namespaces(&server);
        assert!(api.value(NAMESPACE, "k").await.is_err());
        assert!(api.metadata(NAMESPACE, "k").await.is_err());
        assert!(api.delete_value(NAMESPACE, "k").await.is_err());
    }
}

#[tokio::test]
async fn a_pair_is_put_with_its_metadata_and_expiry() {
    let server = Server::script(vec![Act::ok(&json!({}))]).await;
    let api = namespaces(&server);
    let value = || vec![0xff, b'\r', b'\n'].into();
    api.put_value(NAMESPACE, "k", value(), None, Some(Expiry::At(2_000_000_000))).await.unwrap();
    let metadata = Some(r#"{"a":"é"}"#);
    api.put_value(NAMESPACE, "k", value(), metadata, Some(Expiry::Ttl(60))).await.unwrap();
    let [raw, multipart] = &server.seen()[..] else { panic!() };
    assert_eq!(raw.method, "PUT");
    assert_eq!(raw.target, path(&format!("/{NAMESPACE}/values/k?expiration=2000000000")));
    assert_eq!(raw.body, [0xff, b'\r', b'\n']);
    assert_eq!(multipart.query("expiration_ttl").as_deref(), Some("60"));
    assert!(multipart.header("content-type").unwrap().starts_with("multipart/form-data"));
    let body = String::from_utf8_lossy(&multipart.body);
    assert!(
        body.contains("name=\"value\"; filename=\"value\"\r\n\r\n\u{fffd}\r\n\r\n--"),
        "{body}"
    );
    assert!(body.contains("name=\"metadata\"\r\n\r\n{\"a\":\"é\"}\r\n--"), "{body}");
}

#[tokio::test]
async fn metadata_comes_as_the_server_wrote_it() {
    let answers = vec![Act::ok(&json!({"n": [1, 2.5]})), Act::ok(&Value::Null)];
    let server = Server::script(answers).await;
    let api = namespaces(&server);
    let metadata = api.metadata(NAMESPACE, "k").await.unwrap().unwrap();
    assert_eq!(metadata.get(), r#"{"n":[1,2.5]}"#);
    assert!(api.metadata(NAMESPACE, "k").await.unwrap().is_none());
}

fn two_pairs() -> BulkBody<'static> {
    let mut body = BulkBody::new();
    for key in ["a/b", "c"] {
        assert!(body.push(&Pair { key, value: b"v", metadata: None, expiry: None }));
    }
    body
}

#[tokio::test]
async fn keys_that_cloudflare_could_not_write_are_told() {
    let partial = json!({"successful_key_count": 1, "unsuccessful_keys": ["c"]});
    let server = Server::script(vec![Act::ok(&partial)]).await;
    let api = namespaces(&server);
    let c = BulkOutcome::Accounted { unsuccessful_keys: vec!["c".to_owned()] };
    assert_eq!(api.bulk_put(NAMESPACE, &two_pairs().seal()).await.unwrap(), c);
    assert_eq!(api.bulk_delete(NAMESPACE, &["a/b", "c"]).await.unwrap(), c);
    let [put, delete] = &server.seen()[..] else { panic!() };
    assert_eq!((put.method.as_str(), &put.target), ("PUT", &path(&format!("/{NAMESPACE}/bulk"))));
    assert_eq!(put.header("content-type"), Some("application/json"));
    assert_eq!(put.json(), json!([{"key": "a/b", "value": "v"}, {"key": "c", "value": "v"}]));
    let bulk_delete = path(&format!("/{NAMESPACE}/bulk/delete"));
    assert_eq!((delete.method.as_str(), &delete.target), ("POST", &bulk_delete));
    assert_eq!(delete.json(), json!(["a/b", "c"]));
}

#[tokio::test]
async fn an_answer_that_does_not_account_for_every_key_confirms_nothing() {
    for result in [
        json!({"successful_key_count": 1, "unsuccessful_keys": []}),
        json!({"successful_key_count": 1, "unsuccessful_keys": ["z"]}),
        json!({"successful_key_count": 0, "unsuccessful_keys": ["c", "c"]}),
        json!({"unsuccessful_keys": null}),
        json!({}),
        Value::Null,
    ] {
        let server = Server::script(vec![Act::ok(&result)]).await;
        let api = namespaces(&server);
        let put = api.bulk_put(NAMESPACE, &two_pairs().seal()).await.unwrap();
        assert!(matches!(put, BulkOutcome::Unaccounted { .. }), "{result}");
        let deleted = api.bulk_delete(NAMESPACE, &["a/b", "c"]).await.unwrap();
        assert!(matches!(deleted, BulkOutcome::Unaccounted { .. }), "{result}");
    }
    let server = Server::script(vec![Act::answer(204, &[], "")]).await;
    let put = namespaces(&server).bulk_put(NAMESPACE, &two_pairs().seal()).await.unwrap();
    assert!(matches!(put, BulkOutcome::Unaccounted { .. }));
}

#[tokio::test]
async fn many_pairs_are_read_at_once() {
    let values = json!({"values": {
        "a": {"value": "1", "metadata": {"m": 1}, "expiration": 2_000_000_000},
        "b": {"value": "2", "metadata": null},
        "gone": null,
        "gone too": {"value": null, "metadata": null},
    }});
    let server = Server::script(vec![Act::ok(&values)]).await;
    let keys = ["a", "b", "gone", "gone too"];
    let read = namespaces(&server).bulk_get_with_metadata(NAMESPACE, &keys).await.unwrap();
    assert_eq!(read.len(), 4);
    let a = read[0].as_ref().unwrap();
    assert_eq!((&*a.value, a.expiration), (&b"1"[..], Some(2_000_000_000)));
    assert_eq!(a.metadata.as_ref().unwrap().get(), r#"{"m":1}"#);
    assert!(read[1].as_ref().unwrap().metadata.is_none());
    assert!(read[2].is_none() && read[3].is_none());
    let sent = json!({"keys": keys, "type": "text", "withMetadata": true});
    assert_eq!(server.seen()[0].json(), sent);
}

#[tokio::test]
async fn a_key_of_which_the_answer_says_nothing_is_not_taken_for_missing() {
    let nothing = json!({"values": {"another": null}});
    let server = Server::script(vec![Act::ok(&nothing), Act::answer(200, &[], "precious")]).await;
    let read = namespaces(&server).bulk_get(NAMESPACE, &["a"]).await.unwrap();
    assert_eq!(read[0].as_deref(), Some(&b"precious"[..]));
    assert!(server.seen()[1].target.ends_with("/values/a"));
}

#[tokio::test]
async fn a_value_that_is_not_text_is_told_from_other_refusals() {
    let message =
        "bulk get keys: 'At least one of the requested keys corresponds to a non-text value'";
    let server = Server::script(vec![Act::refuse(400, 10029, message)]).await;
    let error = namespaces(&server).bulk_get_with_metadata(NAMESPACE, &["a"]).await.unwrap_err();
    assert!(error.is_not_text() && !error.is_not_found());
}

#[tokio::test]
async fn a_namespace_that_is_gone_is_not_found_and_counts_as_deleted() {
    for act in [
        Act::refuse(404, 10013, "get: 'namespace not found'"),
        Act::refuse(404, 10009, "Unknown namespace."),
    ] {
        let server = Server::script(vec![act]).await;
        let api = namespaces(&server);
        assert_eq!(api.get(NAMESPACE).await.unwrap(), None);
        api.delete(NAMESPACE).await.unwrap();
        let error = api.bulk_put(NAMESPACE, &two_pairs().seal()).await.unwrap_err();
        assert!(error.is_namespace_not_found() && error.is_not_found());
    }
    for act in [
        Act::refuse(404, 7003, "Could not route"),
        Act::answer(404, &[("content-type", "text/html")], "<html>nginx</html>"),
    ] {
        let server = Server::script(vec![act]).await;
        let api = namespaces(&server);
        assert!(api.get(NAMESPACE).await.is_err());
        assert!(api.delete(NAMESPACE).await.is_err());
    }
}

#[tokio::test]
async fn a_title_that_is_taken_is_told_with_the_way_out() {
    let message = "create namespace: 'A namespace with this account ID and title already exists'";
    let server = Server::script(vec![Act::refuse(400, 10014, message)]).await;
    let error = namespaces(&server).create("title").await.unwrap_err();
    assert!(error.is_title_taken() && !error.outcome_unknown());
    assert!(error.to_string().contains(message), "{error}");
    assert!(error.help().unwrap().contains("adopt"));
    assert_eq!(server.seen()[0].json(), json!({"title": "title"}));
}

#[tokio::test]
async fn refused_credentials_come_with_the_permission_that_is_missing() {
    for (status, code) in [(403, 10000), (400, 9106), (403, 9109), (401, 1)] {
        let server = Server::script(vec![Act::refuse(status, code, "Authentication error")]).await;
        let client = client(&server, PATIENT);
        let error = client.namespaces(ACCOUNT).list().await.unwrap_err();
        assert!(error.is_unauthorized());
        assert!(error.help().unwrap().contains("Workers KV Storage: Edit"), "{code}");
        let error = client.accounts().await.unwrap_err();
        assert!(error.help().unwrap().contains("Account Settings: Read"), "{code}");
        let error = client.user_email().await.unwrap_err();
        assert!(error.help().unwrap().contains("CLOUDFLARE_EMAIL"), "{code}");
    }
    let server = Server::script(vec![Act::refuse(400, 7003, "Could not route")]).await;
    let error = namespaces(&server).list().await.unwrap_err();
    assert!(error.help().unwrap().contains("account id"));
}
