//! The store against a small S3 server of its own, which can be wrong. `tests/s3` has a real one.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use super::*;
use crate::state::Session;

/// A bucket of a server on this machine.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<Contents>>);

#[derive(Default)]
struct Contents {
    objects: BTreeMap<String, (Bytes, u64, SystemTime)>,
    writes: u64,
    /// How far its clock is ahead.
    ahead: Duration,
    ignored: &'static [&'static str],
    /// Requests that it fails before it answers one.
    failing: u32,
}

impl Server {
    async fn start(&self) -> S3StateStore {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/bucket/", get(list))
            .route("/bucket/{*name}", get(read).put(write).delete(delete))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        store(address)
    }

    fn change(&self, change: impl FnOnce(&mut Contents)) {
        change(&mut self.0.lock().unwrap());
    }

    fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().objects.keys().cloned().collect()
    }
}

impl Contents {
    fn now(&self) -> SystemTime {
        SystemTime::now() + self.ahead
    }

    fn ignores(&self, condition: &str) -> bool {
        self.ignored.contains(&condition)
    }
}

fn store(address: SocketAddr) -> S3StateStore {
    let place = Place {
        endpoint: Some(format!("http://{address}")),
        region: "auto".to_owned(),
        bucket: "bucket".to_owned(),
        signer: Signer::Given(Credentials {
            key_id: "id".to_owned(),
            secret: "hush".into(),
            session_token: None,
        }),
    };
    S3StateStore::new(Bucket::new(place).unwrap(), "s3://bucket".to_owned(), "states")
}

