use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", values: [{ key: motd, value: 1 }]
}

fn uses(a: &A) {
    a.motd();
}

fn main() {}
