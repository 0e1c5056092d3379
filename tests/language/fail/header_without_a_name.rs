use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct; title: "a"
}

fn main() {}