async fn read(State(server): State<Server>, Path(name): Path<String>) -> Response {
    let mut contents = server.0.lock().unwrap();
    if contents.failing > 0 {
        contents.failing -= 1;
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let Some((bytes, version, written)) = contents.objects.get(&name) else {
        return (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>").into_response();
    };
    let headers = [
        (header::ETAG, format!("\"{version}\"")),
        (header::LAST_MODIFIED, httpdate::fmt_http_date(*written)),
        (header::DATE, httpdate::fmt_http_date(contents.now())),
    ];
    (headers, bytes.clone()).into_response()
}

async fn write(
    State(server): State<Server>,
    Path(name): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let mut contents = server.0.lock().unwrap();
    let tag = contents.objects.get(&name).map(|(_, version, _)| format!("\"{version}\""));
    let asked = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let holds = match (asked("if-none-match"), asked("if-match")) {
        (Some(_), _) => tag.is_none() || contents.ignores("If-None-Match"),
        (_, Some(wanted)) => tag == Some(wanted) || contents.ignores("If-Match"),
        _ => true,
    };
    if !holds {
        return StatusCode::PRECONDITION_FAILED.into_response();
    }
    contents.writes += 1;
    let (version, now) = (contents.writes, contents.now());
    contents.objects.insert(name, (bytes, version, now));
    [(header::ETAG, format!("\"{version}\""))].into_response()
}

async fn delete(State(server): State<Server>, Path(name): Path<String>) -> StatusCode {
    server.change(|contents| drop(contents.objects.remove(&name)));
    StatusCode::NO_CONTENT
}

/// Pages of one name each.
async fn list(
    State(server): State<Server>,
    Query(query): Query<HashMap<String, String>>,
) -> String {
    let prefix = &query["prefix"];
    let mut entries: Vec<_> = server
        .names()
        .iter()
        .filter_map(|name| {
            let rest = name.strip_prefix(prefix.as_str())?;
            Some(match rest.split_once('/') {
                Some((folder, _)) => {
                    format!("<CommonPrefixes><Prefix>{prefix}{folder}/</Prefix></CommonPrefixes>")
                }
                None => format!("<Contents><Key>{name}</Key></Contents>"),
            })
        })
        .collect();
    entries.dedup();
    let at = query.get("continuation-token").map_or(0, |token| token.parse().unwrap());
    let next = (at + 1 < entries.len())
        .then(|| format!("<NextContinuationToken>{}</NextContinuationToken>", at + 1));
    let entry = entries.get(at).cloned().unwrap_or_default();
    format!("<?xml version=\"1.0\"?><Result>{entry}{}</Result>", next.unwrap_or_default())
}

fn stage() -> StageKey {
    StageKey::new("shop", "dev").unwrap()
}

#[tokio::test]
async fn the_lock_of_a_dead_holder_is_taken_over_after_its_lease_by_the_stores_clock() {
    let server = Server::default();
    let store = server.start().await;
    drop(Session::open(&store, &stage()).await.unwrap());
    let error = Session::open(&store, &stage()).await.unwrap_err();
    assert!(matches!(error, StateError::Locked { holder: Some(_), .. }), "{error}");
    server.change(|contents| contents.ahead = Duration::from_mins(3));
    Session::open(&store, &stage()).await.unwrap().close().await.unwrap();
}

#[tokio::test]
async fn a_lock_can_be_broken_by_hand() {
    let server = Server::default();
    let store = server.start().await;
    drop(Session::open(&store, &stage()).await.unwrap());
    let holder = store.unlock(&stage()).await.unwrap().unwrap();
    assert_eq!(holder.pid, std::process::id());
    assert_eq!(store.unlock(&stage()).await.unwrap(), None);
    Session::open(&store, &stage()).await.unwrap().close().await.unwrap();
}

#[tokio::test]
async fn who_was_taken_for_dead_and_is_not_writes_nothing_over() {
    let server = Server::default();
    let store = server.start().await;
    let mut slow = Session::open(&store, &stage()).await.unwrap();
    server.change(|contents| contents.ahead = Duration::from_mins(3));
    let mut quick = Session::open(&store, &stage()).await.unwrap();
    quick.save().await.unwrap();
    let saved = store.read(&stage()).await.unwrap();
    let error = slow.save().await.unwrap_err();
    assert!(matches!(error, StateError::LockLost { .. }), "{error}");
    assert_eq!(store.read(&stage()).await.unwrap(), saved);
}

#[tokio::test]
async fn nothing_but_the_document_is_left_behind() {
    let server = Server::default();
    let store = server.start().await;
    drop(Session::open(&store, &stage()).await.unwrap());
    server.change(|contents| contents.ahead = Duration::from_mins(3));
    let mut session = Session::open(&store, &stage()).await.unwrap();
    session.save().await.unwrap();
    session.close().await.unwrap();
    assert_eq!(server.names(), ["states/shop/dev.json"]);
}

#[tokio::test]
async fn a_store_that_ignores_a_condition_is_refused_by_name_and_left_empty() {
    for ignored in [&["If-None-Match", "If-Match"][..], &["If-Match"]] {
        let server = Server::default();
        server.change(|contents| contents.ignored = ignored);
        let store = server.start().await;
        let opened = (0..8).map(|_| async { Session::open(&store, &stage()).await });
        for opened in futures_util::future::join_all(opened).await {
            let error = opened.unwrap_err();
            let refused = matches!(&error, StateError::Unconditional { condition, .. } if *condition == ignored[0]);
            let locked = matches!(&error, StateError::Locked { .. }) && ignored.len() == 1;
            assert!(refused || locked, "{error}");
        }
        assert!(server.names().is_empty(), "{:?}", server.names());
    }
}

#[tokio::test]
async fn what_a_failing_server_did_not_answer_is_asked_again() {
    let server = Server::default();
    let store = server.start().await;
    server.change(|contents| contents.failing = 2);
    assert_eq!(store.read(&stage()).await.unwrap(), None);
}

#[tokio::test]
async fn a_listing_is_read_to_its_last_page() {
    let server = Server::default();
    let store = server.start().await;
    for name in ["shop/dev.json", "shop/prod.json", "shop/prod.lock", "blog/dev.json", "notes.txt"]
    {
        let name = format!("states/{name}");
        store.bucket.put(&name, Bytes::new(), &Replaces::Nothing).await.unwrap();
    }
    assert_eq!(store.apps().await.unwrap(), ["blog", "shop"]);
    assert_eq!(store.stages("shop").await.unwrap(), ["dev", "prod"]);
    assert!(store.stages("none").await.unwrap().is_empty());
}

/// Where Cloudflare's API verifies tokens, and a bucket that takes only what is signed.
struct R2 {
    of_account: StatusCode,
    of_user: StatusCode,
    status: &'static str,
}

impl R2 {
    async fn start(self) -> S3StateStore {
        const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let verified = format!(r#"{{"result":{{"id":"tokenid1","status":"{}"}}}}"#, self.status);
        let verify = |status: StatusCode| {
            let verified = verified.clone();
            get(async move |headers: HeaderMap| {
                assert_eq!(headers["authorization"], "Bearer token-of-the-account");
                (status, verified)
            })
        };
        let router = Router::new()
            .route(&format!("/v4/accounts/{ACCOUNT}/tokens/verify"), verify(self.of_account))
            .route("/v4/user/tokens/verify", verify(self.of_user))
            .route("/bucket/{*name}", get(signed));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let token = Token {
            account_id: ACCOUNT.to_owned(),
            value: "token-of-the-account".into(),
            base_url: format!("{origin}/v4"),
        };
        assert_eq!(token.endpoint(), format!("https://{ACCOUNT}.r2.cloudflarestorage.com"));
        let place = Place {
            endpoint: Some(origin),
            region: "auto".to_owned(),
            bucket: "bucket".to_owned(),
            signer: Signer::Token(token, OnceCell::new()),
        };
        S3StateStore::new(Bucket::new(place).unwrap(), "r2://bucket".to_owned(), "states")
    }
}

/// Answers what is signed with the token's id and the hash of its text.
async fn signed(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let text = |name: &str| headers[name].to_str().unwrap();
    let (date, time) = text("x-amz-date").split_at(8);
    let at = format!(
        "{}-{}-{}{}:{}:{}Z",
        &date[..4],
        &date[4..6],
        &date[6..],
        &time[..3],
        &time[3..5],
        &time[5..7]
    );
    let credentials = Credentials {
        key_id: "tokenid1".to_owned(),
        secret: "b31d5e7ce5275d2243bc70461b09eb78525b82ce251ca9cd6cc1e79a34b73b74".into(),
        session_token: None,
    };
    let path = format!("/bucket/{name}");
    let (host, query, body) = (text("host"), &[][..], &b""[..]);
    let unsigned = sign::Unsigned { method: "GET", host, path: &path, query, body };
    let expected = sign::headers(unsigned, &credentials, "auto", at.parse().unwrap());
    let (_, expected) = expected.last().unwrap();
    if text("authorization") != expected {
        return StatusCode::FORBIDDEN.into_response();
    }
    (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>").into_response()
}

#[tokio::test]
async fn r2_is_signed_with_what_the_api_token_is() {
    let (yes, no) = (StatusCode::OK, StatusCode::UNAUTHORIZED);
    // A token of the account, and one of a user.
    for (of_account, of_user) in [(yes, no), (no, yes)] {
        let store = R2 { of_account, of_user, status: "active" }.start().await;
        assert_eq!(store.read(&stage()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_named_as_such() {
    let (yes, no) = (StatusCode::OK, StatusCode::UNAUTHORIZED);
    for (server, said) in [
        (
            R2 { of_account: no, of_user: no, status: "active" },
            "the API token is refused: HTTP 401",
        ),
        (
            R2 { of_account: yes, of_user: no, status: "expired" },
            "the API token is refused: expired",
        ),
    ] {
        let error = server.start().await.read(&stage()).await.unwrap_err();
        let StateError::Object { source, .. } = &error else { panic!("{error}") };
        assert_eq!(source.to_string(), said);
        assert!(error.to_string().contains("r2://bucket/states/shop/dev.json"), "{error}");
    }
}

#[test]
fn a_url_names_a_bucket() {
    for bad in [
        "s3://",
        "s3:bucket",
        "s3:///prefix",
        "gs://bucket",
        "s3://KEY:SECRET@bucket/x",
        "r2://",
        "r2:bucket",
    ] {
        let error = S3StateStore::open(bad).unwrap_err();
        assert!(matches!(error, StateError::UnknownStore(_)), "{bad}: {error}");
    }
}
