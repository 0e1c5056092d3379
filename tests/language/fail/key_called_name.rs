use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", values: [{ name: "x", value: 1 }]
}

fn main() {}
