//! Snapshots of the code that is written.

use super::expand;

macro_rules! assert_expansion {
    ($declaration:expr) => {
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(expand($declaration));
        });
    };
}

#[test]
fn users() {
    assert_expansion!(r#"pub struct Users; title: "user-data""#);
}

#[test]
fn sessions() {
    assert_expansion!(
        r#"
        pub struct Sessions;
        title: "user-sessions",
        values: [{
            key: "session_123",
            value: { userId: "user_456", role: "admin" },
            expirationTtl: 3600 // expires in one hour
        }]
        "#
    );
}

#[test]
fn assets() {
    assert_expansion!(
        r#"
        pub struct Assets;
        title: "static-assets",
        values: [{
            key: "main.js",
            value: "content...",
            metadata: { contentType: "application/javascript", etag: "abc123" }
        }]
        "#
    );
}

#[test]
fn existing() {
    assert_expansion!(
        r#"
        pub struct Existing;
        title: "existing-namespace",
        adopt: true,
        values: [{ key: "config", value: { setting: "updated-value" } }]
        "#
    );
}

#[test]
fn preserved() {
    assert_expansion!(r#"pub struct Preserved; title: "preserved-namespace", delete: false"#);
}

#[test]
fn without_a_header_the_title_names_the_type() {
    assert_expansion!(r#"title: "user-data", values: [{ key: "a", value: 1 }]"#);
}

#[test]
fn families_and_their_entries() {
    assert_expansion!(
        r#"
        /// Everything that is cached.
        #[derive(Clone, PartialEq)]
        pub(crate) struct Cache;
        keys: {
            "session:{id}": Session,
            "user:{tenant}/{userId: u64}": Profile {
                metadata: ProfileMeta, expirationTtl: 86_400, as: profile,
            },
            "{path}": Bytes,
        },
        values: [
            { key: "session:1", value: { user: "u" } },
            { key: "user:acme/1", value: Profile { name: "x".into() }, metadata: { visits: 1 } },
            { key: "user:acme/2", value: { name: "y" }, expiration: 2147483647 },
            ..file("seed.json"),
        ]
        "#
    );
}

#[test]
fn all_sources_of_values() {
    assert_expansion!(
        r#"
        struct Sources;
        title: "{app}-{stage}",
        id: "src",
        binding: "SRC",
        account_id: "0123456789abcdef0123456789abcdef",
        api_token: env("TOKEN"),
        email: env("EMAIL"),
        baseUrl: "http://localhost:8787",
        adopt: true,
        delete: true,
        values: [
            { key: "text", value: file("public/main.js"), once: true },
            { key: "typed", value: file("object.json"), type: Vec<Theme> },
            { key: "secret", value: env("SECRET"), as: token },
            { key: "typed secret", value: env("SECRET"), type: Settings },
            { key: "theme", value: theme::Theme { dark: true, ..Default::default() } },
            { key: "literal", value: { dark: false }, type: Theme },
            { key: "later", value: -1.5, expirationTtl: "1h 30m" },
            { key: "then", value: 18446744073709551615, expiration: "2030-01-01T00:00:00Z" },
            ..file("seed.json"),
            ..dir("public/css"),
        ]
        "#
    );
}

#[test]
fn shapes() {
    assert_expansion!(
        r#"
        pub struct Shapes;
        values: [
            { key: "type", value: { self: 1, type: null, "content-type": "x", "": [], userId: 1, user_id: 2 } },
            { key: "list", value: [{ a: 1, nested: { deep: [true] } }, { a: null, b: 2.5 }] },
            { key: "mixed", value: [1, "a"] },
            { key: "empty", value: {} },
            { key: "same", value: { b: [false], a: 7 }, metadata: { a: 1, b: [true] } },
            { key: "same again", value: { a: 0, b: [true, false] } },
            { key: "list_item", value: { first: "come" } },
            { key: "2024", value: true },
        ]
        "#
    );
}

#[test]
fn after_a_mistake_what_was_understood_still_exists() {
    assert_expansion!(
        r#"
        pub struct Sessions;
        tilte: "user-sessions",
        keys: { "user:{id}": Profile { expirationTtl: 5 } },
        values: [
            { key: "session_123", vaule: { userId: "u" }, expirationTtl: 3 },
            { key: "config", value: { limit: 1e999 } },
        ]
        "#
    );
}
