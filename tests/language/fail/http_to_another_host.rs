use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    baseUrl: "http://example.com"
}

fn main() {}
