use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    binding: "user-data"
}

fn main() {}
