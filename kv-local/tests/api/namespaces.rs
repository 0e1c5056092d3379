//! `…/namespaces`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Api, code, failure, result, success};

#[tokio::test]
async fn a_namespace_is_created_renamed_and_deleted() {
    let api = Api::new().await;
    let created = result(api.kv(Method::POST, "").json(&json!({ "title": "one" }))).await;
    let path = format!("/{}", created["id"].as_str().unwrap());
    let expected =
        |title: &str| json!({ "id": created["id"], "title": title, "supports_url_encoding": true });
    assert_eq!(created, expected("one"));
    assert_eq!(result(api.kv(Method::GET, &path)).await, expected("one"));
    let put = api.kv(Method::PUT, &format!("{path}/values/k")).body("v");
    assert_eq!(result(put).await, json!({}));

    let renamed = api.kv(Method::PUT, &path).json(&json!({ "title": "two" }));
    assert_eq!(result(renamed).await, expected("two"));
    let value = api.kv(Method::GET, &format!("{path}/values/k")).send().await.unwrap();
    assert_eq!(value.text().await.unwrap(), "v");

    result(api.kv(Method::DELETE, &path)).await;
    assert_eq!(result(api.kv(Method::GET, "")).await, json!([]));
    for (method, path, operation) in [
        (Method::GET, path.clone(), "get namespace"),
        (Method::DELETE, path.clone(), "remove namespace"),
        (Method::GET, format!("{path}/values/k"), "get"),
        (Method::GET, format!("{path}/metadata/k"), "get"),
        (Method::PUT, format!("{path}/values/k"), "put"),
        (Method::DELETE, format!("{path}/values/k"), "remove key"),
        (Method::GET, format!("{path}/keys"), "list keys"),
        (Method::POST, format!("{path}/bulk/delete"), "bulk remove keys"),
        (Method::POST, format!("{path}/bulk/get"), "bulk get keys"),
        (Method::PUT, format!("{path}/bulk"), "bulk put keys"),
    ] {
        let expected = (404, 10013, format!("{operation}: 'namespace not found'"));
        assert_eq!(failure(api.kv(method, &path).json(&json!([]))).await, expected);
    }
    let renamed = api.kv(Method::PUT, &path).json(&json!({ "title": "three" }));
    assert_eq!(code(renamed).await, (404, 10013));
}

#[tokio::test]
async fn a_title_is_required_and_unique_and_has_at_most_512_bytes() {
    let api = Api::new().await;
    let create = |body: Value| api.kv(Method::POST, "").json(&body);
    let longest = "x".repeat(512);
    let path = result(create(json!({ "title": longest }))).await["id"].as_str().unwrap().to_owned();
    let path = format!("/{path}");
    for bad in [json!({}), json!({ "title": "" }), json!({ "title": "x".repeat(513) })] {
        assert_eq!(code(create(bad.clone())).await, (400, 10019));
        assert_eq!(code(api.kv(Method::PUT, &path).json(&bad)).await, (400, 10019));
    }
    for bad in [json!([]), json!({ "title": 5 })] {
        assert_eq!(code(create(bad)).await, (400, 10012));
    }
    result(create(json!({ "title": "taken" }))).await;
    let exists = "A namespace with this account ID and title already exists";
    let again = failure(create(json!({ "title": "taken" }))).await;
    assert_eq!(again, (400, 10014, format!("create namespace: '{exists}'")));
    let rename = api.kv(Method::PUT, &path).json(&json!({ "title": "taken" }));
    assert_eq!(failure(rename).await, (400, 10014, format!("rename namespace: '{exists}'")));
}

#[tokio::test]
async fn listing_goes_page_by_page_in_the_order_asked_for() {
    let api = Api::new().await;
    for title in ["b", "c", "a"] {
        result(api.kv(Method::POST, "").json(&json!({ "title": title }))).await;
    }
    let list = async |query: &str| {
        let body = success(api.kv(Method::GET, query)).await;
        let names = body["result"].as_array().unwrap().iter();
        let titles: String = names.map(|n| n["title"].as_str().unwrap()).collect();
        (titles, body["result_info"].clone())
    };
    let (titles, info) = list("?order=title&per_page=2").await;
    assert_eq!(titles, "ab");
    let expected =
        json!({ "page": 1, "per_page": 2, "count": 2, "total_count": 3, "total_pages": 2 });
    assert_eq!(info, expected);
    assert_eq!(list("?order=title&per_page=2&page=2").await.0, "c");
    // The official SDK asks until a page is empty.
    let (titles, info) = list("?page=3&per_page=2").await;
    assert_eq!((titles.as_str(), &info["count"]), ("", &json!(0)));
    assert_eq!(list("?order=title&direction=desc").await.0, "cba");
    assert_eq!(list("").await.1["per_page"], 20);

    list("?per_page=1000").await;
    for bad in ["?per_page=1001", "?per_page=0", "?page=0", "?page=x", "?order=size"] {
        assert_eq!(code(api.kv(Method::GET, bad)).await, (400, 10012), "{bad}");
    }
}

#[tokio::test]
async fn a_malformed_id_and_an_unknown_one_are_different_errors() {
    let api = Api::new().await;
    for id in ["/sessions", "/0123", "/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"] {
        assert_eq!(code(api.kv(Method::GET, id)).await, (400, 10011), "{id}");
    }
    let unknown = "/0123456789abcdef0123456789abcdef";
    assert_eq!(code(api.kv(Method::GET, unknown)).await, (404, 10013));
}
