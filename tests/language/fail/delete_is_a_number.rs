use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    delete: 0
}

fn main() {}
