use kv_runtime::kv_namespace;

kv_namespace! {
    #![allow(x)] pub struct A; title: "a"
}

fn main() {}
