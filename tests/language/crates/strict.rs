//! Declarations of every kind in a user's crate with strict lints, where kv-runtime is `kv`.
//!
//! Two packages compile this file, one in each edition. A generated item that violates a lint is an
//! error there; Clippy's lints are checked when Clippy runs over the workspace.

#![forbid(unsafe_code)]
#![deny(
    missing_debug_implementations,
    missing_docs,
    rust_2018_idioms,
    single_use_lifetimes,
    unreachable_pub,
    unused,
    unused_import_braces,
    unused_lifetimes,
    unused_results,
    variant_size_differences
)]
#![deny(
    clippy::all,
    clippy::pedantic,
    clippy::cargo,
    clippy::unwrap_used,
    clippy::indexing_slicing
)]
#![allow(clippy::cargo_common_metadata, clippy::multiple_crate_versions, reason = "unpublished")]

use kv::kv_namespace;
use serde::{Deserialize, Serialize};

/// A theme.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Theme {
    /// Light on dark.
    pub dark: bool,
}

kv_namespace! {
    /// Entries of every kind.
    pub struct Entries;
    title: "{app}-{stage}-entries",
    id: "entries",
    binding: "ENTRIES",
    accountId: env("ENTRIES_ACCOUNT_ID"),
    apiToken: env("ENTRIES_API_TOKEN"),
    baseUrl: "http://127.0.0.1:8787/client/v4",
    values: [
        { key: "text", value: "..." },
        { key: "number", value: -1.5 },
        { key: "null", value: null },
        {
            key: "user",
            value: {
                userId: 1,
                HTTPServer: "a",
                type: "admin",
                "content-type": "text/html",
                tags: [{ name: "a" }, { name: null, level: 18446744073709551615 }],
            },
            metadata: { etag: "abc123", nested: { deep: [[1, 2.5]] } },
            expirationTtl: "1h 30m",
        },
        { key: "2024", value: [1, "a"] },
        { key: "type", value: true, expiration: "2037-01-31T12:00:00Z", once: true },
        { key: "manifest", value: file("Cargo.toml") },
        { key: "webhook", value: env("WEBHOOK_URL") },
        { key: "theme", value: Theme { dark: true }, as: theme_of_all },
        { key: "theme/print", value: { dark: false }, type: Theme },
        { key: "themes", value: [{ dark: false }], type: Vec<Theme> },
        {
            key: "entries",
            value: { a: true, b: true, c: true, d: true, _private: 1, Nested: { O: 1, l: 2, "größe": 3 } },
            metadata: { entriesFirst: 1, entriesSecond: 2, entriesThird: 3 },
        },
    ],
}

kv_namespace! {
    /// Families of every kind.
    pub struct Families;
    title: "families",
    values: [{ key: "theme:default", value: { dark: true } }],
    keys: {
        "theme:{name}": Theme,
        "user:{tenant}/{user_id: u64}": Theme {
            metadata: u32, expirationTtl: 86_400, as: profile,
        },
        "{path}": kv::Bytes,
    }
}

kv_namespace! {
    title: "without-header",
    values: [{ key: "limits", value: { perDay: 10 } }, ..dir("public")]
}

kv_namespace! {
    pub(crate) struct Private;
    title: "private",
    values: [{ key: "limits", value: { perDay: 10 } }],
}

/// What a namespace of the crate's own is called.
#[must_use]
pub fn private() -> &'static str {
    <Private as kv::Namespace>::DECLARATION.title
}

/// What a namespace that only a function knows is called.
#[must_use]
pub fn local() -> &'static str {
    kv_namespace! {
        struct Local;
        title: "local",
        values: [{ key: "limits", value: { perDay: 10 } }],
        keys: { "user:{id}": u64 },
    }
    <Local as kv::Namespace>::DECLARATION.title
}
