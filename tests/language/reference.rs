//! The five declarations of the reference, word for word, and the form without a header.

use kv_runtime::__private::declaration::Declaration;
use kv_runtime::__private::declaration::{AccountSettings, DeclaredValue};
use kv_runtime::rules::Expiry;
use kv_runtime::{Namespace, kv_namespace};

kv_namespace! { pub struct Users; title: "user-data" }

kv_namespace! {
    pub struct Sessions;
    title: "user-sessions",
    values: [{
        key: "session_123",
        value: { userId: "user_456", role: "admin" },
        expirationTtl: 3600 // expires in one hour
    }]
}

kv_namespace! {
    pub struct Assets;
    title: "static-assets",
    values: [{
        key: "main.js",
        value: "content...",
        metadata: { contentType: "application/javascript", etag: "abc123" }
    }]
}

kv_namespace! {
    pub struct Existing;
    title: "existing-namespace",
    adopt: true,
    values: [{ key: "config", value: { setting: "updated-value" } }]
}

kv_namespace! { pub struct Preserved; title: "preserved-namespace", delete: false }

/// The text of the only entry, which has more than a key and a text.
fn text(declaration: &Declaration) -> &'static str {
    let [entry] = declaration.entries else { panic!("{declaration:?}") };
    let DeclaredValue::Text(text) = entry.value else { panic!("{entry:?}") };
    text
}

#[test]
fn a_title_alone_is_a_namespace_with_every_default() {
    let users = Users::DECLARATION;
    assert_eq!((users.id, users.title, users.binding), ("users", "user-data", "USERS"));
    assert_eq!(
        (users.adopt, users.delete, users.account),
        (false, None, AccountSettings::FROM_ENVIRONMENT)
    );
    assert!(users.texts == "[]" && users.entries.is_empty() && users.spreads.is_empty());
    assert_eq!((users.package, users.root), ("tests", env!("CARGO_MANIFEST_DIR")));
}

#[test]
fn an_object_is_stored_as_compact_json_in_the_order_written() {
    let entry = &Sessions::DECLARATION.entries[0];
    assert_eq!(text(Sessions::DECLARATION), r#"{"userId":"user_456","role":"admin"}"#);
    assert_eq!(
        (entry.key, entry.expiry, entry.once),
        ("session_123", Some(Expiry::Ttl(3600)), false)
    );
}

#[test]
fn a_string_is_stored_as_it_is_beside_its_metadata() {
    let metadata = r#"{"contentType":"application/javascript","etag":"abc123"}"#;
    assert_eq!(text(Assets::DECLARATION), "content...");
    assert_eq!(Assets::DECLARATION.entries[0].metadata.unwrap().json, metadata);
}

#[test]
fn adopt_and_delete_are_as_declared() {
    assert!(Existing::DECLARATION.adopt);
    assert_eq!(Existing::DECLARATION.texts, r#"[["config","{\"setting\":\"updated-value\"}",0]]"#);
    assert_eq!(Preserved::DECLARATION.delete, Some(false));
}

#[test]
fn without_a_header_the_title_names_the_type() {
    mod crate_of_a_user {
        kv_runtime::kv_namespace! { title: "user-data", values: [{ key: "limits", value: { max: 3 } }] }
    }
    use crate_of_a_user::{UserData, user_data::Limits};

    assert_eq!(UserData::DECLARATION.id, "user_data");
    assert_eq!(UserData::LIMITS.as_str(), "limits");
    assert_eq!(Limits { max: 3 }.max, 3);
}

#[test]
fn properties_are_spelt_in_snake_case_too_in_any_order_and_with_trailing_commas() {
    kv_namespace! {
        struct Camel;
        title: "t", accountId: env("A"), apiToken: env("T"), apiKey: env("K"), baseUrl: env("U"),
        values: [{ key: "a", value: 1, expirationTtl: 60 }],
        keys: { "b:{id}": u8 { expirationTtl: 60 } }
    }
    kv_namespace! {
        struct Snake;
        keys: { "b:{id}": u8 { expiration_ttl: 60, }, },
        values: [{ expiration_ttl: "1m", value: 1, key: "a", },],
        base_url: env("U"), api_key: env("K"), api_token: env("T"), account_id: env("A"), title: "t",
    }
    let entry = |declaration: &Declaration| format!("{:?}", declaration.entries);
    assert_eq!(Snake::DECLARATION.account, Camel::DECLARATION.account);
    assert_eq!(entry(Snake::DECLARATION), entry(Camel::DECLARATION));
}
