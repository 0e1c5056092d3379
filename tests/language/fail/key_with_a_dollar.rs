//! A key of a template string.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    values: [{ key: "user:${id}", value: "x" }]
}

fn main() {}
