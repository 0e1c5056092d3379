//! `…/values/{key}` and `…/metadata/{key}`.

use kv_rules::Time;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::{Api, code, failure, result, send};

fn value(key: &str) -> String {
    format!("/values/{key}")
}

#[tokio::test]
async fn a_raw_body_is_the_value_whatever_its_type() {
    let api = Api::new().await;
    let path = api.namespace().await + &value("k");
    for content_type in [None, Some("application/json"), Some("text/plain")] {
        let body = vec![0, 255, b'{', 10];
        let mut put = api.kv(Method::PUT, &path).body(body.clone());
        if let Some(content_type) = content_type {
            put = put.header("Content-Type", content_type);
        }
        assert_eq!(result(put).await, json!({}));
        let got = send(api.kv(Method::GET, &path)).await;
        assert_eq!(got.headers()["content-type"], "application/octet-stream");
        assert!(got.headers().get("expiration").is_none());
        assert_eq!(got.bytes().await.unwrap(), body);
    }
    result(api.kv(Method::PUT, &path).body("")).await;
    assert_eq!(send(api.kv(Method::GET, &path)).await.text().await.unwrap(), "");
}

#[tokio::test]
async fn a_form_carries_metadata_and_a_write_without_metadata_clears_it() {
    let api = Api::new().await;
    let namespace = api.namespace().await;
    let (path, metadata) = (namespace.clone() + "/values/k", namespace + "/metadata/k");
    let put = async |form: Form| result(api.kv(Method::PUT, &path).multipart(form)).await;
    let got = async || send(api.kv(Method::GET, &path)).await.bytes().await.unwrap();

    put(Form::new().text("metadata", "{ \"a\": [1] }").part("value", Part::bytes(vec![0, 255])))
        .await;
    assert_eq!(got().await, [0, 255].as_slice());
    assert_eq!(result(api.kv(Method::GET, &metadata)).await, json!({ "a": [1] }));
    let file = Part::bytes(b"file".as_slice()).file_name("f.txt");
    put(Form::new().part("value", file).text("metadata", "null")).await;
    assert_eq!(got().await, "file");
    assert_eq!(result(api.kv(Method::GET, &metadata)).await, Value::Null);
    put(Form::new().text("value", "text").text("metadata", "\"m\"")).await;
    result(api.kv(Method::PUT, &path).body("raw")).await;
    assert_eq!(result(api.kv(Method::GET, &metadata)).await, Value::Null);
}

#[tokio::test]
async fn a_form_that_cannot_be_used_is_refused() {
    let api = Api::new().await;
    let path = api.namespace().await + &value("k");
    let put = |form: Form| api.kv(Method::PUT, &path).multipart(form);
    let not_json = put(Form::new().text("value", "v").text("metadata", "{"));
    let expected = (400, 10147, "put: 'metadata must be valid json'".to_owned());
    assert_eq!(failure(not_json).await, expected);
    assert_eq!(code(put(Form::new().text("metadata", "1"))).await, (400, 10012));
    let no_boundary = api.kv(Method::PUT, &path).header("Content-Type", "multipart/form-data");
    assert_eq!(code(no_boundary.body("x")).await, (400, 10012));
    assert_eq!(code(api.kv(Method::GET, &path)).await, (404, 10009));
}

#[tokio::test]
async fn reading_a_missing_key_is_an_error_and_deleting_it_is_not() {
    let api = Api::new().await;
    let namespace = api.namespace().await;
    let expected = (404, 10009, "get: 'key not found'".to_owned());
    assert_eq!(failure(api.kv(Method::GET, &(namespace.clone() + "/values/k"))).await, expected);
    assert_eq!(failure(api.kv(Method::GET, &(namespace.clone() + "/metadata/k"))).await, expected);
    let path = namespace + "/values/k";
    assert_eq!(result(api.kv(Method::DELETE, &path)).await, json!({}));
    result(api.kv(Method::PUT, &path).body("v")).await;
    result(api.kv(Method::DELETE, &path)).await;
    assert_eq!(failure(api.kv(Method::GET, &path)).await, expected);
}

#[tokio::test]
async fn a_pair_expires_when_the_write_says_and_a_ttl_wins() {
    let api = Api::new().await;
    let path = api.namespace().await + &value("k");
    let expires = async |query: String| {
        result(api.kv(Method::PUT, &format!("{path}?{query}")).body("v")).await;
        let response = send(api.kv(Method::GET, &path)).await;
        let expiration = response.headers().get("expiration");
        expiration.map(|value| value.to_str().unwrap().parse::<u64>().unwrap())
    };
    assert_eq!(expires("expiration=2000000000".to_owned()).await, Some(2_000_000_000));
    let before = Time::now().unix();
    let both = expires("expiration=2000000000&expiration_ttl=60".to_owned()).await.unwrap();
    assert!((before + 60..=Time::now().unix() + 60).contains(&both), "{both}");
    assert_eq!(expires(String::new()).await, None);
}

