//! The five reference namespaces, as Alchemy's documentation declares them in TypeScript.

#![allow(missing_docs, reason = "the declarations are word for word those of the reference")]

use kv_runtime::kv_namespace;

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
