use kv_runtime::kv_namespace;

kv_namespace! {
    pub enum A; title: "a"
}

fn main() {}
