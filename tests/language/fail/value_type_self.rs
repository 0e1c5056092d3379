//! `Self` is the namespace.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    keys: { "session:{id}": Self }
}

fn main() {}
