use kv_runtime::kv_namespace;

kv_namespace! {
    pub struct Users;
    accountId: "g23e105f4ecef8ad9ca31a8372d0c353"
}

fn main() {}
