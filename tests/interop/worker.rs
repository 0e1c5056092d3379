//! The example's Worker, on workerd, over what `deploy --local` wrote.

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::TryStreamExt as _;
use kv_runtime::{Bytes, Entry, LocalStore};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sessions_worker::{Session, Sessions, Visit};

use crate::tools::{Dev, deploy, http, namespace_id, workspace};

/// The example after the first command of its README, with its Worker already built.
fn example(folder: &Path) -> Dev {
    let config = folder.join("wrangler.toml");
    let committed = workspace().join("examples/worker/wrangler.toml");
    let text = std::fs::read_to_string(committed).unwrap();
    let (before, build) = text.split_once("[build]").unwrap();
    let (_, after) = build.split_once("\n\n").unwrap();
    std::fs::write(&config, format!("{before}{after}")).unwrap();
    let built = workspace().join("target/worker/sessions-worker");
    assert!(built.join("index.js").exists(), "run tests/interop/run, which builds the Worker");
    std::os::unix::fs::symlink(built, folder.join("build")).unwrap();

    let local = format!("--local={}", folder.display());
    let wrangler = format!("--wrangler={}", config.display());
    deploy("sessions-worker", folder, &[&local, &wrangler]);
    Dev::start(folder)
}

#[tokio::test]
async fn the_worker_serves_what_was_deployed_and_stores_what_it_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let dev = example(folder);
    let http = http();
    let url = |path: &str| format!("{}/{path}", dev.url);
    let get = async |path: &str| http.get(url(path)).send().await.unwrap();
    let list = async || get("sessions/").await.json::<Vec<Value>>().await.unwrap();

    // Seeded values: a map, a key that is not ASCII, an integer that JavaScript would round.
    let demo = get("sessions/demo").await.text().await.unwrap();
    assert_eq!(demo, r#"{"user_id":18446744073709551615,"cart":{"Käse":1,"apple":3}}"#);
    // Typed metadata, which the deploy added itself.
    let greeting = get("grüße.txt").await;
    assert_eq!(greeting.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(greeting.headers()["etag"].len(), 34);
    assert_eq!(greeting.text().await.unwrap(), "Grüße aus Workers KV.\n");
    let page = get("").await;
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(page.text().await.unwrap().contains("Hello from Workers KV"));
    // The family's TTL, and the seeded entry's metadata, in a listing.
    let seeded = list().await;
    assert_eq!((&seeded[0]["id"], &seeded[0]["agent"]), (&json!("demo"), &json!("the deploy")));
    assert!(seeded[0]["ends"].is_u64(), "{seeded:?}");
    // Missing keys.
    assert_eq!(get("sessions/nobody").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(get("no.txt").await.status(), StatusCode::NOT_FOUND);

    // The Worker and every other program read what the Worker puts.
    let session = Session {
        user_id: u64::MAX - 1,
        cart: BTreeMap::from([("crème brûlée".to_owned(), u32::MAX), (String::new(), 0)]),
    };
    let put = http.put(url("sessions/zoë/1")).header("User-Agent", "a test");
    assert_eq!(put.json(&session).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(get("sessions/zoë/1").await.json::<Session>().await.unwrap(), session);
    let listed = list().await;
    assert_eq!(listed.len(), 2);
    assert_eq!((&listed[1]["id"], &listed[1]["agent"]), (&json!("zoë/1"), &json!("a test")));

    let id = namespace_id(folder, "sessions-worker-dev-sessions");
    let sessions = Sessions::new(LocalStore::open(folder, &id).unwrap());
    let stored = sessions.session("zoë/1").get_with_metadata().await.unwrap();
    assert_eq!(stored, Some((session.clone(), Some(Visit { agent: "a test".to_owned() }))));
    let all: Vec<_> = sessions.session_list().try_collect().await.unwrap();
    assert_eq!(all[1].0, "zoë/1");
    assert_eq!(all[1].1.expiration, listed[1]["ends"].as_u64());
    assert!(all[1].1.expiration.is_some());
    // The Worker reads what others put while it runs.
    sessions.session("native").put(&session).await.unwrap();
    assert_eq!(get("sessions/native").await.json::<Session>().await.unwrap(), session);

    let delete = http.delete(url("sessions/zoë/1")).send().await.unwrap();
    assert_eq!(delete.status(), StatusCode::OK);
    assert_eq!(get("sessions/zoë/1").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(sessions.session("zoë/1").get().await.unwrap(), None);

    // Errors say what is wrong, and come before a request.
    let refused = get(&format!("sessions/{}", "x".repeat(505))).await;
    assert_eq!(refused.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let text = refused.text().await.unwrap();
    assert!(text.contains("512 bytes") && text.contains("`session:{id}`"), "{text}");
    let broken = Entry::<String>::new(sessions.store(), "session:broken").unwrap();
    broken.put(&"not JSON".to_owned()).await.unwrap();
    let text = get("sessions/broken").await.text().await.unwrap();
    assert!(text.contains("the value of `session:broken` cannot be read"), "{text}");
}

#[tokio::test]
async fn a_binding_keeps_what_every_store_promises() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let config = "name = \"daily-worker\"\nmain = \"build/index.js\"\n\
        compatibility_date = \"2026-01-01\"\n\
        [[kv_namespaces]]\nbinding = \"DAILY\"\nid = \"daily\"\n";
    std::fs::write(folder.join("wrangler.toml"), config).unwrap();
    let built = workspace().join("target/worker/daily-worker");
    std::os::unix::fs::symlink(built, folder.join("build")).unwrap();
    let dev = Dev::start(folder);
    let answer = http().get(&dev.url).send().await.unwrap().text().await.unwrap();
    assert_eq!(answer, "all promises are kept");

    let body = vec![7; 3_000_000];
    let put = http().put(&dev.url).body(body.clone()).send().await.unwrap();
    assert_eq!(put.text().await.unwrap(), "it was put");
    let store = LocalStore::open(folder, "daily").unwrap();
    let stored = Entry::<Bytes, u32>::new(&store.into(), "file:body").unwrap();
    assert_eq!(stored.get().await.unwrap().unwrap(), body);
    let info = stored.info().await.unwrap().unwrap();
    assert!(info.metadata == Some(7) && info.expiration.is_some(), "{info:?}");
}
