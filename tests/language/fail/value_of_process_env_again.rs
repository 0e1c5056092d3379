use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", values: [{ key: "x", value: process.env.X }]
}

fn uses(a: &A) {
    a.x();
}

fn main() {}
