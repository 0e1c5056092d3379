//! A family's properties are part of the family.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    keys: { "session:{id}": String, expirationTtl: "7d" }
}

fn main() {}
