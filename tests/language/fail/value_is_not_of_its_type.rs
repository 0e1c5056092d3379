use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", values: [{ key: "x", value: "x", type: u64 }]
}

fn uses(a: &A) {
    a.x();
}

fn main() {}
