//! The properties of a family follow its type.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    keys: { "session:{id}": String: { expirationTtl: "7d" } }
}

fn main() {}
