//! `…/bulk`, `…/bulk/delete` and `…/bulk/get`.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{Api, code, failure, result, send};

struct Bulk {
    api: Api,
    namespace: String,
}

impl Bulk {
    async fn new() -> Self {
        let api = Api::new().await;
        let namespace = api.namespace().await;
        Self { api, namespace }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.api.kv(method, &format!("{}{path}", self.namespace))
    }

    fn put(&self, pairs: &Value) -> RequestBuilder {
        self.request(Method::PUT, "/bulk").json(pairs)
    }

    fn get(&self, query: &Value) -> RequestBuilder {
        self.request(Method::POST, "/bulk/get").json(query)
    }

    async fn names(&self) -> Vec<String> {
        let keys = result(self.request(Method::GET, "/keys")).await;
        let keys = keys.as_array().unwrap().iter();
        keys.map(|key| key["name"].as_str().unwrap().to_owned()).collect()
    }
}

fn all_of(count: usize) -> Value {
    json!({ "successful_key_count": count, "unsuccessful_keys": [] })
}

#[tokio::test]
async fn pairs_are_written_read_and_deleted_in_bulk() {
    let bulk = Bulk::new().await;
    let pairs = json!([
        { "key": "a/b ü", "value": "{\"x\": \"\\u00fc\"}", "metadata": { "m": [1.50, "\n"] } },
        { "key": "binary", "value": "AP8K", "base64": true },
        { "key": "base64 text", "value": "AP8K", "base64": false, "expiration": null },
        { "key": "expiring", "value": "", "expiration": 2_000_000_000, "unknown": 1 },
    ]);
    assert_eq!(result(bulk.put(&pairs)).await, all_of(4));
    let binary = send(bulk.request(Method::GET, "/values/binary")).await;
    assert_eq!(binary.bytes().await.unwrap(), [0, 255, 10].as_slice());

    let keys = json!({ "keys": ["a/b ü", "base64 text", "missing", "a/b ü"] });
    let expected = json!({ "values": { "a/b ü": "{\"x\": \"\\u00fc\"}", "base64 text": "AP8K", "missing": null } });
    assert_eq!(result(bulk.get(&keys)).await, expected);
    let keys = json!({ "keys": ["a/b ü", "expiring", "missing"], "withMetadata": true });
    let expected = json!({ "values": {
        "a/b ü": { "value": "{\"x\": \"\\u00fc\"}", "metadata": { "m": [1.50, "\n"] } },
        "expiring": { "value": "", "metadata": null, "expiration": 2_000_000_000 },
        "missing": null,
    } });
    assert_eq!(result(bulk.get(&keys)).await, expected);
    let keys = json!({ "keys": ["a/b ü"], "type": "json" });
    assert_eq!(result(bulk.get(&keys)).await, json!({ "values": { "a/b ü": { "x": "ü" } } }));

    let keys = json!(["a/b ü", "binary", "missing"]);
    let deleted = bulk.request(Method::POST, "/bulk/delete").json(&keys);
    assert_eq!(result(deleted).await, all_of(3));
    assert_eq!(bulk.names().await, ["base64 text", "expiring"]);
    let deleted = bulk.request(Method::DELETE, "/bulk").json(&json!(["expiring"]));
    assert_eq!(result(deleted).await, all_of(1));
    assert_eq!(bulk.names().await, ["base64 text"]);
}

#[tokio::test]
async fn one_bad_item_fails_the_whole_request() {
    let bulk = Bulk::new().await;
    result(bulk.put(&json!([{ "key": "old", "value": "" }]))).await;
    for bad in [
        json!({ "key": "..", "value": "" }),
        json!({ "key": "", "value": "" }),
        json!({ "key": "k".repeat(513), "value": "" }),
        json!({ "key": "k", "value": "", "expiration_ttl": 59 }),
        json!({ "key": "k", "value": "", "expiration_ttl": 60.5 }),
        json!({ "key": "k", "value": "", "expiration": 3600 }),
        json!({ "key": "k", "value": "", "expiration": 2_147_483_648_u64 }),
        json!({ "key": "k", "value": "", "metadata": "m".repeat(1023) }),
        json!({ "key": "k", "value": "%", "base64": true }),
        json!({ "key": "k", "value": { "not": "a string" } }),
        json!({ "key": "k" }),
        json!({ "value": "" }),
        json!("k"),
    ] {
        let request = bulk.put(&json!([{ "key": "new", "value": "" }, bad]));
        assert_eq!(code(request).await, (400, 10012), "{bad}");
        assert_eq!(bulk.names().await, ["old"]);
    }
    let delete = bulk.request(Method::POST, "/bulk/delete").json(&json!(["old", ""]));
    assert_eq!(code(delete).await, (400, 10012));
    assert_eq!(bulk.names().await, ["old"]);
    let blobs = format!("v3/kv{}/blobs", bulk.namespace);
    let blobs = std::fs::read_dir(bulk.api.folder.path().join(blobs)).unwrap();
    assert_eq!(blobs.count(), 1, "a refused request leaves no value behind");
}

