//! Rate limits.

use kv_local::{RateLimits, ServerConfig};
use reqwest::Method;

use crate::{Api, code, result, send};

async fn limited() -> Api {
    Api::with(ServerConfig { rate_limits: RateLimits::Cloudflare, ..ServerConfig::default() }).await
}

#[tokio::test]
async fn after_1200_requests_a_client_has_to_wait() {
    let api = limited().await;
    for _ in 0..1200 {
        assert_eq!(send(api.request(Method::GET, "/user")).await.status(), 200);
    }
    let refused = send(api.request(Method::GET, "/user")).await;
    let seconds: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=300).contains(&seconds), "{seconds}");
    assert_eq!(code(api.request(Method::GET, "/accounts")).await, (429, 971));
}

#[tokio::test]
async fn a_key_takes_one_write_a_second_when_limits_are_on() {
    let api = limited().await;
    let namespace = api.namespace().await;
    let put = |key: &str| api.kv(Method::PUT, &format!("{namespace}/values/{key}")).body("v");
    result(put("a")).await;
    result(put("b")).await;
    // Unless the machine sleeps in between, one of many writes comes within the second.
    let mut refused = None;
    for _ in 0..100 {
        let response = send(put("a")).await;
        if response.status() == 429 {
            refused = Some(response);
            break;
        }
    }
    assert_eq!(refused.unwrap().headers()["retry-after"], "1");
}

#[tokio::test]
async fn without_limits_nothing_waits() {
    let api = Api::new().await;
    let path = api.namespace().await + "/values/a";
    for _ in 0..1300 {
        result(api.kv(Method::PUT, &path).body("v")).await;
    }
}
