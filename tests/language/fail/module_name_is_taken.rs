use kv_runtime::kv_namespace;

mod sess {}

kv_namespace! {
    pub struct Sess; title: "a", values: [{ key: "x", value: { a: 1 } }]
}

fn main() {}
