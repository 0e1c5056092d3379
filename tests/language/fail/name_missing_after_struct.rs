use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct;
    title: "user-data"
}

fn main() {}
