//! A union of TypeScript.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    keys: { "role:{id}": "admin" | "user" }
}

fn main() {}
