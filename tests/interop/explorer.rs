//! Our API client on miniflare's local explorer, which is Cloudflare's own mirror of the account
//! API in a running `wrangler dev`.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use futures_util::TryStreamExt as _;
use kv_runtime::api::{BulkOutcome, Client, Credentials, RetryPolicy};
use kv_runtime::state::FileStateStore;
use kv_runtime::{Entry, KeyInfo, Namespace as _, Store, kv_namespace};
use serde_json::{Value, json};

use crate::tools::{Dev, http};

const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";
const ID: &str = "fedcba9876543210fedcba9876543210";

kv_namespace! {
    struct Mirrored;
    // The explorer names a namespace after its binding, and creates none.
    title: "KV",
    adopt: true,
    values: [
        { key: "greeting", value: "hello" },
        { key: "käse/🧀", value: { max: 18446744073709551615 }, metadata: { größe: 1 } },
        { key: "later", value: [1, 2], expiration: 2_000_000_000 },
    ]
}

/// The explorer has a single account, so its paths name none. This adds the account to them.
async fn account_api(dev: &Dev) -> String {
    let base = format!("{}/cdn-cgi/local/explorer/api", dev.url);
    let forward = async move |request: Request| {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().unwrap().as_str();
        let path = path.strip_prefix(&format!("/accounts/{ACCOUNT}")).unwrap();
        let mut sent = http().request(parts.method, format!("{base}{path}"));
        if let Some(kind) = parts.headers.get("content-type") {
            sent = sent.header("content-type", kind);
        }
        let answer = sent.body(to_bytes(body, usize::MAX).await.unwrap()).send().await.unwrap();
        let mut response = Response::new(Body::empty());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        *response.body_mut() = Body::from(answer.bytes().await.unwrap());
        response
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, Router::new().fallback(forward)).into_future());
    format!("http://{address}")
}

#[tokio::test]
async fn a_deploy_and_the_rest_store_work_on_the_explorer_of_a_running_worker() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let dev = Dev::start_javascript(folder, &[("KV", ID)]);
    let api = account_api(&dev).await;
    let client = Client::new(&api, Credentials::Token("unused".into()), RetryPolicy::default());
    let namespaces = client.unwrap().namespaces(ACCOUNT);

    let deploy = Mirrored::deploy().base_url(&api).api_token("unused").account_id(ACCOUNT);
    let deployed = deploy.state(FileStateStore::new(folder.join("kv"))).await.unwrap();
    let store: Store = deployed.store();
    let mirrored = Mirrored::from_store(store.clone());
    assert_eq!(mirrored.greeting().get().await.unwrap().as_deref(), Some("hello"));
    let max = mirrored.käse().get().await.unwrap();
    assert_eq!(max.unwrap().max, u64::MAX);
    let keys: Vec<KeyInfo> = store.list("").try_collect().await.unwrap();
    let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(names, ["greeting", "käse/🧀", "later"]);
    assert_eq!(keys[1].metadata, Some(json!({ "größe": 1 })));
    assert_eq!(keys[2].expiration, Some(2_000_000_000));

    // What the store writes, the Worker reads; what is gone for one is gone for the other.
    let entry = Entry::<String, Value>::new(&store, "a/b ?#%2F").unwrap();
    entry.put(&"ü".to_owned()).metadata(&json!([1])).await.unwrap();
    let answer = http().get(format!("{}/a%2Fb%20%3F%23%252F", dev.url)).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "ü");
    assert_eq!(entry.get().await.unwrap().as_deref(), Some("ü"));
    entry.delete().await.unwrap();
    assert_eq!(entry.get().await.unwrap(), None);
    let answer = http().get(format!("{}/a%2Fb%20%3F%23%252F", dev.url)).send().await.unwrap();
    assert_eq!(answer.status(), 404);

    let deleted = namespaces.bulk_delete(ID, &["later", "käse/🧀"]).await.unwrap();
    assert_eq!(deleted, BulkOutcome::Accounted { unsuccessful_keys: Vec::new() });
    let keys: Vec<KeyInfo> = store.list("").try_collect().await.unwrap();
    assert_eq!(keys.len(), 1);
}
