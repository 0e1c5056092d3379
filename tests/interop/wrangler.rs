//! Wrangler reads all that we write on this machine, and we read all that it writes.

use std::path::Path;
use std::sync::{Arc, Mutex};

use futures_util::TryStreamExt as _;
use kv_runtime::{Bytes, Entry, KeyInfo, LocalStore, Store};
use kv_test_support::cloudflare::{ACCOUNT, Cloudflare, TOKEN};
use reference::{Assets, Sessions, assets, sessions};
use serde_json::{Value, from_slice, json};

use crate::tools::{
    Dev, cargo_run, deploy_local, http, namespace_id, succeeded, wrangler, wrangler_kv,
};

const ID: &str = "0123456789abcdef0123456789abcdef";
const EXPIRATION: u64 = 2_000_000_000;

fn store(folder: &Path, id: &str) -> Store {
    LocalStore::open(folder, id).unwrap().into()
}

fn entry<T>(store: &Store, key: impl Into<String>) -> Entry<T> {
    Entry::new(store, key.into()).unwrap()
}

#[test]
fn wrangler_reads_what_a_local_deploy_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    deploy_local("reference", folder);
    let read =
        |title, arguments: &[&str]| wrangler_kv(folder, &namespace_id(folder, title), arguments);
    let sessions: Value = from_slice(&read("user-sessions", &["key", "list"])).unwrap();
    assert_eq!(sessions[0]["name"], "session_123");
    assert!(sessions[0]["expiration"].as_u64().unwrap() > EXPIRATION / 2, "{sessions}");
    let session = read("user-sessions", &["key", "get", "session_123", "--text"]);
    let session: Value = from_slice(&session).unwrap();
    assert_eq!(session, json!({ "userId": "user_456", "role": "admin" }));

    let assets: Value = from_slice(&read("static-assets", &["key", "list"])).unwrap();
    let metadata = json!({ "contentType": "application/javascript", "etag": "abc123" });
    assert_eq!(assets, json!([{ "name": "main.js", "metadata": metadata }]));
    let script = read("static-assets", &["key", "get", "main.js", "--text"]);
    assert_eq!(String::from_utf8(script).unwrap().trim_end(), "content...");
}

#[tokio::test]
async fn wrangler_reads_any_value_that_the_local_store_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let store = store(folder, ID);
    let binary: Bytes = (0..=255).cycle().take(1 << 20).collect();
    entry(&store, "binary").put(&binary).await.unwrap();
    entry(&store, "empty").put(&String::new()).await.unwrap();
    let metadata = json!({ "größe": [1, null] });
    let entry = entry(&store, "käse/🧀");
    entry.put(&u64::MAX).metadata(&metadata).expiration(EXPIRATION).await.unwrap();

    let keys: Value = from_slice(&wrangler_kv(folder, ID, &["key", "list"])).unwrap();
    let cheese = json!({ "name": "käse/🧀", "expiration": EXPIRATION, "metadata": metadata });
    assert_eq!(keys, json!([{ "name": "binary" }, { "name": "empty" }, cheese]));
    assert!(wrangler_kv(folder, ID, &["key", "get", "binary"]) == binary);
    assert!(wrangler_kv(folder, ID, &["key", "get", "empty"]).is_empty());
    assert_eq!(wrangler_kv(folder, ID, &["key", "get", "käse/🧀"]), b"18446744073709551615");
}

#[tokio::test]
async fn the_local_store_reads_all_that_wrangler_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let pairs = json!([
        { "key": "session_123", "value": r#"{"userId":"user_1","role":"guest","more":1}"# },
        { "key": "binary", "value": "AP/+", "base64": true },
        { "key": "käse/🧀", "value": "18446744073709551615", "expiration": EXPIRATION,
            "metadata": { "größe": [1, null] } },
        { "key": "ttl", "value": "", "expiration_ttl": 3600 },
        { "key": "main.js", "value": "new",
            "metadata": { "contentType": "text/javascript", "etag": "e" } },
    ]);
    std::fs::write(folder.join("pairs.json"), pairs.to_string()).unwrap();
    wrangler_kv(folder, ID, &["bulk", "put", "pairs.json"]);

    let store = store(folder, ID);
    let session = Sessions::new(store.clone()).session_123().get().await.unwrap();
    let expected = sessions::Session123 { user_id: "user_1".into(), role: "guest".into() };
    assert_eq!(session, Some(expected));
    let script = Assets::new(store.clone()).main_js().get_with_metadata().await.unwrap();
    let metadata =
        assets::MainJsMetadata { content_type: "text/javascript".into(), etag: "e".into() };
    assert_eq!(script, Some(("new".to_owned(), Some(metadata))));
    let binary = entry::<Bytes>(&store, "binary").get().await.unwrap();
    assert_eq!(binary.as_deref(), Some(&[0, 255, 254][..]));
    assert_eq!(entry(&store, "käse/🧀").get().await.unwrap(), Some(u64::MAX));

    let keys: Vec<KeyInfo> = store.list("").try_collect().await.unwrap();
    let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(names, ["binary", "käse/🧀", "main.js", "session_123", "ttl"]);
    assert_eq!(keys[1].expiration, Some(EXPIRATION));
    assert_eq!(keys[1].metadata, Some(json!({ "größe": [1, null] })));
    assert!(keys[4].expiration > Some(EXPIRATION / 2));

    std::fs::write(folder.join("keys.json"), json!(["binary", "ttl"]).to_string()).unwrap();
    wrangler_kv(folder, ID, &["bulk", "delete", "keys.json", "--force"]);
    let keys: Vec<KeyInfo> = store.list("").try_collect().await.unwrap();
    assert_eq!(keys.len(), 3);
}

