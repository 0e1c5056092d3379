//! Credentials, and what they reach.

use kv_local::{Account, ServerConfig, Storage, TokenOwner};
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::{Api, code, failure, result, send, success};

#[tokio::test]
async fn a_token_or_a_key_with_its_address_is_admitted() {
    let config = ServerConfig::default();
    let (key, email) = (config.api_key.clone(), config.email.clone());
    let api = Api::with(config).await;
    let user = result(api.request(Method::GET, "/user")).await;
    assert_eq!(user["email"], json!(email));
    let by_key = api
        .anonymous(Method::GET, "/user")
        .header("X-Auth-Key", key.expose_secret())
        .header("X-Auth-Email", &email);
    assert_eq!(result(by_key).await, user);
    let verified = result(api.request(Method::GET, "/user/tokens/verify")).await;
    assert_eq!(verified["status"], "active");
}

#[tokio::test]
async fn wrong_credentials_are_refused_as_cloudflare_does() {
    let config = ServerConfig::default();
    let (key, email) = (config.api_key.clone(), config.email.clone());
    let api = Api::with(config).await;
    let user = || api.anonymous(Method::GET, "/user");
    assert_eq!(code(user().bearer_auth("wrong")).await, (401, 10000));
    let wrong_key = user().header("X-Auth-Key", "wrong").header("X-Auth-Email", &email);
    assert_eq!(code(wrong_key).await, (403, 9103));
    let wrong_email =
        user().header("X-Auth-Key", key.expose_secret()).header("X-Auth-Email", "a@b");
    assert_eq!(code(wrong_email).await, (403, 9103));
    assert_eq!(code(user().header("X-Auth-Key", key.expose_secret())).await, (400, 6003));

    for scheme in ["bearer", "BEARER"] {
        let token = format!("{scheme} {}", api.server.token().expose_secret());
        result(user().header("Authorization", token)).await;
    }
    for authorization in [None, Some("Bearer "), Some("Basic abc"), Some("Bearer a b")] {
        let request = match authorization {
            Some(value) => user().header("Authorization", value),
            None => user(),
        };
        let response = send(request).await;
        assert_eq!(response.status(), 400, "{authorization:?}");
        let body: serde_json::Value = response.json().await.unwrap();
        let error = &body["errors"][0];
        assert_eq!(
            (&error["code"], &error["error_chain"][0]["code"]),
            (&json!(6003), &json!(6111))
        );
    }
}

#[tokio::test]
async fn a_user_reaches_several_accounts_with_separate_namespaces() {
    let other_folder = tempfile::tempdir().unwrap();
    let other = Account { id: "f".repeat(32), name: "other".to_owned() };
    let other_storage = Storage::open(other_folder.path()).unwrap();
    let config = ServerConfig {
        other_accounts: vec![(other.clone(), other_storage)],
        ..ServerConfig::default()
    };
    let api = Api::with(config).await;
    let listing = success(api.request(Method::GET, "/accounts")).await;
    let ids: Vec<_> = listing["result"].as_array().unwrap().iter().map(|a| &a["id"]).collect();
    assert_eq!(ids, [&json!(api.server.account_id()), &json!(other.id)]);
    assert_eq!(listing["result_info"]["total_count"], 2);

    let id = api.namespace().await;
    let namespaces = format!("/accounts/{}/storage/kv/namespaces", other.id);
    assert_eq!(result(api.request(Method::GET, &namespaces)).await, json!([]));
    let elsewhere = api.request(Method::GET, &format!("{namespaces}{id}"));
    assert_eq!(code(elsewhere).await, (404, 10013));
    let same_title = api.request(Method::POST, &namespaces).json(&json!({ "title": "test" }));
    assert_eq!(result(same_title).await["title"], "test");
}

#[tokio::test]
async fn an_accounts_token_lists_no_accounts_but_works_in_its_own() {
    let config = ServerConfig { token_owner: TokenOwner::Account, ..ServerConfig::default() };
    let api = Api::with(config).await;
    assert_eq!(code(api.request(Method::GET, "/accounts")).await, (403, 9109));
    assert_eq!(code(api.request(Method::GET, "/user")).await, (403, 9109));
    assert_eq!(code(api.request(Method::GET, "/user/tokens/verify")).await, (401, 1000));
    let verify = format!("/accounts/{}/tokens/verify", api.server.account_id());
    assert_eq!(result(api.request(Method::GET, &verify)).await["status"], "active");
    api.namespace().await;
}

#[tokio::test]
async fn an_account_that_is_empty_malformed_or_unknown_cannot_be_routed_to() {
    let api = Api::new().await;
    for account in ["", "nonsense", "0123456789abcdef0123456789abcdef"] {
        let path = format!("/accounts/{account}/storage/kv/namespaces");
        let (status, code, message) = failure(api.request(Method::GET, &path)).await;
        assert_eq!((status, code), (404, 7003), "{account}");
        assert!(message.starts_with(&format!("Could not route to /client/v4{path},")), "{message}");
    }
}

#[tokio::test]
async fn secrets_are_in_no_debug_output() {
    let config = ServerConfig::default();
    let secrets = [config.token.clone(), config.api_key.clone()];
    let shown = format!("{config:?}");
    let api = Api::with(config).await;
    let shown = format!("{shown}{:?}", api.server);
    for secret in secrets {
        assert!(!shown.contains(secret.expose_secret()));
    }
}

#[tokio::test]
async fn a_host_that_is_not_this_machine_is_refused_whoever_asks() {
    let api = Api::new().await;
    let user = |host: &str| api.request(Method::GET, "/user").header("Host", host);
    for host in ["evil.example", "evil.example:8790", "127.0.0.1.evil.example", "10.0.0.1", ""] {
        assert_eq!(code(user(host)).await, (421, 7003), "{host}");
    }
    for host in ["localhost", "LOCALHOST:8790", "127.0.0.1", "127.0.0.1:1", "[::1]:8790", "[::1]"] {
        assert!(result(user(host)).await["email"].is_string(), "{host}");
    }
}
