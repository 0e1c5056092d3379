use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    apiToken: file("token.txt")
}

fn main() {}