#[tokio::test]
async fn a_running_worker_a_deploy_and_wrangler_share_the_files() {
    const WRITES: usize = 50;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let dev = Dev::start_javascript(folder, &[("KV", ID)]);
    let (store, http) = (store(folder, ID), http());
    // workerd does not wait while another process commits, wrangler's own commands included: it
    // answers 500, and whoever wrote tries again.
    let put = async |key: String, value: String| {
        let url = format!("{}/{key}", dev.url);
        for _ in 0..100 {
            let answer = http.put(&url).body(value.clone()).send().await.unwrap();
            if answer.status() == 200 {
                return;
            }
            assert_eq!(answer.status(), 500);
        }
        panic!("the Worker could not put `{key}`");
    };

    // Both write at once, each other's keys too.
    let ours = async {
        for n in 0..WRITES {
            entry(&store, format!("rust/{n}")).put(&n).await.unwrap();
            entry(&store, "both").put(&n).await.unwrap();
        }
    };
    let theirs = async {
        for n in 0..WRITES {
            put(format!("worker/{n}"), n.to_string()).await;
            put("both".to_owned(), n.to_string()).await;
        }
    };
    let deploy = tokio::task::spawn_blocking({
        let folder = folder.to_owned();
        move || deploy_local("reference", &folder)
    });
    let ((), (), deployed) = tokio::join!(ours, theirs, deploy);
    deployed.unwrap();

    let last = WRITES - 1;
    let answer = http.get(format!("{}/rust/{last}", dev.url)).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), last.to_string());
    let answer = http.get(format!("{}/both", dev.url)).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), last.to_string());
    let read = Entry::<usize>::new(&store, format!("worker/{last}")).unwrap();
    let read = read.get_with_metadata().await.unwrap();
    assert_eq!(read, Some((last, Some(json!({ "by": "a Worker" })))));
    let keys: Vec<KeyInfo> = store.list("").try_collect().await.unwrap();
    assert_eq!(keys.len(), 2 * WRITES + 1);
    let listed: Value = from_slice(&wrangler_kv(folder, ID, &["key", "list"])).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2 * WRITES + 1);
    let wrote = wrangler_kv(folder, ID, &["key", "put", "wrangler", "while it runs"]);
    assert!(!wrote.is_empty());
    let answer = http.get(format!("{}/wrangler", dev.url)).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "while it runs");
}

/// A server that answers `wrangler preview`, and what was uploaded to it.
async fn preview_server() -> (String, Arc<Mutex<String>>) {
    let uploaded = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&uploaded);
    let answer = async move |body: axum::body::Bytes| {
        kept.lock().unwrap().push_str(&String::from_utf8_lossy(&body));
        let found = json!({ "id": "preview", "name": "preview" });
        axum::Json(json!({ "success": true, "errors": [], "messages": [], "result": found }))
    };
    let app = axum::Router::new().fallback(answer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/client/v4", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, uploaded)
}

#[tokio::test(flavor = "multi_thread")]
async fn wrangler_binds_what_was_deployed_to_a_preview() {
    let cloudflare = Cloudflare::start();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let config = folder.join("wrangler.jsonc");
    let written = json!({ "name": "app", "main": "worker.mjs", "compatibility_date": "2026-01-01", "account_id": ACCOUNT });
    std::fs::write(&config, written.to_string()).unwrap();
    std::fs::write(folder.join("worker.mjs"), "export default { fetch() {} };").unwrap();
    let deployed = cargo_run("tests", "fixture")
        .args(["--stage", "pr-7", "--yes", "--adopt", "--wrangler-previews"])
        .arg(format!("--wrangler={}", config.display()))
        .arg(format!("--state=file:{}", folder.join("kv").display()))
        .env("FIXTURE", "v1")
        .env("CLOUDFLARE_API_BASE_URL", cloudflare.base_url())
        .env("CLOUDFLARE_API_TOKEN", TOKEN)
        .env("CLOUDFLARE_ACCOUNT_ID", ACCOUNT)
        .output()
        .unwrap();
    succeeded(&deployed);
    let (url, uploaded) = preview_server().await;
    let previewed = wrangler(folder)
        .args(["preview", "--name", "pr-7"])
        .env("CLOUDFLARE_API_BASE_URL", url)
        .env("CLOUDFLARE_API_TOKEN", TOKEN)
        .output()
        .unwrap();
    succeeded(&previewed);
    let uploaded = uploaded.lock().unwrap().clone();
    let line = uploaded.lines().find(|line| line.starts_with("{\"main_module\""));
    let metadata: Value =
        serde_json::from_str(line.unwrap_or_else(|| panic!("{uploaded}"))).unwrap();
    let title = "user-data";
    let users = json!({ "type": "kv_namespace", "namespace_id": cloudflare.namespace(title).id });
    assert_eq!(metadata["env"]["USERS"], users, "{metadata}");
}
