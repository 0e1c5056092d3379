//! `…/keys`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Api, code, result, success};

#[tokio::test]
async fn a_listing_shows_only_the_properties_that_a_key_has() {
    let api = Api::new().await;
    let namespace = api.namespace().await;
    let pairs = json!([
        { "key": "b", "value": "", "metadata": { "z": 1, "a": null } },
        { "key": "a", "value": "", "expiration": 2_000_000_000 },
        { "key": "c", "value": "", "metadata": null },
    ]);
    result(api.kv(Method::PUT, &(namespace.clone() + "/bulk")).json(&pairs)).await;
    let listing = success(api.kv(Method::GET, &(namespace.clone() + "/keys"))).await;
    let expected = json!([
        { "name": "a", "expiration": 2_000_000_000 },
        { "name": "b", "metadata": { "z": 1, "a": null } },
        { "name": "c" },
    ]);
    assert_eq!(listing["result"], expected);
    assert_eq!(listing["result_info"], json!({ "count": 3, "cursor": "" }));
}

#[tokio::test]
async fn cursors_lead_through_every_key_of_a_prefix_once() {
    let api = Api::new().await;
    let namespace = api.namespace().await;
    let mut names: Vec<String> = (0..25).map(|number| format!("p/ü {number:02}")).collect();
    names.push("q".to_owned());
    let pairs: Vec<Value> = names.iter().map(|key| json!({ "key": key, "value": "" })).collect();
    result(api.kv(Method::PUT, &(namespace.clone() + "/bulk")).json(&pairs)).await;
    names.pop();

    let keys = namespace + "/keys";
    let (mut found, mut counts, mut cursor) = (Vec::new(), Vec::new(), String::new());
    loop {
        let query = [("prefix", "p/ü "), ("limit", "10"), ("cursor", &cursor)];
        let page = success(api.kv(Method::GET, &keys).query(&query)).await;
        let keys = page["result"].as_array().unwrap();
        found.extend(keys.iter().map(|key| key["name"].as_str().unwrap().to_owned()));
        counts.push(page["result_info"]["count"].as_u64().unwrap());
        cursor = page["result_info"]["cursor"].as_str().unwrap().to_owned();
        if cursor.is_empty() {
            break;
        }
        assert!(!cursor.contains("ü"), "{cursor}");
    }
    assert_eq!((found, counts), (names, vec![10, 10, 5]));
}

#[tokio::test]
async fn a_page_has_10_to_1000_keys() {
    let api = Api::new().await;
    let namespace = api.namespace().await;
    let pairs: Vec<Value> =
        (0..1001).map(|key| json!({ "key": key.to_string(), "value": "" })).collect();
    result(api.kv(Method::PUT, &(namespace.clone() + "/bulk")).json(&pairs)).await;
    let keys = namespace + "/keys";
    for (query, count) in [("", 1000), ("?limit=1000", 1000), ("?limit=10", 10)] {
        let page = success(api.kv(Method::GET, &(keys.clone() + query))).await;
        assert_eq!(page["result_info"]["count"], count);
        assert_ne!(page["result_info"]["cursor"], "");
    }
    for bad in ["?limit=9", "?limit=1001", "?limit=x", "?cursor=%21"] {
        assert_eq!(code(api.kv(Method::GET, &(keys.clone() + bad))).await, (400, 10012), "{bad}");
    }
}
