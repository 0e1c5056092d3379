//! `only` is a property like any other.

kv_runtime::kv_namespace! {
    pub struct Sessions; title: "s",
    values: [{ key: "n", value: true, only in "prod" }]
}

fn main() {}
