use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct A; title: "a", was: "A B"
}

fn main() {}
