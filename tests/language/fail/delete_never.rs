//! The example says what was meant.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s", delete: never
}

fn main() {}
