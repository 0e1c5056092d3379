use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users { store: Store }
    title: "user-data"
}

fn main() {}
