//! A Worker with sessions and static files in Workers KV.
//!
//! The declarations below serve three programs: the Worker (`handler.rs`), the deploy
//! (`bin/deploy.rs`), and whatever else reads the same data from Rust.

#![deny(missing_docs)]

use std::collections::BTreeMap;

use kv_runtime::{Bytes, kv_namespace};
use serde::{Deserialize, Serialize};

#[cfg(target_arch = "wasm32")]
mod handler;

/// What the Worker knows of a visitor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Who it is. Values never pass JavaScript's numbers, so no id is rounded.
    pub user_id: u64,
    /// How many of each article are in the cart.
    pub cart: BTreeMap<String, u32>,
}

/// What a list of sessions shows without reading each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// The browser, as it calls itself.
    pub agent: String,
}

/// What `..dir` notes beside each file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct File {
    /// The file's media type.
    pub content_type: String,
    /// Another text whenever the content is another.
    pub etag: String,
}

kv_namespace! {
    /// Who visits. A session ends an hour after it was last written.
    pub struct Sessions;
    title: "{app}-{stage}-sessions",
    keys: {
        "session:{id}": Session { metadata: Visit, expirationTtl: "1h" },
    },
    values: [{
        key: "session:demo",
        value: { user_id: 18_446_744_073_709_551_615, cart: { "apple": 3, "Käse": 1 } },
        metadata: { agent: "the deploy" },
    }]
}

kv_namespace! {
    /// The files of `public/`.
    pub struct Assets;
    title: "{app}-{stage}-assets",
    keys: { "{path}": Bytes { metadata: File, as: file } },
    values: [..dir("public")]
}
