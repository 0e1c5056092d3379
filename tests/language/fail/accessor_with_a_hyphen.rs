use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", values: [{ key: "x", value: 1, as: foo-bar }]
}

fn uses(a: &A) {
    a.foo_bar();
}

fn main() {}
