use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    email: 5
}

fn main() {}
