use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", values: [{ key: "..", value: 1 }]
}

fn main() {}
