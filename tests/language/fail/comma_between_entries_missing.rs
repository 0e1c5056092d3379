use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", values: [{ key: "x", value: 1 } { key: "y", value: 2 }]
}

fn uses(a: &A) {
    a.x(); a.y();
}

fn main() {}
