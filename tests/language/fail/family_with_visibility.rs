//! The accessors have the visibility of the type.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    keys: { pub "session:{id}": u64 }
}

fn main() {}
