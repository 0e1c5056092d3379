use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    title: 5
}

fn main() {}
