use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", values: [{ key: "x", type: u64 value: 1 }]
}

fn uses(a: &A) {
    a.x();
}

fn main() {}
