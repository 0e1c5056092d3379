//! Requests survive what networks and servers do to them, and are never applied twice by accident.

use std::time::Duration;

use kv_runtime::api::{ApiError, BulkBody, BulkOutcome, Client, Credentials, Pair, RetryPolicy};
use kv_runtime::rules::Expiry;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::server::{Act, Seen, Server};
use crate::{ACCOUNT, NAMESPACE, PATIENT, client, namespaces};

/// Every request that can be sent again without a second thought.
const IDEMPOTENT: [&str; 13] = [
    "accounts",
    "user",
    "list",
    "get",
    "rename",
    "delete",
    "bulk put",
    "bulk delete",
    "bulk get",
    "keys",
    "metadata",
    "put",
    "delete value",
];

async fn request(client: &Client, what: &str) -> Result<(), ApiError> {
    let api = client.namespaces(ACCOUNT);
    match what {
        "accounts" => client.accounts().await.map(drop),
        "user" => client.user_email().await.map(drop),
        "list" => api.list().await.map(drop),
        "get" => api.get(NAMESPACE).await.map(|found| assert!(found.is_some())),
        "rename" => api.rename(NAMESPACE, "new").await,
        "delete" => api.delete(NAMESPACE).await,
        "bulk put" => {
            let mut body = BulkBody::new();
            assert!(body.push(&pair("k")));
            let outcome = api.bulk_put(NAMESPACE, &body.seal()).await?;
            assert_eq!(outcome, BulkOutcome::Accounted { unsuccessful_keys: Vec::new() });
            Ok(())
        }
        "bulk delete" => api.bulk_delete(NAMESPACE, &["k"]).await.map(drop),
        "bulk get" => api.bulk_get_with_metadata(NAMESPACE, &["k"]).await.map(drop),
        "keys" => api.keys(NAMESPACE, "", None, 1000).await.map(drop),
        "metadata" => api.metadata(NAMESPACE, "k").await.map(drop),
        "value" => api.value(NAMESPACE, "k").await.map(drop),
        "put" => {
            let expiry = Some(Expiry::Ttl(60));
            api.put_value(NAMESPACE, "k", "v".into(), Some(r#"{"a":1}"#), expiry).await
        }
        "delete value" => api.delete_value(NAMESPACE, "k").await,
        "create" => api.create("title").await.map(drop),
        _ => panic!("no such request: {what}"),
    }
}

fn pair(key: &str) -> Pair<'_> {
    Pair { key, value: b"v", metadata: None, expiry: None }
}

/// What Cloudflare answers when all is well.
fn well(seen: &Seen) -> Act {
    let path = seen.target.split('?').next().unwrap_or_default();
    let namespace = json!({"id": NAMESPACE, "title": "title"});
    let result = match (seen.method.as_str(), path.rsplit('/').next().unwrap_or_default()) {
        (_, "accounts") => json!([{"id": ACCOUNT, "name": "me"}]),
        (_, "user") => json!({"id": "u", "email": "me@example.com"}),
        ("GET", "namespaces") => json!([namespace]),
        ("GET" | "POST", "namespaces" | NAMESPACE) => namespace,
        ("GET", "keys") => json!([]),
        ("PUT", "bulk") | ("POST", "delete") => {
            json!({"successful_key_count": 1, "unsuccessful_keys": []})
        }
        ("POST", "get") => json!({"values": {"k": null}}),
        _ => Value::Null,
    };
    Act::ok(&result)
}

/// Failures after which the request surely was not applied.
fn refusals() -> Vec<(&'static str, Act)> {
    let page = "<html>Too many requests</html>";
    let html = ("content-type", "text/html");
    let past = ("retry-after", "Fri, 06 Nov 2020 08:49:37 GMT");
    vec![
        ("429", Act::refuse(429, 971, "Please wait")),
        ("429 in HTML", Act::answer(429, &[html], page)),
        ("429, retry after 0 s", Act::answer(429, &[("retry-after", "0")], page)),
        ("429, retry after a date", Act::answer(429, &[past], page)),
        ("200, code 971", Act::refuse(200, 971, "Please wait")),
    ]
}

/// Failures after which it is unknown whether the request was applied.
fn unknown_outcomes(well: &Act) -> Vec<(&'static str, Act)> {
    let html = [("content-type", "text/html; charset=utf-8"), ("cf-ray", "8f-FRA")];
    let page = "<html><h1>502 Bad gateway</h1></html>";
    vec![
        ("500", Act::refuse(500, 10001, "internal error")),
        ("502 in HTML", Act::answer(502, &html, page)),
        ("503 without a body", Act::answer(503, &[], "")),
        ("200 in HTML", Act::answer(200, &html, page)),
        ("200 without a body", Act::answer(200, &[], "")),
        ("200, JSON that breaks off", Act::answer(200, &[], r#"{"success":true,"resu"#)),
        ("200, JSON of something else", Act::answer(200, &[], r#"{"ok":true}"#)),
        ("cut", Act::Cut),
        ("cut within the answer", well.clone().truncated()),
        ("stalled", Act::Stall),
    ]
}

/// For a server that stalls: the first attempt ends soon, and a slow answer only costs another attempt.
fn policy(fault: &str) -> RetryPolicy {
    let request_timeout =
        if fault == "stalled" { Duration::from_millis(250) } else { PATIENT.request_timeout };
    RetryPolicy { request_timeout, ..PATIENT }
}

async fn failing_once(fault: Act) -> Server {
    Server::start(move |seen| if seen.number == 0 { fault.clone() } else { well(seen) }).await
}

#[tokio::test]
async fn every_idempotent_request_recovers_from_every_fault() {
    let well = Act::ok(&Value::Null);
    for (fault, act) in refusals().into_iter().chain(unknown_outcomes(&well)) {
        for what in IDEMPOTENT {
            let server = failing_once(act.clone()).await;
            let result = request(&client(&server, policy(fault)), what).await;
            assert!(result.is_ok(), "{what} after {fault}: {result:?}");
            let seen = server.seen();
            let sent = |seen: &Seen| (seen.method.clone(), seen.target.clone());
            assert!(seen.len() >= 2, "{what} after {fault}");
            assert_eq!(sent(&seen[0]), sent(&seen[1]), "{what} after {fault}");
        }
    }
}

#[tokio::test]
async fn reading_a_value_recovers_from_every_fault_that_can_be_told_from_a_value() {
    let well = Act::answer(200, &[], "value");
    let told = unknown_outcomes(&well).into_iter().filter(|(fault, _)| !fault.starts_with("200"));
    let refused = refusals().into_iter().filter(|(fault, _)| !fault.starts_with("200"));
    for (fault, act) in told.chain(refused) {
        let server = Server::script(vec![act, well.clone()]).await;
        let api = client(&server, policy(fault)).namespaces(ACCOUNT);
        let value = api.value(NAMESPACE, "k").await.unwrap().unwrap();
        assert_eq!(value.bytes, "value", "{fault}");
    }
}

#[tokio::test]
async fn a_body_is_sent_again_whole() {
    let server = failing_once(Act::Cut).await;
    request(&client(&server, PATIENT), "bulk put").await.unwrap();
    let server_of_values = failing_once(Act::Cut).await;
    request(&client(&server_of_values, PATIENT), "put").await.unwrap();
    for seen in [server.seen(), server_of_values.seen()] {
        assert_eq!(seen[0].body.len(), seen[1].body.len());
        assert!(!seen[1].body.is_empty());
    }
}

#[tokio::test]
async fn a_create_is_repeated_when_it_surely_was_not_applied() {
    for (fault, act) in refusals() {
        let server = failing_once(act).await;
        let result = request(&client(&server, PATIENT), "create").await;
        assert!(result.is_ok(), "{fault}: {result:?}");
        assert_eq!(server.seen().len(), 2, "{fault}");
    }
}

#[tokio::test]
async fn a_create_whose_outcome_is_unknown_is_not_repeated() {
    let well = Act::ok(&json!({"id": NAMESPACE, "title": "title"}));
    let without_result = ("success without a result", Act::ok(&Value::Null));
    for (fault, act) in unknown_outcomes(&well).into_iter().chain([without_result]) {
        let server = failing_once(act).await;
        let error = request(&client(&server, policy(fault)), "create").await.unwrap_err();
        assert!(error.outcome_unknown(), "{fault}: {error}");
        assert_eq!(server.seen().len(), 1, "{fault}");
    }
}

#[tokio::test]
async fn a_refusal_is_final_and_its_outcome_known() {
    for what in IDEMPOTENT.into_iter().chain(["value", "create"]) {
        for act in [
            Act::refuse(400, 10012, "could not parse the body"),
            Act::answer(403, &[("content-type", "text/html")], "<html>Forbidden</html>"),
            Act::answer(413, &[], ""),
            Act::refuse(429, 10048, "free usage limit"),
        ] {
            let server = Server::script(vec![act]).await;
            let error = request(&client(&server, PATIENT), what).await.unwrap_err();
            assert_eq!(server.seen().len(), 1, "{what}: {error}");
            assert!(!error.outcome_unknown(), "{what}: {error}");
        }
    }
}

#[tokio::test]
async fn an_outcome_stays_unknown_when_a_later_attempt_is_refused() {
    let acts = vec![Act::answer(502, &[], ""), Act::refuse(403, 10000, "Authentication error")];
    let server = Server::script(acts).await;
    let error = namespaces(&server).rename(NAMESPACE, "new").await.unwrap_err();
    assert!(error.outcome_unknown());
    assert_eq!(error.status(), Some(403));
    assert!(error.to_string().contains("after 2 attempts"), "{error}");
}

#[tokio::test]
async fn only_what_changes_something_has_an_outcome() {
    let policy = RetryPolicy { total: Duration::from_millis(20), ..PATIENT };
    for what in IDEMPOTENT {
        let server = Server::script(vec![Act::Cut]).await;
        let error = request(&client(&server, policy), what).await.unwrap_err();
        let reads = ["accounts", "user", "list", "get", "bulk get", "keys", "metadata"];
        assert_eq!(error.outcome_unknown(), !reads.contains(&what), "{what}");
    }
}

#[tokio::test]
async fn a_wait_beyond_the_limit_fails_at_once_and_names_the_time() {
    let later = [("date", "Fri, 06 Nov 2026 08:00:00 GMT")];
    for retry_after in ["300", "Fri, 06 Nov 2026 08:05:00 GMT"] {
        let headers = [later[0], ("retry-after", retry_after)];
        let server = Server::script(vec![Act::answer(429, &headers, "")]).await;
        let error = namespaces(&server).list().await.unwrap_err();
        assert_eq!(server.seen().len(), 1);
        assert!(error.to_string().contains("wait 300 s"), "{error}");
    }
}

#[tokio::test]
async fn retries_end_at_the_limit() {
    let html = [("content-type", "text/html"), ("cf-ray", "8f-FRA")];
    let server = Server::script(vec![Act::answer(502, &html, "<html>")]).await;
    let total = Duration::from_millis(50);
    let api = client(&server, RetryPolicy { total, ..PATIENT }).namespaces(ACCOUNT);
    let error = api.rename(NAMESPACE, "new").await.unwrap_err();
    assert!(server.seen().len() > 1);
    let text = error.to_string();
    for part in ["PUT /accounts/", "HTTP 502", "HTML", "8f-FRA", "50ms"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!((error.cf_ray(), error.outcome_unknown()), (Some("8f-FRA"), true));
}

#[tokio::test]
async fn an_unreachable_server_is_reported_and_nothing_was_applied() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/client/v4", listener.local_addr().unwrap());
    drop(listener);
    let policy = RetryPolicy { total: Duration::from_millis(50), ..PATIENT };
    let client = Client::new(&url, Credentials::Token("t".into()), policy);
    let error = request(&client.unwrap(), "create").await.unwrap_err();
    assert!(error.to_string().contains("cannot connect"), "{error}");
    assert!(error.to_string().contains("attempts"), "{error}");
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn a_connection_that_is_not_secure_is_not_retried() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/client/v4", listener.local_addr().unwrap());
    let in_clear = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        listener.accept().await.unwrap();
    };
    let client = Client::new(&url, Credentials::Token("hush-hush".into()), PATIENT).unwrap();
    tokio::select! {
        () = in_clear => panic!("it connected again"),
        result = client.accounts() => {
            let error = result.unwrap_err();
            assert!(error.help().unwrap().contains("certificate"), "{error}");
        }
    }
}

#[tokio::test]
async fn one_connection_serves_one_request_after_another() {
    let server = Server::start(well).await;
    let client = client(&server, PATIENT);
    for what in IDEMPOTENT {
        request(&client.clone(), what).await.unwrap();
    }
    assert!(server.seen().len() >= IDEMPOTENT.len());
    assert_eq!(server.connections(), 1);
}

#[test]
fn this_machine_is_reached_despite_proxies_and_missing_certificates() {
    let nowhere = "http://127.0.0.1:9";
    let test = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "faults::one_connection_serves_one_request_after_another"])
        .envs([("HTTP_PROXY", nowhere), ("http_proxy", nowhere), ("ALL_PROXY", nowhere)])
        .envs([("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&test.stdout);
    assert!(output.contains("1 passed"), "{output}");
}
