use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A<T>; title: "a"
}

fn main() {}
