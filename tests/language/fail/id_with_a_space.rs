use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    id: "User Data"
}

fn main() {}
