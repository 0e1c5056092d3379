use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    apiToken: env("MY TOKEN")
}

fn main() {}
