use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    apiToken: "v1.0-abc"
}

fn main() {}
