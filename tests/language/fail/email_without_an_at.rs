use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    email: "me.example.com"
}

fn main() {}
