use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    keys: ["session:{id}"]
}

fn main() {}