#[tokio::test]
async fn an_expiry_that_breaks_a_rule_is_refused() {
    let api = Api::new().await;
    let path = api.namespace().await + &value("k");
    let put = |query: &str| api.kv(Method::PUT, &format!("{path}?{query}")).body("v");
    let text = "put: 'Invalid expiration_ttl of 59. Expiration TTL must be at least 60.'";
    assert_eq!(failure(put("expiration_ttl=59")).await, (400, 10034, text.to_owned()));
    for bad in ["0", "-1", "1000000000", "x", "60.5", "99999999999999999999"] {
        assert_eq!(code(put(&format!("expiration_ttl={bad}"))).await, (400, 10034), "{bad}");
    }
    let text = "put: 'Invalid expiration of 3600. Please specify integer greater than the current \
                number of seconds since the UNIX epoch.'";
    assert_eq!(failure(put("expiration=3600")).await, (400, 10033, text.to_owned()));
    let now = Time::now().unix();
    result(put(&format!("expiration={}", now + 120))).await;
    for bad in [now.to_string(), (now + 30).to_string(), "2147483648".into(), "x".into()] {
        assert_eq!(code(put(&format!("expiration={bad}"))).await, (400, 10033), "{bad}");
    }
    result(put("expiration=2147483647")).await;
}

#[tokio::test]
async fn a_key_in_a_path_is_decoded_once() {
    let api = Api::new().await;
    let namespace = api.namespace().await;
    for (path, key) in [
        ("a%2Fb", "a/b"),
        ("a%252Fb", "a%2Fb"),
        ("a+b", "a+b"),
        ("a%20b", "a b"),
        ("%D0%BA%D0%BB", "кл"),
        ("!'()*~:@$&,;=", "!'()*~:@$&,;="),
        ("%00%0A", "\0\n"),
        ("..%2F", "../"),
    ] {
        result(api.kv(Method::PUT, &(namespace.clone() + &value(path))).body(key)).await;
        let got = send(api.kv(Method::GET, &(namespace.clone() + &value(path)))).await;
        assert_eq!(got.text().await.unwrap(), key);
        let keys = result(api.kv(Method::GET, &(namespace.clone() + "/keys"))).await;
        assert_eq!(keys, json!([{ "name": key }]));
        result(api.kv(Method::DELETE, &(namespace.clone() + &value(path)))).await;
    }
    let no_text = api.kv(Method::GET, &(namespace + "/values/%FF"));
    assert_eq!(code(no_text).await.0, 400);
}

#[tokio::test]
async fn a_key_has_at_most_512_bytes() {
    let api = Api::new().await;
    let namespace = api.namespace().await;
    let longest = namespace.clone() + &value(&"%C3%BC".repeat(256));
    result(api.kv(Method::PUT, &longest).body("v")).await;
    assert_eq!(send(api.kv(Method::GET, &longest)).await.text().await.unwrap(), "v");
    let long = namespace + &value(&"k".repeat(513));
    for method in [Method::PUT, Method::GET, Method::DELETE] {
        let (status, _, message) = failure(api.kv(method, &long)).await;
        assert_eq!(status, 414);
        assert!(message.contains("length of 513 exceeds key length limit of 512."), "{message}");
    }
}

#[tokio::test]
async fn a_value_has_at_most_25_mebibytes_and_metadata_1024_bytes() {
    let api = Api::new().await;
    let path = api.namespace().await + &value("k");
    let limit = 26_214_400;
    result(api.kv(Method::PUT, &path).body(vec![b'x'; limit])).await;
    let got = send(api.kv(Method::GET, &path)).await.bytes().await.unwrap();
    assert_eq!(got.len(), limit);
    let (status, _, message) =
        failure(api.kv(Method::PUT, &path).body(vec![b'x'; limit + 1])).await;
    let text = "put: 'Value length of 26214401 exceeds limit of 26214400.'";
    assert_eq!((status, message.as_str()), (413, text));

    let put = |letters: usize| {
        let metadata = format!(" \"{}\" ", "m".repeat(letters));
        api.kv(Method::PUT, &path)
            .multipart(Form::new().text("value", "v").text("metadata", metadata))
    };
    result(put(1022)).await;
    let (status, _, message) = failure(put(1023)).await;
    let text = "put: 'Metadata length of 1025 exceeds limit of 1024.'";
    assert_eq!((status, message.as_str()), (413, text));
}
