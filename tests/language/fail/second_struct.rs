use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a"; pub struct B; title: "b"
}

fn main() {}
