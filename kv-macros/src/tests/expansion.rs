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
