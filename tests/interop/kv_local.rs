//! `kv-local` stands in for Cloudflare before its own tools.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, from_slice, json};

use crate::tools::{Running, cargo_run, node, succeeded, wrangler};

const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

/// The server, and the environment that points tools at it, as it prints it.
fn server(folder: &Path) -> (Running, Vec<(&'static str, String)>) {
    let mut server = Running::start(
        cargo_run("kv-local", "kv-local")
            .args(["--port", "0", "--account", ACCOUNT, "--root"])
            .arg(folder),
    );
    let names = [
        "CLOUDFLARE_API_TOKEN",
        "CLOUDFLARE_ACCOUNT_ID",
        "CLOUDFLARE_API_BASE_URL",
        "CLOUDFLARE_BASE_URL",
    ];
    let environment = names.map(|name| (name, server.wait_for(&format!("export {name}="))));
    (server, environment.into())
}

#[test]
fn wrangler_works_on_it_as_on_cloudflare() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (_server, environment) = server(folder);
    let kv = |arguments: &[&str]| {
        let mut command: Command = wrangler(folder);
        let output = command.arg("kv").args(arguments).envs(environment.clone()).output().unwrap();
        succeeded(&output);
        output.stdout
    };
    kv(&["namespace", "create", "sessions"]);
    let namespaces: Value = from_slice(&kv(&["namespace", "list"])).unwrap();
    assert_eq!(namespaces[0]["title"], "sessions");
    let id = namespaces[0]["id"].as_str().unwrap();
    let remote = ["--remote", "--namespace-id", id];

    // More than the 1,000 pairs that wrangler puts into one request.
    let pair = |n| {
        json!({ "key": format!("käse/{n:04}"), "value": format!("{n}"),
        "metadata": { "n": n }, "expiration": 2_000_000_000 })
    };
    let pairs: Vec<Value> = (0..1100).map(pair).collect();
    std::fs::write(folder.join("pairs.json"), Value::from(pairs).to_string()).unwrap();
    kv(&[&["bulk", "put", "pairs.json"][..], &remote].concat());
    let keys: Value = from_slice(&kv(&[&["key", "list"][..], &remote].concat())).unwrap();
    assert_eq!(keys.as_array().unwrap().len(), 1100);
    let last =
        json!({ "name": "käse/1099", "expiration": 2_000_000_000, "metadata": { "n": 1099 } });
    assert_eq!(keys[1099], last);
    assert_eq!(kv(&[&["key", "get", "käse/1099"][..], &remote].concat()), b"1099");
}

#[test]
fn the_official_sdk_works_on_it_as_on_cloudflare() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, environment) = server(folder.path());
    let output = node("sdk.mjs").envs(environment).output().unwrap();
    succeeded(&output);
}
