use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    baseUrl: "api.cloudflare.com"
}

fn main() {}
