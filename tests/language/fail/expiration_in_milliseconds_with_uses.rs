use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", values: [{ key: "x", value: 1, expiration: 1900000000000 }]
}

fn uses(a: &A) {
    a.x();
}

fn main() {}