#[tokio::test]
async fn the_error_names_the_key_and_the_rule() {
    let bulk = Bulk::new().await;
    let pairs = json!([{ "key": "a\n", "value": "", "expiration_ttl": 59 }]);
    let (_, _, message) = failure(bulk.put(&pairs)).await;
    assert!(message.contains("a\\n") && message.contains("59"), "{message}");
}

#[tokio::test]
async fn a_body_that_is_not_an_array_is_refused() {
    let bulk = Bulk::new().await;
    for (method, path) in
        [(Method::PUT, "/bulk"), (Method::POST, "/bulk/delete"), (Method::POST, "/bulk/get")]
    {
        for body in ["", "{", "5", "[", "[] []", "{\"keys\":5}", "[{\"key\":\"\\ud800\"}]"] {
            let request = bulk.request(method.clone(), path).body(body);
            assert_eq!(code(request).await.0, 400, "{path} {body}");
        }
    }
}

#[tokio::test]
async fn a_request_has_at_most_10_000_items() {
    let bulk = Bulk::new().await;
    let keys = |count: usize| (0..count).map(|key| key.to_string());
    let pairs =
        |count| -> Value { keys(count).map(|key| json!({ "key": key, "value": "v" })).collect() };
    assert_eq!(code(bulk.put(&pairs(10_001))).await, (400, 10012));
    assert_eq!(bulk.names().await, [""; 0]);
    assert_eq!(result(bulk.put(&pairs(10_000))).await, all_of(10_000));
    let delete =
        |count| bulk.request(Method::POST, "/bulk/delete").json(&keys(count).collect::<Vec<_>>());
    assert_eq!(code(delete(10_001)).await, (400, 10012));
    assert_eq!(bulk.names().await.len(), 1000);
    assert_eq!(result(delete(10_000)).await, all_of(10_000));
    assert_eq!(bulk.names().await, [""; 0]);
    assert_eq!(result(bulk.put(&json!([]))).await, all_of(0));
}

#[tokio::test]
async fn a_value_is_measured_as_it_is_stored() {
    let bulk = Bulk::new().await;
    let limit = 26_214_400;
    // 4 characters of base64 are 3 bytes: longer than the limit as sent, not as stored.
    let largest = format!("{}AA==", "AAAA".repeat(limit / 3));
    let pair = |value: &str| json!([{ "key": "k", "value": value, "base64": true }]);
    assert_eq!(result(bulk.put(&pair(&largest))).await, all_of(1));
    let too_large = format!("{}AAA=", "AAAA".repeat(limit / 3));
    assert_eq!(code(bulk.put(&pair(&too_large))).await, (400, 10012));
}

#[tokio::test]
async fn a_body_has_at_most_100_megabytes() {
    let bulk = Bulk::new().await;
    let body = |bytes: usize| {
        let mut body = String::with_capacity(bytes);
        body.push_str("[{\"key\":\"k\",\"value\":\"v\"}]");
        body.extend(std::iter::repeat_n(' ', bytes - body.len()));
        bulk.request(Method::PUT, "/bulk").body(body)
    };
    assert_eq!(result(body(100_000_000)).await, all_of(1));
    assert_eq!(code(body(100_000_001)).await, (413, 10012));
}

#[tokio::test]
async fn a_bulk_read_takes_1_to_100_keys_of_text() {
    let bulk = Bulk::new().await;
    let pairs = json!([
        { "key": "binary", "value": "AP8K", "base64": true },
        { "key": "text", "value": "not JSON" },
    ]);
    result(bulk.put(&pairs)).await;
    let keys =
        |count: usize| json!({ "keys": (0..count).map(|k| k.to_string()).collect::<Vec<_>>() });
    assert_eq!(result(bulk.get(&keys(100))).await["values"].as_object().unwrap().len(), 100);
    for (query, text) in [
        (keys(0), "You must request a minimum of 1 key"),
        (keys(101), "You can request a maximum of 100 keys"),
        (
            json!({ "keys": ["text", "binary"] }),
            "At least one of the requested keys corresponds to a non-text value",
        ),
    ] {
        let expected = (400, 10029, format!("bulk get keys: '{text}'"));
        assert_eq!(failure(bulk.get(&query)).await, expected);
    }
    assert_eq!(code(bulk.get(&json!({ "keys": ["text"], "type": "json" }))).await, (400, 10029));
    assert_eq!(code(bulk.get(&json!({ "keys": ["text"], "type": "xml" }))).await, (400, 10012));
}

#[tokio::test]
async fn the_values_of_a_bulk_read_have_at_most_25_mebibytes_together() {
    let bulk = Bulk::new().await;
    let half = 13_107_200;
    for (key, bytes) in [("a", half), ("b", half), ("c", 1)] {
        let put = bulk.request(Method::PUT, &format!("/values/{key}")).body(vec![b'x'; bytes]);
        result(put).await;
    }
    result(bulk.get(&json!({ "keys": ["a", "b"] }))).await;
    assert_eq!(code(bulk.get(&json!({ "keys": ["a", "b", "c"] }))).await.0, 413);
}
